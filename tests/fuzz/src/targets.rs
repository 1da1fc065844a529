//! What is done with the bytes: what the program does with a file of that name.

use rowlstm::config::ConfigFile;
use rowlstm::data::{IdxLayout, read_picture};
use rowlstm::exchange::weights_file;
use rowlstm::playground::laboratory::settings_from_json;
use rowlstm::report::{Material, charts, comparison, html, render};
use rowlstm::run::{Checkpoint, Predicted, RunFolder};
use rowlstm::statistics::{Report, compare_predictions};
use rowlstm::sweep::{Lease, Plan, SweepFolder};
use rowlstm::tensorboard::EventLog;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub struct Target {
    pub name: &'static str,
    /// Most bytes of memory that an input may take.
    pub most_bytes: usize,
    /// Most seconds of processor time.
    pub most_seconds: f64,
    pub run: fn(&[u8]),
}

const fn target(name: &'static str, most_bytes: usize, run: fn(&[u8])) -> Target {
    // Instrumented code is slow; 50 million pixels take long.
    let most_seconds = if most_bytes > 100 * MB { 20.0 } else { 2.0 };
    Target { name, most_bytes, most_seconds, run }
}

const MB: usize = 1 << 20;

/// Inputs are at most 64 kB. A reader of small files may take a few hundred times that: a record of one byte, `0,`, is an
/// element of 32 bytes, and it is copied.
pub const TARGETS: [Target; 17] = [
    // The buffer has the length that is expected: 60,000 labels; 3 images.
    target("idx-labels", MB, |bytes| idx(IdxLayout::labels(60_000), bytes)),
    target("idx-images", MB, |bytes| idx(IdxLayout::images(3), bytes)),
    target("weights", 4 * MB, weights),
    // As `read_picture` promises for 50 million pixels.
    target("png", 620 * MB, |bytes| picture(b"\x89PNG", bytes)),
    target("jpeg", 620 * MB, |bytes| picture(b"\xff\xd8\xff", bytes)),
    target("settings", 64 * MB, settings),
    target("plan", 64 * MB, plan),
    target("sweep-json", 64 * MB, sweep),
    target("run-json", 64 * MB, info),
    target("result-json", 64 * MB, result),
    target("history", 64 * MB, history),
    target("checkpoint", 8 * MB, checkpoint),
    target("checkpoint-inside", 8 * MB, checkpoint_inside),
    target("lease", 8 * MB, lease),
    target("predictions", 8 * MB, predictions),
    target("events", 8 * MB, events),
    target("request", 64 * MB, request),
];

/// A folder in memory, made once.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let path = PathBuf::from(std::env::var_os("FUZZ_FOLDER").expect("scripts/fuzz names a folder"));
        fs::create_dir_all(&path).unwrap();
        path
    })
}

/// Writes the bytes to a file in the folder.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// An error says something.
fn told<T>(result: Result<T, impl std::fmt::Display>) -> Option<T> {
    result.map_err(|error| assert!(!error.to_string().is_empty())).ok()
}

fn idx(layout: IdxLayout, bytes: &[u8]) {
    told(layout.read(Path::new("file"), bytes));
}

fn weights(bytes: &[u8]) {
    if let Some(weights) = told(weights_file::from_bytes(bytes, Path::new("file"))) {
        let again = weights_file::from_bytes(&weights_file::to_bytes(&weights), Path::new("file"));
        assert_eq!(again.unwrap(), weights, "what is read can be written and read again");
    }
}

fn picture(start: &[u8], bytes: &[u8]) {
    let is_chosen = || bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte)) < 4;
    // Large pictures take long: one in 64 of them.
    if !bytes.starts_with(start) || (pixels(bytes) > 1 << 16 && !is_chosen()) {
        return;
    }
    if let Some(image) = told(read_picture(&file("picture", bytes))) {
        assert!(image.iter().any(|pixel| *pixel > 0), "a digit has ink");
    }
}

/// The pixels that a PNG or JPEG declares.
fn pixels(bytes: &[u8]) -> u64 {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    if bytes.starts_with(b"\x89PNG") {
        return bytes.get(16..24).map_or(0, |sizes| number(&sizes[..4]).saturating_mul(number(&sizes[4..])));
    }
    let starts = bytes.windows(9).filter(|frame| frame[0] == 0xff && matches!(frame[1], 0xc0..=0xc2));
    starts.map(|frame| number(&frame[5..7]) * number(&frame[7..9])).max().unwrap_or(0)
}

fn settings(bytes: &[u8]) {
    let Some(read) = told(ConfigFile::read(&file("settings.toml", bytes))) else { return };
    if told(read.config.validate().map_err(|error| read.locate(error))).is_some() {
        let table = read.config.to_table().to_string();
        let again = ConfigFile::read(&file("again.toml", table.as_bytes())).unwrap();
        assert_eq!(again.config, read.config, "settings that are stored are read as they were");
        read.config.identity("data");
    }
}

fn plan(bytes: &[u8]) {
    if let Some(plan) = told(Plan::read(&file("plan.toml", bytes))) {
        trials_of(&plan);
        plan.command();
        told(SweepFolder::preview(&folder().join("none"), &plan, None, "data"));
    }
}

/// Expands plans of up to 1,000 trials; larger ones take memory by their number, up to a million.
fn trials_of(plan: &Plan) {
    let values = plan.grid.values().map(Vec::len).fold(plan.seeds.len(), usize::saturating_mul);
    if values.saturating_mul(plan.tune().map_or(1, |tune| tune.values.len())) <= 1000 {
        told(plan.trials(Path::new("out"), "data"));
    }
}

fn sweep(bytes: &[u8]) {
    file("sweep.json", bytes);
    let Some(sweep) = told(SweepFolder::open(folder())) else { return };
    sweep.command();
    sweep.tune();
    sweep.data_dir();
    let text = String::from_utf8_lossy(bytes);
    // As above: a number of seeds with four digits or more may be a larger sweep than time allows.
    if bytes.len() < 4096 && !text.contains("000") {
        if let Some(trials) = told(sweep.trials()) {
            for trial in trials.iter().take(10) {
                sweep.state(trial).in_words();
            }
        }
    }
}

fn info(bytes: &[u8]) {
    file("run.json", bytes);
    told(RunFolder::at(folder()).info());
    told(RunFolder::at(folder()).settings());
}

fn result(bytes: &[u8]) {
    file("result.json", bytes);
    let Some(Some(result)) = told(RunFolder::at(folder()).result()) else { return };
    comparison(vec![result.clone()]);
    let test_total = result.test_total;
    let report = Report::new(vec![result], Vec::new());
    [render::text, render::markdown, render::json, render::csv].iter().for_each(|form| drop(form(&report)));
    let (histories, predictions) = ([vec![Vec::new()]], [vec![vec![0; test_total.min(100)]]]);
    let material = Material {
        report: &report,
        histories: &histories,
        predictions: &predictions,
        test_images: None,
        command: "",
        title: "",
    };
    charts(&material).iter().for_each(|chart| drop(chart.svg()));
    html(&material);
}

fn history(bytes: &[u8]) {
    file("history.jsonl", bytes);
    told(RunFolder::at(folder()).history());
}

fn checkpoint(bytes: &[u8]) {
    file("checkpoint.safetensors", bytes);
    told(Checkpoint::load(&RunFolder::at(folder())));
}

/// The first line is the progress, what follows the weights; both get the checksum of a whole checkpoint, so that what is
/// behind the check is reached.
fn checkpoint_inside(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let progress = String::from_utf8_lossy(&bytes[..end]);
    let model = bytes.get(end + 1..).unwrap_or_default();
    checkpoint(&crate::seeds::checkpoint_of(&progress, model));
}

fn lease(bytes: &[u8]) {
    let trial = folder().join("trial");
    fs::create_dir_all(&trial).unwrap();
    fs::write(trial.join("lease.json"), bytes).unwrap();
    Lease::holder(&trial);
    // A torn lease is not taken over before it expires, and none is taken from a process that may live.
    drop(told(Lease::take(&trial)));
}

fn predictions(bytes: &[u8]) {
    file("predictions.bin", bytes);
    file("validation-predictions.bin", bytes);
    let run = RunFolder::at(folder());
    let labels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    told(run.correct_answers(Predicted::Validation, &labels, 5));
    if let Some(classes) = told(run.predictions_of(labels.len())) {
        let paired = compare_predictions(&classes, &labels, &labels);
        paired.difference();
    }
}

fn events(bytes: &[u8]) {
    let run = folder().join("run");
    if !run.is_dir() {
        fs::create_dir_all(&run).unwrap();
    }
    for name in fs::read_dir(&run).unwrap().flatten() {
        fs::remove_file(name.path()).unwrap();
    }
    fs::write(run.join("events.out.tfevents.0000000001.rowlstm"), bytes).unwrap();
    told(EventLog::begin(&RunFolder::at(&run), &Default::default(), &Default::default()));
}

fn request(bytes: &[u8]) {
    if let Ok(Value::Object(given)) = serde_json::from_slice(bytes) {
        told(settings_from_json(given));
    }
}
