//! Stored networks ready to read images, and the choice of backend.

use super::runs::RunsFolder;
use super::terminal::note;
use super::{UsageError, whole};
use crate::config::BackendName;
use crate::data::{Dataset, Images, Reading};
use crate::device::{BUILT_IN, device};
use crate::error::DataError;
use crate::inference::{probabilities_every_step, sequence, trace};
use crate::inside::Inside;
use crate::model::RowClassifier;
use crate::run::StoredNetwork;
use crate::statistics::wilson_interval;
use burn::tensor::Device;
use std::path::{Path, PathBuf};

/// Where and how a stored network computes.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ComputeOptions {
    /// Backend of the tensor operations, instead of the run's own
    #[arg(long, value_enum, value_name = "NAME")]
    pub backend: Option<BackendName>,
    /// Threads to compute with; 0: one per core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, value_parser = whole(0..=1024))]
    pub threads: usize,
}

/// A trained network, ready to read images.
pub struct Network {
    pub stored: StoredNetwork,
    pub model: RowClassifier,
    pub reading: Reading,
    /// The device of `model`, without autodiff.
    pub device: Device,
}

/// Fails if this build does not have the backend.
pub fn require(backend: BackendName) -> Result<(), UsageError> {
    if BUILT_IN.contains(&backend) {
        return Ok(());
    }
    Err(UsageError(format!(
        "this build has no backend {backend}: build one with `cargo build --release --features {backend}`"
    )))
}

/// Prints a note if `stored`, the backend of a stored run, is not in this build, so that ndarray takes its place.
pub fn note_replaced(stored: BackendName) {
    if !BUILT_IN.contains(&stored) {
        note(&format!("this build has no backend {stored}: ndarray computes, with bit-identical results"));
    }
}

/// The network of a finished run, or of a safetensors file made elsewhere. Prints a note on biases that a file lacks.
pub fn open_stored(path: &Path) -> anyhow::Result<StoredNetwork> {
    let stored = StoredNetwork::open(path)?;
    if !stored.absent.is_empty() {
        let names = stored.absent.join(", ");
        note(&format!("{} has no {names}: zeros are used", path.display()));
    }
    Ok(stored)
}

/// An accuracy on the test images, a fraction, with what it was counted from and its Wilson interval: at most 80 columns.
pub fn test_accuracy_text(accuracy: f64, correct: usize, total: usize) -> String {
    let (low, high) = wilson_interval(correct, total);
    format!(
        "Test accuracy {:.2} %: {correct} of {total} images (95 % interval {:.2} to {:.2} %)",
        100.0 * accuracy,
        100.0 * low,
        100.0 * high
    )
}

impl Network {
    /// As [`open_stored`], on the backend that was typed, or else on the run's own.
    pub fn open(path: &Path, backend: Option<BackendName>) -> anyhow::Result<Self> {
        let stored = open_stored(path)?;
        match backend {
            Some(backend) => require(backend)?,
            None => note_replaced(stored.config.backend),
        }
        let device = device(backend.unwrap_or(stored.config.backend));
        let model = RowClassifier::new(&stored.weights, &device);
        let reading = Reading::new(&stored.config);
        Ok(Self { stored, model, reading, device })
    }

    /// As [`Self::open`], for each of the runs and files that were typed.
    pub fn open_all(
        folder: &RunsFolder,
        typed: &[PathBuf],
        backend: Option<BackendName>,
    ) -> anyhow::Result<Vec<Self>> {
        typed.iter().map(|typed| Self::open(&folder.one(typed)?, backend)).collect()
    }

    /// The probability of each class after every timestep of an image of 784 pixels.
    pub fn answers(&self, pixels: &[u8]) -> Vec<Vec<f64>> {
        probabilities_every_step(&self.model, &alone(pixels), 0, &self.reading, &self.device)
    }

    /// What happens inside a layer, from 1, while the network reads an image of 784 pixels.
    pub fn inside(&self, pixels: &[u8], layer: usize) -> Inside {
        let Self { stored, reading, device, .. } = self;
        let sequence = sequence(&alone(pixels), 0, reading, device);
        Inside {
            network: stored.name.clone(),
            view: stored.config.view_in_words(),
            probabilities: self.answers(pixels),
            layer: (layer, stored.weights.shape.layers),
            trace: trace(&stored.weights, &sequence, layer - 1),
            sequence,
        }
    }

    /// The same for the highest layer.
    pub fn inside_last(&self, pixels: &[u8]) -> Inside {
        self.inside(pixels, self.stored.weights.shape.layers)
    }

    /// Checksum of the data of the run; `None` for a file of weights.
    pub fn data_checksum(&self) -> Option<&str> {
        self.stored.result.as_ref().map(|result| result.data_checksum.as_str())
    }

    /// The data of the run, or that in another folder.
    pub fn any_data(&self, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
        Dataset::of(data_dir, &self.stored.config.data_dir, self.data_checksum())
    }

    /// The same, with a note if it is not what the network was trained on.
    pub fn data(&self, data_dir: Option<&Path>) -> Result<Dataset, DataError> {
        let data = self.any_data(data_dir)?;
        if self.data_checksum().is_some_and(|expected| expected != data.checksum) {
            note(&format!("{} was trained on other data than these images", self.stored.name));
        }
        Ok(data)
    }
}

/// One image, with a label that is not used.
fn alone(pixels: &[u8]) -> Images {
    Images::new(pixels.to_vec(), vec![0]).expect("784 pixels and a digit are an image")
}
