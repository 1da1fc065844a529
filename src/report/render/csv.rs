//! A report's runs as CSV (RFC 4180, lines that end in a line feed).

use crate::run::RunResult;
use crate::statistics::{Report, Setting};

/// The columns, with the names that `result.json` has for them.
const HEADER: [&str; 24] = [
    "name",
    "setting",
    "num_units",
    "num_layers",
    "timesteps",
    "seed",
    "parameters",
    "epochs",
    "steps",
    "batch_size",
    "train_images",
    "kept_epoch",
    "train_loss",
    "validation_accuracy",
    "test_accuracy",
    "test_loss",
    "test_correct",
    "train_seconds",
    "images_per_second",
    "peak_memory_bytes",
    "backend",
    "threads",
    "processor",
    "version",
];

/// One line a run of the report's settings, by setting and seed, under one line of names. Accuracies are fractions with
/// as many digits as it takes to read back the same number; an unknown value is empty. `setting` is the
/// report's label. Runs that stand apart are not in it.
pub fn csv(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let runs =
        report.settings.iter().flat_map(|setting| setting.runs.iter().map(move |run| row(setting, run)));
    for line in std::iter::once(HEADER.map(String::from)).chain(runs) {
        writer.write_record(line).expect("memory takes every line, and all have as many fields");
    }
    let bytes = writer.into_inner().expect("memory takes every line");
    String::from_utf8(bytes).expect("made of text")
}

fn row(setting: &Setting, run: &RunResult) -> [String; HEADER.len()] {
    [
        run.name.clone(),
        setting.label.clone(),
        run.num_units.to_string(),
        run.num_layers.to_string(),
        run.timesteps.to_string(),
        run.seed.to_string(),
        run.parameters.to_string(),
        run.epochs.to_string(),
        run.steps.to_string(),
        run.batch_size.to_string(),
        run.train_images.to_string(),
        run.kept_epoch.to_string(),
        run.train_loss.to_string(),
        run.validation_accuracy.map_or(String::new(), |accuracy| accuracy.to_string()),
        run.test_accuracy.to_string(),
        run.test_loss.to_string(),
        run.test_correct.to_string(),
        run.train_seconds.to_string(),
        run.images_per_second.to_string(),
        run.peak_memory_bytes.map_or(String::new(), |bytes| bytes.to_string()),
        run.backend.clone(),
        run.threads.to_string(),
        run.machine.processor.clone(),
        run.version.clone(),
    ]
}
