//! The stored network of a run, ready to read images: what `predict` and `inspect` begin with.

use crate::config::{BackendName, TrainConfig};
use crate::data::Dataset;
use crate::device::device;
use crate::error::{RunError, TrainError};
use crate::model::{ModelWeights, RowClassifier, weights_file};
use crate::run::RunFolder;
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

/// A trained network.
pub struct Network {
    /// The run's name.
    pub name: String,
    pub config: TrainConfig,
    pub weights: ModelWeights,
    pub model: RowClassifier,
    /// Where `model` is; it records no gradients.
    pub device: Device,
    /// The checksum of the data that it was trained on, where that is known.
    pub data_checksum: Option<String>,
}

impl Network {
    /// The network of a finished run.
    pub fn open(run: &Path, backend: Option<BackendName>) -> anyhow::Result<Self> {
        let folder = RunFolder::at(run);
        let config = folder.settings()?;
        let data_checksum = Some(folder.info()?.data_checksum);
        folder.result()?.ok_or_else(|| RunError::Unfinished { path: run.to_path_buf() })?;
        let weights = weights_file::read(&folder.model_path()).map_err(TrainError::from)?;
        let device = device(backend.unwrap_or(config.backend));
        let model = RowClassifier::new(&weights, &device);
        Ok(Self { name: folder.name(), config, weights, model, device, data_checksum })
    }

    /// The test images that the run was scored on, or those in another folder.
    pub fn data(&self, data_dir: Option<&Path>) -> anyhow::Result<Dataset> {
        let data = Dataset::load(data_dir.unwrap_or(&self.config.data_dir)).map_err(TrainError::from)?;
        if self.data_checksum.as_ref().is_some_and(|known| *known != data.checksum) {
            super::note(&format!("{} was trained on other data than these images belong to", self.name));
        }
        Ok(data)
    }
}
