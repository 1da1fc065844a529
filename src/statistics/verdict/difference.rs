//! The difference between two settings, image by image and seed by seed.

use super::crossed::Crossed;
use super::paired::{Needed, Paired, common, correlation};
use super::quantiles::{Tail, detectable_shift, t_quantile};
use super::trials::{Answers, Discordant, Measured};
use super::uncertain::{Covers, Parts, Uncertain};
use serde::Serialize;

/// A difference between two settings, the second less the first, over their common seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// -1 to 1.
    pub mean: f64,
    /// (low, high), -1 to 1.
    pub interval: (f64, f64),
    pub covers: Covers,
    /// Common seeds.
    pub seeds: usize,
    /// Of the variance; none for one seed.
    pub parts: Option<Parts>,
    /// Of the two accuracies over seeds; none for fewer than three seeds.
    pub correlation: Option<f64>,
    /// The fraction of images that exactly one of the two networks classifies correctly; none without predictions.
    pub discordance: Option<f64>,
    /// The smallest true difference that an interval of this design excludes 0 for with probability 0.8; none for one seed.
    pub detectable: Option<f64>,
    /// Seeds for which that is the difference seen; none unless the trials have at least two folds.
    pub needed: Option<Needed>,
}

/// The difference on held-out images; `None` without common seeds.
///
/// * `alpha`: 1 less the confidence of the interval, 0 to 1 exclusive.
/// * `folds`: how many folds there are.
pub fn held_out_difference(
    first: &Measured,
    second: &Measured,
    alpha: f64,
    folds: usize,
) -> Option<Difference> {
    of_held_out(first, second, &[], alpha, folds)
}

/// The difference on held-out images of a tuned setting to the same with the untuned value; `None` without common seeds.
///
/// Where the untuned value was chosen, both have the same trial, and a difference of 0 there says nothing about how well it is
/// known which value is better. So the variance is taken to be at least that of the difference of each of these values to the
/// untuned one.
///
/// * `values`: the setting with each other value that was chosen, or with the best of the others if none was.
/// * `alpha`, `folds`: as for [`held_out_difference`].
pub fn held_out_gain(
    untuned: &Measured,
    tuned: &Measured,
    values: &[&Measured],
    alpha: f64,
    folds: usize,
) -> Option<Difference> {
    of_held_out(untuned, tuned, values, alpha, folds)
}

/// * `others`: the variance is at least that of the difference of each of these to `first`.
fn of_held_out(
    first: &Measured,
    second: &Measured,
    others: &[&Measured],
    alpha: f64,
    folds: usize,
) -> Option<Difference> {
    let pairs: Vec<(&Answers, &Answers)> =
        common(first.held_out(), second.held_out()).map(|(_, a, b)| (a, b)).collect();
    let mut memory = Vec::new();
    match Paired::new(first, second, &mut memory) {
        Some(mut paired) => {
            for other in others.iter().filter_map(|other| Paired::new(first, other, &mut memory)) {
                paired.at_least(&other);
            }
            let uncertain = Uncertain::of_folds(&paired.difference, folds, paired.images);
            let mut found = difference(uncertain, &pairs, alpha);
            let seeds = paired.needed(found.mean.abs(), folds, &mut Tail::new(alpha / 2.0));
            found.needed = Some(seeds.map_or(Needed::NotExpected, Needed::Seeds));
            Some(found)
        }
        None => difference_on_the_same_images(&pairs, alpha),
    }
}

/// The difference on test images; `None` without common seeds.
///
/// * `alpha`: 1 less the confidence of the interval, 0 to 1 exclusive.
pub fn test_difference(first: &Measured, second: &Measured, alpha: f64) -> Option<Difference> {
    let pairs: Vec<(&Answers, &Answers)> =
        common(first.test(), second.test()).map(|(_, a, b)| (a, b)).collect();
    difference_on_the_same_images(&pairs, alpha)
}

fn difference_on_the_same_images(pairs: &[(&Answers, &Answers)], alpha: f64) -> Option<Difference> {
    let images = pairs.iter().map(|(a, _)| a.images()).min()?;
    let values: Vec<f64> = pairs.iter().map(|(a, b)| b.accuracy() - a.accuracy()).collect();
    let row = |(a, b): &(&Answers, &Answers)| {
        Some(a.image_by_image()?.zip(b.image_by_image()?).map(|(a, b)| b - a).collect::<Vec<i8>>())
    };
    let rows: Option<Vec<Vec<i8>>> = pairs.iter().map(row).collect();
    let known = rows.is_some();
    let of_images = discordant_at_most(pairs, known).variance_of_one_image() / images as f64;
    if let [one] = values[..] {
        return Some(difference(Uncertain::one_seed(one, of_images), pairs, alpha));
    }
    let table = rows.and_then(|rows| Crossed::new(&rows)).map(|table| {
        let mut uncertain = Uncertain::crossed(&table);
        // The mean of R seeds varies at least by a part in R of what one varies.
        uncertain.at_least(of_images / pairs.len() as f64);
        uncertain
    });
    let uncertain = table.unwrap_or_else(|| Uncertain::apart(&values, of_images, images));
    Some(difference(uncertain, pairs, alpha))
}

/// Over all pairs.
///
/// * `known`: every answer is known by image; otherwise networks are taken to disagree on every image that either
///   classifies wrongly, which is the most there can be.
pub(super) fn discordant_at_most(pairs: &[(&Answers, &Answers)], known: bool) -> Discordant {
    if known {
        return all_discordant(pairs);
    }
    pairs.iter().fold(Discordant::default(), |mut sum, (a, b)| {
        sum.add(Discordant {
            first: b.images() - b.correct(),
            second: a.images() - a.correct(),
            images: a.images(),
        });
        sum
    })
}

fn all_discordant(pairs: &[(&Answers, &Answers)]) -> Discordant {
    pairs.iter().fold(Discordant::default(), |mut sum, (a, b)| {
        sum.add(a.discordant(b));
        sum
    })
}

fn difference(uncertain: Uncertain, pairs: &[(&Answers, &Answers)], alpha: f64) -> Difference {
    let quantile = t_quantile(uncertain.degrees, alpha / 2.0);
    let (mean, error) = (uncertain.mean, uncertain.variance.sqrt());
    let accuracies: Vec<(f64, f64)> = pairs.iter().map(|(a, b)| (a.accuracy(), b.accuracy())).collect();
    let by_image = pairs.iter().all(|(a, b)| a.by_image() && b.by_image());
    let discordant = all_discordant(pairs);
    Difference {
        mean,
        interval: ((mean - quantile * error).max(-1.0), (mean + quantile * error).min(1.0)),
        covers: uncertain.covers,
        seeds: pairs.len(),
        parts: uncertain.parts,
        correlation: correlation(&accuracies),
        discordance: by_image
            .then(|| (discordant.first + discordant.second) as f64 / discordant.images as f64),
        detectable: (pairs.len() > 1)
            .then(|| (detectable_shift(uncertain.degrees, quantile) * error).min(1.0)),
        needed: None,
    }
}
