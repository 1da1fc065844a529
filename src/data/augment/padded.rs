//! An image within a margin of paper, so that loops over neighbours need not ask where the image ends.

use crate::data::images::{PIXELS, SIDE};

/// Side of the padded image: one pixel of paper before the image and three after it. A power of two makes indices cheap.
pub(super) const PADDED_SIDE: usize = 32;
pub(super) const PADDED_PIXELS: usize = PADDED_SIDE * PADDED_SIDE;

/// The image within its margin of zeros.
pub(super) fn pad(image: &[f32; PIXELS]) -> [f32; PADDED_PIXELS] {
    let mut padded = [0.0; PADDED_PIXELS];
    let padded_rows = padded.as_chunks_mut::<PADDED_SIDE>().0;
    for (padded_row, row) in padded_rows[1..].iter_mut().zip(image.as_chunks::<SIDE>().0) {
        padded_row[1..=SIDE].copy_from_slice(row);
    }
    padded
}

/// Linear interpolation; in this form rounding never leaves 0..=1 and a fraction of 0 gives `start` to the bit.
#[inline(always)]
pub(super) fn between(start: f32, end: f32, fraction: f32) -> f32 {
    start + (end - start) * fraction
}
