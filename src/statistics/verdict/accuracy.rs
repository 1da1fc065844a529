//! The accuracy of one setting, with an interval within 0 and 1.

use super::crossed::Crossed;
use super::quantiles::t_quantile;
use super::repeated::Repeated;
use super::trials::{Answers, Measured, Trial};
use super::uncertain::{Covers, MANY, Parts, Uncertain};
use crate::statistics::formulas::wilson_interval_of;
use serde::Serialize;

/// An accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// 0 to 1. Over folds of the mean over their trials; for test images over all trials.
    pub mean: f64,
    /// (low, high), 0 to 1.
    pub interval: (f64, f64),
    pub covers: Covers,
    pub seeds: usize,
    /// Of the variance; none for one seed.
    pub parts: Option<Parts>,
}

/// The accuracy on held-out images; `None` without any.
///
/// * `alpha`: 1 less the confidence of the interval, 0 to 1 exclusive.
/// * `folds`: how many folds there are.
pub fn held_out_accuracy(setting: &Measured, alpha: f64, folds: usize) -> Option<Estimate> {
    let answers: Vec<(&Trial, &Answers)> = setting.held_out().collect();
    match of_folds(&answers) {
        Some((repeated, images)) => {
            Some(estimate(Uncertain::of_folds(&repeated, folds, images), &answers, alpha))
        }
        None => on_the_same_images(&answers, alpha),
    }
}

/// The accuracy on the test images; `None` without any.
///
/// * `alpha`: 1 less the confidence of the interval, 0 to 1 exclusive.
pub fn test_accuracy(setting: &Measured, alpha: f64) -> Option<Estimate> {
    on_the_same_images(&setting.test().collect::<Vec<_>>(), alpha)
}

/// A value that the accuracy on held-out images exceeds with confidence 1 - `tail`; `None` for fewer than two folds.
pub(super) fn lower_bound(setting: &Measured, tail: f64) -> Option<f64> {
    let answers: Vec<(&Trial, &Answers)> = setting.held_out().collect();
    let (repeated, _) = of_folds(&answers)?;
    let quantile = t_quantile(repeated.degrees() as f64, tail);
    Some(between_0_and_1(repeated.mean, repeated.error(), quantile, fewest(&answers), tail).0)
}

/// The accuracies of at least two folds, and the part of the variance of one trial that images cause.
fn of_folds(answers: &[(&Trial, &Answers)]) -> Option<(Repeated, f64)> {
    let number = answers.len().max(1) as f64;
    let mean = answers.iter().map(|(_, answers)| answers.accuracy()).sum::<f64>() / number;
    let inverse = answers.iter().map(|(_, answers)| 1.0 / answers.images() as f64).sum::<f64>() / number;
    let ratios =
        answers.iter().map(|(trial, held)| held.images() as f64 / trial.training_images.max(1) as f64);
    let images = (mean * (1.0 - mean)).max(0.0) * inverse;
    let values: Vec<(usize, f64)> =
        answers.iter().map(|(trial, held)| (trial.fold, held.accuracy())).collect();
    Some((Repeated::new(&values, ratios.fold(0.0, f64::max), images)?, images))
}

fn on_the_same_images(answers: &[(&Trial, &Answers)], alpha: f64) -> Option<Estimate> {
    let (_, first) = answers.first()?;
    if answers.len() == 1 {
        let interval = wilson_interval_of(first.correct(), first.images(), t_quantile(MANY, alpha / 2.0));
        return Some(Estimate {
            mean: first.accuracy(),
            interval,
            covers: Covers::Images,
            seeds: 1,
            parts: None,
        });
    }
    let rows: Option<Vec<Vec<i8>>> =
        answers.iter().map(|(_, answers)| Some(answers.image_by_image()?.collect())).collect();
    let table = rows.and_then(|rows| Crossed::new(&rows)).map(|table| Uncertain::crossed(&table));
    let uncertain = table.unwrap_or_else(|| {
        let values: Vec<f64> = answers.iter().map(|(_, answers)| answers.accuracy()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let images = fewest(answers);
        Uncertain::apart(&values, (mean * (1.0 - mean)).max(0.0) / images as f64, images)
    });
    Some(estimate(uncertain, answers, alpha))
}

fn estimate(uncertain: Uncertain, answers: &[(&Trial, &Answers)], alpha: f64) -> Estimate {
    let quantile = t_quantile(uncertain.degrees, alpha / 2.0);
    let (mean, error) = (uncertain.mean.clamp(0.0, 1.0), uncertain.variance.max(0.0).sqrt());
    let interval = between_0_and_1(mean, error, quantile, fewest(answers), alpha / 2.0);
    Estimate { mean, interval, covers: uncertain.covers, seeds: answers.len(), parts: uncertain.parts }
}

/// Images of the trial with fewest.
fn fewest(answers: &[(&Trial, &Answers)]) -> usize {
    answers.iter().map(|(_, answers)| answers.images()).min().unwrap_or(1)
}

/// An interval of an accuracy on the scale of its logit, where it has no ends (delta method), back on its own: within 0 and 1.
///
/// Where no answer is wrong, or none correct, nothing varies. The bound is then that of Clopper and Pearson (The use of
/// confidence or fiducial limits illustrated in the case of the binomial, 1934) for the images of one trial, as if all
/// trials together were worth one: p^n = `tail`.
///
/// * `quantile`, `tail`: of one side, and the probability beyond it.
/// * `images`: n, those of one trial.
fn between_0_and_1(mean: f64, error: f64, quantile: f64, images: usize, tail: f64) -> (f64, f64) {
    let exact = tail.powf(1.0 / images as f64);
    let slope = mean * (1.0 - mean);
    // Roundings of a mean of ones.
    if mean >= 1.0 - f64::EPSILON {
        return (exact, 1.0);
    }
    if mean <= f64::EPSILON {
        return (0.0, 1.0 - exact);
    }
    let (centre, half) = ((mean / (1.0 - mean)).ln(), quantile * error / slope);
    let accuracy = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    (accuracy(centre - half).min(mean), accuracy(centre + half).max(mean))
}
