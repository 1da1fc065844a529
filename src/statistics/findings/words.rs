//! The answers to a target and to a budget in sentences.

use super::Budget;
use crate::format::{count, list, percent, plain};
use crate::statistics::verdict::{Affordable, Measured, Options, Reaching, confidence};

/// At most so many settings are named in a sentence.
const NAMED: usize = 6;

/// "The smallest setting shown to reach 98.50 % is 64 units: with 95 % confidence at least 98.61 %."
pub(super) fn target(settings: &[Measured], found: &Reaching, options: &Options) -> String {
    let (target, sure) = (percent(found.target), confidence(options.alpha));
    if let Some((index, bound)) = found.smallest.and_then(|index| Some((index, found.at_least[index]?))) {
        let label = &settings[index].label;
        return format!(
            "The smallest setting shown to reach {target} is {label}: with {sure} confidence at least {}.",
            percent(bound)
        );
    }
    let bounds = found.at_least.iter().enumerate().filter_map(|(index, bound)| Some((index, (*bound)?)));
    match bounds.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((index, bound)) => format!(
            "No setting is shown to reach {target}; the highest that is shown, with {sure} confidence, is at least {} for {}.",
            percent(bound),
            settings[index].label
        ),
        None => format!(
            "Nothing is shown about reaching {target}: that needs trials of a setting that hold out at least two different \
             folds."
        ),
    }
}

impl Budget {
    /// "30 s of training"
    fn in_words(self, amount: f64) -> String {
        match self {
            Self::TrainSeconds(_) => format!("{} s of training", plain(amount)),
            Self::InferenceMsPerImage(_) => format!("{} ms per image", plain(amount)),
        }
    }
}

/// "Of 4 settings that take at most 30 s of training, the highest held-out accuracy is that of 64 units; 32 units may be as
/// good."
pub(super) fn budget(settings: &[Measured], costs: &[f64], budget: Budget, found: &Affordable) -> String {
    let limit = budget.in_words(found.budget);
    let label = |place: usize| settings[found.settings[place]].label.clone();
    match found.settings.as_slice() {
        [] => {
            let known = costs.iter().enumerate().filter(|(_, cost)| cost.is_finite());
            match known.min_by(|a, b| a.1.total_cmp(b.1)) {
                Some((index, cost)) => format!(
                    "No setting takes at most {limit}: the least is {}, for {}.",
                    budget.in_words(three_digits(*cost)),
                    settings[index].label
                ),
                None => format!("No setting is known to take at most {limit}: no run stored what it takes."),
            }
        }
        [_] => format!("One setting takes at most {limit}: {}.", label(0)),
        several => {
            let number = count(several.len(), "setting");
            let Some(best) = found.verdict.best_seen else {
                return format!(
                    "{number} take at most {limit}. They are not compared: that needs at least two different folds."
                );
            };
            let mut others: Vec<String> = found
                .verdict
                .candidates
                .iter()
                .filter(|&&place| place != best)
                .map(|&place| label(place))
                .collect();
            let left = others.len().saturating_sub(NAMED);
            others.truncate(NAMED);
            if left > 0 {
                others.push(format!("{left} more"));
            }
            let others = match others.as_slice() {
                [] => "it is shown to be the best of them".to_string(),
                others => format!("{} may be as good", list(others)),
            };
            format!(
                "Of {number} that take at most {limit}, the highest held-out accuracy is that of {}; {others}.",
                label(best)
            )
        }
    }
}

/// Rounded to three digits that count.
fn three_digits(value: f64) -> f64 {
    let power = 10f64.powf(2.0 - value.abs().max(1e-9).log10().floor());
    (value * power).round() / power
}
