//! A trained network, read from a run's folder or from a file of weights that another program wrote.

use super::built_in::{self, built_in_weights};
use super::{RunFolder, RunResult};
use crate::config::{PIXELS, TrainConfig};
use crate::error::{ModelError, RunError};
use crate::exchange::weights_file;
use crate::format::typed_count;
use crate::model::ModelWeights;
use std::{fs, path::Path};

/// A trained network, and the settings that say how it reads images.
#[derive(Debug)]
pub struct StoredNetwork {
    /// The name of the run's folder or of the network inside the program, or the path of the file.
    pub name: String,
    pub weights: ModelWeights,
    /// The settings of the run. For a file and inside the program: units, layers and timesteps as the shapes of its weights imply, all else at
    /// its default, so images are read whole, from the top, in T = 784/W timestep slices.
    pub config: TrainConfig,
    /// The result of the run; `None` without a run.
    pub result: Option<RunResult>,
    /// The accuracy on the test images, a fraction: of the run, or of the network inside the program on MNIST's; `None` for a
    /// file.
    pub test_accuracy: Option<f64>,
    /// Names of the biases that are missing in a file; they are zeros.
    pub absent: Vec<String>,
}

impl StoredNetwork {
    /// Reads the network of the finished run in the folder `path`, or of the safetensors file `path`, or if there is neither,
    /// the network of that name inside the program.
    ///
    /// # Errors
    /// [`RunError::Io`] when there is none of them. For a folder: as [`RunFolder::settings`], [`RunError::Unfinished`], and
    /// [`RunError::Damaged`] when the shapes of the weights do not match the settings. For both: [`RunError::Weights`]
    /// when the weights are not those of one network, or when its inputs per timestep do not divide 784.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Self::of_run(path),
            Ok(_) => Self::of_file(path),
            Err(cause) => match built_in_weights(path) {
                Some(weights) => Self::of_built_in(path, weights?),
                None => Err(RunError::io("open", path)(cause)),
            },
        }
    }

    /// The networks inside the program, from the smallest to the largest, whatever else has their names.
    ///
    /// # Errors
    /// None: a test reads them all.
    pub fn all_built_in() -> Result<Vec<Self>, RunError> {
        let found = built_in::names().filter_map(|name| Some((name, built_in_weights(Path::new(name))?)));
        found.map(|(name, weights)| Self::of_built_in(Path::new(name), weights?)).collect()
    }

    fn of_built_in(path: &Path, weights: ModelWeights) -> Result<Self, RunError> {
        let network = Self::of_weights(path, weights, Vec::new())?;
        Ok(Self { test_accuracy: built_in::accuracy(path), ..network })
    }

    fn of_run(path: &Path) -> Result<Self, RunError> {
        let folder = RunFolder::at(path);
        let config = folder.settings()?;
        let result = folder.result()?.ok_or_else(|| RunError::Unfinished { path: path.to_path_buf() })?;
        let weights = weights_file::read(&folder.model_path())?;
        let found = (weights.shape.units, weights.shape.layers, weights.shape.inputs);
        let expected = (config.num_units, config.num_layers, config.inputs());
        if found != expected {
            let words = |(units, layers, inputs)| {
                [(units, "unit"), (layers, "layer"), (inputs, "input")]
                    .map(|(n, what)| typed_count(n, what))
                    .join(", ")
            };
            let (found, expected) = (words(found), words(expected));
            let detail = format!("its network has {found}, but the run's settings say {expected}");
            return Err(RunError::Damaged { path: folder.model_path(), detail });
        }
        Ok(Self {
            name: result.name.clone(),
            weights,
            config,
            test_accuracy: Some(result.test_accuracy),
            result: Some(result),
            absent: Vec::new(),
        })
    }

    fn of_file(path: &Path) -> Result<Self, RunError> {
        let (weights, absent) = weights_file::read_with_absent(path)?;
        Self::of_weights(path, weights, absent)
    }

    fn of_weights(path: &Path, weights: ModelWeights, absent: Vec<String>) -> Result<Self, RunError> {
        let shape = weights.shape;
        if !PIXELS.is_multiple_of(shape.inputs) {
            let problem = format!(
                "is of a network that reads {} values per timestep, expected a divisor of {PIXELS}, so that an image has \
                 a whole number of timesteps",
                shape.inputs
            );
            return Err(ModelError::Network { path: path.to_path_buf(), problem }.into());
        }
        let config = TrainConfig {
            num_units: shape.units,
            num_layers: shape.layers,
            timesteps: PIXELS / shape.inputs,
            ..TrainConfig::default()
        };
        Ok(Self {
            name: path.display().to_string(),
            weights,
            config,
            result: None,
            test_accuracy: None,
            absent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HeadInitializerName, InitializerName};
    use crate::model::{ModelShape, initializers::initial_weights};

    fn stored(inputs: usize) -> Result<StoredNetwork, RunError> {
        let shape = ModelShape { inputs, units: 3, layers: 2, classes: 10 };
        let weights = initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 1);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("elsewhere.safetensors");
        fs::write(&path, weights_file::to_bytes(&weights)).unwrap();
        StoredNetwork::open(&path)
    }

    #[test]
    fn units_layers_and_timesteps_of_a_file_are_read_from_its_shapes() {
        let network = stored(56).unwrap();
        let config = &network.config;
        assert_eq!((config.num_units, config.num_layers, config.timesteps), (3, 2, 14));
        assert!(network.config.validate().is_ok());
        assert!(network.result.is_none() && network.name.ends_with("elsewhere.safetensors"));
    }

    #[test]
    fn a_network_that_does_not_cut_images_into_whole_slices_is_refused() {
        let message = stored(30).unwrap_err().to_string();
        assert!(message.contains("reads 30 values per timestep, expected a divisor of 784"), "{message}");
    }

    #[test]
    fn what_is_neither_folder_nor_file_is_named() {
        let message = StoredNetwork::open(Path::new("no/such/run")).unwrap_err().to_string();
        assert!(message.contains("cannot open no/such/run"), "{message}");
    }
}
