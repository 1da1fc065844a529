//! One run at a glance: settings, learning curve, confusions, accuracy per digit, and what the network costs.

mod page;
mod text;

pub use page::glance_html;
pub use text::glance_text;

use crate::benchmark::InferenceTime;
use crate::config::Role;
use crate::format::{count, interval, percent, percent_number, thousands};
use crate::model::ModelShape;
use crate::run::{EpochRecord, RunResult};
use crate::statistics::{value_in_words, wilson_interval};
use serde_json::{Value, json};

/// A finished run.
#[derive(Clone, Debug)]
pub struct Glance {
    pub result: RunResult,
    /// Its epochs; empty if they were not stored.
    pub history: Vec<EpochRecord>,
    /// Size of the file of weights.
    pub file_bytes: u64,
    /// What reading images takes on this machine; none without images.
    pub inference: Option<InferenceTime>,
}

impl Glance {
    fn shape(&self) -> ModelShape {
        ModelShape::of(&self.result.settings)
    }

    fn multiply_adds(&self) -> usize {
        self.shape().multiply_adds(self.result.timesteps)
    }

    /// Names and values, in the order of reading.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let run = &self.result;
        let accuracy = |accuracy: f64, correct: usize, total: usize| {
            let ends = interval(wilson_interval(correct, total), percent_number);
            let (correct, total) = (thousands(correct), thousands(total));
            format!("{}: {correct} of {total} (95 % interval {ends} %)", percent(accuracy))
        };
        let mut network = vec![
            count(run.num_units, "unit"),
            count(run.num_layers, "layer"),
            format!("{} of {}", count(run.timesteps, "timestep"), count(self.shape().inputs, "value")),
        ];
        network.extend(run.settings.view_in_words());
        let mut facts = vec![
            ("network", network.join(", ")),
            ("test accuracy", accuracy(run.test_accuracy, run.test_correct, run.test_total)),
        ];
        facts.extend(
            run.validation_accuracy
                .map(|value| ("validation", accuracy(value, run.validation_correct, run.validation_total))),
        );
        facts.extend(run.settings.fold_in_words().map(|fold| ("held out", fold + ", for validation")));
        facts.extend([
            ("parameters", thousands(run.parameters)),
            ("model.safetensors", count(self.file_bytes as usize, "byte")),
            ("multiply-adds", format!("{} per image", thousands(self.multiply_adds()))),
        ]);
        facts.extend(self.inference.as_ref().map(|time| {
            let InferenceTime { alone, per_image, batch, threads } = time;
            let (alone, per_image) = (milliseconds(*alone), milliseconds(*per_image));
            let threads = count(*threads, "thread");
            ("inference time", format!("{alone} alone, {per_image} each in batches of {batch}, {threads}"))
        }));
        let (images, threads) = (count(run.train_images, "image"), count(run.threads, "thread"));
        let speed = thousands(run.images_per_second.round() as usize);
        facts.extend([
            (
                "training",
                format!(
                    "{} of {images} in {:.1} s, {speed} images/s",
                    count(run.epochs, "epoch"),
                    run.train_seconds
                ),
            ),
            (
                "machine",
                format!(
                    "{}, {}, trained on {threads}",
                    run.machine.processor,
                    count(run.machine.cores, "core")
                ),
            ),
            ("program", format!("rowlstm {}, burn {}, {}", run.version, run.burn_version, run.backend)),
        ]);
        facts
    }

    /// Every setting that can change the result, as it is typed.
    fn settings(&self) -> Vec<(String, String)> {
        let table = self.result.settings.table_of(&[Role::Size, Role::Protocol, Role::Seed]);
        table.iter().map(|(key, value)| (key.clone(), value_in_words(value))).collect()
    }

    /// Images of each digit, and how many of them are classified correctly.
    fn per_digit(&self) -> Vec<(usize, usize)> {
        let matrix = self.result.confusion_matrix.iter().enumerate();
        matrix.map(|(digit, row)| (row.iter().sum(), row.get(digit).copied().unwrap_or(0))).collect()
    }
}

/// "0.0123 ms", three digits that count.
fn milliseconds(seconds: f64) -> String {
    let value = 1e3 * seconds;
    let decimals = (2.0 - value.max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$} ms")
}

/// The fields of result.json, and what else is shown.
pub fn glance_json(glance: &Glance) -> Value {
    let mut object =
        serde_json::to_value(&glance.result).expect("a result has text keys and plain values only");
    object["history"] = json!(glance.history);
    object["model_file_bytes"] = json!(glance.file_bytes);
    object["multiply_adds"] = json!(glance.multiply_adds());
    object["inference"] = json!(glance.inference);
    object
}
