//! Checkpoints: everything that the rest of a run depends on, in one file with a checksum.
//!
//! The file is in the safetensors format and holds byte tensors: the optimiser's state, the weights as a file of
//! `exchange::weights_file`, and with early stopping those of the best epoch. Its metadata hold the progress as JSON
//! and the SHA-256 of progress and tensors. The last two checkpoints are kept, in case one is damaged.

use super::{EpochRecord, atomic, folder::RunFolder};
use crate::config::hexadecimal;
use crate::error::RunError;
use crate::exchange::weights_file;
use crate::model::ModelWeights;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, fs, io, path::Path};

/// The progress of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Epochs completed.
    pub epochs_done: usize,
    /// Training steps taken in the epoch in progress.
    pub batches_done: usize,
    /// Training steps taken since the run began.
    pub steps_done: usize,
    /// Sum of the losses of the images read in the epoch in progress.
    pub loss_sum: f64,
    /// Images classified correctly in the epoch in progress.
    pub correct: usize,
    /// Images read in the epoch in progress.
    pub images: usize,
    /// Learning rate of the last training step.
    pub learning_rate: f64,
    /// Seconds of training in the epoch in progress.
    pub epoch_seconds: f64,
    /// The epochs completed.
    pub history: Vec<EpochRecord>,
    /// The best epoch so far, with early stopping.
    pub best: Option<BestEpoch>,
}

/// The epoch with the lowest validation loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Its validation loss.
    pub validation_loss: f64,
}

/// The state of a run between two training steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub progress: Progress,
    pub weights: ModelWeights,
    /// The weights of the best epoch, with early stopping.
    pub best_weights: Option<ModelWeights>,
    /// The optimiser's state in burn's format.
    pub optimizer: Vec<u8>,
}

const CURRENT: &str = "checkpoint.safetensors";
const PREVIOUS: &str = "checkpoint-previous.safetensors";
const PROGRESS_KEY: &str = "progress";
const OPTIMIZER: &str = "optimizer";
const MODEL: &str = "model";
const BEST: &str = "best";

impl Checkpoint {
    /// Writes the checkpoint into a run's folder; the one before it becomes the previous one.
    ///
    /// # Errors
    /// [`RunError::Io`]; the existing checkpoints are kept then.
    pub fn save(&self, folder: &RunFolder) -> Result<(), RunError> {
        let [current, previous] = [CURRENT, PREVIOUS].map(|name| folder.path().join(name));
        // Under a name of its own: where files cannot be locked, another process may do the same.
        let new = atomic::staged(&current, &self.to_bytes()).map_err(RunError::io("write", &current))?;
        match fs::rename(&current, &previous) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(RunError::io("write", previous)(cause));
            }
            _ => {}
        }
        let renamed = new.persist(&current).map(drop).map_err(io::Error::from);
        renamed.and_then(|()| atomic::sync_folder_of(&current)).map_err(RunError::io("write", current))
    }

    /// The newest undamaged checkpoint of a run's folder, and what is wrong with a newer one; `None` if there are no
    /// checkpoints.
    ///
    /// # Errors
    /// [`RunError::NoWholeCheckpoint`] when there are checkpoints and all are damaged.
    pub fn load(folder: &RunFolder) -> Result<Option<(Self, Option<RunError>)>, RunError> {
        let mut damaged = Vec::new();
        for name in [CURRENT, PREVIOUS] {
            match Self::read(&folder.path().join(name)) {
                Ok(Some(checkpoint)) => return Ok(Some((checkpoint, damaged.pop()))),
                Ok(None) => {}
                Err(error) => damaged.push(error),
            }
        }
        if damaged.is_empty() {
            return Ok(None);
        }
        let details: Vec<String> = damaged.iter().map(ToString::to_string).collect();
        Err(RunError::NoWholeCheckpoint { details: details.join("; ") })
    }

    /// Removes both checkpoints, when the run is finished or restarted.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn remove(folder: &RunFolder) -> Result<(), RunError> {
        [CURRENT, PREVIOUS].iter().try_for_each(|name| folder.remove_file(name))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let progress = serde_json::to_string(&self.progress).expect("progress is plain numbers");
        let model = weights_file::to_bytes(&self.weights);
        let best = self.best_weights.as_ref().map(weights_file::to_bytes);
        let mut tensors = vec![(OPTIMIZER, self.optimizer.as_slice()), (MODEL, &model)];
        tensors.extend(best.as_deref().map(|bytes| (BEST, bytes)));
        // One key, because the order of a map's keys differs from run to run.
        let metadata = format!("{}\n{progress}", digest(&progress, &tensors));
        let views = tensors.iter().map(|(name, bytes)| {
            let view = TensorView::new(Dtype::U8, vec![bytes.len()], bytes).expect("one byte per value");
            (*name, view)
        });
        let metadata = HashMap::from([(PROGRESS_KEY.to_string(), metadata)]);
        safetensors::serialize(views, Some(metadata)).expect("three tensors fit the format's header")
    }

    fn read(path: &Path) -> Result<Option<Self>, RunError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(RunError::io("read", path)(cause)),
        };
        let damaged = |detail: String| RunError::damaged(path, detail);
        Self::from_bytes(&bytes, path).map(Some).map_err(damaged)
    }

    fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let metadata = header.metadata().as_ref().and_then(|metadata| metadata.get(PROGRESS_KEY));
        let (expected, progress) =
            metadata.and_then(|text| text.split_once('\n')).ok_or("it has no progress record")?;
        let data = |name: &str| file.tensor(name).ok().map(|view| view.data());
        let optimizer = data(OPTIMIZER).ok_or("it has no optimizer state")?;
        let model = data(MODEL).ok_or("it has no weights")?;
        let best = data(BEST);
        let mut tensors = vec![(OPTIMIZER, optimizer), (MODEL, model)];
        tensors.extend(best.map(|bytes| (BEST, bytes)));
        if digest(progress, &tensors) != expected {
            return Err("its checksum does not match its contents".into());
        }
        let weights = |bytes: &[u8]| weights_file::from_bytes(bytes, path).map_err(|error| error.to_string());
        Ok(Self {
            progress: serde_json::from_str(progress).map_err(|error| error.to_string())?,
            weights: weights(model)?,
            best_weights: best.map(weights).transpose()?,
            optimizer: optimizer.to_vec(),
        })
    }
}

fn digest(progress: &str, tensors: &[(&str, &[u8])]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(progress);
    for (name, bytes) in tensors {
        hasher.update(format!("\n{name} {}\n", bytes.len()));
        hasher.update(bytes);
    }
    hexadecimal(&hasher.finalize())
}
