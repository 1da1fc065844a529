//! The smallest setting that reaches an accuracy, and the best that a budget allows.

use super::accuracy::lower_bound;
use super::judge::{Options, Verdict, judge};
use super::trials::Measured;
use serde::Serialize;

/// What is shown about reaching an accuracy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reaching {
    /// Accuracy asked for.
    pub target: f64,
    /// By setting: all held-out accuracies are above these at once, with probability 1 - alpha; none for settings with
    /// fewer than two folds, about which nothing is shown.
    pub at_least: Vec<Option<f64>>,
    /// Index of the smallest setting shown to reach the target; none if none is, which does not show that none does.
    pub smallest: Option<usize>,
}

/// Finds the smallest setting whose held-out accuracy is shown to be at least `target`, for new seeds, training images and
/// images. Each of n bounds has a probability of error of alpha / (looks n).
pub fn reaching(settings: &[Measured], target: f64, options: &Options) -> Reaching {
    let tail = options.alpha_of_one_look() / settings.len().max(1) as f64;
    let at_least: Vec<Option<f64>> = settings.iter().map(|setting| lower_bound(setting, tail)).collect();
    let shown = |index: &usize| at_least[*index].is_some_and(|bound| bound >= target);
    let smallest = (0..settings.len()).filter(shown).min_by(|&a, &b| {
        let (first, second) = (&settings[a], &settings[b]);
        (first.size.cmp(&second.size))
            .then(at_least[b].unwrap_or(0.0).total_cmp(&at_least[a].unwrap_or(0.0)))
            .then_with(|| first.label.cmp(&second.label))
    });
    Reaching { target, at_least, smallest }
}

/// A verdict on the settings that a budget allows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Affordable {
    pub budget: f64,
    /// Indices of the settings whose cost is at most the budget, in order. Indices in `verdict` are places in this list.
    pub settings: Vec<usize>,
    /// How each of these is to the best of them. `best_seen` is the one to take; `candidates` are those that may be the
    /// best.
    pub verdict: Verdict,
}

/// Compares the settings that cost at most `budget`. Which these are must not depend on their accuracy.
///
/// * `costs`: of each setting, in the unit of the budget; a cost that is not a number is never affordable.
///
/// # Panics
///
/// If there are not as many costs as settings.
pub fn within_budget(settings: &[Measured], costs: &[f64], budget: f64, options: &Options) -> Affordable {
    assert_eq!(settings.len(), costs.len(), "a cost for each setting");
    let affordable: Vec<usize> = (0..settings.len()).filter(|&index| costs[index] <= budget).collect();
    let chosen: Vec<Measured> = affordable.iter().map(|&index| settings[index].clone()).collect();
    Affordable { budget, settings: affordable, verdict: judge(&chosen, options) }
}
