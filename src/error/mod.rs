//! Error types: what was wrong, where, what was expected, what was found, and what to do about it.
//!
//! An operating system's error is part of the message and not a `source()`, so that a printed chain says it once.

mod config;
mod data;
mod model;
mod picture;
mod report;
mod run;
mod sweep;
mod train;

pub use config::{ConfigError, Place};
pub use data::{DataError, data_name};
pub use model::ModelError;
pub use picture::PictureError;
pub use report::ReportError;
pub use run::RunError;
pub use sweep::SweepError;
pub use train::TrainError;
