//! Seed corpora: files as this program and others write them. `scripts/fuzz` adds those of a run and a sweep of the program.

use flate2::{Compression, write::GzEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rowlstm::config::{CONFIGS, TrainConfig, hexadecimal};
use rowlstm::exchange::weights_file::{self, WeightsLayout};
use rowlstm::model::ModelWeights;
use rowlstm::run::{Checkpoint, EpochRecord, Progress, RunFolder};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn network() -> ModelWeights {
    let path = repository().join("tests/old_runs/u4-l1-s1-901f8d21/model.safetensors");
    weights_file::read(&path).expect("a committed file")
}

/// A checkpoint with these bytes as progress and weights, and the checksum of a whole one.
pub fn checkpoint_of(progress: &str, model: &[u8]) -> Vec<u8> {
    // Two byte tensors behind a header, as `rowlstm::run::Checkpoint` writes them.
    let sizes = [("optimizer", 0), ("model", model.len())];
    let parts: String = sizes.iter().map(|(name, length)| format!("\n{name} {length}\n")).collect();
    let digest = hexadecimal(&digest(format!("{progress}{parts}").as_bytes(), model));
    let header = serde_json::json!({
        "__metadata__": { "progress": format!("{digest}\n{progress}") },
        "optimizer": { "dtype": "U8", "shape": [0], "data_offsets": [0, 0] },
        "model": { "dtype": "U8", "shape": [model.len()], "data_offsets": [0, model.len()] },
    });
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), model].concat()
}

fn digest(start: &[u8], rest: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(start).chain_update(rest).finalize().into()
}

/// Writes a folder of seeds for each target.
pub fn write(folder: &Path) {
    let add = |target: &str, name: &str, bytes: &[u8]| {
        let folder = folder.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), bytes).unwrap();
    };
    for target in &crate::targets::TARGETS {
        add(target.name, "empty", b"");
    }
    let both = |target: &str, bytes: &[u8]| {
        add(target, "plain", bytes);
        add(target, "gzip", &gzip(bytes));
        add(target, "two-members", &[gzip(&bytes[..9]), gzip(&bytes[9..])].concat());
    };
    let labels: Vec<u8> = (0..60_000).map(|index| (index % 10) as u8).collect();
    both("idx-labels", &[&[0, 0, 8, 1, 0, 0, 0xea, 0x60][..], &labels].concat());
    let images = [&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28][..], &vec![7; 3 * 784]].concat();
    both("idx-images", &images);
    for path in ["data/mnist/t10k-labels-idx1-ubyte.gz", "data/mnist/train-labels-idx1-ubyte.gz"] {
        add("idx-labels", path.rsplit('/').next().unwrap(), &fs::read(repository().join(path)).unwrap());
    }

    let weights = network();
    for (name, layout) in [("pytorch", WeightsLayout::Pytorch), ("keras", WeightsLayout::Keras)] {
        add("weights", name, &weights_file::to_bytes_in(layout, &weights));
    }
    let record = EpochRecord {
        epoch: 1,
        steps: 8,
        train_loss: 2.25,
        train_accuracy: 0.125,
        validation_loss: Some(2.5),
        validation_accuracy: None,
        learning_rate: 1e-3,
        seconds: 0.5,
    };
    let progress =
        Progress { epochs_done: 1, steps_done: 8, history: vec![record.clone()], ..Default::default() };
    let best_weights = Some(weights.clone());
    let checkpoint = Checkpoint { progress, weights, best_weights, optimizer: vec![1, 2, 3] };
    let run = RunFolder::at(folder);
    checkpoint.save(&run).unwrap();
    let path = folder.join("checkpoint.safetensors");
    add("checkpoint", "whole", &fs::read(&path).unwrap());
    fs::remove_file(path).unwrap();
    let progress = serde_json::to_string(&checkpoint.progress).unwrap() + "\n";
    let inside = [progress.as_bytes(), &weights_file::to_bytes(&checkpoint.weights)].concat();
    add("checkpoint-inside", "whole", &inside);

    for (name, text) in CONFIGS {
        let target = if text.contains("[grid]") { "plan" } else { "settings" };
        add(target, &name.replace('/', "-"), text.as_bytes());
    }
    let all = TrainConfig::default().to_table();
    add("settings", "all", all.to_string().as_bytes());
    let json = serde_json::to_string(&all).unwrap();
    add("request", "all", json.as_bytes());
    for (key, value) in &all {
        add("request", key, serde_json::json!({ key: value }).to_string().as_bytes());
    }
    add(
        "plan",
        "tuned",
        b"seeds = [1, 2, 3]\n[grid]\nnum-units = [2, 4]\nfolds = 3\n[tune]\nweight-decay = [0.1, 0]\n",
    );
    add("lease", "own", br#"{"host":"a","pid":1,"system":"s","began":1,"token":"t"}"#);
    add("predictions", "ten", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let words: String = all.keys().map(|key| format!("\"{key}\"\n")).collect();
    fs::write(folder.join("words.dict"), words).unwrap();
    pictures(&add);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A ring on paper, in every kind of PNG, and JPEGs with and without progressive coding and subsampling.
fn pictures(add: &impl Fn(&str, &str, &[u8])) {
    const SIDE: usize = 40;
    let ring = |at: usize| {
        let (x, y) = ((at % SIDE) as f64 - 20.0, (at / SIDE) as f64 - 20.0);
        if (x.hypot(y) - 10.0).abs() < 2.0 { 20 } else { 240 }
    };
    let grey: Vec<u8> = (0..SIDE * SIDE).map(ring).collect();
    use png::ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    for (name, colour, channels) in [
        ("grey", Grayscale, 1),
        ("alpha", GrayscaleAlpha, 2),
        ("rgb", Rgb, 3),
        ("rgba", Rgba, 4),
        ("palette", Indexed, 1),
    ] {
        for (kind, depth, times) in [("8", png::BitDepth::Eight, 1), ("16", png::BitDepth::Sixteen, 2)] {
            if colour == Indexed && times == 2 {
                continue;
            }
            let mut bytes = Vec::new();
            let mut encoder = png::Encoder::new(&mut bytes, SIDE as u32, SIDE as u32);
            encoder.set_color(colour);
            encoder.set_depth(depth);
            if colour == Indexed {
                encoder.set_palette((0..=255).flat_map(|shade| [shade, shade, shade]).collect::<Vec<u8>>());
            }
            let samples: Vec<u8> = grey.iter().flat_map(|shade| vec![*shade; channels * times]).collect();
            encoder.write_header().unwrap().write_image_data(&samples).unwrap();
            add("png", &format!("{name}-{kind}"), &bytes);
        }
    }
    let rgb: Vec<u8> = grey.iter().flat_map(|shade| [*shade; 3]).collect();
    for progressive in [false, true] {
        for (name, sampling) in
            [("444", SamplingFactor::F_1_1), ("420", SamplingFactor::F_2_2), ("422", SamplingFactor::F_2_1)]
        {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, 80);
            encoder.set_progressive(progressive);
            encoder.set_sampling_factor(sampling);
            encoder.encode(&rgb, SIDE as u16, SIDE as u16, ColorType::Rgb).unwrap();
            add("jpeg", &format!("{name}-{progressive}"), &bytes);
        }
    }
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 80).encode(&grey, SIDE as u16, SIDE as u16, ColorType::Luma).unwrap();
    add("jpeg", "grey", &bytes);
}
