//! All that a report says about which network is good enough: the verdict, accuracies with intervals, the shape of the
//! curve, and the answers to a target and to a budget. The statistics are `verdict`'s.

mod words;

use super::Setting;
use super::grouping::{COMPARED, all_but_units};
use super::verdict::{
    Affordable, Estimate, Measured, Options, Reaching, Slope, Verdict, held_out_accuracy, judge, reaching,
    slopes, test_accuracy, within_budget,
};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked of the settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Accuracy that may be given up for a smaller network, a fraction above 0.
    pub margin: f64,
    /// How many times the verdict is looked at while seeds are added: [`Options::looks`].
    pub looks: usize,
    /// Accuracy to be reached, a fraction.
    pub target: Option<f64>,
    pub budget: Option<Budget>,
}

impl Default for Question {
    fn default() -> Self {
        let Options { margin, looks, .. } = Options::default();
        Self { margin, looks, target: None, budget: None }
    }
}

/// What a network may cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// Seconds of training, mean over seeds.
    TrainSeconds(f64),
    /// Milliseconds per image, mean over seeds.
    InferenceMsPerImage(f64),
}

impl Budget {
    fn limit(self) -> f64 {
        match self {
            Self::TrainSeconds(limit) | Self::InferenceMsPerImage(limit) => limit,
        }
    }

    /// What a setting costs; NaN if it is not known.
    fn cost(self, setting: &Setting) -> f64 {
        match self {
            Self::TrainSeconds(_) => setting.train_seconds.mean,
            Self::InferenceMsPerImage(_) => setting.milliseconds_per_image().unwrap_or(f64::NAN),
        }
    }
}

/// The smallest that reaches a target, with its sentence.
#[derive(Clone, Debug, Serialize)]
pub struct TargetFinding {
    #[serde(flatten)]
    pub reaching: Reaching,
    pub sentence: String,
}

/// The best that a budget allows, with its sentence.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetFinding {
    pub limit: Budget,
    /// Indices of the settings that cost at most the limit, in order.
    pub settings: Vec<usize>,
    /// Index of the one with the highest held-out accuracy; none if nothing is compared.
    pub best_seen: Option<usize>,
    /// Indices of those that may be the best of them.
    pub candidates: Vec<usize>,
    pub sentence: String,
}

/// How the error changes from one unit count to the next: a slope, and the change as a fraction.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ErrorChange {
    #[serde(flatten)]
    pub slope: Slope,
    /// -0.46 if the error falls by 46 %.
    pub change: f64,
    /// 95 % interval (low, high) of the change, for this pair alone.
    pub change_interval: (f64, f64),
}

/// Everything about which network is good enough. Settings have the indices of the report; behind them are those without a
/// finished run.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Accuracy on held-out images by setting; none without any.
    pub held_out: Vec<Option<Estimate>>,
    /// Accuracy on test images by setting; none without any.
    pub test: Vec<Option<Estimate>>,
    /// Between neighbours in units that are otherwise alike.
    pub error_changes: Vec<ErrorChange>,
    pub target: Option<TargetFinding>,
    pub budget: Option<BudgetFinding>,
}

impl Findings {
    /// * `settings`: of the report.
    /// * `measured`: their answers, and behind them settings without a finished run.
    /// * `folds`: how many folds there are, at least 2.
    pub fn new(settings: &[Setting], measured: &[Measured], folds: usize, question: &Question) -> Self {
        let options = Options { margin: question.margin, looks: question.looks, folds, ..Options::default() };
        let alpha = options.alpha;
        let estimates = measured.par_iter();
        let (held_out, test) =
            estimates.map(|one| (held_out_accuracy(one, alpha, folds), test_accuracy(one, alpha))).unzip();
        let target = question.target.map(|target| {
            let reaching = reaching(measured, target, &options);
            TargetFinding { sentence: words::target(measured, &reaching, &options), reaching }
        });
        Self {
            verdict: judge(measured, &options),
            held_out,
            test,
            error_changes: error_changes(settings, measured, alpha),
            target,
            budget: question.budget.map(|budget| affordable(settings, measured, budget, &options)),
        }
    }

    /// The verdict in sentences, then the answers to target and budget.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let target = self.target.iter().map(|found| found.sentence.as_str());
        let budget = self.budget.iter().map(|found| found.sentence.as_str());
        self.verdict.sentences.iter().map(String::as_str).chain(target).chain(budget)
    }
}

/// The slopes of each curve: settings that are alike but for their units.
fn error_changes(settings: &[Setting], measured: &[Measured], alpha: f64) -> Vec<ErrorChange> {
    let mut curves: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, setting) in settings.iter().enumerate() {
        curves.entry(all_but_units(setting.config.table_of(&COMPARED))).or_default().push(index);
    }
    let mut changes = Vec::new();
    for indices in curves.values().filter(|indices| indices.len() > 1) {
        let curve: Vec<Measured> = indices.iter().map(|&index| measured[index].clone()).collect();
        changes.extend(slopes(&curve, alpha).into_iter().map(|slope| ErrorChange {
            slope: Slope { from: indices[slope.from], to: indices[slope.to], ..slope },
            change: slope.change(),
            change_interval: slope.change_interval(),
        }));
    }
    changes.sort_by_key(|change| (change.slope.from, change.slope.to));
    changes
}

fn affordable(
    settings: &[Setting],
    measured: &[Measured],
    budget: Budget,
    options: &Options,
) -> BudgetFinding {
    let known = settings.iter().map(|setting| budget.cost(setting));
    let costs: Vec<f64> = known.chain(std::iter::repeat(f64::NAN)).take(measured.len()).collect();
    let found = within_budget(measured, &costs, budget.limit(), options);
    let sentence = words::budget(measured, &costs, budget, &found);
    let Affordable { settings, verdict, .. } = found;
    BudgetFinding {
        limit: budget,
        best_seen: verdict.best_seen.map(|place| settings[place]),
        candidates: verdict.candidates.iter().map(|&place| settings[place]).collect(),
        settings,
        sentence,
    }
}

#[cfg(test)]
mod tests;
