//! Error types: what was wrong, where, what was expected, what was found, and what to do about it.
//!
//! An operating system's error is part of the message and not a `source()`, so that a printed chain says it once.

mod config;
mod data;
mod run;
mod words;

pub use config::{ConfigError, Place};
pub use data::{DataError, ModelError, PictureError, data_name};
pub use run::{RunError, SweepError, TrainError};
pub(crate) use words::{of_serde, without_os_numbers};

/// What can be wrong with drawing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A picture cannot be turned into pixels.
    #[error("cannot draw the picture as PNG: {detail}")]
    Png { detail: String },
}
