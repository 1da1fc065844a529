//! Scales from values to positions: accuracies by the logarithm of the error, sizes and times by their logarithm; round
//! ticks.

pub(crate) use crate::format::plain;
use std::ops::RangeInclusive;

/// A tick: its position in user units, and its label.
pub(crate) type Tick = (f64, String);

/// Accuracies in 0..=1 upwards by the logarithm of the error rate, so that both 93 % and 99.1 % are legible. An accuracy of
/// 1, whose logarithm is infinite, is placed as if half an image were wrong.
pub(crate) struct AccuracyScale {
    floor: f64,
    low: f64,
    high: f64,
    bottom: f64,
    top: f64,
}

impl AccuracyScale {
    /// A scale that contains all `values`, and those `extremes` (ends of intervals) that are not so far off that they would
    /// squeeze the values. `images` is the number of images behind an accuracy.
    pub fn new(values: &[f64], extremes: &[f64], images: usize, bottom: f64, top: f64) -> Self {
        let floor = 0.5 / images.max(1) as f64;
        let place = |accuracy: &f64| -(1.0 - accuracy).clamp(floor, 1.0).log10();
        let ends = |list: &[f64]| ends(list.iter().filter(|value| value.is_finite()).map(place));
        let (low, high) = ends(values).unwrap_or((0.0, 1.0));
        let span = (high - low).max(0.02);
        let (lowest, highest) = ends(extremes).unwrap_or((low, high));
        let low = low.min(lowest.max(low - 0.5 * span)) - 0.06 * span;
        let high = high.max(highest.min(high + 0.5 * span)) + 0.06 * span;
        Self { floor, low, high, bottom, top }
    }

    /// The position of an accuracy, which may be outside the plot.
    pub fn place(&self, accuracy: f64) -> f64 {
        let z = -(1.0 - accuracy).clamp(self.floor, 1.0).log10();
        self.bottom + (z - self.low) / (self.high - self.low) * (self.top - self.bottom)
    }

    /// Round accuracies inside the plot, four to nine if possible.
    pub fn ticks(&self) -> Vec<Tick> {
        let errors = (10f64.powf(-self.high), 10f64.powf(-self.low));
        let inside = |percents: Vec<f64>| -> Vec<f64> {
            let slack = 1e-9;
            let fits = |error: f64| error >= errors.0 - slack && error <= errors.1 + slack;
            percents
                .into_iter()
                .filter(|percent| (0.0..=100.0).contains(percent) && fits(percent / 100.0))
                .collect()
        };
        let levels: [&[f64]; 4] =
            [&[1.0, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0], &[1.0, 3.0]];
        let mut by_level = levels.iter().map(|level| inside(decades(level, -5..=2, 0.0..=100.0)));
        let chosen = by_level.find(|ticks| (4..=8).contains(&ticks.len()));
        let mut percents =
            chosen.unwrap_or_else(|| inside(even_steps(100.0 * errors.0, 100.0 * errors.1, 6)));
        let mut ticks: Vec<Tick> = Vec::new();
        percents.sort_by(|a, b| b.total_cmp(a));
        for percent in percents {
            let place = self.place(1.0 - percent / 100.0);
            // A line of text is 14 units high.
            if ticks.last().is_none_or(|(last, _)| last - place >= 17.0) {
                ticks.push((place, format!("{} %", plain(100.0 - percent))));
            }
        }
        ticks
    }
}

/// Positive values to the right by their logarithm.
pub(crate) struct LogScale {
    low: f64,
    high: f64,
    left: f64,
    right: f64,
}

impl LogScale {
    /// A scale that contains the values, with some room at both sides.
    pub fn new(values: &[f64], left: f64, right: f64) -> Self {
        let logs = values.iter().filter(|value| **value > 0.0 && value.is_finite()).map(|value| value.ln());
        let (low, high) = ends(logs).unwrap_or((0.0, 1.0));
        let room = if high - low > 1e-9 { 0.08 * (high - low) } else { 0.5 };
        Self { low: low - room, high: high + room, left, right }
    }

    /// The position of a value; values without a logarithm are placed at the left end.
    pub fn place(&self, value: f64) -> f64 {
        let z = if value > 0.0 { value.ln() } else { self.low };
        self.left + (z - self.low) / (self.high - self.low) * (self.right - self.left)
    }

    /// Round values, as many as fit without touching if a label is `width(label)` wide.
    pub fn ticks(&self, label: impl Fn(f64) -> String, width: impl Fn(&str) -> f64) -> Vec<Tick> {
        let (low, high) = (self.low.exp(), self.high.exp());
        let levels: [&[f64]; 3] = [&[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        let even = (high / low <= 4.0).then(|| even_steps(low, high, 5));
        let round = levels.iter().map(|level| decades(level, -6..=12, low..=high));
        let candidates: Vec<Vec<f64>> = even.into_iter().chain(round).collect();
        let apart = |values: &Vec<f64>| {
            values.len() >= 2
                && values.windows(2).all(|pair| {
                    let room = (width(&label(pair[0])) + width(&label(pair[1]))) / 2.0 + 8.0;
                    self.place(pair[1]) - self.place(pair[0]) >= room
                })
        };
        let chosen = candidates.iter().find(|values| apart(values)).cloned();
        let values = chosen.unwrap_or_else(|| candidates.last().cloned().unwrap_or_default());
        values.into_iter().map(|value| (self.place(value), label(value))).collect()
    }
}

/// The least and the greatest of some numbers; `None` if there are none.
fn ends(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.map(|number| (number, number)).reduce(|(low, high), (z, _)| (low.min(z), high.max(z)))
}

/// The mantissas times these powers of ten, as far as they are in range.
fn decades(mantissas: &[f64], powers: RangeInclusive<i32>, range: RangeInclusive<f64>) -> Vec<f64> {
    let numbers = powers.flat_map(|power| mantissas.iter().map(move |m| m * 10f64.powi(power)));
    numbers.filter(|number| range.contains(number)).collect()
}

/// Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, about `count` of them.
pub(crate) fn even_steps(low: f64, high: f64, count: usize) -> Vec<f64> {
    let rough = (high - low) / count as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return vec![low];
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= rough * 0.999).unwrap_or(10.0);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}
