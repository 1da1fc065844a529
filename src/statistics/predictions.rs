//! Two models' stored predictions of the same images: where they differ, and whether chance could have done it. The
//! images themselves are drawn by `drawing`.

use super::formulas::mcnemar_exact;
use serde::Serialize;

/// An image that two models read differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The image's place among the test images, from 0.
    pub index: usize,
    /// The digit that it shows.
    pub label: u8,
    /// What the first model read.
    pub first: u8,
    /// What the second model read.
    pub second: u8,
}

/// What two models' answers to the same images say of their difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedPredictions {
    /// Images that both read right.
    pub both_right: u64,
    /// Images that only the first reads right.
    pub only_first_right: u64,
    /// Images that only the second reads right.
    pub only_second_right: u64,
    /// Images that both read wrong, in the same way or not.
    pub both_wrong: u64,
    /// Two-sided p of McNemar's exact test: [`mcnemar_exact`].
    pub p: f64,
    /// The images that they read differently, by index.
    pub differing: Vec<Disagreement>,
}

impl PairedPredictions {
    /// All images.
    pub fn total(&self) -> u64 {
        self.both_right + self.only_first_right + self.only_second_right + self.both_wrong
    }

    /// Accuracy of the second less that of the first, in -1..=1; 0 for no images.
    pub fn difference(&self) -> f64 {
        let more = self.only_second_right as f64 - self.only_first_right as f64;
        more / self.total().max(1) as f64
    }
}

/// Compares two models by their predicted classes of the same images.
///
/// # Panics
///
/// When the three slices are not of one length.
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
