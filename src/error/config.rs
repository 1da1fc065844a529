//! What can be wrong with settings.

use std::{fmt, io, path::PathBuf};

/// Where in a file something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, line {}", self.path.display(), self.line)
    }
}

/// What can be wrong with settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("cannot read the settings file {}: {source}", path.display())]
    Read {
        /// The settings file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// There is neither a file of this path nor a config of this name inside the program.
    #[error(
        "there is no config {}: no such file, and none of that name inside the program (`rowlstm configs` lists those)",
        path.display()
    )]
    Unknown { path: PathBuf },

    /// The settings file is not TOML, has an unknown key, or a value of the wrong type.
    #[error("{place}: {message}\n  found: {shown}")]
    Parse {
        /// Where.
        place: Place,
        /// The line as it stands.
        shown: String,
        /// What is wrong, and what is allowed.
        message: String,
    },

    /// A value outside its range.
    #[error("{}{key} = {found}: allowed is {allowed}", place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default())]
    OutOfRange {
        /// The setting's name.
        key: &'static str,
        /// Its value.
        found: String,
        /// The values that are allowed.
        allowed: String,
        /// Where it stands, when it came from a file.
        place: Option<Place>,
    },

    /// An augmentation that does not exist, or a value outside its range.
    #[error(
        "augmentation `{text}`: {problem}. Allowed are none; shift:N with N whole pixels in 0..=14; affine; and \
         affine:rotation=R,scale=S,shear=H,shift=P, each part optional, with R degrees in 0..=180, S a fraction from \
         0 to below 1, H in 0..=1, P pixels in 0..=14"
    )]
    Augmentation { text: String, problem: String },
}
