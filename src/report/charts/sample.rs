//! A small report for the tests of charts and page.

use super::Material;
use crate::data::Images;
use crate::run::{EpochRecord, RunResult};
use crate::statistics::findings::{Budget, Findings, Question};
use crate::statistics::verdict::{Answers, Measured, Missing, Trial};
use crate::statistics::{Apart, Choice, Pair, Report, Setting, Spread, Unfinished};
use serde_json::json;

/// Everything that a [`Material`] borrows.
pub(crate) struct Sample {
    pub report: Report,
    pub histories: Vec<Vec<Vec<EpochRecord>>>,
    pub predictions: Vec<Vec<Vec<u8>>>,
    images: Images,
}

/// (units, parameters, seconds, test accuracies of seeds 1 to 3), as `rowlstm train --num-units U --seed S` measured
/// them with the default settings.
const MEASURED: [(usize, usize, f64, [f64; 3]); 5] = [
    (8, 1274, 4.0, [0.9361, 0.9216, 0.9345]),
    (16, 3050, 4.0, [0.9748, 0.9717, 0.9741]),
    (32, 8138, 7.0, [0.9866, 0.9867, 0.9857]),
    (64, 24_458, 17.0, [0.9893, 0.9893, 0.9906]),
    (128, 81_674, 49.0, [0.9909, 0.9910, 0.9908]),
];

impl Sample {
    /// The same with a verdict: 24 trials of each setting in 12 folds, a little better with each doubling.
    pub fn with_verdict() -> Self {
        let mut sample = Self::new();
        let rates = [4600, 4850, 4930, 4948, 4951];
        let measured = |(setting, rate): (&Setting, usize)| {
            let trial = |seed: u64| Trial {
                seed,
                fold: (seed as usize - 1) % 12 + 1,
                training_images: 55_000,
                held_out: Answers::counted(rate + (7 * seed as usize) % 5, 5000),
                test: Answers::counted(2 * rate, 10_000),
            };
            let missing = Missing { seed: 25, reason: "failed".into() };
            let missing = if setting.num_units == 8 { vec![missing] } else { Vec::new() };
            let trials = (1..=24).map(trial).collect();
            Measured::new(&setting.label, setting.parameters, setting.num_units, trials, missing)
        };
        let settings = &sample.report.settings;
        let measured: Vec<Measured> = settings.iter().zip(rates).map(measured).collect();
        let question =
            Question { target: Some(0.98), budget: Some(Budget::TrainSeconds(10.0)), ..Question::default() };
        sample.report.verdict = Some(Findings::new(settings, &measured, 12, &question));
        sample
    }

    /// Five settings of three seeds each; ten test images, of which the last two are hard.
    pub fn new() -> Self {
        let settings: Vec<Setting> = MEASURED.iter().map(setting).collect();
        let labels: Vec<u8> = (0..10).collect();
        let answers = |index: usize| {
            // All settings take the 9 for a 4; the three smallest settings take the 8 for a 3.
            let mut answers = labels.clone();
            answers[9] = 4;
            answers[8] = if index < 3 { 3 } else { 8 };
            answers
        };
        let pixels = (0..10 * 784).map(|index| (index % 256) as u8).collect();
        Self {
            histories: settings.iter().map(|setting| setting.runs.iter().map(history).collect()).collect(),
            predictions: (0..settings.len()).map(|index| vec![answers(index); 3]).collect(),
            report: report(settings),
            images: Images::new(pixels, labels).unwrap(),
        }
    }

    pub fn material(&self) -> Material<'_> {
        Material {
            report: &self.report,
            histories: &self.histories,
            predictions: &self.predictions,
            test_images: Some(&self.images),
            command: "rowlstm train --num-units 8 --seed 1",
            title: "What units do",
        }
    }
}

/// Mean, and an interval that is the range: the statistics are tested where they are made.
pub(crate) fn spread(values: &[f64]) -> Spread {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let several = values.len() > 1;
    Spread {
        values: values.iter().enumerate().map(|(index, value)| (index as u64 + 1, *value)).collect(),
        mean,
        deviation: several.then_some((high - low) / 2.0),
        interval: several.then_some((low, high)),
    }
}

fn setting(&(units, parameters, seconds, accuracies): &(usize, usize, f64, [f64; 3])) -> Setting {
    let run = |(index, accuracy): (usize, &f64)| run(units, parameters, seconds, index as u64 + 1, *accuracy);
    let runs: Vec<RunResult> = accuracies.iter().enumerate().map(run).collect();
    Setting {
        label: format!("{units} units"),
        num_units: units,
        num_layers: 1,
        timesteps: 28,
        parameters,
        test: spread(&accuracies),
        validation: Some(spread(&accuracies)),
        train_seconds: spread(&[seconds; 3]),
        images_per_second: spread(&[550_000.0 / seconds; 3]),
        config: runs[0].settings.clone(),
        runs,
    }
}

fn run(units: usize, parameters: usize, seconds: f64, seed: u64, accuracy: f64) -> RunResult {
    // All that is wrong is a 7 taken for a 2.
    let correct = (10_000.0 * accuracy).round() as usize;
    let mut matrix = vec![vec![0; 10]; 10];
    matrix[0][0] = correct;
    matrix[7][2] = 10_000 - correct;
    let record = json!({
        "name": format!("u{units}-l1-s{seed}"), "num_units": units, "num_layers": 1, "timesteps": 28,
        "parameters": parameters, "seed": seed, "epochs": 10, "steps": 4300, "batch_size": 128,
        "train_images": 55_000, "kept_epoch": 10, "train_loss": 0.01, "validation_accuracy": accuracy,
        "validation_correct": 4900, "validation_total": 5000, "test_accuracy": accuracy, "test_loss": 0.04,
        "test_correct": correct, "test_total": 10_000, "per_class_accuracy": vec![accuracy; 10],
        "confusion_matrix": matrix, "train_seconds": seconds, "images_per_second": 550_000.0 / seconds,
        "inference_ms_per_image": 0.001 * units as f64, "peak_memory_bytes": 101_000_000, "backend": "ndarray", "threads": 2, "version": "0.1.0",
        "burn_version": "0.22.1", "data_checksum": "e9914cff", "identity": "3d8b", "protocol": "7f1a", "format": 1,
        "machine": {"processor": "A processor", "cores": 2, "system": "linux x86_64"},
        "settings": {"num-units": units, "seed": seed, "optimizer": "adam", "runs-dir": "/home/someone/runs"},
    });
    serde_json::from_value(record).unwrap()
}

fn history(run: &RunResult) -> Vec<EpochRecord> {
    let record = |epoch: usize| EpochRecord {
        epoch,
        steps: 430 * epoch,
        train_loss: 1.0 / epoch as f64,
        train_accuracy: 0.5,
        validation_loss: Some(1.0 / epoch as f64),
        validation_accuracy: Some(run.test_accuracy * (1.0 - 0.3 / (epoch * epoch) as f64)),
        learning_rate: 0.008,
        seconds: 1.0,
    };
    (1..=10).map(record).collect()
}

fn report(settings: Vec<Setting>) -> Report {
    let pair = |first: usize| {
        let values = |index: usize| settings[index].test.values.iter().map(|(_, value)| *value);
        let differences: Vec<f64> =
            values(first + 1).zip(values(first)).map(|(more, less)| more - less).collect();
        Pair {
            first,
            second: first + 1,
            difference: spread(&differences),
            p: Some(0.02),
            p_corrected: Some(0.0004),
        }
    };
    Report {
        protocol: "10 epochs, batch 128".into(),
        pairs: (0..settings.len() - 1).map(pair).collect(),
        choice: Some(Choice {
            best: 4,
            chosen: 4,
            threshold: 0.99,
            sentence: "Take 128 units.".into(),
            caveats: vec!["Three seeds are few.".into()],
        }),
        apart: vec![Apart { reason: "optimizer sgd".into(), names: vec!["u8-l1-s9".into()] }],
        unfinished: vec![Unfinished {
            name: "256 units, seed 1".into(),
            state: "running".into(),
            settings: None,
        }],
        settings,
        tuning: None,
        verdict: None,
    }
}
