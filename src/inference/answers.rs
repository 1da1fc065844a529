//! What a trained network says of images, in the end and after every timestep. Images become its input as they do in
//! `evaluation`.

use super::evaluation::{highest, pieces};
use crate::data::{Batch, EpochOrder, Images, Reading};
use crate::host::into_values;
use crate::model::RowClassifier;
use burn::tensor::{Device, Tensor};
use std::ops::Range;

/// Images read at a time, at most, and values of all their hidden states together, which are 64 MB.
const BATCH: usize = 500;
const STATES: usize = 16 << 20;

/// The probability of each class after the last timestep, for every image of `range`; each in 0..=1, summing up to 1.
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
/// [`probabilities`], whose other arguments these are.
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

/// How many images of `range` the network reads right when it has to answer after 1, 2, ..., T timesteps. The last is what
/// [`evaluate`](super::evaluate) counts; arguments as in [`probabilities`].
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

/// Calls `work` with the labels and the sequences `[B, T, W]` of the images of `range`, at most `size` at a time. The one
/// place of this module where an image becomes what the network reads.
fn in_batches(
    images: &Images,
    range: Range<usize>,
    size: usize,
    reading: &Reading,
    device: &Device,
    mut work: impl FnMut(&[i32], Tensor<3>),
) {
    let mut batch = Batch::default();
    for indices in EpochOrder::sequential(range).batches(size, 0) {
        batch.fill(images, indices);
        let rows = pieces(&mut batch, reading, device);
        work(&batch.labels, rows);
    }
}

/// exp(score) / sum of exp(score), computed from the highest score down so that nothing overflows.
fn softmax(scores: &[f32]) -> Vec<f64> {
    let top = f64::from(scores[highest(scores)]);
    let powers: Vec<f64> = scores.iter().map(|score| (f64::from(*score) - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests;
