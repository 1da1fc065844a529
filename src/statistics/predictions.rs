//! Two networks' stored predictions of the same images: where they differ, and McNemar's test. Drawing the images is left
//! to `report`.

use super::formulas::mcnemar_exact;
use serde::Serialize;

/// An image with different predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The image's place among the test images, from 0.
    pub index: usize,
    pub label: u8,
    pub first: u8,
    pub second: u8,
}

/// Two networks' predictions of the same images, compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedPredictions {
    /// Images that both classify correctly.
    pub both_right: u64,
    /// Images that only the first classifies correctly.
    pub only_first_right: u64,
    /// Images that only the second classifies correctly.
    pub only_second_right: u64,
    /// Images that both classify wrongly, with equal or different predictions.
    pub both_wrong: u64,
    /// Two-sided p of McNemar's exact test: [`mcnemar_exact`].
    pub p: f64,
    /// The images with different predictions, by index.
    pub differing: Vec<Disagreement>,
}

impl PairedPredictions {
    /// All images.
    pub fn total(&self) -> u64 {
        self.both_right + self.only_first_right + self.only_second_right + self.both_wrong
    }

    /// Accuracy of the second minus that of the first, a fraction; 0 for no images.
    pub fn difference(&self) -> f64 {
        let more = self.only_second_right as f64 - self.only_first_right as f64;
        more / self.total().max(1) as f64
    }
}

/// Compares two networks by their predicted classes of the same images.
///
/// # Panics
///
/// If the three slices have different lengths.
pub fn compare_predictions(first: &[u8], second: &[u8], labels: &[u8]) -> PairedPredictions {
    assert!(
        first.len() == labels.len() && second.len() == labels.len(),
        "{} and {} predictions of {} images",
        first.len(),
        second.len(),
        labels.len()
    );
    let mut counts = [0; 4];
    let mut differing = Vec::new();
    for (index, ((&first, &second), &label)) in first.iter().zip(second).zip(labels).enumerate() {
        counts[2 * usize::from(first != label) + usize::from(second != label)] += 1;
        if first != second {
            differing.push(Disagreement { index, label, first, second });
        }
    }
    let [both_right, only_first_right, only_second_right, both_wrong] = counts;
    let p = mcnemar_exact(only_first_right, only_second_right);
    PairedPredictions { both_right, only_first_right, only_second_right, both_wrong, p, differing }
}

#[cfg(test)]
mod tests;
