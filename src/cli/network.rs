//! Stored networks ready to read images, and the choice of backend.

use super::UsageError;
use crate::config::BackendName;
use crate::data::{Dataset, Reading};
use crate::device::{BUILT_IN, device};
use crate::error::TrainError;
use crate::model::RowClassifier;
use crate::run::StoredNetwork;
use burn::tensor::Device;
use std::path::Path;

/// Where and how a stored network computes.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ComputeOptions {
    /// Backend of the tensor operations, instead of the run's own
    #[arg(long, value_enum, value_name = "NAME")]
    pub backend: Option<BackendName>,
    /// Threads to compute with; 0: one per core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(0..=1024))]
    pub threads: usize,
}

/// A trained network, ready to read images.
pub struct Network {
    pub stored: StoredNetwork,
    pub model: RowClassifier,
    /// How it reads an image.
    pub reading: Reading,
    /// The device of `model`, without autodiff.
    pub device: Device,
}

/// Refuses to start anything on a backend that this build does not have.
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
        super::terminal::note(&format!(
            "this build has no backend {stored}: ndarray computes, with bit-identical results"
        ));
    }
}

/// The device for a stored network: of the backend that was typed, or else of its own.
pub fn stored_device(typed: Option<BackendName>, stored: BackendName) -> Result<Device, UsageError> {
    match typed {
        Some(backend) => require(backend)?,
        None => note_replaced(stored),
    }
    Ok(device(typed.unwrap_or(stored)))
}

/// The network of a finished run, or of a safetensors file made elsewhere. Prints a note on biases that a file lacks.
pub fn open_stored(path: &Path) -> anyhow::Result<StoredNetwork> {
    let stored = StoredNetwork::open(path)?;
    if !stored.absent.is_empty() {
        let names = stored.absent.join(", ");
        super::terminal::note(&format!("{} has no {names}: zeros are used", path.display()));
    }
    Ok(stored)
}

impl Network {
    /// The network of a finished run, or of a safetensors file made elsewhere.
    pub fn open(path: &Path, backend: Option<BackendName>) -> anyhow::Result<Self> {
        let stored = open_stored(path)?;
        let device = stored_device(backend, stored.config.backend)?;
        let model = RowClassifier::new(&stored.weights, &device);
        let reading = Reading::new(&stored.config);
        Ok(Self { stored, model, reading, device })
    }

    /// Checksum of the data of the run; `None` for a file of weights.
    pub fn data_checksum(&self) -> Option<&str> {
        self.stored.result.as_ref().map(|result| result.data_checksum.as_str())
    }

    /// The data of the run, or that in another folder.
    pub fn data(&self, data_dir: Option<&Path>) -> anyhow::Result<Dataset> {
        let checksum = self.data_checksum();
        let data = Dataset::of(data_dir, &self.stored.config.data_dir, checksum).map_err(TrainError::from)?;
        if checksum.is_some_and(|expected| expected != data.checksum) {
            super::terminal::note(&format!(
                "{} was trained on other data than these images",
                self.stored.name
            ));
        }
        Ok(data)
    }
}
