//! The order in which images are read, and batches filled with them.
//!
//! Owns shuffling and the conversion of bytes to numbers. The training loop owns the batch size and where an epoch resumes,
//! `augment` the changes of an image.

use rand::RngExt;
use rayon::prelude::*;

use super::augment::Augmenter;
use super::images::{Images, PIXELS};
use crate::seeds::generator;

/// Fewest images per task, augmented or only converted: tens of microseconds of work, many times the cost of handing it to
/// a thread.
const AUGMENTED_PER_TASK: usize = 16;
const CONVERTED_PER_TASK: usize = 16;
/// How many images ahead of the one that is converted the memory is asked for; 2 to 8 were equally fast.
const AHEAD: usize = 3;

/// The order in which one epoch reads images, each of them once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochOrder {
    indices: Vec<u32>,
}

impl EpochOrder {
    /// `images` in an order that depends only on them, `seed` and `epoch`; every order
    /// is equally likely (Fisher-Yates shuffle).
    ///
    /// # Panics
    ///
    /// If an index does not fit 32 bits.
    pub fn shuffled(images: impl IntoIterator<Item = usize>, seed: u64, epoch: u64) -> Self {
        let mut order = Self::sequential(images);
        let mut generator = generator(seed, "shuffle", &[epoch]);
        for last in (1..order.indices.len()).rev() {
            order.indices.swap(last, generator.random_range(0..=last));
        }
        order
    }

    /// `images` from first to last, as evaluation reads them.
    ///
    /// # Panics
    ///
    /// If an index does not fit 32 bits.
    pub fn sequential(images: impl IntoIterator<Item = usize>) -> Self {
        let narrow = |index| u32::try_from(index).expect("an image index fits 32 bits");
        Self { indices: images.into_iter().map(narrow).collect() }
    }

    /// All indices in order.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The indices of each batch from batch `first` (0 for a whole epoch) on. Every batch has `batch_size`
    /// indices but the last, which has what is left; none is empty.
    ///
    /// # Panics
    ///
    /// If `batch_size` is 0.
    pub fn batches(&self, batch_size: usize, first: usize) -> impl ExactSizeIterator<Item = &[u32]> {
        let start = first.saturating_mul(batch_size).min(self.indices.len());
        self.indices[start..].chunks(batch_size)
    }
}

/// The images of one batch as numbers. One `Batch` serves a whole run: filling it again reuses its memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// `[B, 784]`, each image row by row from the top, f32 in 0..=1: the file's byte / 255. After [`super::Reading::apply`]
    /// `[B, T W]`, what is read of it.
    pub pixels: Vec<f32>,
    /// `[B]`, the digit of each image, in 0..=9.
    pub labels: Vec<i32>,
}

impl Batch {
    /// The number of images B.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Replaces the content by the images at `indices`. The current rayon pool shares the work.
    ///
    /// # Panics
    ///
    /// If an index is not below `images.len()`.
    pub fn fill(&mut self, images: &Images, indices: &[u32]) {
        self.fill_each(images, indices, CONVERTED_PER_TASK, |_, _| ());
    }

    /// Replaces the content by the images at `indices`, each changed as `augmenter` decides for it. The
    /// current rayon pool shares the work; the result does not depend on the number of its threads.
    ///
    /// # Panics
    ///
    /// If an index is not below `images.len()`.
    pub fn fill_augmented(&mut self, images: &Images, indices: &[u32], augmenter: &Augmenter) {
        if augmenter.changes_nothing() {
            return self.fill(images, indices);
        }
        self.fill_each(images, indices, AUGMENTED_PER_TASK, |index, unit| {
            augmenter.apply(index.into(), unit)
        });
    }

    fn fill_each(
        &mut self,
        images: &Images,
        indices: &[u32],
        per_task: usize,
        change: impl Fn(u32, &mut [f32; PIXELS]) + Sync,
    ) {
        self.prepare(images, indices);
        let units = self.pixels.as_chunks_mut::<PIXELS>().0;
        (indices, units).into_par_iter().with_min_len(per_task).enumerate().for_each(
            |(place, (&index, unit))| {
                // The images of a batch lie all over a memory larger than any cache, and waiting for it took longer than
                // converting them.
                if let Some(&next) = indices.get(place + AHEAD) {
                    lstm_kernel::prefetch(images.image(next as usize));
                }
                to_unit_values(images.image(index as usize), unit);
                change(index, unit);
            },
        );
    }

    /// Sets the labels, and the length of the pixels.
    fn prepare(&mut self, images: &Images, indices: &[u32]) {
        self.labels.clear();
        self.labels.extend(indices.iter().map(|&index| i32::from(images.label(index as usize))));
        self.pixels.resize(indices.len() * PIXELS, 0.0);
    }
}

/// Divides, where a table or a product with 1/255 would do, because the compiler makes vector instructions of it and
/// each value is rounded once.
fn to_unit_values(bytes: &[u8], unit: &mut [f32; PIXELS]) {
    for (value, &byte) in unit.iter_mut().zip(bytes) {
        *value = f32::from(byte) / 255.0;
    }
}

#[cfg(test)]
mod tests;
