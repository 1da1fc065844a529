//! A run's folder: settings, history, checkpoints, weights, predictions, result. The folder is the truth: `result.json`
//! present means done. Every file is written beside its place and renamed into it, so a reader, or a process killed at
//! any moment, never leaves or finds half a file.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `run.json` | format of the folder, program version, identity of settings and data |
//! | `settings.toml` | the settings as used; a valid `--config` file |
//! | `history.jsonl` | one JSON object an epoch |
//! | `checkpoint.safetensors`, `checkpoint-previous.safetensors` | where to go on from; removed when done |
//! | `model.safetensors` | the trained weights, with PyTorch's names |
//! | `predictions.bin` | the predicted class of each test image, one byte each |
//! | `result.json` | what the run measured |
//! | `events.out.tfevents.*` | the same for TensorBoard, with `train --tensorboard` |
//! | `lock` | held while a process works in the folder |

pub mod atomic;
mod checkpoint;
mod files;
mod folder;
mod listing;
mod network;
mod opening;
mod records;

pub use checkpoint::{BestEpoch, Checkpoint, Progress};
pub use files::{read_json, write_json};
pub use folder::{RunFolder, RunState};
pub use listing::{FinishedRun, Listing, finished_runs};
pub use network::StoredNetwork;
pub use opening::{EVENTS_PREFIX, FAILURE, LEASE, LEASE_PREFIX};
pub use records::{EpochRecord, FORMAT, RunInfo, RunResult};
