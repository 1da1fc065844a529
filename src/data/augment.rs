//! Random changes to training images, so that no epoch shows the same image twice.
//!
//! Owns drawing and applying them; the settings own which there are and how they are written. `affine` is the arithmetic of
//! one affine map.

mod affine;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use self::affine::AffineMap;
use super::images::{PIXELS, SIDE};
use crate::config::Augmentation;
use crate::seeds::generator;

/// Applies an [`Augmentation`] to the images of one epoch.
#[derive(Clone, Debug)]
pub struct Augmenter {
    augmentation: Augmentation,
    /// Its key is this epoch's; an image's own numbers are the stream with the image's index, which costs a
    /// tenth of hashing a key for every image.
    generator: ChaCha8Rng,
}

impl Augmenter {
    /// For one epoch of a run. The change of an image depends only on `augmentation`, `seed`, `epoch` and the
    /// image's index: not on its batch, the order of images or the number of threads.
    ///
    /// `augmentation` is in range, as one that was read from text is.
    pub fn new(augmentation: Augmentation, seed: u64, epoch: u64) -> Self {
        Self { augmentation, generator: generator(seed, "augment", &[epoch]) }
    }

    /// Changes the image with this index of the training set. Values in 0..=1 stay in 0..=1.
    pub fn apply(&self, index: u64, image: &mut [f32; PIXELS]) {
        match self.augmentation {
            Augmentation::None => {}
            Augmentation::Shift { pixels } => {
                let (right, down) = draw_shift(&mut self.numbers_of(index), pixels);
                shift(image, right, down);
            }
            Augmentation::Affine(bounds) => {
                AffineMap::draw(&mut self.numbers_of(index), &bounds).apply(image)
            }
        }
    }

    /// Whether every image stays as it is.
    pub(super) fn changes_nothing(&self) -> bool {
        self.augmentation == Augmentation::None
    }

    /// The generator of one image's numbers.
    fn numbers_of(&self, index: u64) -> ChaCha8Rng {
        let mut generator = self.generator.clone();
        generator.set_stream(index);
        generator
    }
}

/// Pixels to the right and down, each uniform in `-most..=most`.
fn draw_shift(generator: &mut ChaCha8Rng, most: u8) -> (i32, i32) {
    let most = i32::from(most);
    (generator.random_range(-most..=most), generator.random_range(-most..=most))
}

/// Moves the image by whole pixels; each of `right` and `down` is less than 28 either way.
fn shift(image: &mut [f32; PIXELS], right: i32, down: i32) {
    let (across, from_left) = overlap(right);
    let (along, from_top) = overlap(down);
    let original = *image;
    image.fill(0.0);
    for (row, source_row) in along.zip(from_top..) {
        let start = source_row * SIDE + from_left;
        let target = row * SIDE + across.start..row * SIDE + across.end;
        image[target].copy_from_slice(&original[start..start + across.len()]);
    }
}

/// The places of a line that a move by `by` fills, and the place that the first of them is filled from.
fn overlap(by: i32) -> (std::ops::Range<usize>, usize) {
    let distance = by.unsigned_abs() as usize;
    if by >= 0 { (distance..SIDE, 0) } else { (0..SIDE - distance, distance) }
}

#[cfg(test)]
mod tests;
