//! Neighbours in units, everything else equal, compared seed by seed and fold by fold.

use super::formulas::{holm, paired_t_test};
use super::grouping::seed_and_fold;
use super::{Pair, Setting, Spread};
use std::collections::BTreeMap;

/// Each setting with the next larger one that is otherwise the same, if they have seeds in common.
///
/// * `settings`: by units.
/// * `others`: each setting without its units, to be compared.
pub(super) fn neighbours(settings: &[Setting], others: &[String]) -> Vec<Pair> {
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, others) in others.iter().enumerate() {
        alike.entry(others).or_default().push(index);
    }
    let neighbours = alike.values().flat_map(|indices| indices.windows(2));
    let mut pairs: Vec<Pair> = neighbours.filter_map(|pair| compare(settings, pair[0], pair[1])).collect();
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    let p_values: Vec<f64> = pairs.iter().filter_map(|pair| pair.p).collect();
    let tested = pairs.iter_mut().filter(|pair| pair.p.is_some());
    for (pair, corrected) in tested.zip(holm(&p_values)) {
        pair.p_corrected = Some(corrected);
    }
    pairs
}

/// `None` without a common seed and fold.
fn compare(settings: &[Setting], first: usize, second: usize) -> Option<Pair> {
    let seconds: BTreeMap<(u64, usize), f64> =
        settings[second].runs.iter().map(|run| (seed_and_fold(run), run.test_accuracy)).collect();
    let common = settings[first].runs.iter();
    let common: Vec<(u64, f64, f64)> = common
        .filter_map(|run| Some((run.seed, run.test_accuracy, *seconds.get(&seed_and_fold(run))?)))
        .collect();
    let mut difference = Spread::new(common.iter().map(|&(seed, a, b)| (seed, b - a)).collect())?;
    let (a, b): (Vec<f64>, Vec<f64>) = common.iter().map(|&(_, a, b)| (a, b)).unzip();
    let p = paired_t_test(&a, &b);
    if p.is_none() && common.len() > 1 {
        // Every seed differs by the same amount: the remaining deviation is rounding.
        difference.deviation = Some(0.0);
        difference.interval = None;
    }
    Some(Pair { first, second, difference, p, p_corrected: None })
}
