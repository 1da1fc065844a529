//! Scoring images with a trained network.

use crate::data::{Batch, CLASSES, EpochOrder, Images, Reading};
use crate::host::{from_values, into_values};
use crate::model::RowClassifier;
use burn::tensor::{Device, Tensor};
use std::ops::Range;

/// Images scored at a time. A constant: a prediction may depend on it in the last bit.
const BATCH: usize = 500;

/// How a network scored some images.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Images whose highest score is their label's; the first of equal scores counts.
    pub correct: usize,
    /// The scores of each image before softmax, `[images, C]`.
    pub logits: Vec<f32>,
    /// The predicted class of each image.
    pub predictions: Vec<u8>,
    /// Images by true class (row) and predicted class (column).
    pub confusion: Vec<Vec<usize>>,
}

impl Evaluation {
    /// Images scored.
    pub fn total(&self) -> usize {
        self.predictions.len()
    }

    /// Share of the images scored right, in 0..=1; 0 for none.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.total().max(1) as f64
    }

    /// [`Self::accuracy`] of the images of each class; 0 for a class without images.
    pub fn per_class_accuracy(&self) -> Vec<f64> {
        let share =
            |(class, row): (usize, &Vec<usize>)| row[class] as f64 / row.iter().sum::<usize>().max(1) as f64;
        self.confusion.iter().enumerate().map(share).collect()
    }
}

/// Scores the images of `range`, the last partial batch included.
///
/// * `model`: on `device`, which records no gradients.
/// * `reading`: what is read of each image, as when the network was trained.
pub fn evaluate(
    model: &RowClassifier,
    images: &Images,
    range: Range<usize>,
    reading: &Reading,
    device: &Device,
) -> Evaluation {
    let mut evaluation = Evaluation {
        loss: 0.0,
        correct: 0,
        logits: Vec::with_capacity(range.len() * CLASSES),
        predictions: Vec::with_capacity(range.len()),
        confusion: vec![vec![0; CLASSES]; CLASSES],
    };
    let mut batch = Batch::default();
    for indices in EpochOrder::sequential(range).batches(BATCH, 0) {
        batch.fill(images, indices);
        let rows = pieces(&mut batch, reading, device);
        let logits = into_values(model.forward(rows.clone()));
        batch.pixels = into_values(rows);
        evaluation.logits.extend_from_slice(&logits);
        for (scores, label) in logits.chunks_exact(CLASSES).zip(&batch.labels) {
            let (label, predicted) = (*label as usize, highest(scores));
            evaluation.loss += negative_log_probability(scores, label);
            evaluation.correct += usize::from(predicted == label);
            evaluation.predictions.push(predicted as u8);
            evaluation.confusion[label][predicted] += 1;
        }
    }
    evaluation.loss /= evaluation.total().max(1) as f64;
    evaluation
}

/// The images of a batch, just filled, as sequences `[B, T, W]`; takes the batch's pixels. Whoever puts them back when the tensor is no
/// longer needed spares the next batch the fresh memory, whose page faults would take longer than filling it.
pub(crate) fn pieces(batch: &mut Batch, reading: &Reading, device: &Device) -> Tensor<3> {
    reading.apply(batch);
    let shape = [batch.len(), reading.timesteps(), reading.inputs()];
    from_values(std::mem::take(&mut batch.pixels), shape, device)
}

/// The class of the highest score or probability, the first of equal ones.
pub(crate) fn highest<N: PartialOrd>(scores: &[N]) -> usize {
    (1..scores.len()).fold(0, |best, index| if scores[index] > scores[best] { index } else { best })
}

fn negative_log_probability(scores: &[f32], label: usize) -> f64 {
    let top = f64::from(scores[highest(scores)]);
    let sum: f64 = scores.iter().map(|score| (f64::from(*score) - top).exp()).sum();
    sum.ln() + top - f64::from(scores[label])
}
