//! One affine map of an image: drawing it and sampling through it, together with an elastic distortion.
//!
//! Positions are (x, y) with x to the right and y down, in pixels, measured from the centre of the image,
//! (13.5, 13.5). A pixel at p moves to
//!
//! ```text
//! q = A p + d,   A = R(a) H(k) E(e) s
//!
//! R(a) = | cos a  -sin a |     H(k) = | 1  k |     E(e) = | e   0  |     s > 0: size     d = (dx, dy): move
//!        | sin a   cos a |            | 0  1 |            | 0  1/e |
//! ```
//!
//! so it is scaled, then stretched, then sheared, then turned (clockwise for a > 0, as y points down), then moved. Sampling
//! goes the other way: the new pixel at q takes the value of the old image at
//!
//! ```text
//! p = B (q - d) + v(q),   B = (1 / s) E(1 / e) H(-k) R(-a)
//! ```
//!
//! where v is the field of the elastic distortion, or 0,
//! interpolated bilinearly between the four pixels around p, everything outside the image being 0.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::elastic::Field;
use super::padded::{PADDED_PIXELS, PADDED_SIDE, between, pad};
use crate::config::AffineBounds;
use crate::data::images::{PIXELS, SIDE};

/// Centre of an image, in both directions, counted from the centre of the first pixel.
const CENTRE: f32 = (SIDE as f32 - 1.0) / 2.0;

/// What one image undergoes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AffineMap {
    /// Turn a, positive clockwise.
    pub(super) radians: f32,
    /// Size s, positive.
    pub(super) scale: f32,
    /// Stretch e, positive: the width is multiplied and the height divided by it.
    pub(super) stretch: f32,
    /// Shear k, pixels to the right for each pixel down.
    pub(super) shear: f32,
    /// Move d, in pixels to the right.
    pub(super) right: f32,
    /// Move d, in pixels down.
    pub(super) down: f32,
}

impl AffineMap {
    /// The map that moves nothing.
    pub(super) const SAME: Self =
        Self { radians: 0.0, scale: 1.0, stretch: 1.0, shear: 0.0, right: 0.0, down: 0.0 };

    /// Draws each part uniformly within its bounds, either way.
    pub(super) fn draw(generator: &mut ChaCha8Rng, bounds: &AffineBounds) -> Self {
        let mut within = |most: f32| most * (2.0 * generator.random::<f32>() - 1.0);
        Self {
            radians: within(bounds.rotation_degrees).to_radians(),
            scale: 1.0 + within(bounds.scale),
            shear: within(bounds.shear),
            right: within(bounds.shift_pixels),
            down: within(bounds.shift_pixels),
            // Drawn last: without a stretch all others are as they were before there was one.
            stretch: 1.0 + within(bounds.stretch),
        }
    }

    /// Maps the image, each of whose new pixels comes from a place that `field` moves. Values in 0..=1 stay in 0..=1, and a map
    /// that moves nothing changes no bit.
    pub(super) fn apply(&self, field: Option<&Field>, image: &mut [f32; PIXELS]) {
        let padded = pad(image);
        let [[xx, xy], [yx, yy]] = self.inverse();
        let left = -CENTRE - self.right;
        for (row, pixels) in image.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
            // The source of this row's first pixel, in the padded image; from there each step to the right
            // adds (xx, yx). Multiples of the step, not sums, so that rounding errors do not add up.
            let y = row as f32 - CENTRE - self.down;
            let start = [CENTRE + 1.0 + xx * left + xy * y, CENTRE + 1.0 + yx * left + yy * y];
            let (mut x, mut y) = ([0.0; SIDE], [0.0; SIDE]);
            for column in 0..SIDE {
                x[column] = start[0] + xx * column as f32;
                y[column] = start[1] + yx * column as f32;
            }
            if let Some(field) = field {
                let [right, down] = field.row(row);
                for column in 0..SIDE {
                    x[column] += right[column];
                    y[column] += down[column];
                }
            }
            sample_line(&padded, &x, &y, pixels);
        }
    }

    /// The matrix B, row by row.
    fn inverse(&self) -> [[f32; 2]; 2] {
        let (sine, cosine) = libm::sincosf(self.radians);
        let (across, along) = (self.scale * self.stretch, self.scale / self.stretch);
        // R(-a) = | cos a   sin a |, and H(-k) takes k times its second row from its first.
        //         | -sin a  cos a |
        [
            [(cosine + self.shear * sine) / across, (sine - self.shear * cosine) / across],
            [-sine / along, cosine / along],
        ]
    }
}

/// The values of the padded image at the places (x, y), in its own pixels.
///
/// Three loops, because the first and the last become vector instructions and only the second needs to be
/// scalar.
fn sample_line(padded: &[f32; PADDED_PIXELS], x: &[f32; SIDE], y: &[f32; SIDE], line: &mut [f32; SIDE]) {
    let mut places = [0; SIDE];
    let mut fractions = [[0.0; SIDE]; 2];
    for column in 0..SIDE {
        let (whole_x, fraction_x) = whole_and_fraction(x[column]);
        let (whole_y, fraction_y) = whole_and_fraction(y[column]);
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
