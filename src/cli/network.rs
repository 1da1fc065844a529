//! A stored network, ready to read images: what `predict` and `inspect` begin with.

use crate::config::BackendName;
use crate::data::{Dataset, Reading};
use crate::device::device;
use crate::error::TrainError;
use crate::model::RowClassifier;
use crate::run::StoredNetwork;
use burn::tensor::Device;
use std::path::Path;

/// Where and how a stored network computes.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct ComputeOptions {
    /// Where the tensor operations run, instead of the run's own
    #[arg(long, value_enum, value_name = "NAME")]
    pub backend: Option<BackendName>,
    /// Threads to compute with; 0: one for each core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(0..=1024))]
    pub threads: usize,
}

/// A trained network, with what it takes to read images.
pub struct Network {
    /// Where it comes from.
    pub stored: StoredNetwork,
    pub model: RowClassifier,
    /// How it reads an image.
    pub reading: Reading,
    /// Where `model` is; it records no gradients.
    pub device: Device,
}

/// The network of a finished run, or of a safetensors file made elsewhere. Tells of biases that a file does without.
pub fn open_stored(path: &Path) -> anyhow::Result<StoredNetwork> {
    let stored = StoredNetwork::open(path)?;
    if !stored.absent.is_empty() {
        let names = stored.absent.join(", ");
        super::terminal::note(&format!("{} has no {names}: zeros are taken", path.display()));
    }
    Ok(stored)
}

impl Network {
    /// The network of a finished run, or of a safetensors file made elsewhere.
    pub fn open(path: &Path, backend: Option<BackendName>) -> anyhow::Result<Self> {
        let stored = open_stored(path)?;
        let device = device(backend.unwrap_or(stored.config.backend));
        let model = RowClassifier::new(&stored.weights, &device);
        let reading = Reading::new(&stored.config);
        Ok(Self { stored, model, reading, device })
    }

    /// Checksum of the data of the run; `None` for a file of weights.
    pub fn data_checksum(&self) -> Option<&str> {
        self.stored.result.as_ref().map(|result| result.data_checksum.as_str())
    }

    /// The test images that the run was scored on, or those in another folder.
    pub fn data(&self, data_dir: Option<&Path>) -> anyhow::Result<Dataset> {
        let checksum = self.data_checksum();
        let data = Dataset::of(data_dir, &self.stored.config.data_dir, checksum).map_err(TrainError::from)?;
        if checksum.is_some_and(|expected| expected != data.checksum) {
            super::terminal::note(&format!(
                "{} was trained on other data than these images belong to",
                self.stored.name
            ));
        }
        Ok(data)
    }
}
