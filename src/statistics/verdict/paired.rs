//! Two settings, trial by trial: the seeds that both have, on the same held-out images.

use super::quantiles::{POWER_QUANTILE, Tail};
use super::repeated::Repeated;
use super::trials::{Answers, Discordant, Measured, Trial};
use serde::Serialize;

/// More seeds than this many times the folds are not promised: the difference they would show is too small to plan for.
const MOST_ROUNDS: usize = 100;

/// What it takes to show what is seen, with a chance of 80 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needed {
    /// This many seeds in all, if the difference is as seen.
    Seeds(usize),
    /// No number of seeds, if the difference is as seen. It may turn out different with more seeds.
    NotExpected,
    /// No number of seeds, whether the difference is as seen or 0: there are too few images for the margin.
    Images,
}

/// A held-out difference between two settings over their common seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paired {
    /// Accuracy of the second less that of the first.
    pub difference: Repeated,
    /// The part of the variance of one trial's difference that its images cause: at most this. Without predictions it may be
    /// all of it.
    pub images: f64,
}

/// The common seeds of two settings' answers that held out the same fold and as many images. Both by fold, then seed.
pub(super) fn common<'a>(
    first: impl Iterator<Item = (&'a Trial, &'a Answers)>,
    second: impl Iterator<Item = (&'a Trial, &'a Answers)>,
) -> impl Iterator<Item = (&'a Trial, &'a Answers, &'a Answers)> {
    let mut second = second.peekable();
    first.filter_map(move |(trial, a)| {
        let key = (trial.fold, trial.seed);
        while second.next_if(|(other, _)| (other.fold, other.seed) < key).is_some() {}
        let (_, b) = second.next_if(|(other, _)| (other.fold, other.seed) == key)?;
        (a.images() == b.images()).then_some((trial, a, b))
    })
}

impl Paired {
    /// `None` for fewer than two common folds.
    ///
    /// * `values`: working memory.
    pub fn new(first: &Measured, second: &Measured, values: &mut Vec<(usize, f64)>) -> Option<Self> {
        values.clear();
        let (mut discordant, mut inverse, mut ratio) = (Discordant::default(), 0.0, 0.0_f64);
        let mut by_image = true;
        for (trial, a, b) in common(first.held_out(), second.held_out()) {
            values.push((trial.fold, (b.correct() as f64 - a.correct() as f64) / a.images() as f64));
            discordant.add(a.discordant(b));
            by_image &= a.by_image() && b.by_image();
            inverse += 1.0 / a.images() as f64;
            ratio = ratio.max(a.images() as f64 / trial.training_images.max(1) as f64);
        }
        let floor = discordant.variance_of_one_image() * inverse / values.len() as f64;
        let difference = Repeated::new(values, ratio, floor)?;
        Some(Self { difference, images: if by_image { floor } else { difference.of_one } })
    }

    /// Raises the variance to that of another difference, where it is less.
    pub fn at_least(&mut self, other: &Self) {
        let (own, other_difference) = (&mut self.difference, &other.difference);
        own.of_one = own.of_one.max(other_difference.of_one);
        own.of_fold = own.of_fold.max(other_difference.of_fold);
        self.images = self.images.max(other.images);
    }

    /// The number of seeds in all after which a difference that lies `gap` beyond a threshold is shown to do so with
    /// probability 0.8, if its variance is as estimated; `None` if no number of seeds is expected to.
    ///
    /// * `gap`: at least 0.
    /// * `folds`: how many folds there are.
    pub fn needed(&self, gap: f64, folds: usize, tail: &mut Tail) -> Option<usize> {
        let (folds, of_one) = (folds.max(self.difference.folds), self.difference.of_one);
        for trials in 2..=folds {
            let (error, degrees) = self.difference.expected(trials, folds, self.images);
            // The first test is cheap and the second is not, which needs at least as much.
            if (tail.quantile(degrees) + POWER_QUANTILE) * error <= gap && tail.shift(degrees) * error <= gap
            {
                return Some(trials);
            }
        }
        let images = self.images.min(of_one);
        let left =
            (gap / tail.shift(folds - 1)).powi(2) - images / folds as f64 - self.difference.ratio * of_one;
        let trials = (of_one - images) / left;
        (left > 0.0 && trials <= (MOST_ROUNDS * folds) as f64)
            .then(|| (trials.ceil() as usize).max(folds + 1))
    }

    /// Whether no number of seeds shows a difference to be less than `gap` from 0: the correlation between trials leaves this
    /// much, whatever else shrinks.
    pub fn never(&self, gap: f64, folds: usize, tail: &mut Tail) -> bool {
        let degrees = folds.max(self.difference.folds) - 1;
        tail.quantile(degrees) * (self.difference.ratio * self.difference.of_one).sqrt() >= gap
    }
}

/// Pearson's correlation over seeds; `None` for fewer than three seeds, where it says nothing, and where one setting has the
/// same accuracy with every seed.
pub(super) fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let number = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), pair| (a + pair.0 / number, b + pair.1 / number));
    let sum = |term: fn(f64, f64) -> f64| pairs.iter().map(|pair| term(pair.0 - a, pair.1 - b)).sum::<f64>();
    let (product, first, second) = (sum(|a, b| a * b), sum(|a, _| a * a), sum(|_, b| b * b));
    // Equal accuracies less their mean are a few roundings.
    let nothing = number * (8.0 * f64::EPSILON).powi(2);
    (first > nothing && second > nothing).then(|| (product / (first * second).sqrt()).clamp(-1.0, 1.0))
}
