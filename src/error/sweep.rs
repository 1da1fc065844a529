//! What can be wrong with a sweep.

use super::{ConfigError, RunError, TrainError};
use std::path::PathBuf;

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

    #[error("{program} failed: {detail}")]
    Cluster { program: String, detail: String },
}
