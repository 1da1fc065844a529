//! How an image becomes the sequence that a network reads: which rows, in which order of pixels, in how many timesteps.
//! Everything that gives images to a network uses this module; pictures for people show the image itself.

use rand::RngExt;

use super::batches::Batch;
use super::images::{PIXELS, SIDE};
use crate::config::TrainConfig;
use crate::seeds::generator;

/// What a network reads of each image. In this order, after any augmentation:
///
/// 1. the middle rows are cut out: `rows` of them from [`TrainConfig::first_row`] on;
/// 2. the pixels that are left are permuted, all images alike: pixel j of the sequence is pixel `p[j]` of those rows.
///    `p` is a Fisher-Yates shuffle of their numbers, drawn by the generator "permute" of the seed `permute`, so it
///    depends only on that seed and on the number of rows. On whole images, read pixel by pixel, this is permuted
///    sequential MNIST (Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units,
///    2015);
/// 3. the sequence is cut into T timesteps of W pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    timesteps: usize,
    inputs: usize,
    /// For each pixel of the sequence, its place in the image; `None` reads whole images in their own order.
    sources: Option<Vec<u16>>,
}

impl Reading {
    /// What validated settings ask for.
    pub fn new(config: &TrainConfig) -> Self {
        let (timesteps, inputs) = (config.timesteps, config.inputs());
        let whole = config.rows == SIDE && config.permute == 0;
        let sources = (!whole).then(|| {
            let start = config.first_row() * SIDE;
            permutation(config.rows * SIDE, config.permute).into_iter().map(|j| start as u16 + j).collect()
        });
        Self { timesteps, inputs, sources }
    }

    /// Timesteps T of an image.
    pub fn timesteps(&self) -> usize {
        self.timesteps
    }

    /// Pixels W per timestep.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// For each pixel of the sequence, its place in the image; `None` if whole images are read in their own order.
    pub fn sources(&self) -> Option<&[u16]> {
        self.sources.as_deref()
    }

    /// Reduces a batch of whole images, `[B, 784]`, to what is read, in the order of reading: `[B, T W]`.
    ///
    /// # Panics
    ///
    /// If the batch does not hold whole images.
    pub fn apply(&self, batch: &mut Batch) {
        assert_eq!(batch.pixels.len(), batch.len() * PIXELS, "a batch is read once, when it has been filled");
        let Some(sources) = &self.sources else { return };
        let read = sources.len();
        for index in 0..batch.len() {
            let mut image = [0.0; PIXELS];
            image.copy_from_slice(&batch.pixels[index * PIXELS..][..PIXELS]);
            // No image begins later than it did, so none is overwritten before it is read.
            let sequence = &mut batch.pixels[index * read..][..read];
            for (value, &source) in sequence.iter_mut().zip(sources) {
                *value = image[usize::from(source)];
            }
        }
        batch.pixels.truncate(batch.len() * read);
    }
}

/// The numbers below `count` in an order that depends on `seed` alone; in their own for seed 0.
fn permutation(count: usize, seed: u64) -> Vec<u16> {
    let mut order: Vec<u16> = (0..count as u16).collect();
    if seed > 0 {
        let mut generator = generator(seed, "permute", &[]);
        for last in (1..count).rev() {
            order.swap(last, generator.random_range(0..=last));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::noise_images;

    fn reading(rows: usize, timesteps: usize, permute: u64) -> Reading {
        let config = TrainConfig { rows, timesteps, permute, ..TrainConfig::default() };
        config.validate().unwrap();
        Reading::new(&config)
    }

    /// A batch of images, and the same read.
    fn read(reading: &Reading) -> (Batch, Batch) {
        let mut whole = Batch::default();
        whole.fill(&noise_images(5), &[4, 0, 2]);
        let mut batch = whole.clone();
        reading.apply(&mut batch);
        (whole, batch)
    }

    #[test]
    fn by_default_images_are_read_as_they_are() {
        for timesteps in [1, 28, 784] {
            let reading = reading(28, timesteps, 0);
            assert_eq!((reading.timesteps(), reading.inputs()), (timesteps, 784 / timesteps));
            let (whole, batch) = read(&reading);
            assert_eq!(batch, whole);
        }
    }

    #[test]
    fn the_middle_rows_are_cut_out_of_every_image() {
        for (rows, first) in [(7, 10), (14, 7), (21, 3), (1, 13)] {
            let reading = reading(rows, rows, 0);
            assert_eq!((reading.timesteps(), reading.inputs()), (rows, 28));
            let (whole, batch) = read(&reading);
            let middle = |image: &[f32]| image[first * 28..(first + rows) * 28].to_vec();
            let expected: Vec<f32> = whole.pixels.chunks_exact(PIXELS).flat_map(middle).collect();
            assert_eq!(batch.pixels, expected, "{rows} rows");
            assert_eq!(batch.labels, whole.labels);
        }
    }

    #[test]
    fn a_permutation_has_every_pixel_that_is_read_once() {
        for (rows, timesteps) in [(28, 28), (28, 784), (14, 14), (1, 1)] {
            let reading = reading(rows, timesteps, 9);
            let mut sources = reading.sources.unwrap();
            assert!(!sources.is_sorted(), "{rows} rows are permuted");
            sources.sort_unstable();
            let start = (28 - rows) / 2 * 28;
            let all: Vec<u16> = (start as u16..(start + rows * 28) as u16).collect();
            assert_eq!(sources, all);
        }
    }

    #[test]
    fn all_images_are_permuted_alike_and_by_the_seed_alone() {
        let permuted = reading(28, 28, 9);
        let (whole, batch) = read(&permuted);
        let order = permutation(PIXELS, 9);
        for (sequence, image) in batch.pixels.chunks_exact(PIXELS).zip(whole.pixels.chunks_exact(PIXELS)) {
            assert!(sequence.iter().zip(&order).all(|(value, &place)| *value == image[usize::from(place)]));
        }
        assert_eq!(permuted, reading(28, 28, 9));
        assert_eq!(permuted.sources, reading(28, 784, 9).sources, "timesteps do not change it");
        assert_ne!(permuted.sources, reading(28, 28, 10).sources);
    }

    /// Printed by this code when it was written, with rand 0.10: a change here changes the results of every run on
    /// permuted pixels, and has to be announced.
    #[test]
    fn permutations_do_not_change_between_versions() {
        assert_eq!(permutation(PIXELS, 1)[..6], [724, 698, 42, 607, 56, 312]);
        assert_eq!(permutation(5, 0), [0, 1, 2, 3, 4]);
    }

    #[test]
    #[should_panic(expected = "a batch is read once")]
    fn a_batch_cannot_be_read_twice() {
        let reading = reading(14, 14, 0);
        let (_, mut batch) = read(&reading);
        reading.apply(&mut batch);
    }

    #[test]
    fn a_batch_that_was_read_can_be_filled_again() {
        let reading = reading(7, 7, 3);
        let (whole, mut batch) = read(&reading);
        let first = batch.clone();
        batch.fill(&noise_images(5), &[4, 0, 2]);
        assert_eq!(batch, whole);
        reading.apply(&mut batch);
        assert_eq!(batch, first);
    }
}
