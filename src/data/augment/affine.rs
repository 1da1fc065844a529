//! One affine map of an image: drawing it and sampling through it.
//!
//! Positions are (x, y) with x to the right and y down, in pixels, measured from the centre of the image,
//! (13.5, 13.5). A pixel at p moves to
//!
//! ```text
//! q = A p + d,   A = R(a) H(k) s
//!
//! R(a) = | cos a  -sin a |     H(k) = | 1  k |     s > 0: size     d = (dx, dy): move
//!        | sin a   cos a |            | 0  1 |
//! ```
//!
//! so it is scaled, then sheared, then turned (clockwise for a > 0, as y points down), then moved. Sampling
//! goes the other way: the new pixel at q takes the value of the old image at
//!
//! ```text
//! p = B (q - d),   B = (1 / s) H(-k) R(-a)
//! ```
//!
//! interpolated bilinearly between the four pixels around p, everything outside the image being 0.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::config::AffineBounds;
use crate::data::images::{PIXELS, SIDE};

/// Centre of an image, in both directions, counted from the centre of the first pixel.
const CENTRE: f32 = (SIDE as f32 - 1.0) / 2.0;

/// Side of the image with a margin of one black pixel before it and three after it. The margin saves the
/// sampling loop from asking where the image ends; a power of two makes its indices cheap.
const PADDED_SIDE: usize = 32;
const PADDED_PIXELS: usize = PADDED_SIDE * PADDED_SIDE;

/// What one image undergoes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AffineMap {
    /// Turn a, positive clockwise.
    pub(super) radians: f32,
    /// Size s, positive.
    pub(super) scale: f32,
    /// Shear k, pixels to the right for each pixel down.
    pub(super) shear: f32,
    /// Move d, in pixels to the right.
    pub(super) right: f32,
    /// Move d, in pixels down.
    pub(super) down: f32,
}

impl AffineMap {
    /// Draws each part uniformly within its bounds, either way.
    pub(super) fn draw(generator: &mut ChaCha8Rng, bounds: &AffineBounds) -> Self {
        let mut within = |most: f32| most * (2.0 * generator.random::<f32>() - 1.0);
        Self {
            radians: within(bounds.rotation_degrees).to_radians(),
            scale: 1.0 + within(bounds.scale),
            shear: within(bounds.shear),
            right: within(bounds.shift_pixels),
            down: within(bounds.shift_pixels),
        }
    }

    /// Maps the image. Values in 0..=1 stay in 0..=1, and a map that moves nothing changes no bit.
    pub(super) fn apply(&self, image: &mut [f32; PIXELS]) {
        let padded = pad(image);
        let [[xx, xy], [yx, yy]] = self.inverse();
        let left = -CENTRE - self.right;
        for (row, pixels) in image.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
            // The source of this row's first pixel, in the padded image; from there each step to the right
            // adds (xx, yx). Multiples of the step, not sums, so that rounding errors do not add up.
            let y = row as f32 - CENTRE - self.down;
            let start = [CENTRE + 1.0 + xx * left + xy * y, CENTRE + 1.0 + yx * left + yy * y];
            sample_line(&padded, start, [xx, yx], pixels);
        }
    }

    /// The matrix B, row by row.
    fn inverse(&self) -> [[f32; 2]; 2] {
        let (sine, cosine) = libm::sincosf(self.radians);
        // R(-a) = | cos a   sin a |, and H(-k) takes k times its second row from its first.
        //         | -sin a  cos a |
        [
            [(cosine + self.shear * sine) / self.scale, (sine - self.shear * cosine) / self.scale],
            [-sine / self.scale, cosine / self.scale],
        ]
    }
}

/// The image within its margin of zeros.
fn pad(image: &[f32; PIXELS]) -> [f32; PADDED_PIXELS] {
    let mut padded = [0.0; PADDED_PIXELS];
    let padded_rows = padded.as_chunks_mut::<PADDED_SIDE>().0;
    for (padded_row, row) in padded_rows[1..].iter_mut().zip(image.as_chunks::<SIDE>().0) {
        padded_row[1..=SIDE].copy_from_slice(row);
    }
    padded
}

/// The values of the padded image at `start`, `start + step`, `start + 2 step` and so on, as (x, y) in its
/// own pixels.
///
/// Three loops, because the first and the last become vector instructions and only the second needs to be
/// scalar.
fn sample_line(padded: &[f32; PADDED_PIXELS], start: [f32; 2], step: [f32; 2], line: &mut [f32; SIDE]) {
    let mut places = [0; SIDE];
    let mut fractions = [[0.0; SIDE]; 2];
    for column in 0..SIDE {
        let (whole_x, fraction_x) = whole_and_fraction(start[0] + step[0] * column as f32);
        let (whole_y, fraction_y) = whole_and_fraction(start[1] + step[1] * column as f32);
        places[column] = whole_y * PADDED_SIDE as u32 + whole_x;
        fractions[0][column] = fraction_x;
        fractions[1][column] = fraction_y;
    }
    let mut corners = [[0.0; SIDE]; 4];
    for column in 0..SIDE {
        // Never out of range, as x and y are clamped; taking remainders spares the check.
        let place = places[column] as usize;
        corners[0][column] = padded[place % PADDED_PIXELS];
        corners[1][column] = padded[(place + 1) % PADDED_PIXELS];
        corners[2][column] = padded[(place + PADDED_SIDE) % PADDED_PIXELS];
        corners[3][column] = padded[(place + PADDED_SIDE + 1) % PADDED_PIXELS];
    }
    for column in 0..SIDE {
        let above = between(corners[0][column], corners[1][column], fractions[0][column]);
        let below = between(corners[2][column], corners[3][column], fractions[0][column]);
        line[column] = between(above, below, fractions[1][column]);
    }
}

/// Splits a position in the padded image into pixels and a part of a pixel, to 1/32768 of a pixel.
///
/// From the margin's pixels on outwards all is 0, so a position further out is taken to be there.
fn whole_and_fraction(position: f32) -> (u32, f32) {
    // A number in 256..512 has 8 bits before and 15 bits after the binary point in its mantissa of 23: adding
    // 256 makes it a fixed-point number, in one instruction for many positions where a checked conversion
    // takes them singly.
    const FRACTION_BITS: u32 = 15;
    let fixed_point = (position.clamp(0.0, SIDE as f32 + 1.0) + 256.0).to_bits();
    let whole = (fixed_point >> FRACTION_BITS) & 0xff;
    let fraction = fixed_point & ((1 << FRACTION_BITS) - 1);
    (whole, fraction as i32 as f32 / (1 << FRACTION_BITS) as f32)
}

/// Linear interpolation; in this form rounding never leaves 0..=1 and a fraction of 0 gives `start` to the
/// bit.
fn between(start: f32, end: f32, fraction: f32) -> f32 {
    start + (end - start) * fraction
}
