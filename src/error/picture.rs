//! What can be wrong with a picture of a digit.

use std::io;
use std::path::PathBuf;

/// What can be wrong with a picture of a digit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The operating system refused.
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// The file is larger than a picture within the limits can be.
    #[error("{} is larger than {most} bytes: give a smaller picture", path.display())]
    FileTooLarge { path: PathBuf, most: u64 },

    /// Something else than a picture, or a picture in a format that is not read.
    #[error("{} is {found}; only PNG and JPEG pictures can be read", path.display())]
    Format { path: PathBuf, found: String },

    /// A picture of no pixels.
    #[error("{} has {width} x {height} pixels: there is nothing to see", path.display())]
    NoPixels { path: PathBuf, width: u32, height: u32 },

    /// A picture that would take too much memory.
    #[error(
        "{} has {width} x {height} pixels of {bytes_per_pixel} bytes; at most {most_pixels} pixels and {most_bytes} bytes \
         are read: scale it down",
        path.display()
    )]
    TooLarge {
        path: PathBuf,
        width: u32,
        height: u32,
        bytes_per_pixel: u8,
        most_pixels: u64,
        most_bytes: u64,
    },

    /// A picture cut short.
    #[error("{} ends in the middle of the picture: is the file complete?", path.display())]
    Truncated { path: PathBuf },

    /// A picture that cannot be decoded.
    #[error("{} is damaged, or no picture: {detail}", path.display())]
    Damaged { path: PathBuf, detail: String },

    /// A picture of paper.
    #[error(
        "{} shows no digit: nothing in it stands out from the paper, whose brightness is read off its border",
        path.display()
    )]
    Blank { path: PathBuf },
}
