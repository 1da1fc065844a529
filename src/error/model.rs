//! What can be wrong with stored weights.

use std::{io, path::PathBuf};

/// What can be wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the weights in {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// Neither a file nor a run's folder.
    #[error("{} is not a file", path.display())]
    NotAFile { path: PathBuf },

    /// The file is not in the safetensors format, or not complete.
    #[error("{} is not a complete safetensors file: {detail}", path.display())]
    Format { path: PathBuf, detail: String },

    /// The tensors have unknown names.
    #[error("{} has no tensor {expected} but {found}; docs/interop.md lists the names that are read", path.display())]
    UnknownNames { path: PathBuf, expected: String, found: String },

    /// A tensor of such a network is missing.
    #[error("{} has no tensor `{name}`; it holds {found}", path.display())]
    Missing { path: PathBuf, name: String, found: String },

    /// A tensor that such a network does not have.
    #[error(
        "{} holds a tensor `{name}` that an LSTM classifier of {layers} {} does not have; expected {expected}",
        path.display(), if *layers == 1 { "layer" } else { "layers" }
    )]
    Extra { path: PathBuf, name: String, layers: usize, expected: String },

    /// The shape of a tensor contradicts the other tensors.
    #[error("{}: tensor `{name}` has shape {found}, expected {expected}", path.display())]
    Shape { path: PathBuf, name: String, found: String, expected: String },

    /// The values of a tensor are not 32-bit floats.
    #[error("{}: tensor `{name}` holds {found} values, expected F32: convert it before storing", path.display())]
    ElementType { path: PathBuf, name: String, found: String },

    /// A weight is infinite or not a number.
    #[error("{}: tensor `{name}` holds a value that is not finite: the network it came from diverged", path.display())]
    NotFinite { path: PathBuf, name: String },

    /// A network larger than this program trains.
    #[error("{} is of a network of {found} {what}, expected at most {most}", path.display())]
    TooLarge { path: PathBuf, what: &'static str, found: usize, most: usize },

    /// A network whose timesteps do not divide an image.
    #[error(
        "{} is of a network that reads {found} values per timestep, expected a divisor of {pixels}, so that an image has \
         a whole number of timesteps",
        path.display()
    )]
    Timesteps { path: PathBuf, found: usize, pixels: usize },

    /// A network too large for an ONNX file.
    #[error("{parameters} parameters exceed the 2 GiB of an ONNX file: export to safetensors")]
    BeyondOnnx { parameters: usize },
}
