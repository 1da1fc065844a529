//! Tuned beside untuned: the numbers as text, for every rendering.

use crate::format::{interval, joined, percent, percent_number, signed_points};
use crate::statistics::tuning::{Chosen, TunedSetting, Tuning};
use crate::statistics::value_in_words;
use crate::statistics::verdict::{Difference, Estimate};

/// What the columns are.
pub(super) const ABOUT: &str = "Accuracy on held-out images. Gain: tuned less untuned, in percentage points, over common \
     seeds; each interval holds for its setting alone. Chosen: each value, with the number of folds that it was chosen for. \
     Networks that choose for a fold have trained on its images, so the selection is not fully nested: docs/statistics.md says \
     what that does.";

/// What the columns of test accuracies are.
pub(super) const ABOUT_TEST: &str = "Accuracy on test images, of the same trials. No test image chose a value. Gain: tuned less \
     untuned, in percentage points; its interval is that on held-out images.";

/// "98.93 %"
pub(super) fn accuracy(estimate: Option<Estimate>) -> Option<String> {
    Some(percent(estimate?.mean))
}

/// "98.80 to 99.04"
pub(super) fn accuracy_interval(estimate: Option<Estimate>) -> Option<String> {
    Some(interval(estimate?.interval, percent_number))
}

/// "+0.12"
pub(super) fn gain(difference: Option<Difference>) -> Option<String> {
    Some(signed_points(difference?.mean))
}

/// "-0.02 to +0.26"
pub(super) fn gain_interval(difference: Option<Difference>) -> Option<String> {
    Some(interval(difference?.interval, signed_points))
}

/// "0.008 (7), 0.004 (5)"
pub(super) fn chosen(setting: &TunedSetting, tuning: &Tuning) -> String {
    let mut chosen: Vec<&Chosen> = setting.chosen.iter().collect();
    chosen.sort_by_key(|chosen| std::cmp::Reverse(chosen.folds.len()));
    let untuned = tuning.tune.values.first();
    let mut parts: Vec<String> = chosen
        .iter()
        .map(|chosen| {
            let mark = if Some(&chosen.value) == untuned { ", untuned" } else { "" };
            format!("{} ({}{mark})", value_in_words(&chosen.value), chosen.folds.len())
        })
        .collect();
    if !setting.not_chosen.is_empty() {
        parts.push(format!("none ({})", setting.not_chosen.len()));
    }
    joined(parts, ", ", |part| part)
}
