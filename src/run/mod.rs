//! A run's folder: settings, history, checkpoints, weights, predictions, result. The folder is the truth: `result.json`
//! exists exactly if the run is finished. Every file is written under a temporary name and then renamed, so no reader
//! finds half a file, even if a process is killed at any moment.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `run.json` | format of the folder, program version, identity of settings and data |
//! | `settings.toml` | the settings as used; a valid `--config` file |
//! | `history.jsonl` | one JSON object per epoch |
//! | `checkpoint.safetensors`, `checkpoint-previous.safetensors` | the state to continue from; removed when the run is finished |
//! | `model.safetensors` | the trained weights, with PyTorch's names |
//! | `predictions.bin` | the predicted class of each test image, one byte each |
//! | `validation-predictions.bin` | the same of each validation image, if there are any |
//! | `result.json` | the measurements of the run |
//! | `events.out.tfevents.*` | the curves for TensorBoard, with `train --tensorboard` |
//! | `lock` | held while a process works in the folder |

pub mod atomic;
mod built_in;
mod checkpoint;
mod files;
mod folder;
mod listing;
mod network;
mod opening;
mod predictions;
mod records;

pub use built_in::{DEFAULT_NETWORK, is_built_in};
pub use checkpoint::{BestEpoch, Checkpoint, Progress};
pub use files::{read_json, remove_if_there, write_json};
pub use folder::{RunFolder, RunState};
pub use listing::{FinishedRun, Listing, finished_runs};
pub use network::StoredNetwork;
pub use opening::{EVENTS_PREFIX, FAILURE, LEASE, LEASE_PREFIX};
pub use predictions::Predicted;
pub use records::{EpochRecord, FORMAT, RunInfo, RunResult};
