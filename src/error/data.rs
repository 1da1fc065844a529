//! What can be wrong with files from elsewhere: the data set, pictures, weights.

use super::words::of_system;
use std::io;
use std::path::{Path, PathBuf};

/// The four files, for messages that name all of them.
const FOUR_FILES: &str = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and \
                          t10k-labels-idx1-ubyte, each plain or gzip-compressed with .gz appended";

/// What can be wrong with the data set, or with a request made of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    #[error(
        "there is no data folder {}: --data-dir names a folder that holds {FOUR_FILES}; without it, MNIST comes from \
         inside the program",
        path.display()
    )]
    FolderMissing { path: PathBuf },

    /// Data of a stored run that is neither inside the program nor where it was.
    #[error(
        "the data is not MNIST from inside the program, and the folder {} where it was does not exist: --data-dir names \
         the folder where it is now",
        path.display()
    )]
    Moved { path: PathBuf },

    #[error("{} is not a folder: --data-dir names a folder that holds {FOUR_FILES}", path.display())]
    NotAFolder { path: PathBuf },

    #[error("{} lacks {}: a data folder holds {FOUR_FILES}", path.display(), names.join(", "))]
    FilesMissing { path: PathBuf, names: Vec<&'static str> },

    #[error("cannot read {}: {}; check that it is readable by you", path.display(), of_system(cause))]
    Read { path: PathBuf, cause: io::Error },

    /// One of the four files is not what it should be.
    #[error("{} {problem}", path.display())]
    File { path: PathBuf, problem: String },

    /// A label in a file that is not a digit.
    #[error("{}: label {index} (counted from 0) is {found}, expected 0 to 9: fetch the file again", path.display())]
    FileLabel { path: PathBuf, index: usize, found: u8 },

    /// The private copy of the checked files could not be written or read back.
    #[error(
        "cannot {action} the checked data under the temporary folder {}: {}; it needs 55 MB of free space, and TMPDIR can \
         name another folder",
        path.display(),
        of_system(cause)
    )]
    Staging { path: PathBuf, action: &'static str, cause: io::Error },

    /// The temporary folder's path cannot be given to the `mnist` crate.
    #[error(
        "the path of the temporary folder {} is not valid UTF-8: set TMPDIR to a folder whose path is",
        path.display()
    )]
    StagingPath { path: PathBuf },

    /// Pixels and labels in memory that do not belong together.
    #[error("found {pixels} bytes of pixels, expected {}: 784 for each label", labels.saturating_mul(784))]
    Lengths { pixels: usize, labels: usize },

    /// A label in memory that is not a digit.
    #[error("label {index} (counted from 0) is {found}, expected 0 to 9")]
    Label { index: usize, found: u8 },
}

/// What can be wrong with a picture of a digit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    #[error("cannot read {}: {}", path.display(), of_system(cause))]
    Read { path: PathBuf, cause: io::Error },

    /// Not a picture of a digit that can be read.
    #[error("{} {problem}", path.display())]
    Unusable { path: PathBuf, problem: String },
}

/// What can be wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    #[error("cannot read the weights in {}: {}", path.display(), of_system(cause))]
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

/// What an error calls the data in `folder`; the empty path stands for MNIST from inside the program.
pub fn data_name(folder: &Path) -> String {
    match folder.as_os_str().is_empty() {
        true => "MNIST from inside the program".into(),
        false => format!("the data in {}", folder.display()),
    }
}
