//! What can end a training run.

use super::{ConfigError, DataError, ModelError, RunError};

/// What can end a training run before its result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// The data is wrong.
    #[error(transparent)]
    Data(#[from] DataError),

    /// Stored weights are wrong.
    #[error(transparent)]
    Model(#[from] ModelError),

    /// The run's folder is wrong.
    #[error(transparent)]
    Run(#[from] RunError),

    /// The loss or the gradient is no longer a number.
    #[error(
        "training diverged at step {step} (epoch {epoch}): the {quantity} is {value}. No result is written. Lower \
         learning-rate (now {learning_rate}), clip gradients (clip-norm, now {clip_norm}; 1 is usual), or change \
         the optimizer"
    )]
    Diverged {
        step: usize,
        epoch: usize,
        quantity: &'static str,
        value: f64,
        learning_rate: f64,
        clip_norm: f64,
    },

    /// An optimiser's stored state cannot be read back.
    #[error(
        "the optimizer's state in the checkpoint cannot be used: {detail}; start the run anew with --force"
    )]
    OptimizerState { detail: String },

    /// The threads could not be started.
    #[error("cannot start {threads} threads: {detail}; ask for fewer with --threads")]
    Threads { threads: usize, detail: String },
}
