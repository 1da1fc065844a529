//! Softer edges and harder contrast.

use super::padded::{PADDED_SIDE, between, pad};
use crate::data::images::{PIXELS, SIDE};

/// Mixes `amount`, 0 to 1, of the image blurred by the binomial filter (1, 2, 1) / 4, across and down, into the image. Values in
/// 0..=1 stay there; 0 changes no bit.
pub(super) fn soften(image: &mut [f32; PIXELS], amount: f32) {
    let padded = pad(image);
    let rows = padded.as_chunks::<PADDED_SIDE>().0;
    for (line, around) in image.as_chunks_mut::<SIDE>().0.iter_mut().zip(rows.windows(3)) {
        let mut column = [0.0; PADDED_SIDE];
        for x in 0..PADDED_SIDE {
            column[x] = 0.25 * (around[0][x] + around[2][x]) + 0.5 * around[1][x];
        }
        for x in 0..SIDE {
            let blurred = 0.25 * (column[x] + column[x + 2]) + 0.5 * column[x + 1];
            line[x] = between(line[x], blurred, amount);
        }
    }
}

/// Makes grey levels up to `black` black, those from `white` on white, and spreads those between over 0 to 1, as a scanner does
/// whose black and white points are set so, and as [`crate::data::read_picture`] does with faint ink.
///
/// * `black`: at least 0, `white`: at most 1, and above `black`. With 0 and 1 no bit changes.
pub(super) fn spread(image: &mut [f32; PIXELS], black: f32, white: f32) {
    let range = white - black;
    for value in image {
        *value = ((*value - black) / range).clamp(0.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_the_filter() {
        let mut image = [0.0; PIXELS];
        image[5 * SIDE + 7] = 1.0;
        soften(&mut image, 1.0);
        let rows = [4, 5, 6].map(|y| [6, 7, 8].map(|x| image[y * SIDE + x] * 16.0));
        assert_eq!(rows, [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]);
        assert_eq!(image.iter().sum::<f32>(), 1.0);
    }

    #[test]
    fn levels_are_spread_between_black_and_white() {
        let mut image = [0.0; PIXELS];
        image[..5].copy_from_slice(&[0.1, 0.25, 0.5, 0.75, 0.9]);
        spread(&mut image, 0.25, 0.75);
        assert_eq!(image[..6], [0.0, 0.0, 0.5, 1.0, 1.0, 0.0]);
    }
}
