//! How like a digit an image is, whatever a network makes of it: by its outline, compared with training images of MNIST, and
//! by the breadth of its strokes.
//!
//! The outline is described as by a histogram of oriented gradients (N. Dalal and B. Triggs, "Histograms of oriented gradients
//! for human detection", CVPR 2005): in each of 7 x 7 places, how much of the edges between ink and paper faces each of 12
//! directions. Fractions of all edges are compared by the Hellinger distance. The limits leave
//! out 62 of the last 10,000 training images, compared with the first 20,000; docs/look-inside.md has the figures.

use crate::data::images::{PIXELS, SIDE};
use crate::data::load::first_built_in_images;
use rayon::prelude::*;
use std::f32::consts::TAU;

/// Training images that an image is compared with, from the first.
const KNOWN: usize = 20_000;
/// The nearest of them, whose mean distance counts.
const NEAREST: usize = 3;
/// Places across and down, each 4 pixels from the next.
const PLACES: usize = 7;
/// Directions that an edge may face.
const DIRECTIONS: usize = 12;
/// Numbers that describe an outline.
const NUMBERS: usize = PLACES * PLACES * DIRECTIONS;
/// What each pixel adds to the distance by which the ink is wider than high: few digits are, and most pairs of digits.
const WIDER: f32 = 0.01;
/// Side of the square of ink by which the breadth of strokes is judged, in pixels.
const SQUARE: usize = 7;
/// Weights of a blur of standard deviation 1.
const BLUR: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];
/// The largest distance of a digit.
const FARTHEST: f32 = 0.558;
/// The most ink in a square of a digit, as a fraction of full ink.
const FULLEST: f32 = 0.99;

/// How like a digit an image is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Mean Hellinger distance, 0 to 1.42, of its outline to the three nearest outlines of 20,000 training images of MNIST,
    /// and 0.01 for each pixel by which its ink is wider than high.
    pub distance: f32,
    /// The most ink in a square of 7 x 7 pixels, as a fraction of full ink.
    pub solid: f32,
}

impl Likeness {
    /// Why the image is unlike any digit; `None` if it may be one.
    pub fn doubt(&self) -> Option<String> {
        if self.solid > FULLEST {
            return Some("it is a blob, broader than strokes".into());
        }
        let Self { distance, .. } = self;
        (*distance > FARTHEST)
            .then(|| format!("its outline is {distance:.2} from MNIST's digits (limit {FARTHEST:.2})"))
    }
}

/// Outlines of training images of MNIST, from inside the program: 47 MB.
pub struct KnownDigits(Vec<Outline>);

type Outline = [f32; NUMBERS];

impl KnownDigits {
    /// Describes the training images, which takes about half a CPU-second.
    pub fn built_in() -> Self {
        let pixels = first_built_in_images(KNOWN);
        Self(pixels.as_chunks().0.par_iter().map(outline).collect())
    }

    /// How like a digit an image in MNIST's form is.
    pub fn likeness(&self, image: &[u8; PIXELS]) -> Likeness {
        let outline = outline(image);
        let mut distances: Vec<f32> = self.0.par_iter().map(|known| hellinger(known, &outline)).collect();
        let (nearest, ..) = distances.select_nth_unstable_by(NEAREST, f32::total_cmp);
        nearest.sort_by(f32::total_cmp); // one order of summation
        let mean = nearest.iter().sum::<f32>() / NEAREST as f32;
        Likeness { distance: mean + WIDER * wider(image) as f32, solid: solid(image) }
    }
}

/// The square root of the fraction of all edges in each place and direction; zeros without ink.
fn outline(image: &[u8; PIXELS]) -> Outline {
    let ink = blurred(image);
    let places: [_; SIDE] = std::array::from_fn(places);
    let mut numbers = [0.0; NUMBERS];
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let at = y * SIDE + x;
            let (right, down) = (ink[at + 1] - ink[at - 1], ink[at + SIDE] - ink[at - SIDE]);
            let edge = (right * right + down * down).sqrt();
            if edge == 0.0 {
                continue;
            }
            let turns = down.atan2(right) / TAU;
            // An edge counts for the two nearest directions and the two nearest places across and down.
            for (direction, facing) in nearest_two(turns * DIRECTIONS as f32) {
                let direction = direction.rem_euclid(DIRECTIONS as i32) as usize;
                for (row, down_part) in places[y] {
                    for (column, part) in places[x] {
                        let place = row * PLACES + column;
                        numbers[place * DIRECTIONS + direction] += edge * facing * down_part * part;
                    }
                }
            }
        }
    }
    let sum: f32 = numbers.iter().sum();
    numbers.map(|number| if sum > 0.0 { (number / sum).sqrt() } else { 0.0 })
}

/// The ink, 0 to 1, blurred across and down; outside is paper.
fn blurred(image: &[u8; PIXELS]) -> [f32; PIXELS] {
    let mut across = [0.0; PIXELS];
    for (row, blurred) in image.as_chunks::<SIDE>().0.iter().zip(across.as_chunks_mut::<SIDE>().0) {
        let mut wide = [0.0; SIDE + 4];
        wide[2..SIDE + 2].copy_from_slice(&row.map(|byte| f32::from(byte) / 255.0));
        *blurred = std::array::from_fn(|x| (0..5).map(|tap| BLUR[tap] * wide[x + tap]).sum());
    }
    let mut both = [0.0; PIXELS];
    for (y, blurred) in both.as_chunks_mut::<SIDE>().0.iter_mut().enumerate() {
        for (tap, weight) in BLUR.iter().enumerate() {
            let Some(row) = (y + tap).checked_sub(2).and_then(|y| across.as_chunks::<SIDE>().0.get(y)) else {
                continue;
            };
            blurred.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    both
}

/// The two places that a pixel is nearest to, and how much of it belongs to each: nothing where there is no such place.
fn places(pixel: usize) -> [(usize, f32); 2] {
    // The first place is at 1.5 pixels.
    nearest_two((pixel as f32 - 1.5) / 4.0).map(|(place, part)| match usize::try_from(place) {
        Ok(place) if place < PLACES => (place, part),
        _ => (0, 0.0),
    })
}

/// The whole numbers below and above, and how near each is.
fn nearest_two(number: f32) -> [(i32, f32); 2] {
    let below = number.floor();
    [(below as i32, below + 1.0 - number), (below as i32 + 1, number - below)]
}

/// The Euclidean distance of two descriptions, each of length 1.
fn hellinger(a: &Outline, b: &Outline) -> f32 {
    // Lanes of their own, so that the compiler may use vectors.
    let mut lanes = [0.0_f32; 12];
    for (a, b) in a.as_chunks::<12>().0.iter().zip(b.as_chunks::<12>().0) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += a[lane] * b[lane];
        }
    }
    (2.0 - 2.0 * lanes.iter().sum::<f32>()).max(0.0).sqrt()
}

/// By how many pixels the ink is wider than high; 0 if it is not.
fn wider(image: &[u8; PIXELS]) -> usize {
    let extent = |place: fn(usize) -> usize| {
        let inked = || (0..PIXELS).filter(|at| image[*at] > 0).map(place);
        inked().max().unwrap_or(0) - inked().min().unwrap_or(0)
    };
    extent(|at| at % SIDE).saturating_sub(extent(|at| at / SIDE))
}

/// The most ink in a square, as a fraction of full ink.
fn solid(image: &[u8; PIXELS]) -> f32 {
    let corners = (0..=SIDE - SQUARE).flat_map(|y| (0..=SIDE - SQUARE).map(move |x| y * SIDE + x));
    let ink = |corner: usize| -> u32 {
        let rows = (0..SQUARE).map(|row| &image[corner + row * SIDE..][..SQUARE]);
        rows.flatten().map(|byte| u32::from(*byte)).sum()
    };
    corners.map(ink).max().unwrap_or(0) as f32 / (255 * SQUARE * SQUARE) as f32
}

#[cfg(test)]
mod tests;
