//! Random changes to training images, so that no epoch shows the same image twice.
//!
//! Owns drawing them and the order in which they are applied; the settings own which there are and how they are written.
//! `strokes` makes strokes thicker or thinner, `affine` moves the image as a whole, `elastic` its parts, and `tones` changes
//! its grey levels, in this order.

mod affine;
mod elastic;
mod padded;
mod strokes;
mod tones;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use self::affine::AffineMap;
use self::elastic::Field;
use self::padded::between;
use super::images::{PIXELS, SIDE};
use crate::config::{Augmentation, Placement, ThicknessBounds};
use crate::seeds::generator;

/// The longer side of MNIST's digits, in pixels.
const BOX: f32 = 20.0;

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
        if self.changes_nothing() {
            return;
        }
        Change::draw(&mut self.numbers_of(index), &self.augmentation).apply(image);
    }

    /// Whether every image stays as it is.
    pub(super) fn changes_nothing(&self) -> bool {
        self.augmentation == Augmentation::default()
    }

    /// The generator of one image's numbers.
    fn numbers_of(&self, index: u64) -> ChaCha8Rng {
        let mut generator = self.generator.clone();
        generator.set_stream(index);
        generator
    }
}

/// What one image undergoes.
struct Change {
    /// Pixels by which edges of strokes move outwards, negative inwards.
    thickness: f32,
    /// By whole pixels to the right and down.
    shift: Option<(i32, i32)>,
    map: AffineMap,
    field: Option<Field>,
    softness: f32,
    /// The grey levels that become black and white.
    black: f32,
    white: f32,
}

impl Change {
    /// Draws what has bounds above 0. The placement is drawn first, so that it is the same whatever else is drawn.
    fn draw(generator: &mut ChaCha8Rng, augmentation: &Augmentation) -> Self {
        let Augmentation { placement, elastic_pixels, thickness, softness, contrast } = augmentation;
        let (mut shift, mut map) = (None, AffineMap::SAME);
        match placement {
            Placement::Same => {}
            Placement::Shift { pixels } => shift = Some(draw_shift(generator, *pixels)),
            Placement::Affine(bounds) => map = AffineMap::draw(generator, bounds),
        }
        let ThicknessBounds { thicker, thinner } = *thickness;
        let mut part = || generator.random::<f32>();
        let thickness = if thicker + thinner > 0.0 { between(-thinner, thicker, part()) } else { 0.0 };
        let softness = if *softness > 0.0 { softness * part() } else { 0.0 };
        let [black, white] = match contrast / 2.0 {
            0.0 => [0.0, 1.0],
            most => [most * part(), 1.0 - most * part()],
        };
        let field = (*elastic_pixels > 0.0).then(|| Field::draw(generator, *elastic_pixels));
        // MNIST's digits are 20 pixels long, whatever their strokes.
        map.scale *= BOX / (BOX + 2.0 * thickness);
        Self { thickness, shift, map, field, softness, black, white }
    }

    /// Changes an image. What is left as it is changes no bit.
    fn apply(&self, image: &mut [f32; PIXELS]) {
        strokes::thicken(image, self.thickness);
        if let Some((right, down)) = self.shift {
            shift(image, right, down);
        }
        if self.field.is_some() || self.map != AffineMap::SAME {
            self.map.apply(self.field.as_ref(), image);
        }
        if self.softness > 0.0 {
            tones::soften(image, self.softness);
        }
        if self.black > 0.0 || self.white < 1.0 {
            tones::spread(image, self.black, self.white);
        }
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
