//! What can be wrong with stored weights.

use std::{io, path::PathBuf};

/// What can be wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the weights in {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// Something that is no file, and no folder of a run.
    #[error("{} is not a file", path.display())]
    NotAFile { path: PathBuf },

    /// The file is not in the safetensors format.
    #[error("{} is not a whole safetensors file: {detail}", path.display())]
    Format { path: PathBuf, detail: String },

    /// The tensors have names that this program does not know.
    #[error("{} has no tensor {expected} but {found}; docs/interop.md tells which names are read", path.display())]
    UnknownNames { path: PathBuf, expected: String, found: String },

    /// A tensor that a network of this kind has is not there.
    #[error("{} has no tensor `{name}`; it holds {found}", path.display())]
    Missing { path: PathBuf, name: String, found: String },

    /// A tensor that a network of this kind does not have.
    #[error(
        "{} holds a tensor `{name}` that an LSTM classifier of {layers} layer(s) does not have; expected {expected}",
        path.display()
    )]
    Extra { path: PathBuf, name: String, layers: usize, expected: String },

    /// A tensor of another shape than the others imply.
    #[error("{}: tensor `{name}` has shape {found}, expected {expected}", path.display())]
    Shape { path: PathBuf, name: String, found: String, expected: String },

    /// A tensor of numbers that are not 32-bit floats.
    #[error("{}: tensor `{name}` holds {found} values, expected F32: convert it before storing", path.display())]
    ElementType { path: PathBuf, name: String, found: String },

    /// A weight that is no number.
    #[error("{}: tensor `{name}` holds a value that is not finite: the network it came from diverged", path.display())]
    NotFinite { path: PathBuf, name: String },

    /// A network beyond what this program trains.
    #[error("{} is of a network of {found} {what}, expected at most {most}", path.display())]
    TooLarge { path: PathBuf, what: &'static str, found: usize, most: usize },

    /// A network that does not cut an image into whole pieces.
    #[error(
        "{} is of a network that reads {found} values a timestep, expected a divisor of {pixels}, so that an image is a \
         whole number of timesteps",
        path.display()
    )]
    Pieces { path: PathBuf, found: usize, pixels: usize },

    /// A network that does not fit into one file of a format.
    #[error(
        "{parameters} parameters take more than the 2 GiB that an ONNX file can have: export to safetensors"
    )]
    BeyondOnnx { parameters: usize },
}
