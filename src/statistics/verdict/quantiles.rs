//! Quantiles and power of Student's t distribution.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::gamma::{gamma_lr, ln_gamma};
use std::collections::BTreeMap;

/// The chance of seeing a difference that is there, which "detectable" and "needed" refer to.
const POWER: f64 = 0.8;
/// The standard normal quantile of [`POWER`], rounded down.
pub(super) const POWER_QUANTILE: f64 = 0.841_621;
/// Beyond this many degrees of freedom t and normal quantiles agree to 6 digits.
const NORMAL: f64 = 1e6;
/// Intervals of a numerical integral, an even number: 1/11 of a deviation each.
const INTERVALS: usize = 200;
/// A probability of 1 in 10^13 lies beyond this many deviations.
const FAR: f64 = 9.0;

/// The value that a variable with Student's t distribution exceeds with probability `tail`, above 0 and at most 0.5.
///
/// By Newton's method on the tail between two bounds: statrs' own quantile is wrong by a factor for tails of 1e-9, which
/// thousands of settings need.
pub(super) fn t_quantile(degrees: f64, tail: f64) -> f64 {
    let Some(student) = StudentsT::new(0.0, 1.0, degrees).ok().filter(|_| degrees < NORMAL) else {
        return -Normal::standard().inverse_cdf(tail);
    };
    if tail >= 0.5 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while student.sf(high) > tail {
        low = high;
        high *= 2.0;
    }
    let mut value = (low + high) / 2.0;
    while high - low > 1e-14 * high {
        let beyond = student.sf(value) - tail;
        if beyond > 0.0 {
            low = value;
        } else {
            high = value;
        }
        let step = beyond / student.pdf(value);
        if step.abs() <= 1e-14 * value {
            break;
        }
        let next = value + step;
        value = if low < next && next < high { next } else { (low + high) / 2.0 };
    }
    value
}

/// The probability that t exceeds `quantile` if the true value lies `shift` standard errors above 0: the upper tail of the
/// noncentral t distribution, by Simpson's rule.
///
/// With a standard normal Z and an estimated over true deviation S it is P(Z + shift > quantile S).
///
/// * `shift`, `quantile`: 0 or more.
pub(super) fn power(shift: f64, degrees: f64, quantile: f64) -> f64 {
    let normal = Normal::standard();
    if degrees >= NORMAL {
        return normal.cdf(shift - quantile);
    }
    // Over Z or over S, whichever leaves the smoother function.
    let half = degrees / 2.0;
    let width = (2.0 * degrees).sqrt();
    let probability = if quantile > width {
        let density = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let below = |ratio: f64| if ratio > 0.0 { gamma_lr(half, half * ratio * ratio) } else { 0.0 };
        integral(-FAR.min(shift), FAR, |z| density(z) * below((z + shift) / quantile))
    } else {
        let constant = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
        let power = |s: f64| if degrees == 1.0 { 0.0 } else { (degrees - 1.0) * s.ln() };
        let density = |s: f64| (constant + power(s) - half * s * s).exp();
        integral((1.0 - FAR / width).max(0.0), 1.0 + FAR / width, |s| {
            density(s) * normal.cdf(shift - quantile * s)
        })
    };
    probability.clamp(0.0, 1.0)
}

/// Simpson's rule.
fn integral(low: f64, high: f64, value: impl Fn(f64) -> f64) -> f64 {
    let step = (high - low) / INTERVALS as f64;
    let weight = |point: usize| match point {
        0 | INTERVALS => 1.0,
        odd if odd % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=INTERVALS).map(|point| weight(point) * value(low + step * point as f64)).sum::<f64>() * step / 3.0
}

/// How many standard errors a true value must lie above 0 for t to exceed `quantile` with probability [`POWER`].
pub(super) fn detectable_shift(degrees: f64, quantile: f64) -> f64 {
    let short = |shift: f64| power(shift, degrees, quantile) - POWER;
    // With a known deviation the shift is the lower end; an estimated one takes more.
    let (mut low, mut high) = (quantile + POWER_QUANTILE, quantile + 1.0);
    let (mut below, mut above) = (short(low), short(high));
    if below >= 0.0 {
        return low;
    }
    while above < 0.0 && high < f64::MAX / 4.0 {
        (low, below) = (high, above);
        high *= 1.5;
        above = short(high);
    }
    // The Illinois method: a secant that keeps the root between its ends.
    let mut kept = 0;
    while high - low > 1e-9 * high && above > 1e-12 {
        let middle = (low * above - high * below) / (above - below);
        let value = short(middle);
        if value < 0.0 {
            (low, below) = (middle, value);
            above *= if kept == -1 { 0.5 } else { 1.0 };
            kept = -1;
        } else {
            (high, above) = (middle, value);
            below *= if kept == 1 { 0.5 } else { 1.0 };
            kept = 1;
        }
        if value.abs() < 1e-12 {
            return middle;
        }
    }
    high
}

/// Quantiles and detectable shifts for one tail probability, each computed once per number of degrees of freedom.
pub(super) struct Tail {
    probability: f64,
    quantiles: BTreeMap<usize, f64>,
    shifts: BTreeMap<usize, f64>,
}

impl Tail {
    /// * `probability`: beyond the quantile, 0 to 0.5 exclusive.
    pub fn new(probability: f64) -> Self {
        Self { probability, quantiles: BTreeMap::new(), shifts: BTreeMap::new() }
    }

    pub fn quantile(&mut self, degrees: usize) -> f64 {
        *self.quantiles.entry(degrees).or_insert_with(|| t_quantile(degrees as f64, self.probability))
    }

    pub fn shift(&mut self, degrees: usize) -> f64 {
        let quantile = self.quantile(degrees);
        *self.shifts.entry(degrees).or_insert_with(|| detectable_shift(degrees as f64, quantile))
    }
}
