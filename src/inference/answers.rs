//! A trained network's answers for images, at the end and after every timestep.

use super::BATCH;
use super::evaluation::{highest, softmax};
use super::sequences::in_batches;
use crate::data::{Images, Reading};
use crate::host::into_values;
use crate::model::RowClassifier;
use burn::tensor::Device;
use std::ops::Range;

/// Hidden states held at a time by [`correct_every_step`], at most: 64 MB.
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
    let mut answers = Vec::with_capacity(range.len());
    in_batches(images, range, BATCH, reading, device, |_, rows| {
        let logits = into_values(model.forward(rows)); // [B, C]
        answers.extend(logits.chunks_exact(classes).map(softmax));
    });
    answers
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
    let mut answers = Vec::with_capacity(reading.timesteps());
    in_batches(images, index..index + 1, 1, reading, device, |_, rows| {
        let logits = into_values(model.forward_every_step(rows)); // [1, T, C]
        answers.extend(logits.chunks_exact(classes).map(softmax));
    });
    answers
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
    let batch = (STATES / (timesteps * shape.units)).clamp(1, BATCH);
    let mut correct = vec![0; timesteps];
    in_batches(images, range, batch, reading, device, |labels, rows| {
        let logits = into_values(model.forward_every_step(rows)); // [B, T, C]
        for (image, label) in logits.chunks_exact(timesteps * shape.classes).zip(labels) {
            for (count, scores) in correct.iter_mut().zip(image.chunks_exact(shape.classes)) {
                *count += usize::from(highest(scores) == *label as usize);
            }
        }
    });
    correct
}

/// Image `index` as the network reads it: `[T, W]`, timestep by timestep, each value in 0..=1.
pub fn sequence(images: &Images, index: usize, reading: &Reading, device: &Device) -> Vec<f32> {
    let mut values = Vec::new();
    in_batches(images, index..index + 1, 1, reading, device, |_, rows| values = into_values(rows));
    values
}

#[cfg(test)]
mod tests;
