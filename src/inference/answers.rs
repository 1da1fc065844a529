//! A trained network's answers for images, at the end and after every timestep.

use super::BATCH;
use super::evaluation::{highest, softmax};
use super::sequences::in_batches;
use crate::data::{Images, Reading};
use crate::host::into_values;
use crate::model::RowClassifier;
use burn::tensor::Device;
use std::ops::Range;

/// Hidden states held at a time by [`correct_every_step`], by all threads together: 64 MB, or one image's for each thread.
const STATES: usize = 16 << 20;

/// The probability of each class after the last timestep, for every image of `range`; each in 0..=1, with the sum 1.
///
/// * `model`: on `device`, which records no gradients.
/// * `reading`: what is read of each image, as when the network was trained.
pub fn probabilities(
    model: &RowClassifier,
    images: &Images,
    range: Range<usize>,
    reading: &Reading,
    device: &Device,
) -> Vec<Vec<f64>> {
    let classes = model.shape().classes;
    let answers = in_batches(images, range, BATCH, reading, device, |_, rows| {
        let logits = into_values(model.forward(rows)); // [B, C]
        logits.chunks_exact(classes).map(softmax).collect::<Vec<_>>()
    });
    answers.concat()
}

/// The probability of each class after every timestep, `T` times `C` of them, for image `index`. The last are those of
/// [`probabilities`]; the other arguments as there.
pub fn probabilities_every_step(
    model: &RowClassifier,
    images: &Images,
    index: usize,
    reading: &Reading,
    device: &Device,
) -> Vec<Vec<f64>> {
    let classes = model.shape().classes;
    let answers = in_batches(images, index..index + 1, 1, reading, device, |_, rows| {
        let logits = into_values(model.forward_every_step(rows)); // [1, T, C]
        logits.chunks_exact(classes).map(softmax).collect::<Vec<_>>()
    });
    answers.concat()
}

/// How many images of `range` the network classifies correctly when it must answer after 1, 2, ..., T timesteps. The
/// last is what [`evaluate`](super::evaluate) counts; arguments as in [`probabilities`].
pub fn correct_every_step(
    model: &RowClassifier,
    images: &Images,
    range: Range<usize>,
    reading: &Reading,
    device: &Device,
) -> Vec<usize> {
    let (shape, timesteps) = (model.shape(), reading.timesteps());
    let states = STATES / rayon::current_num_threads();
    let batch = (states / (timesteps * shape.units)).clamp(1, BATCH);
    let correct = in_batches(images, range, batch, reading, device, |labels, rows| {
        let logits = into_values(model.forward_every_step(rows)); // [B, T, C]
        let mut correct = vec![0; timesteps];
        for (image, label) in logits.chunks_exact(timesteps * shape.classes).zip(labels) {
            for (count, scores) in correct.iter_mut().zip(image.chunks_exact(shape.classes)) {
                *count += usize::from(highest(scores) == *label as usize);
            }
        }
        correct
    });
    let sum_of = |step: usize| correct.iter().map(|batch| batch[step]).sum();
    (0..timesteps).map(sum_of).collect()
}

/// Image `index` as the network reads it: `[T, W]`, timestep by timestep, each value in 0..=1.
pub fn sequence(images: &Images, index: usize, reading: &Reading, device: &Device) -> Vec<f32> {
    in_batches(images, index..index + 1, 1, reading, device, |_, rows| into_values(rows)).concat()
}

#[cfg(test)]
mod tests;
