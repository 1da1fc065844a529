//! What can be wrong with a sweep.

use super::{ConfigError, RunError, TrainError};
use std::path::PathBuf;

/// What can be wrong with a sweep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A setting of a cell, or a file of settings.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// A run's folder, or the sweep's.
    #[error(transparent)]
    Run(#[from] RunError),

    /// Training itself.
    #[error(transparent)]
    Train(#[from] TrainError),

    /// A plan file cannot be understood.
    #[error("{} is no plan of a sweep: {detail}", path.display())]
    PlanFile { path: PathBuf, detail: String },

    /// A key of the grid is wrong.
    #[error("the grid's {key} {problem}")]
    Grid { key: String, problem: String },

    /// The grid is too large.
    #[error("the grid has {count} cells, at most {most} are allowed")]
    TooMany { count: usize, most: usize },

    /// There is neither a grid nor a stored plan.
    #[error("{} holds no sweep yet: say what to run, as in --num-units 8,16,32 --seeds 5", path.display())]
    NoPlan { path: PathBuf },

    /// The folder holds a sweep of other data or settings.
    #[error(
        "{} holds a sweep that this one contradicts: {difference}. Give the same, or another folder with --out",
        path.display()
    )]
    Contradiction { path: PathBuf, difference: String },

    /// The cluster's program refused.
    #[error("{program} failed: {detail}")]
    Cluster { program: String, detail: String },
}
