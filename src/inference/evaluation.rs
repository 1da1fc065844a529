//! Scoring images with a trained network, and what ten scores say: the predicted class, the probabilities, the loss.

use super::BATCH;
use super::sequences::in_batches;
use crate::data::{CLASSES, Images, Reading};
use crate::host::into_values;
use crate::model::RowClassifier;
use burn::tensor::Device;

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

    /// Fraction of the images classified correctly, in 0..=1; 0 if there are none.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.total().max(1) as f64
    }

    /// [`Self::accuracy`] of the images of each class; 0 for a class without images.
    pub fn per_class_accuracy(&self) -> Vec<f64> {
        let fraction =
            |(class, row): (usize, &Vec<usize>)| row[class] as f64 / row.iter().sum::<usize>().max(1) as f64;
        self.confusion.iter().enumerate().map(fraction).collect()
    }
}

/// Scores the images at `indices`, in this order, the last partial batch included.
///
/// * `model`: on `device`, which records no gradients.
/// * `reading`: what is read of each image, as when the network was trained.
pub fn evaluate(
    model: &RowClassifier,
    images: &Images,
    indices: impl ExactSizeIterator<Item = usize>,
    reading: &Reading,
    device: &Device,
) -> Evaluation {
    let mut evaluation = Evaluation {
        loss: 0.0,
        correct: 0,
        logits: Vec::with_capacity(indices.len() * CLASSES),
        predictions: Vec::with_capacity(indices.len()),
        confusion: vec![vec![0; CLASSES]; CLASSES],
    };
    let batches = in_batches(images, indices, BATCH, reading, device, |labels, rows| {
        let logits = into_values(model.forward(rows)); // [B, C]
        let scored = logits.chunks_exact(CLASSES).zip(labels);
        let losses = scored.map(|(scores, label)| negative_log_probability(scores, *label as usize));
        let losses: Vec<f64> = losses.collect();
        (labels.to_vec(), logits, losses)
    });
    for (labels, logits, losses) in batches {
        for ((scores, label), loss) in logits.chunks_exact(CLASSES).zip(labels).zip(losses) {
            let (label, predicted) = (label as usize, highest(scores));
            // One image after the other, so that the sum depends on the images alone.
            evaluation.loss += loss;
            evaluation.correct += usize::from(predicted == label);
            evaluation.predictions.push(predicted as u8);
            evaluation.confusion[label][predicted] += 1;
        }
        evaluation.logits.extend(logits);
    }
    evaluation.loss /= evaluation.total().max(1) as f64;
    evaluation
}

/// The class of the highest score or probability, the first of equal ones.
pub(crate) fn highest<N: PartialOrd>(scores: &[N]) -> usize {
    (1..scores.len()).fold(0, |best, index| if scores[index] > scores[best] { index } else { best })
}

/// The probability of each class: exp(score) / sum of exp(score).
pub(super) fn softmax(scores: &[f32]) -> Vec<f64> {
    let powers: Vec<f64> = powers(scores).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// The cross-entropy of an image: -ln of the probability of its label.
fn negative_log_probability(scores: &[f32], label: usize) -> f64 {
    let top = f64::from(scores[highest(scores)]);
    libm::log(powers(scores).sum::<f64>()) + top - f64::from(scores[label])
}

/// exp(score - highest score), which cannot overflow.
fn powers(scores: &[f32]) -> impl Iterator<Item = f64> {
    let top = f64::from(scores[highest(scores)]);
    scores.iter().map(move |score| libm::exp(f64::from(*score) - top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_scores_do_not_overflow() {
        assert_eq!(softmax(&[3e38, -3e38]), [1.0, 0.0]);
        assert_eq!(negative_log_probability(&[3e38, -3e38], 0), 0.0);
    }

    #[test]
    fn the_loss_is_that_of_the_probability() {
        let scores = [0.5, -2.0, 3.25];
        for (label, probability) in softmax(&scores).iter().enumerate() {
            // A few roundings of numbers below 6.
            assert!((negative_log_probability(&scores, label) + probability.ln()).abs() < 1e-14);
        }
    }

    #[test]
    fn the_first_of_equal_scores_counts() {
        assert_eq!(highest(&[1.0, 2.0, 2.0]), 1);
    }
}
