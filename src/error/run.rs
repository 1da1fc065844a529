//! What can be wrong with a run's folder, with training and with a sweep.

use super::words::{of_serde, of_system};
use super::{ConfigError, DataError, ModelError, data_name};
use std::{io, path::PathBuf};

/// A problem with a run's folder, or with a request to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error("cannot {action} {}: {}{}", path.display(), of_system(cause), advice(cause))]
    Io { action: &'static str, path: PathBuf, cause: io::Error },

    #[error("another process is training in {}: wait until it ends, or choose another folder with --out", path.display())]
    Locked { path: PathBuf },

    #[error("{} is not a run's folder: {lacking} is missing", path.display())]
    NotARun { path: PathBuf, lacking: &'static str },

    /// The folder holds files that are not a run's; they are left alone.
    #[error("{} holds files but no run: choose an empty or new folder with --out", path.display())]
    Occupied { path: PathBuf },

    #[error("{} has format {found}, but this program reads formats up to {known}: use a newer rowlstm", path.display())]
    NewerFormat { path: PathBuf, found: u64, known: u64 },

    /// A stored record has a setting that this program does not have.
    #[error(
        "{} has the setting `{key}`, which this program does not know: use the newer rowlstm that wrote it, or restore \
         the file if it is damaged",
        path.display()
    )]
    UnknownSetting { path: PathBuf, key: String },

    #[error("{} holds a run with other settings ({difference}): choose another --out, or start anew with --force", path.display())]
    OtherSettings { path: PathBuf, difference: String },

    #[error(
        "{} is not what the run was started with (checksum {found}, expected {expected}): give the original data with \
         --data-dir",
        data_name(data)
    )]
    OtherData { data: PathBuf, expected: String, found: String },

    #[error("{} is damaged: {detail}", path.display())]
    Damaged { path: PathBuf, detail: String },

    #[error("all checkpoints of this run are damaged ({details}): restart it with --force")]
    NoWholeCheckpoint { details: String },

    #[error(transparent)]
    Weights(#[from] ModelError),

    #[error("{} is not finished: continue it with `rowlstm train --resume {}`", path.display(), path.display())]
    Unfinished { path: PathBuf },
}

impl RunError {
    /// Makes the error of a damaged file, from serde's or another description.
    pub fn damaged(path: impl Into<PathBuf>, detail: impl ToString) -> Self {
        Self::Damaged { path: path.into(), detail: of_serde(&detail.to_string()) }
    }

    /// Makes the error of a failed file operation: "cannot {action} {path}".
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io { action, path, cause }
    }
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull => {
            "; free some space and run the command again: it continues from the last checkpoint"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a folder that you may write to with --out or --runs-dir"
        }
        _ => "",
    }
}

/// Why a training run ended without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Run(#[from] RunError),

    #[error(
        "training diverged at step {step} (epoch {epoch}): the {quantity} is {value}; no result was written. Lower \
         learning-rate (now {learning_rate}), clip gradients (clip-norm, now {clip_norm}; 1 is usual), or use \
         another optimizer"
    )]
    Diverged {
        step: usize,
        epoch: usize,
        quantity: &'static str,
        value: f64,
        learning_rate: f64,
        clip_norm: f64,
    },

    #[error(
        "cannot restore the optimizer's state from the checkpoint: {detail}; restart the run with --force"
    )]
    OptimizerState { detail: String },

    #[error("--threads {threads}: cannot start so many threads ({detail}); use a smaller number")]
    Threads { threads: usize, detail: String },
}

/// What can be wrong with a sweep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Train(#[from] TrainError),

    #[error("{} is not a sweep's plan: {detail}", path.display())]
    PlanFile { path: PathBuf, detail: String },

    #[error("grid: {key} {problem}")]
    Grid { key: String, problem: String },

    #[error("the grid has {count} trials: must be at most {most}")]
    TooMany { count: usize, most: usize },

    #[error("{} holds no sweep: give a grid, for example --num-units 8,16,32 --seeds 5", path.display())]
    NoPlan { path: PathBuf },

    #[error(
        "{} holds a sweep with other settings ({difference}): use the same, or name another folder with --out",
        path.display()
    )]
    Contradiction { path: PathBuf, difference: String },

    /// A setting that is to be tuned, and cannot.
    #[error("--tune {key}: {problem}")]
    Tune { key: String, problem: String },

    /// A sweep that is to go on until its settings are decided, and cannot.
    #[error("--until-decided: {problem}")]
    Rule { problem: String },

    #[error("{program} failed: {detail}")]
    Cluster { program: String, detail: String },
}
