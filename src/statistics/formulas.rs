//! Means, intervals and tests of a few values, one per seed; intervals of proportions.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

/// The quantile of a two-sided 95 % interval.
const UPPER_TAIL: f64 = 0.975;
/// The 0.975 quantile of the standard normal distribution: 95 % lie within it on both sides.
const Z_95: f64 = 1.959_963_984_540_054;
/// Upper bound of the roundings in two values and their difference.
const ROUNDINGS: f64 = 16.0;

/// The arithmetic mean; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    // Summed from the first value: equal values then have exactly that mean, and a deviation of exactly 0.
    Some(first + values.iter().map(|value| value - first).sum::<f64>() / values.len() as f64)
}

/// The standard deviation of a sample, with n - 1 in the divisor; `None` for fewer than two values.
pub fn sample_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The standard error of the mean: the sample deviation over the root of n; `None` for fewer than two values.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    Some(sample_deviation(values)? / (values.len() as f64).sqrt())
}

/// The 95 % interval (low, high) of the mean after Student (The probable error of a mean, 1908): values from a normal
/// distribution give an interval that contains their true mean in 95 of 100 samples.
///
/// `None` for fewer than two values, and for values that are all equal: they do not estimate the deviation, and
/// an interval of width 0 would be false certainty.
pub fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    let error = standard_error(values).filter(|error| *error > 0.0)?;
    let half = students_t(values.len())?.inverse_cdf(UPPER_TAIL) * error;
    let mean = mean(values)?;
    Some((mean - half, mean + half))
}

/// The two-sided p value of the paired t test: the probability of a mean difference of the pairs `first[i]`, `second[i]` at
/// least as far from 0 as theirs, if the differences come from a normal distribution around 0. Pairs beyond the shorter slice
/// are ignored.
///
/// `None` for fewer than two pairs, and if all differences are equal but not 0 (to within the rounding of the values): the
/// test divides by their deviation, and p = 0 would be false certainty. If all differences are 0, p = 1.
pub fn paired_t_test(first: &[f64], second: &[f64]) -> Option<f64> {
    let pairs = first.iter().zip(second);
    let differences: Vec<f64> = pairs.clone().map(|(first, second)| second - first).collect();
    let size = pairs.map(|(first, second)| first.abs().max(second.abs())).fold(0.0, f64::max);
    let (mean, error) = (mean(&differences)?, standard_error(&differences)?);
    // 0.3 - 0.1 and 0.4 - 0.2 differ, in their last bit.
    let rounding = ROUNDINGS * f64::EPSILON * size;
    if error <= rounding {
        return (mean.abs() <= rounding).then_some(1.0);
    }
    Some((2.0 * students_t(differences.len())?.cdf(-(mean / error).abs())).min(1.0))
}

/// Student's t distribution for the mean of `count` values; `None` for fewer than two.
fn students_t(count: usize) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, count.checked_sub(1)? as f64).ok()
}

/// Corrects p values for multiple tests (Holm, A simple sequentially rejective multiple test procedure, 1979): if corrected
/// values of at most α count as differences, the probability of any false one is at most α.
///
/// The smallest of m values is multiplied by m, the next by m - 1, and so on; results are non-decreasing in that order and
/// at most 1. Returned in the order given.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut greatest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        greatest = greatest.max(p_values[index] * (p_values.len() - rank) as f64).min(1.0);
        corrected[index] = greatest;
    }
    corrected
}

/// The exact two-sided p value for two models' answers to the same questions (McNemar, Note on the sampling error of the
/// difference between correlated proportions or percentages, 1947): if neither is better, each question that only one of
/// them answers right is a coin toss.
///
/// * `only_first`, `only_second`: questions that only the first, only the second model answers right. The other
///   questions are irrelevant to the difference.
pub fn mcnemar_exact(only_first: u64, only_second: u64) -> f64 {
    match Binomial::new(0.5, only_first + only_second) {
        Ok(tosses) => (2.0 * tosses.cdf(only_first.min(only_second))).min(1.0),
        Err(_) => 1.0, // not for a probability of 0.5
    }
}

/// The 95 % interval of Wilson (Probable inference, the law of succession, and statistical inference, 1927) for the
/// proportion that `correct` of `total` estimates: the variation from drawing the images, without that of seeds.
///
/// Returns (low, high), both 0 to 1; (0, 1) for a `total` of 0.
pub fn wilson_interval(correct: usize, total: usize) -> (f64, f64) {
    wilson_interval_of(correct, total, Z_95)
}

/// The same for any confidence: `quantile` of the standard normal distribution on either side.
pub(super) fn wilson_interval_of(correct: usize, total: usize, quantile: f64) -> (f64, f64) {
    if total == 0 {
        return (0.0, 1.0);
    }
    let (n, proportion) = (total as f64, correct as f64 / total as f64);
    let squared = quantile * quantile;
    let centre = (proportion + squared / (2.0 * n)) / (1.0 + squared / n);
    let half = quantile / (1.0 + squared / n)
        * (proportion * (1.0 - proportion) / n + squared / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests;
