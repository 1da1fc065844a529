//! What can be wrong with the data set.

use std::io;
use std::path::{Path, PathBuf};

/// The four files, for messages that name all of them.
const FOUR_FILES: &str = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and \
                          t10k-labels-idx1-ubyte, each plain or gzip-compressed with .gz appended";

/// What can be wrong with the data set, or with a request made of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The data folder does not exist.
    #[error(
        "there is no data folder {}: --data-dir names a folder that holds {FOUR_FILES}; without it, MNIST comes from \
         inside the program",
        path.display()
    )]
    FolderMissing { path: PathBuf },

    /// The path of the data folder is not a folder's.
    #[error("{} is not a folder: --data-dir names a folder that holds {FOUR_FILES}", path.display())]
    NotAFolder { path: PathBuf },

    /// The data folder lacks one or more of the four files.
    #[error("{} lacks {}: a data folder holds {FOUR_FILES}", path.display(), names.join(", "))]
    FilesMissing { path: PathBuf, names: Vec<&'static str> },

    /// A folder or a device in place of a file.
    #[error("{} is not a regular file: put the data file itself there", path.display())]
    NotAFile { path: PathBuf },

    /// The operating system refused to read.
    #[error("cannot read {}: {cause}; check that it is readable by you", path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// A file without content.
    #[error("{} is empty, expected {expected} bytes: fetch the file again", path.display())]
    Empty { path: PathBuf, expected: u64 },

    /// A gzip file that ends too early.
    #[error("{} ends in the middle of its gzip data: is the file complete? Fetch it again", path.display())]
    GzipTruncated { path: PathBuf },

    /// A gzip file that does not decompress, or has a wrong checksum.
    #[error("{} is damaged: {cause}; fetch the file again", path.display())]
    GzipCorrupt { path: PathBuf, cause: io::Error },

    /// A gzip file with other bytes behind it.
    #[error("{} has other bytes after the end of its gzip data: fetch the file again", path.display())]
    GzipTrailing { path: PathBuf },

    /// The first four bytes are not those of the expected kind of IDX file.
    #[error(
        "{} starts with 0x{found:08x}, expected 0x{expected:08x}, the magic number of an IDX file of {kind}: {hint}",
        path.display()
    )]
    Magic { path: PathBuf, kind: &'static str, expected: u32, found: u32, hint: &'static str },

    /// The header declares another number of items than MNIST has.
    #[error("{} declares {found} {kind}, expected exactly {expected}: {hint}", path.display())]
    Count { path: PathBuf, kind: &'static str, expected: u32, found: u32, hint: &'static str },

    /// The header declares another image size than MNIST's.
    #[error(
        "{} declares images of {rows} x {columns} pixels, expected 28 x 28: only MNIST and data sets of the same \
         shape can be read",
        path.display()
    )]
    ImageSize { path: PathBuf, rows: u32, columns: u32 },

    /// Fewer bytes than the header declares.
    #[error("{} holds {found} bytes (uncompressed), expected {expected}: is the file complete?", path.display())]
    TooShort { path: PathBuf, expected: u64, found: u64 },

    /// More bytes than the header declares.
    #[error(
        "{} holds more than the {expected} bytes (uncompressed) that its header declares: fetch the file again",
        path.display()
    )]
    TooLong { path: PathBuf, expected: u64 },

    /// A label in a file that is not a digit.
    #[error("{}: label {index} (counted from 0) is {found}, expected 0 to 9: fetch the file again", path.display())]
    FileLabel { path: PathBuf, index: u64, found: u8 },

    /// The private copy of the checked files could not be written or read back.
    #[error(
        "cannot {action} the checked data under the temporary folder {}: {cause}; it needs 55 MB of free space, and \
         TMPDIR can name another folder",
        path.display()
    )]
    Staging { path: PathBuf, action: &'static str, cause: io::Error },

    /// The temporary folder's path cannot be given to the `mnist` crate.
    #[error(
        "the path of the temporary folder {} is not valid UTF-8: set TMPDIR to a folder whose path is",
        path.display()
    )]
    StagingPath { path: PathBuf },

    /// Pixels and labels in memory that do not belong together.
    #[error("{labels} labels need {} bytes of pixels, 784 per image, found {pixels}", labels.saturating_mul(784))]
    Lengths { pixels: usize, labels: usize },

    /// A label in memory that is not a digit.
    #[error("label {index} (counted from 0) is {found}, expected 0 to 9")]
    Label { index: usize, found: u8 },

    /// A split without training images, or of more images than there are.
    #[error("{option} is {found}, expected {allowed}: {reason}")]
    Split { option: &'static str, found: usize, allowed: String, reason: String },
}

/// What an error calls the data in `folder`; the empty path stands for MNIST from inside the program.
pub fn data_name(folder: &Path) -> String {
    match folder.as_os_str().is_empty() {
        true => "MNIST from inside the program".into(),
        false => format!("the data in {}", folder.display()),
    }
}
