//! Thicker and thinner strokes, by grey dilation and erosion: the largest and smallest value among a pixel and its neighbours
//! (J. Serra, "Image Analysis and Mathematical Morphology", 1982).

use super::padded::{PADDED_SIDE, between, pad};
use crate::data::images::{PIXELS, SIDE};

/// Moves the edges of strokes by `pixels`: outwards if positive, inwards if negative; -1 to 3.
///
/// Neighbours are in turn the four beside a pixel and the eight around it, so that the edge of a point grows as an octagon.
/// The fraction of a pixel that is left moves an edge by that fraction: the image and the next dilation or erosion are mixed.
/// Values in 0..=1 stay there; 0 changes no bit.
pub(super) fn thicken(image: &mut [f32; PIXELS], pixels: f32) {
    let (mut left, mut around) = (pixels.abs(), false);
    while left > 0.0 {
        let fraction = left.min(1.0);
        match (pixels > 0.0, around) {
            (true, false) => pass::<false>(image, fraction, larger),
            (true, true) => pass::<true>(image, fraction, larger),
            (false, false) => pass::<false>(image, fraction, smaller),
            (false, true) => pass::<true>(image, fraction, smaller),
        }
        left -= fraction;
        around = !around;
    }
}

/// Mixes `fraction` of the most extreme value of each pixel's neighbourhood into the image.
#[inline(always)]
fn pass<const AROUND: bool>(
    image: &mut [f32; PIXELS],
    fraction: f32,
    extreme: impl Fn(f32, f32) -> f32 + Copy,
) {
    let padded = pad(image);
    let rows = padded.as_chunks::<PADDED_SIDE>().0;
    for (line, neighbours) in image.as_chunks_mut::<SIDE>().0.iter_mut().zip(rows.windows(3)) {
        let mut column = [0.0; PADDED_SIDE];
        for x in 0..PADDED_SIDE {
            column[x] = extreme(extreme(neighbours[0][x], neighbours[2][x]), neighbours[1][x]);
        }
        // The columns beside a pixel: all three rows of the eight neighbours, the middle row of the four.
        let beside = if AROUND { &column } else { &neighbours[1] };
        for x in 0..SIDE {
            let found = extreme(extreme(beside[x], beside[x + 2]), column[x + 1]);
            line[x] = between(line[x], found, fraction);
        }
    }
}

/// Unlike `f32::max`, one instruction: values are never NaN.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vertical bar of full ink, `columns` wide from column 10 on, from row 8 to row 19.
    fn bar(columns: usize) -> [f32; PIXELS] {
        std::array::from_fn(|at| {
            let inked = (10..10 + columns).contains(&(at % SIDE)) && (8..20).contains(&(at / SIDE));
            f32::from(u8::from(inked))
        })
    }

    /// Ink in the middle of the bar, across: its breadth in pixels.
    fn breadth(pixels: f32) -> f32 {
        let mut image = bar(4);
        thicken(&mut image, pixels);
        image[14 * SIDE..15 * SIDE].iter().sum()
    }

    #[test]
    fn a_bar_becomes_broader_by_twice_the_pixels() {
        for pixels in [-0.999, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0] {
            // Sums of a few numbers below 10, each rounded to 24 bits.
            assert!((breadth(pixels) - 4.0 - 2.0 * pixels).abs() < 1e-5, "{pixels}: {}", breadth(pixels));
        }
    }

    #[test]
    fn a_point_grows_to_a_cross_then_to_an_octagon() {
        let point = |pixels| {
            let mut image = [0.0; PIXELS];
            image[14 * SIDE + 14] = 1.0;
            thicken(&mut image, pixels);
            (10..19).map(|y| image[y * SIDE..(y + 1) * SIDE].iter().sum::<f32>()).collect::<Vec<_>>()
        };
        assert_eq!(point(1.0), [0.0, 0.0, 0.0, 1.0, 3.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(point(2.0), [0.0, 0.0, 3.0, 5.0, 5.0, 5.0, 3.0, 0.0, 0.0]);
        assert_eq!(point(3.0), [0.0, 3.0, 5.0, 7.0, 7.0, 7.0, 5.0, 3.0, 0.0]);
    }

    #[test]
    fn erosion_leaves_ink_of_the_thinnest_stroke() {
        let mut image = bar(1);
        thicken(&mut image, -0.75);
        assert!(image.iter().all(|value| *value == 0.0 || *value == 0.25));
        assert!(image.contains(&0.25));
    }
}
