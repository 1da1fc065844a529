//! Which value of a setting is chosen for a fold: the best on the other folds. A pure function of how the trials ended.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::statistics) enum Outcome {
    /// With so many correct answers to the held-out images.
    Scored {
        correct: usize,
        images: usize,
    },
    Failed,
    /// It has no result.
    Open,
}

/// The trials of one setting with every value of the setting that is tuned.
#[derive(Clone, Debug, Default)]
pub(in crate::statistics) struct Race {
    /// The fold that each seed holds out.
    pub folds: BTreeMap<u64, usize>,
    /// For each value, the untuned one first, its trials by seed; one that is not there is open.
    pub values: Vec<BTreeMap<u64, Outcome>>,
}

impl Race {
    /// How the trial of a value with a seed ended.
    pub fn outcome(&self, value: usize, seed: u64) -> Outcome {
        self.values[value].get(&seed).copied().unwrap_or(Outcome::Open)
    }

    /// The index of the value with the highest mean held-out accuracy over the trials that hold out other folds; of several the
    /// first. `None` if these trials do not compare any.
    ///
    /// * A value that failed with any of these seeds is not chosen: its other trials may be those that went well by luck.
    /// * A seed without a result of each other value is left out for all of them, so that all means are over the same seeds.
    pub fn choose(&self, fold: usize) -> Option<usize> {
        let others: Vec<u64> =
            self.folds.iter().filter(|(_, held_out)| **held_out != fold).map(|(seed, _)| *seed).collect();
        let failed = |value: usize| others.iter().any(|&seed| self.outcome(value, seed) == Outcome::Failed);
        let running: Vec<usize> = (0..self.values.len()).filter(|&value| !failed(value)).collect();
        let scored = |seed: u64| {
            running.iter().all(|&value| matches!(self.outcome(value, seed), Outcome::Scored { .. }))
        };
        let common: Vec<u64> = others.iter().copied().filter(|&seed| scored(seed)).collect();
        if common.is_empty() {
            return None;
        }
        let first = *running.first()?;
        Some(running.iter().copied().fold(first, |best, value| {
            if self.compare(value, best, &common) == Ordering::Greater { value } else { best }
        }))
    }

    /// Compares the mean accuracies of two values over seeds that both have. Counts are whole numbers, and folds have at most two
    /// sizes, so equal means are found equal whatever the order of the trials.
    fn compare(&self, first: usize, second: usize, seeds: &[u64]) -> Ordering {
        let mut more: BTreeMap<usize, i64> = BTreeMap::new();
        for &seed in seeds {
            for (value, sign) in [(first, 1), (second, -1)] {
                if let Outcome::Scored { correct, images } = self.outcome(value, seed) {
                    *more.entry(images).or_default() += sign * correct as i64;
                }
            }
        }
        more.iter().map(|(&images, &more)| more as f64 / images.max(1) as f64).sum::<f64>().total_cmp(&0.0)
    }
}
