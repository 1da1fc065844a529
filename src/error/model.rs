//! What can be wrong with stored weights.

use std::{io, path::PathBuf};

/// What can be wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    #[error("cannot read the weights in {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// The file is not in the safetensors format, or not complete.
    #[error("{} is not a complete safetensors file: {detail}", path.display())]
    Format { path: PathBuf, detail: String },

    /// Not the weights of a network that this program could have trained.
    #[error("{} {problem}", path.display())]
    Network { path: PathBuf, problem: String },

    /// A tensor with another shape or other numbers than such a network has.
    #[error("{}: tensor `{name}` {problem}", path.display())]
    Tensor { path: PathBuf, name: String, problem: String },

    #[error("{parameters} parameters exceed the 2 GiB of an ONNX file: export to safetensors")]
    BeyondOnnx { parameters: usize },
}
