//! What was measured: settings, their trials, and which images each trial answered correctly.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One network's answers to a number of images: correct or not, image by image or only counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    correct: usize,
    images: usize,
    /// A bit per image, 64 to a word, the first image lowest; none if only the number is known.
    bits: Option<Vec<u64>>,
}

impl Answers {
    /// Only how many were correct, for runs without stored predictions. `None` for no images, and for more correct answers
    /// than images.
    pub fn counted(correct: usize, images: usize) -> Option<Self> {
        (images > 0 && correct <= images).then_some(Self { correct, images, bits: None })
    }

    /// Image by image, in the order that all trials share; `None` for no images.
    pub fn each(correct: impl IntoIterator<Item = bool>) -> Option<Self> {
        let (mut bits, mut images) = (Vec::new(), 0);
        for correct in correct {
            if images % 64 == 0 {
                bits.push(0);
            }
            bits[images / 64] |= u64::from(correct) << (images % 64);
            images += 1;
        }
        let correct = bits.iter().map(|word: &u64| word.count_ones() as usize).sum();
        (images > 0).then_some(Self { correct, images, bits: Some(bits) })
    }

    /// Number of correct answers, 0 to [`Self::images`].
    pub fn correct(&self) -> usize {
        self.correct
    }

    /// Number of images, at least 1.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Fraction of correct answers, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.images as f64
    }

    /// Whether the answer to each image is known.
    pub(super) fn by_image(&self) -> bool {
        self.bits.is_some()
    }

    /// 1 for each correct answer, 0 for each wrong one; `None` if they were only counted.
    pub(super) fn image_by_image(&self) -> Option<impl Iterator<Item = i8>> {
        let bits = self.bits.as_ref()?;
        Some((0..self.images).map(|image| (bits[image / 64] >> (image % 64) & 1) as i8))
    }

    /// On how many images only `self` and only `other` is correct. If either was only counted: the fewest that agree with
    /// both counts.
    pub(super) fn discordant(&self, other: &Self) -> Discordant {
        match (&self.bits, &other.bits) {
            (Some(a), Some(b)) if self.images == other.images => {
                let both: u32 = a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum();
                Discordant {
                    first: self.correct - both as usize,
                    second: other.correct - both as usize,
                    images: self.images,
                }
            }
            _ => Discordant {
                first: self.correct.saturating_sub(other.correct),
                second: other.correct.saturating_sub(self.correct),
                images: self.images,
            },
        }
    }
}

/// Images that only the first and only the second of two networks classifies correctly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Discordant {
    pub first: usize,
    pub second: usize,
    pub images: usize,
}

impl Discordant {
    pub fn add(&mut self, other: Self) {
        self.first += other.first;
        self.second += other.second;
        self.images += other.images;
    }

    /// The variance of the difference of correctness on one image, never 0: with one answer more on each side, as Bonett
    /// and Price (Adjusted Wald confidence interval for a difference of binomial proportions based on paired data, 2012)
    /// have it.
    pub fn variance_of_one_image(&self) -> f64 {
        let images = self.images as f64 + 2.0;
        let (first, second) = ((self.first + 1) as f64 / images, (self.second + 1) as f64 / images);
        (first + second - (first - second).powi(2)).max(0.0)
    }
}

/// One trained network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub seed: u64,
    /// Which images it held out: trials of one fold held out the same ones.
    pub fold: usize,
    /// Number of training images.
    pub training_images: usize,
    /// On the held-out images; none if nothing was held out.
    pub held_out: Option<Answers>,
    /// On the test images, which all trials share; none if they were not scored.
    pub test: Option<Answers>,
}

/// A trial of a setting that is not counted, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missing {
    pub seed: u64,
    /// "failed", "not trained", ...
    pub reason: String,
}

/// A setting with its trials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What distinguishes it from the others: "128 units".
    pub label: String,
    /// The order of sizes: the number of parameters.
    pub size: usize,
    /// LSTM units U.
    pub units: usize,
    /// By fold, then seed. Each seed is there once.
    trials: Vec<Trial>,
    /// By seed.
    missing: Vec<Missing>,
    /// Whether a trial that was planned failed.
    failed: bool,
}

impl Measured {
    /// Takes trials in any order. Several trials of one seed cannot be distinguished: all of them count as missing.
    pub fn new(
        label: impl Into<String>,
        size: usize,
        units: usize,
        trials: Vec<Trial>,
        missing: Vec<Missing>,
    ) -> Self {
        let mut seeds: BTreeMap<u64, Vec<Trial>> = BTreeMap::new();
        for trial in trials {
            seeds.entry(trial.seed).or_default().push(trial);
        }
        let (mut trials, mut missing) = (Vec::new(), missing);
        for (seed, mut same) in seeds {
            match (same.pop(), same.len()) {
                (Some(trial), 0) => trials.push(trial),
                (_, others) => {
                    missing.push(Missing { seed, reason: format!("{} trials with this seed", others + 1) });
                }
            }
        }
        trials.sort_by_key(|trial| (trial.fold, trial.seed));
        missing.sort();
        Self { label: label.into(), size, units, trials, missing, failed: false }
    }

    /// The same with further trials that failed. They leave the setting undecided, whatever its other trials show: it may have
    /// failed because it would have been bad.
    #[must_use]
    pub fn with_failed(mut self, failed: Vec<Missing>) -> Self {
        self.failed |= !failed.is_empty();
        self.missing.extend(failed);
        self.missing.sort();
        self
    }

    /// Whether a trial failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// The trials that count, by fold, then seed.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Held-out answers by trial, by fold, then seed.
    pub(super) fn held_out(&self) -> impl Iterator<Item = (&Trial, &Answers)> {
        self.trials.iter().filter_map(|trial| Some((trial, trial.held_out.as_ref()?)))
    }

    /// Answers to the test images by trial, in the same order.
    pub(super) fn test(&self) -> impl Iterator<Item = (&Trial, &Answers)> {
        self.trials.iter().filter_map(|trial| Some((trial, trial.test.as_ref()?)))
    }
}

/// Why a trial is missing whose seed only other settings have.
pub(super) const NOT_TRAINED: &str = "not trained";

/// A trial that a comparison did not use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// Index of the setting.
    pub setting: usize,
    pub seed: u64,
    pub reason: String,
}

/// Every trial that is missing: those named as such, those without held-out images, and seeds that only other settings have.
pub(super) fn gaps(settings: &[Measured]) -> Vec<Gap> {
    let every: BTreeSet<u64> =
        settings.iter().flat_map(|one| one.held_out().map(|(trial, _)| trial.seed)).collect();
    let mut gaps = Vec::new();
    for (setting, measured) in settings.iter().enumerate() {
        let counted: BTreeSet<u64> = measured.held_out().map(|(trial, _)| trial.seed).collect();
        let mut reasons: BTreeMap<u64, String> =
            every.difference(&counted).map(|&seed| (seed, NOT_TRAINED.to_string())).collect();
        let unread = measured.trials.iter().filter(|trial| trial.held_out.is_none());
        reasons.extend(unread.map(|trial| (trial.seed, "no held-out images".to_string())));
        reasons.extend(measured.missing.iter().map(|missing| (missing.seed, missing.reason.clone())));
        gaps.extend(reasons.into_iter().map(|(seed, reason)| Gap { setting, seed, reason }));
    }
    gaps
}
