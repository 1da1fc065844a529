//! Weights to and from other programs: what `export` writes and `evaluate` reads.

use super::golden;
use super::support::{DEVICES, assert_within, mnist, only_run, quick_train, rowlstm};
use burn::tensor::{Tensor, TensorData};
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::config::BackendName;
use rowlstm::device::device;
use rowlstm::exchange::weights_file;
use rowlstm::exchange::weights_file::{WeightsLayout, to_bytes_in};
use rowlstm::model::{ModelWeights, RowClassifier};
use rowlstm::run::StoredNetwork;
use safetensors::SafeTensors;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The run of a quick training of two layers, in a folder of its own.
fn trained() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    quick_train(&runs).args(["--num-layers", "2", "--epochs", "1", "-q"]).assert().success();
    (folder, only_run(&runs))
}

fn export(run: &Path, format: &str, out: &Path) -> assert_cmd::Command {
    let mut command = rowlstm();
    command.arg("export").arg(run).args(["--format", format, "-o"]).arg(out);
    command
}

/// What `evaluate` says of a network as JSON, and the logits it writes.
fn evaluated(network: &Path, backend: &str, folder: &Path) -> (Value, Vec<u8>) {
    let file = folder.join("logits.safetensors");
    let mut command = rowlstm();
    command.arg("evaluate").arg(network).args(["--json", "--backend", backend, "--data-dir"]).arg(mnist());
    let output = command.arg("--force").arg("--logits").arg(&file).assert().success();
    let bytes = fs::read(&file).unwrap();
    let logits = SafeTensors::deserialize(&bytes).unwrap();
    let logits = logits.tensor("logits").unwrap();
    assert_eq!(logits.shape(), [10_000, 10]);
    (serde_json::from_slice(&output.get_output().stdout).unwrap(), logits.data().to_vec())
}

#[test]
fn an_exported_network_scores_to_the_same_bits_on_both_backends() {
    let (folder, run) = trained();
    let [pytorch, keras] = ["safetensors", "keras"].map(|format| {
        let file = folder.path().join(format);
        export(&run, format, &file).assert().success().stdout("").stderr(contains("wrote "));
        file
    });
    assert_eq!(fs::read(&pytorch).unwrap(), fs::read(run.join("model.safetensors")).unwrap());
    for backend in DEVICES.iter().map(ToString::to_string) {
        let (of_run, logits) = evaluated(&run, &backend, folder.path());
        for file in [&pytorch, &keras] {
            let (of_file, logits_too) = evaluated(file, &backend, folder.path());
            assert!(logits == logits_too, "{backend}, {}", file.display());
            for field in ["test_loss", "test_correct", "num_units", "num_layers", "timesteps", "parameters"] {
                assert_eq!(of_run[field], of_file[field], "{field}");
            }
            assert_eq!(of_file["seed"], Value::Null);
            assert_eq!(of_file["name"], file.to_str().unwrap());
        }
        let rows = logits.as_chunks::<4>().0.chunks(10);
        let highest = |row: &[[u8; 4]]| {
            let scores: Vec<f32> = row.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            (1..10).fold(0, |best, class| if scores[class] > scores[best] { class } else { best }) as u8
        };
        let predicted: Vec<u8> = rows.map(highest).collect();
        let stored = fs::read(run.join("predictions.bin")).unwrap();
        let different = predicted.iter().zip(&stored).filter(|(a, b)| a != b).count();
        assert!(different <= if backend == "ndarray" { 0 } else { 5 }, "{backend}: {different}"); // near ties may turn
    }
}

#[test]
fn export_replaces_no_file_unless_told_to_and_writes_none_of_what_is_no_network() {
    let (folder, run) = trained();
    let out = folder.path().join("model.onnx");
    fs::write(&out, "years of work").unwrap();
    let refused = export(&run, "onnx", &out).assert().code(1);
    refused.stderr(contains("exists: name another file, or replace it with --force"));
    assert_eq!(fs::read(&out).unwrap(), b"years of work");
    export(&run, "onnx", &out).arg("--force").assert().success();
    assert_ne!(fs::read(&out).unwrap(), b"years of work");
    export(&run, "onnx", &run).arg("--force").assert().code(1).stderr(contains("is a folder"));
    export(&run, "pickle", &folder.path().join("x"))
        .assert()
        .code(2)
        .stderr(contains("safetensors, keras, onnx"));
    let none = folder.path().join("none.onnx");
    export(&folder.path().join("no-run"), "onnx", &none).assert().code(1).stderr(contains("no-run"));
    assert!(!none.exists());
}

#[test]
fn evaluate_names_what_is_wrong_with_a_file_and_reads_no_images_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights.safetensors");
    for (content, message) in [
        (&b""[..], "expected at least the 8 of a header's length"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff{}", "expected at most 1048576"),
        (
            b"\x02\0\0\0\0\0\0\0{}",
            "no tensor `lstm.weight_ih_l0` or `lstm/lstm_cell/kernel`; it holds no tensors",
        ),
        (b"PK\x03\x04 a pickle of PyTorch", "is not a complete safetensors file"),
    ] {
        fs::write(&file, content).unwrap();
        let said = rowlstm().arg("evaluate").arg(&file).args(["--data-dir", "no/such/data"]).assert().code(1);
        said.stdout("").stderr(contains(message).and(contains("weights.safetensors")));
    }
    #[cfg(unix)]
    rowlstm().args(["evaluate", "/dev/null"]).assert().code(1).stderr(contains("/dev/null is not a file"));
}

#[test]
fn weights_of_pytorch_come_back_to_the_bit_through_every_layout() {
    for case in golden::cases() {
        for layout in [WeightsLayout::Pytorch, WeightsLayout::Keras] {
            let bytes = to_bytes_in(layout, &case.weights);
            let read = weights_file::from_bytes(&bytes, Path::new(&case.name)).unwrap();
            assert_eq!(read, case.weights, "{}, {layout:?}", case.name);
        }
    }
}

#[test]
fn a_run_whose_weights_are_of_another_network_is_damaged() {
    let (_folder, run) = trained();
    let mut weights = StoredNetwork::open(&run).unwrap().weights;
    weights.shape.layers = 1;
    weights.layers.truncate(1);
    fs::write(run.join("model.safetensors"), weights_file::to_bytes(&weights)).unwrap();
    let refused = rowlstm().arg("evaluate").arg(&run).assert().code(1);
    refused.stderr(contains("8 units, 1 layer, 28 inputs, but the run's settings say 8 units, 2 layers"));
}

/// Logits of the network in this program.
fn logits(
    weights: &ModelWeights,
    x: &[f32],
    [batch, timesteps]: [usize; 2],
    backend: BackendName,
) -> Vec<f32> {
    let device = device(backend);
    let data = TensorData::new(x.to_vec(), [batch, timesteps, weights.shape.inputs]);
    let scores = RowClassifier::new(weights, &device).forward(Tensor::<3>::from_data(data, &device));
    scores.into_data().try_into_vec().unwrap()
}

#[test]
fn an_onnx_model_computes_what_pytorch_and_this_program_do() {
    for case in golden::cases() {
        let (batch, timesteps) = case.size;
        let bytes = rowlstm::exchange::onnx::to_bytes(&case.weights, timesteps).unwrap();
        let found = super::onnx_reader::run(&bytes, &case.x, batch);
        for (found, expected) in found.iter().zip(&case.logits) {
            // Both compute in f64 from the same weights, but PyTorch's two biases were added in f32.
            assert!((found - expected).abs() < 1e-7, "{}: {found}, expected {expected}", case.name);
        }
        for &backend in DEVICES {
            let own = logits(&case.weights, &case.x, [batch, timesteps], backend);
            assert_within(&own, &found, 2e-6, &case.name); // f32 against f64 over at most 28 timesteps
        }
    }
}

#[test]
fn logits_do_not_replace_a_file_that_is_there() {
    let (_folder, run) = trained();
    let model = run.join("model.safetensors");
    let before = fs::read(&model).unwrap();
    let mut command = rowlstm();
    command.arg("evaluate").arg(&run).arg("--data-dir").arg(mnist()).arg("--logits").arg(&model);
    command.assert().code(1).stderr(contains("exists: name another file, or replace it with --force"));
    assert_eq!(fs::read(&model).unwrap(), before);
}

#[test]
fn biases_that_a_file_does_without_are_told() {
    let (folder, run) = trained();
    let bytes = fs::read(run.join("model.safetensors")).unwrap();
    let all = SafeTensors::deserialize(&bytes).unwrap();
    let kept = all.tensors().into_iter().filter(|(name, _)| name != "head.bias");
    let file = folder.path().join("lost.safetensors");
    fs::write(&file, safetensors::serialize(kept, None).unwrap()).unwrap();
    let mut command = rowlstm();
    command.arg("evaluate").arg(&file).arg("--json").arg("--data-dir").arg(mnist());
    let found = command.assert().success().stderr(contains("has no head.bias: zeros are used"));
    let found: Value = serde_json::from_slice(&found.get_output().stdout).unwrap();
    assert_eq!(found["absent_biases"], serde_json::json!(["head.bias"]));
}

#[test]
fn a_file_of_a_network_that_reads_less_than_whole_images_reminds_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    quick_train(&runs).args(["--rows", "14", "--permute", "2", "--epochs", "1", "-q"]).assert().success();
    let reminder = "reads the middle 14 rows, pixels permuted with seed 2: prepare images in the same way";
    export(&only_run(&runs), "onnx", &folder.path().join("x.onnx"))
        .assert()
        .success()
        .stderr(contains(reminder));
}

#[test]
fn files_of_other_kinds_are_called_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("network");
    for (bytes, kind) in [
        (&b"\x89PNG\r\n\x1a\n...."[..], "a PNG picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
        (b"\x89HDF\r\n\x1a\n....", "an HDF5 file"),
        (b"PK\x03\x04\0\0\0\0....", "a zip archive"),
        (b"{\"format\": 1}", "a JSON file"),
    ] {
        fs::write(&file, bytes).unwrap();
        let refused = rowlstm().arg("evaluate").arg(&file).assert().code(1);
        refused.stderr(contains(format!("is not a complete safetensors file: it begins like {kind}")));
    }
}
