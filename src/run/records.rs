//! The records that a run's folder holds as JSON. Their field names are an interface, described in docs/run-folder.md.
//! Accuracies are fractions in 0..=1, times are seconds, sizes are bytes.

use crate::config::{TrainConfig, serialize_settings};
use crate::machine::Machine;
use serde::{Deserialize, Serialize};

/// The format of run folders that this program writes.
pub const FORMAT: u64 = 1;

/// `run.json`: which run a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    pub format: u64,
    /// Version of the program that started the run.
    pub version: String,
    /// Identity of settings and data: [`crate::config::TrainConfig::identity`].
    pub identity: String,
    /// Checksum of the data: [`crate::data::Dataset`].
    pub data_checksum: String,
}

impl RunInfo {
    /// The record of a run of this program with these settings and data.
    pub fn new(config: &TrainConfig, data_checksum: &str) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            identity: config.identity(data_checksum),
            data_checksum: data_checksum.to_string(),
        }
    }
}

/// One epoch of a run's history. The same settings give the same record, bit-identical except for `seconds`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Training steps since the run began.
    pub steps: usize,
    /// Mean loss of the epoch's training images, each before the step that it is part of.
    pub train_loss: f64,
    /// Accuracy on the epoch's training images, likewise.
    pub train_accuracy: f64,
    /// Mean loss of the validation images after the epoch; `null` without validation images.
    pub validation_loss: Option<f64>,
    /// Accuracy on the validation images after the epoch; `null` without validation images.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the epoch's last training step.
    pub learning_rate: f64,
    /// Seconds of training in this epoch, without validation.
    pub seconds: f64,
}

/// `result.json`: what a finished run measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The folder's name.
    pub name: String,
    /// LSTM units U.
    pub num_units: usize,
    /// LSTM layers L.
    pub num_layers: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// Weights and biases of the whole network.
    pub parameters: usize,
    pub seed: u64,
    /// Epochs begun.
    pub epochs: usize,
    pub steps: usize,
    pub batch_size: usize,
    pub train_images: usize,
    /// The epoch whose weights are kept: the last, or the best with early stopping.
    pub kept_epoch: usize,
    /// Mean training loss of the last epoch.
    pub train_loss: f64,
    /// Accuracy on the validation images; `null` if there are none.
    pub validation_accuracy: Option<f64>,
    /// Validation images classified correctly.
    pub validation_correct: usize,
    pub validation_total: usize,
    /// Accuracy on all test images.
    pub test_accuracy: f64,
    /// Mean loss of the test images.
    pub test_loss: f64,
    /// Test images classified correctly.
    pub test_correct: usize,
    pub test_total: usize,
    /// Accuracy on the test images of each class.
    pub per_class_accuracy: Vec<f64>,
    /// Test images by true class (row) and predicted class (column).
    pub confusion_matrix: Vec<Vec<usize>>,
    /// Seconds of training: batches, forward pass, backward pass, optimiser; without loading and scoring.
    pub train_seconds: f64,
    /// Training images per second of training.
    pub images_per_second: f64,
    /// Milliseconds per image in which the test images were scored; `null` for a run of a version that did not store it.
    pub inference_ms_per_image: Option<f64>,
    /// Bytes of the weights and biases, which are 32-bit numbers; `null` likewise.
    pub model_bytes: Option<usize>,
    /// Multiply-adds of the matrix products that score one image; `null` likewise.
    pub multiply_adds: Option<usize>,
    /// Peak memory of the process; `null` if the system does not report it, and for a trial of a sweep, whose process trains
    /// other networks too.
    pub peak_memory_bytes: Option<u64>,
    /// Backend of the tensor operations.
    pub backend: String,
    pub threads: usize,
    /// Vector instructions of the kernel: `avx512` or `avx2`, which give the same results, or `plain`; `null` for a run of a
    /// version that did not store it.
    pub instructions: Option<String>,
    pub version: String,
    pub burn_version: String,
    /// The machine on which it finished.
    pub machine: Machine,
    /// When it finished, in seconds since 1970-01-01 00:00 UTC; `null` for a run of a version that did not store it.
    pub finished_at: Option<f64>,
    /// Checksum of the data.
    pub data_checksum: String,
    /// Identity of settings and data.
    pub identity: String,
    /// Identity of the protocol: all settings but units, layers, seed and fold, and the data.
    pub protocol: String,
    pub format: u64,
    /// All settings as used, under their names on the command line. A setting that an older program did not have is at its
    /// default.
    #[serde(serialize_with = "serialize_settings")]
    pub settings: TrainConfig,
}
