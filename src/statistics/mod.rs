//! What finished runs say together: settings with their seeds, comparisons of neighbours, the smallest sufficient network.
//! `formulas` has the mathematics, `verdict` which network is good enough, `report` the tables.

mod apart;
mod choice;
pub mod findings;
pub mod formulas;
mod grouping;
pub mod measured;
mod pairs;
mod predictions;
#[cfg(test)]
pub(crate) mod testing;
mod trial_reader;
pub mod tuning;
pub mod verdict;

pub use formulas::wilson_interval;
pub use grouping::{Group, Origin, Run, by_size_or_name, differences, group, labels, value_in_words};
pub use predictions::{Disagreement, PairedPredictions, compare_predictions};
pub use trial_reader::TrialReader;

use crate::config::{Role, TrainConfig};
use crate::run::RunResult;
use findings::Findings;
use formulas::{mean, mean_interval, sample_deviation};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use tuning::{Tune, Tuning};

/// Values of one quantity over the seeds of a setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// (seed, value), by seed.
    pub values: Vec<(u64, f64)>,
    pub mean: f64,
    /// Sample standard deviation; none for one seed.
    pub deviation: Option<f64>,
    /// 95 % t interval (low, high) of the mean; none for one seed, and none where all seeds gave the same value.
    pub interval: Option<(f64, f64)>,
}

impl Spread {
    /// Sums up (seed, value) in any order; `None` for no values.
    pub fn new(mut values: Vec<(u64, f64)>) -> Option<Self> {
        values.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let plain: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        let mean = mean(&plain)?;
        Some(Self { mean, deviation: sample_deviation(&plain), interval: mean_interval(&plain), values })
    }
}

/// Runs that differ by their seed alone.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// What distinguishes it from the other settings: "128 units", "128 units, learning-rate 0.01".
    pub label: String,
    /// LSTM units U.
    pub num_units: usize,
    /// LSTM layers L.
    pub num_layers: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// Weights and biases of the whole network; if a tuned setting changes it, of the largest of its trials.
    pub parameters: usize,
    /// Accuracy on the test images, a fraction.
    pub test: Spread,
    /// Accuracy on the validation images, a fraction; none without any.
    pub validation: Option<Spread>,
    pub train_seconds: Spread,
    /// Training images per second of training.
    pub images_per_second: Spread,
    /// By seed.
    #[serde(skip)]
    pub runs: Vec<RunResult>,
    /// The settings of the first run; of a setting that is tuned, with the untuned value of what is tuned.
    #[serde(skip)]
    pub config: TrainConfig,
}

impl Setting {
    /// Of runs by seed with these settings; `None` for no runs.
    fn new(label: String, config: TrainConfig, runs: Vec<RunResult>) -> Option<Self> {
        let spread = |value: fn(&RunResult) -> f64| {
            Spread::new(runs.iter().map(|run| (run.seed, value(run))).collect())
        };
        // Runs with the same settings have validation images all or none; without those of one there is no mean.
        let validation: Option<Vec<(u64, f64)>> =
            runs.iter().map(|run| Some((run.seed, run.validation_accuracy?))).collect();
        let first = runs.first()?;
        Some(Self {
            label,
            num_units: first.num_units,
            num_layers: first.num_layers,
            timesteps: first.timesteps,
            parameters: runs.iter().map(|run| run.parameters).max()?,
            test: spread(|run| run.test_accuracy)?,
            validation: validation.and_then(Spread::new),
            train_seconds: spread(|run| run.train_seconds)?,
            images_per_second: spread(|run| run.images_per_second)?,
            runs,
            config,
        })
    }

    /// Milliseconds in which an image is scored, mean over seeds; `None` if a run did not store it.
    pub fn milliseconds_per_image(&self) -> Option<f64> {
        let values: Option<Vec<f64>> = self.runs.iter().map(|run| run.inference_ms_per_image).collect();
        mean(&values?)
    }

    /// The seeds, in order.
    pub fn seeds(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().map(|run| run.seed)
    }
}

/// The settings of groups, labelled.
fn settings(groups: Vec<Group<RunResult>>) -> Vec<Setting> {
    let labels = labels(&groups);
    let of =
        |(group, label): (Group<RunResult>, String)| Setting::new(label, group.config().clone(), group.runs);
    groups.into_iter().zip(labels).filter_map(of).collect()
}

/// Settings that differ in units and layers alone.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What the settings have in common, in a few words.
    pub common: String,
    /// How data, versions and settings differ from those of the first protocol; empty for the first.
    pub differences: Vec<String>,
    /// By units, then layers.
    pub settings: Vec<Setting>,
}

/// The runs by protocol: first the protocol of `current`, then those with most runs.
pub fn protocols(runs: Vec<RunResult>, current: Option<&RunResult>) -> Vec<Protocol> {
    let key = |run: &RunResult| grouping::key(run, &[Role::Protocol]);
    let mut alike: BTreeMap<_, Vec<Group<RunResult>>> = BTreeMap::new();
    for group in group(runs) {
        alike.entry(key(&group.runs[0])).or_default().push(group);
    }
    let current = current.map(key);
    let mut alike: Vec<_> = alike.into_iter().collect();
    alike.sort_by_key(|(key, groups)| (current.as_ref() != Some(key), Reverse(grouping::runs_in(groups))));
    let first = alike.first().map(|(_, groups)| groups[0].runs[0].clone());
    let protocol = |(_, groups): (grouping::Key, Vec<Group<RunResult>>)| {
        let differences = first.iter().flat_map(|first| differences(first, &groups[0].runs[0])).collect();
        Protocol { common: grouping::common(&groups), differences, settings: settings(groups) }
    };
    alike.into_iter().map(protocol).collect()
}

/// The runs of the protocol with most runs, and those of each other protocol apart, with how it differs.
pub fn one_protocol(runs: Vec<RunResult>) -> (Vec<RunResult>, Vec<Apart>) {
    let runs_of = |protocol: Protocol| protocol.settings.into_iter().flat_map(|setting| setting.runs);
    let mut protocols = protocols(runs, None).into_iter();
    let kept = protocols.next().map_or_else(Vec::new, |protocol| runs_of(protocol).collect());
    let others = protocols.map(|protocol| Apart::new(protocol.differences.join("; "), runs_of(protocol)));
    (kept, others.collect())
}

/// Two neighbouring settings, paired by seed.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Index into [`Report::settings`].
    pub first: usize,
    /// Index into [`Report::settings`]; the setting with more units, otherwise the same as `first`.
    pub second: usize,
    /// Test accuracy of `second` less that of `first`, by common seed.
    pub difference: Spread,
    /// Two-sided paired t test; none with fewer than two common seeds, and none where every seed differs by the same
    /// amount ([`formulas::paired_t_test`]).
    pub p: Option<f64>,
    /// `p` after Holm's correction over all pairs that have one.
    pub p_corrected: Option<f64>,
}

/// The one-standard-error rule (Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984) on
/// validation accuracy.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Index of the setting with the highest mean validation accuracy.
    pub best: usize,
    /// Index of the smallest one (fewest parameters) within one standard error of it.
    pub chosen: usize,
    /// Mean validation accuracy of `best` less its standard error, a fraction.
    pub threshold: f64,
    pub sentence: String,
    /// Its limits, a sentence each.
    pub caveats: Vec<String>,
}

/// Runs that are not averaged with the others, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Apart {
    /// In what they differ.
    pub reason: String,
    /// Names of the runs, in order.
    pub names: Vec<String>,
}

impl Apart {
    fn new(reason: String, runs: impl IntoIterator<Item = RunResult>) -> Self {
        let mut names: Vec<String> = runs.into_iter().map(|run| run.name).collect();
        names.sort();
        Self { reason, names }
    }
}

/// A planned trial without a result.
#[derive(Clone, Debug, Serialize)]
pub struct Unfinished {
    pub name: String,
    /// "missing", "running", "interrupted" or "failed: " and the error
    pub state: String,
    /// Its settings, if they are known.
    #[serde(skip)]
    pub settings: Option<TrainConfig>,
}

/// Everything that text, files and the page show.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Common settings in a few words: epochs, batch, optimizer, training images.
    pub protocol: String,
    /// By units, then layers, then what else they differ in. Where a setting is tuned, each has the trials of its chosen values.
    pub settings: Vec<Setting>,
    /// What was chosen, if a setting is tuned.
    pub tuning: Option<Tuning>,
    /// Neighbours in units with all else equal and common seeds.
    pub pairs: Vec<Pair>,
    /// The smallest sufficient network; none without validation accuracies of at least two settings.
    pub choice: Option<Choice>,
    /// Runs that are part of no setting.
    pub apart: Vec<Apart>,
    /// Planned runs without a result.
    pub unfinished: Vec<Unfinished>,
    /// Which networks are good enough; none without folds, and until it is asked for.
    pub verdict: Option<Findings>,
}

impl Report {
    /// Sums up runs in any order.
    ///
    /// Runs that differ by their seed alone are one setting. Only runs on the same data by the same version of this
    /// program are compared: the largest such set. All others are `apart`.
    pub fn new(runs: Vec<RunResult>, unfinished: Vec<Unfinished>) -> Self {
        Self::with_tuned(runs, unfinished, None)
    }

    /// The same for a sweep in which a setting is tuned, if any is: runs that differ in this one too are one setting, with its
    /// chosen values.
    pub fn with_tuned(runs: Vec<RunResult>, unfinished: Vec<Unfinished>, tune: Option<&Tune>) -> Self {
        let (groups, apart) = apart::set_apart(group(runs));
        let mut protocol = grouping::common(&groups);
        let (settings, others, tuning) = match tune {
            Some(tune) => {
                protocol = format!("{protocol}, {} tuned", tune.setting);
                let (settings, others, tuning) = tuning::tuned(groups, &unfinished, tune);
                (settings, others, Some(tuning))
            }
            None => {
                let others = groups.iter().map(Group::all_but_units).collect();
                (settings(groups), others, None)
            }
        };
        let pairs = pairs::neighbours(&settings, &others);
        let choice = choice::choose(&settings, unfinished.len());
        Self { protocol, settings, tuning, pairs, choice, apart, unfinished, verdict: None }
    }

    /// Trials without a result that a verdict on the settings lacks.
    pub fn missing(&self) -> &[Unfinished] {
        self.tuning.as_ref().map_or(&self.unfinished, |tuning| &tuning.gaps)
    }

    /// The settings with all runs: where a setting is tuned, one for each of its values.
    pub fn every_setting(&self) -> &[Setting] {
        self.tuning.as_ref().map_or(&self.settings, |tuning| &tuning.every)
    }

    /// The number of folds that the runs hold one out of; `None` if there are none, or not the same for all runs.
    pub fn folds(&self) -> Option<usize> {
        let mut folds = self.settings.iter().flat_map(|one| &one.runs).map(|run| run.settings.folds);
        let first = folds.next().filter(|folds| *folds > 0)?;
        folds.all(|folds| folds == first).then_some(first)
    }

    /// How to get a verdict, for settings that have none because their runs have no folds.
    pub fn advice(&self) -> Option<&'static str> {
        (self.settings.len() > 1 && self.folds().is_none()).then_some(
            "A sweep with folds (rowlstm sweep, by default with 12) gives a verdict: which networks are shown to be good \
             enough.",
        )
    }

    /// What limits a comparison of the numbers, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut seeds = self.settings.windows(2).map(|two| !two[0].seeds().eq(two[1].seeds()));
        let runs: Vec<&RunResult> = self.settings.iter().flat_map(|setting| &setting.runs).collect();
        let mut machines =
            runs.windows(2).map(|two| two[0].machine != two[1].machine || two[0].threads != two[1].threads);
        let notes = [
            (seeds.any(|differ| differ), "The settings have different seeds, so their means are not paired."),
            (
                machines.any(|differ| differ),
                "The runs had different machines or numbers of threads, so seconds and images/s do not compare the \
                 settings.",
            ),
            (
                self.settings.iter().any(|setting| setting.runs.len() > 1),
                "Deviations, intervals and p values are over seeds, on one set of test images: they cover the variation \
                 between seeds, not between images.",
            ),
        ];
        notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| note.to_string()).collect()
    }
}

#[cfg(test)]
mod tests;
