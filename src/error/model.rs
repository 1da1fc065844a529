//! What can be wrong with stored weights.

use std::{io, path::PathBuf};

/// What can be wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the weights in {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// The file is not in the safetensors format.
    #[error("{} is not a whole safetensors file: {detail}", path.display())]
    Format { path: PathBuf, detail: String },

    /// A tensor that a network of this kind has is not there.
    #[error("{} has no tensor `{name}`; it holds {found}", path.display())]
    Missing { path: PathBuf, name: String, found: String },

    /// A tensor that a network of this kind does not have.
    #[error("{} holds a tensor `{name}` that an LSTM classifier of {layers} layer(s) does not have", path.display())]
    Extra { path: PathBuf, name: String, layers: usize },

    /// A tensor of another shape than the others imply.
    #[error("{}: tensor `{name}` has shape {found:?}, expected {expected}", path.display())]
    Shape { path: PathBuf, name: String, found: Vec<usize>, expected: String },

    /// A tensor of numbers that are not 32-bit floats.
    #[error("{}: tensor `{name}` holds {found} values, expected F32: convert it before storing", path.display())]
    ElementType { path: PathBuf, name: String, found: String },

    /// A weight that is no number.
    #[error("{}: tensor `{name}` holds a value that is not finite: the network it came from diverged", path.display())]
    NotFinite { path: PathBuf, name: String },
}
