//! How far each setting is below the best: simultaneous bounds, true for the best there is and not for the one that
//! happened to look best.

use super::paired::Paired;
use super::quantiles::Tail;
use super::trials::Measured;
use serde::Serialize;
use std::cmp::Reverse;

/// How far a setting is below the best of those compared, in accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Below {
    /// As seen: the largest paired difference to a setting that may be the best; below 0 if it looks best itself.
    pub seen: f64,
    /// With the confidence of the verdict at least this, 0 to 1.
    pub low: f64,
    /// With the confidence of the verdict at most this, 0 to 1.
    pub high: f64,
}

/// The bounds of one setting, and the comparisons that they rest on.
pub(super) struct Bound {
    pub below: Below,
    /// The comparison with the largest upper bound; none if there was none, or two settings have too few common folds.
    pub high: Option<Paired>,
    /// The comparison with the largest difference.
    pub seen: Option<Paired>,
}

/// The bounds of all settings.
pub(super) struct Best {
    /// The highest mean.
    pub seen: usize,
    /// Those that may be the best, in order, the best seen among them.
    pub candidates: Vec<usize>,
    /// In the order given.
    pub bounds: Vec<Bound>,
}

/// Compares every setting with every one that may be the best.
///
/// The argument is that of multiple comparisons with the best (Hsu, Constrained simultaneous confidence intervals for
/// multiple comparisons with the best, 1984; for both sides Edwards and Hsu, Multiple comparisons with the best treatment,
/// 1983). Let k be the best of n settings. The n - 1 differences between k and the others lie within their bounds all at
/// once with probability 1 - alpha, if each bound fails with probability alpha / (2 (n - 1)) (Bonferroni; each difference
/// has a variance of its own). Then k is among the candidates, the settings that no bound shows to be below the best seen, and
/// no setting is further below k than its largest upper bound over all candidates, nor less than its smallest lower bound.
/// Which setting k is, and whether it looked best, need not be known.
///
/// Work: the number of settings times that of candidates, times trials. To test candidates against the best seen only can
/// leave some in that a test against all would remove, which widens bounds and makes none false.
///
/// * `settings`: each with its mean; at least one.
/// * `alpha`: the probability that any bound is false, at most.
pub(super) fn compare(settings: &[(&Measured, f64)], alpha: f64) -> (Best, Tail) {
    let number = settings.len();
    let mut tail = Tail::new(alpha / (2.0 * (number.max(2) - 1) as f64));
    let key = |index: usize| (Reverse(settings[index].0.size), Reverse(&settings[index].0.label));
    let best_seen = (0..number)
        .max_by(|&a, &b| settings[a].1.total_cmp(&settings[b].1).then_with(|| key(a).cmp(&key(b))))
        .unwrap_or(0);
    let mut values = Vec::new();
    let mut paired =
        |first: usize, second: usize| Paired::new(settings[first].0, settings[second].0, &mut values);
    let mut maybe_best = vec![true; number];
    for other in (0..number).filter(|&other| other != best_seen) {
        if let Some(pair) = paired(other, best_seen) {
            let half = tail.quantile(pair.difference.degrees()) * pair.difference.error();
            maybe_best[other] = pair.difference.mean < half;
        }
    }
    let mut ranges = vec![Range::default(); number];
    for first in 0..number {
        for second in first + 1..number {
            if maybe_best[first] || maybe_best[second] {
                let pair = paired(first, second);
                let half = pair.map_or(f64::INFINITY, |pair| {
                    tail.quantile(pair.difference.degrees()) * pair.difference.error()
                });
                if maybe_best[second] {
                    ranges[first].add(pair, 1.0, half);
                }
                if maybe_best[first] {
                    ranges[second].add(pair, -1.0, half);
                }
            }
        }
    }
    let bounds = ranges.into_iter().map(Range::bound).collect();
    let candidates = (0..number).filter(|&index| maybe_best[index]).collect();
    (Best { seen: best_seen, candidates, bounds }, tail)
}

/// Of one setting, over all candidates for the best.
#[derive(Clone, Copy, Default)]
struct Range {
    /// (largest upper bound, smallest lower bound, largest difference); none before the first comparison.
    values: Option<(f64, f64, f64)>,
    high: Option<Paired>,
    seen: Option<Paired>,
}

impl Range {
    /// * `sign`: -1 to take the comparison the other way round.
    /// * `half`: of its interval's width; infinite without a comparison.
    fn add(&mut self, pair: Option<Paired>, sign: f64, half: f64) {
        let mean = pair.map_or(0.0, |pair| sign * pair.difference.mean);
        let (high, low, seen) = self.values.unwrap_or((f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY));
        if mean + half > high {
            self.high = pair;
        }
        if pair.is_some() && mean > seen {
            self.seen = pair;
        }
        let seen = if pair.is_some() { seen.max(mean) } else { seen };
        self.values = Some((high.max(mean + half), low.min(mean - half), seen));
    }

    fn bound(self) -> Bound {
        // Without a candidate other than itself it is the best.
        let (high, low, seen) = self.values.unwrap_or((0.0, 0.0, 0.0));
        let seen = if seen.is_finite() { seen } else { 0.0 };
        Bound {
            below: Below { seen, low: low.clamp(0.0, 1.0), high: high.clamp(0.0, 1.0) },
            high: self.high,
            seen: self.seen,
        }
    }
}
