//! Errors that end a training run.

use super::{ConfigError, DataError, ModelError, RunError};

/// Why a training run ended without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Model(#[from] ModelError),
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
