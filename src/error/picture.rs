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

    /// The file is larger than any picture within the limits.
    #[error("{} is larger than {most} bytes: use a smaller picture", path.display())]
    FileTooLarge { path: PathBuf, most: u64 },

    /// Not a PNG or JPEG.
    #[error("{} is {found}; only PNG and JPEG pictures can be read", path.display())]
    Format { path: PathBuf, found: String },

    /// A picture without pixels.
    #[error("{} has {width} x {height} pixels: there is nothing to see", path.display())]
    NoPixels { path: PathBuf, width: u32, height: u32 },

    /// A picture that would take too much memory.
    #[error(
        "{} has {width} x {height} pixels of {bytes_per_pixel} bytes; the limits are {most_pixels} pixels and {most_bytes} \
         bytes: scale it down",
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

    /// The file ends too early.
    #[error("{} ends in the middle of the picture: is the file complete?", path.display())]
    Truncated { path: PathBuf },

    /// A picture that cannot be decoded.
    #[error("{} is damaged or not a picture: {detail}", path.display())]
    Damaged { path: PathBuf, detail: String },

    /// A picture without ink.
    #[error(
        "{} shows no digit: nothing stands out from the paper, whose brightness is that of the border",
        path.display()
    )]
    Blank { path: PathBuf },
}
