//! Pictures of digits from anywhere, brought into the form of MNIST's images. `decode` reads files within bounded memory,
//! `form` finds the digit and gives it MNIST's form, which is described here; `light` evens the
//! light; `likeness` says how like a digit the result is.
//!
//! # MNIST's form
//!
//! An image of MNIST is 28 x 28 pixels, ink bright on dark paper. Its makers scaled each digit, aspect kept, into a box of
//! 20 x 20 pixels, and placed the box so that the centre of mass is at the centre of the image (Y. LeCun, C. Cortes and C.
//! Burges, "The MNIST database of handwritten digits"). Measured on the 10,000 test images: the longer side of the ink is
//! 20 pixels in all but three, the centre of mass lies in pixel (14, 14), counted from 0, in all, and the brightest pixel
//! is 254 or 255.
//!
//! # Steps
//!
//! 1. The file is decoded, turned as its EXIF data asks, and made grey: luma after Rec. ITU-R BT.709, the sum of
//!    0.2126 R, 0.7152 G and 0.0722 B of the stored values. If a side is longer than 512 pixels, square blocks of pixels are
//!    averaged so that it is not.
//! 2. Transparent parts become paper: of a drawing on nothing (less than half of the picture is opaque, or the opaque part
//!    is of one brightness) white or black, whichever is farther from the ink; otherwise the commonest brightness.
//! 3. Where the brightness along the border is that of a surface of second order rather than one number, the picture is lit
//!    unevenly: a surface is fitted to the border, then to all that is near it, and divided out (`light`).
//! 4. The paper's brightness is the median of the border, one pixel wide, or a 32nd of the shorter side. What is on the side of
//!    it, darker or brighter, that differs more in sum is ink, by as much as it differs. Four times the median deviation within
//!    the border is the paper's unevenness and not ink. Where the paper is uneven, and in a JPEG, whose compression draws
//!    faint waves around every edge, nor is an eighth of the strongest ink; and ink with fewer than three of its eight
//!    neighbours inked is a speck and dropped.
//! 5. The box of what is left is scaled, aspect kept, until its longer side is 20 pixels; a new pixel is the mean over its
//!    area. If the strongest ink is then weaker than 254, all ink is strengthened until it is not.
//! 6. It is placed on 28 x 28 pixels by whole pixels, the centre of mass in pixel (14, 14).
//!
//! A test image of MNIST, stored as a PNG, comes back unchanged; so it does bright on dark or dark on light,
//! enlarged by whole factors up to 18, and placed anywhere on larger paper. Not detected: where the digit is if the
//! picture shows other things too, and which way is up.

mod decode;
mod form;
mod light;
mod likeness;
#[cfg(test)]
mod tests;

pub use likeness::{KnownDigits, Likeness};

use super::images::PIXELS;
use crate::error::PictureError;
use std::path::Path;

/// A picture in shades of grey, reduced to at most [`decode::SIDE`] pixels per side.
#[derive(Clone, Debug, PartialEq)]
struct Grey {
    /// Pixels in a row.
    width: usize,
    /// Row by row from the top, each in 0..=255 from black to white; at least one.
    values: Vec<f32>,
    /// Whether the file's compression changes the values of pixels.
    lossy: bool,
}

/// Reads a PNG or JPEG picture of one digit and brings it into MNIST's form: 784 pixels, row by row from the top, 0 paper,
/// 255 full ink. Takes at most about 600 MB of memory for the largest picture that is read, of 50 million pixels; more is
/// refused before it is decoded.
///
/// # Errors
///
/// [`PictureError`].
pub fn read_picture(path: &Path) -> Result<[u8; PIXELS], PictureError> {
    mnist_form(&decode::file(path)?, path)
}

/// [`read_picture`] for a file's bytes; `path` names it in errors.
fn mnist_form(bytes: &[u8], path: &Path) -> Result<[u8; PIXELS], PictureError> {
    let blank = "shows no digit: nothing stands out from the paper, whose brightness is that of the border";
    let image = decode::grey(bytes).and_then(|picture| form::mnist_form(&picture).ok_or(blank.into()));
    image.map_err(|problem| PictureError::Unusable { path: path.to_path_buf(), problem })
}
