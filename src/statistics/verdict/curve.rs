//! The shape of the curve: by how much each doubling of the units changes the error.

use super::difference::discordant_at_most;
use super::paired::common;
use super::quantiles::t_quantile;
use super::repeated::Repeated;
use super::trials::{Answers, Measured, Trial};
use super::uncertain::{Covers, Uncertain};
use serde::Serialize;

/// How the error changes from one unit count to the next larger one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Slope {
    /// Index of the setting with fewer units.
    pub from: usize,
    /// Index of the setting with more units.
    pub to: usize,
    /// How many times the units double, above 0.
    pub doublings: f64,
    /// Change of the error per doubling as a base-2 logarithm: -1 if each doubling halves it.
    pub per_doubling: f64,
    /// (low, high) of `per_doubling`, for this pair alone.
    pub interval: (f64, f64),
    pub covers: Covers,
    /// Common seeds.
    pub seeds: usize,
}

impl Slope {
    /// The change of the error from one unit count to the other as a fraction, at least -1: -0.46 if it falls by 46 %.
    pub fn change(&self) -> f64 {
        fraction(self.per_doubling * self.doublings)
    }

    /// (low, high) of [`Self::change`].
    pub fn change_interval(&self) -> (f64, f64) {
        (fraction(self.interval.0 * self.doublings), fraction(self.interval.1 * self.doublings))
    }
}

/// A factor, given as its base-2 logarithm, less 1; never infinite.
fn fraction(logarithm: f64) -> f64 {
    logarithm.min(1000.0).exp2() - 1.0
}

/// Slopes between neighbours in units, by units. Settings with equal units have no slope between them; of several, the first
/// is compared with the larger ones and the last with the smaller ones, so pass settings that differ in units alone.
///
/// The error is that on held-out images of common seeds and folds. Its logarithm is linear in each trial's number of errors
/// near the mean (delta method), so the paired trials give the variance of the logarithm of the ratio, by the
/// corrected formula, or for one seed that of its images (Bonett and Price, Confidence intervals for a ratio of binomial proportions based
/// on paired data, 2006). Half an error is added to each count of errors, so that networks without errors have a slope
/// and a wide interval.
///
/// * `alpha`: 1 less the confidence of each interval, 0 to 1 exclusive.
pub fn slopes(settings: &[Measured], alpha: f64) -> Vec<Slope> {
    let mut order: Vec<usize> = (0..settings.len()).filter(|&index| settings[index].units > 0).collect();
    order.sort_by_key(|&index| (settings[index].units, index));
    let neighbours = order.windows(2).filter(|two| settings[two[0]].units < settings[two[1]].units);
    neighbours.filter_map(|two| slope(settings, two[0], two[1], alpha)).collect()
}

fn slope(settings: &[Measured], from: usize, to: usize, alpha: f64) -> Option<Slope> {
    let pairs: Vec<(&Trial, &Answers, &Answers)> =
        common(settings[from].held_out(), settings[to].held_out()).collect();
    let (first_fold, last_fold) = (pairs.first()?.0.fold, pairs.last()?.0.fold);
    let answers: Vec<(&Answers, &Answers)> = pairs.iter().map(|&(_, a, b)| (a, b)).collect();
    // With several folds the variance is estimated from them, and that of the images is a lower bound; with one it is
    // all there is, and an upper bound.
    let known = first_fold != last_fold || answers.iter().all(|(a, b)| a.by_image() && b.by_image());
    let discordant = discordant_at_most(&answers, known);
    let wrong = |answers: &Answers| (answers.images() - answers.correct()) as f64;
    let first: f64 = pairs.iter().map(|(_, a, _)| wrong(a)).sum();
    let second: f64 = pairs.iter().map(|(_, _, b)| wrong(b)).sum();
    let images = discordant.images as f64;
    let inverse = pairs.iter().map(|(_, a, _)| 1.0 / a.images() as f64).sum::<f64>() / pairs.len() as f64;
    // Of one trial: that of all images, times how many times more images these are.
    let of_images = (discordant.first + discordant.second + 2) as f64 / ((first + 1.0) * (second + 1.0))
        * images
        * inverse;
    let (first_rate, second_rate) = ((first + 0.5) / (images + 1.0), (second + 0.5) / (images + 1.0));
    let linear = |(trial, a, b): &(&Trial, &Answers, &Answers)| {
        let number = a.images() as f64;
        (trial.fold, wrong(b) / number / second_rate - wrong(a) / number / first_rate)
    };
    let values: Vec<(usize, f64)> = pairs.iter().map(linear).collect();
    let ratio = pairs
        .iter()
        .map(|(trial, a, _)| a.images() as f64 / trial.training_images.max(1) as f64)
        .fold(0.0, f64::max);
    let uncertain = match Repeated::new(&values, ratio, of_images) {
        // The number of folds matters only for the parts, which are not used here.
        Some(repeated) => Uncertain::of_folds(&repeated, repeated.folds, of_images),
        None if pairs.len() == 1 => Uncertain::one_seed(0.0, of_images),
        None => {
            let changes: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
            Uncertain::apart(&changes, of_images, discordant.images / pairs.len())
        }
    };
    let logarithm = (second_rate / first_rate).ln();
    let half = t_quantile(uncertain.degrees, alpha / 2.0) * uncertain.variance.sqrt();
    let doublings = (settings[to].units as f64 / settings[from].units as f64).log2();
    let per_doubling = |value: f64| value / std::f64::consts::LN_2 / doublings;
    Some(Slope {
        from,
        to,
        doublings,
        per_doubling: per_doubling(logarithm),
        interval: (per_doubling(logarithm - half), per_doubling(logarithm + half)),
        covers: uncertain.covers,
        seeds: pairs.len(),
    })
}
