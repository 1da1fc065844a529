//! What can be wrong with settings.

use super::words::of_system;
use std::{io, path::PathBuf};

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// As an option on the command line.
    CommandLine,
    /// In a file, on a line counted from 1.
    Line { path: PathBuf, line: usize },
}

/// A setting and its value as they are written at their place.
fn written(key: &str, value: &str, place: Option<&Place>) -> String {
    match place {
        None => format!("{key} = {value}"),
        Some(Place::CommandLine) => format!("--{key} {value}"),
        Some(Place::Line { path, line }) => format!("{}, line {line}: {key} = {value}", path.display()),
    }
}

/// What can be wrong with settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("cannot read the settings file {}: {}", path.display(), of_system(cause))]
    Read { path: PathBuf, cause: io::Error },

    /// There is neither a file of this path nor a config of this name inside the program.
    #[error(
        "there is no config {}: no such file, and none of that name inside the program (`rowlstm configs` lists those)",
        path.display()
    )]
    Unknown { path: PathBuf },

    /// The settings file is not TOML, has an unknown key, or a value of the wrong type.
    #[error("{}, line {line}: {message}\n  found: {shown}", path.display())]
    Parse { path: PathBuf, line: usize, shown: String, message: String },

    /// A value outside its range. `must` is what it must do, after the word "must".
    #[error("{}: must {must}", written(key, found, place.as_ref()))]
    OutOfRange { key: &'static str, found: String, must: String, place: Option<Place> },

    /// An unknown augmentation, or a value outside its range.
    #[error(
        "augment {text}: {problem} (none, shift:N with N from 0 to 14 pixels, affine, or \
         affine:rotation=R,scale=S,shear=H,shift=P,stretch=E with any of these parts: R up to 180 degrees, S and E below 1, \
         H up to 1, P up to 14 pixels; elastic:N up to 7 pixels, thickness:thicker=K,thinner=N with K up to 3 pixels and N \
         below 1, softness:N up to 1, contrast:N below 1; several joined with +)"
    )]
    Augmentation { text: String, problem: String },
}

impl ConfigError {
    /// The same error, about a value that was given on the command line.
    pub fn typed(mut self) -> Self {
        if let Self::OutOfRange { place, .. } = &mut self {
            *place = Some(Place::CommandLine);
        }
        self
    }
}
