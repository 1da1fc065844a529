//! A sweep in which one setting is tuned: every other combination of settings gets, for each fold, the value of it that is best
//! on the other folds. The trials with the chosen values are the settings of the report, so that the best that each size can do
//! is compared; beside them stands what the untuned value gives. docs/statistics.md says what the choice does to the intervals.

mod choose;
#[cfg(test)]
mod tests;

use super::grouping::{COMPARED, Group, Planned, all_but_units, group, labels};
use super::verdict::{
    Difference, Estimate, Measured, held_out_accuracy, held_out_gain, test_accuracy, test_difference,
};
use super::{Setting, Unfinished, settings, value_in_words};
use crate::config::TrainConfig;
use crate::format::{count, joined, list};
use crate::run::RunResult;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

pub(super) use choose::{Outcome, Race};

/// Most sentences about trials without a result; the rest are counted.
const NAMED: usize = 8;

/// A setting to be tuned, and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tune {
    /// Its key.
    pub setting: String,
    /// Where the values of a sweep are complete, the untuned one is the first.
    pub values: Vec<Value>,
}

impl Tune {
    /// As it is typed: `--tune learning-rate=0.002,0.004`.
    pub fn option(&self) -> String {
        let key = &self.setting;
        match key.as_str() {
            // Its values contain commas.
            "augment" => joined(&self.values, " ", |value| format!("--tune {key}={}", value_in_words(value))),
            _ => format!("--tune {key}={}", joined(&self.values, ",", value_in_words)),
        }
    }

    /// "learning-rate is tuned: 0.004 (untuned), 0.002 and 0.008"
    pub fn in_words(&self) -> String {
        let words = self.values.iter().enumerate();
        let words: Vec<String> = words
            .map(|(index, value)| value_in_words(value) + if index == 0 { " (untuned)" } else { "" })
            .collect();
        format!("{} is tuned: {}", self.setting, list(&words))
    }

    /// The settings with the untuned value, and the index of the value that they have; `None` for a value that is not one of
    /// them.
    fn untuned(&self, config: &TrainConfig) -> Option<(TrainConfig, usize)> {
        let mut table = config.to_table();
        let value = self.values.iter().position(|value| table[&self.setting] == *value)?;
        let untuned = self.values.first()?.clone();
        // Timesteps that follow rows do so with the untuned value too.
        if self.setting == "rows" && config.timesteps == config.rows {
            table.insert("timesteps".into(), untuned.clone());
        }
        table.insert(self.setting.clone(), untuned);
        Some((table.try_into().ok()?, value))
    }
}

/// A value, and the folds that it was chosen for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    pub value: Value,
    /// In order, from 1.
    pub folds: Vec<usize>,
}

/// What one value gave in all its trials.
#[derive(Clone, Debug, Serialize)]
pub struct OfValue {
    pub value: Value,
    /// Mean accuracy on held-out images; none without a finished trial. The best of these means is too good: it was picked.
    pub held_out: Option<f64>,
    /// Finished trials.
    pub seeds: usize,
}

/// Accuracies of a setting; none until answers are read, and without any.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Accuracies {
    pub held_out: Option<Estimate>,
    pub test: Option<Estimate>,
}

/// A setting with its chosen values, and without them.
#[derive(Clone, Debug, Serialize)]
pub struct TunedSetting {
    pub label: String,
    /// Each value that was chosen, in the order of the values.
    pub chosen: Vec<Chosen>,
    /// Folds for which nothing could be chosen.
    pub not_chosen: Vec<usize>,
    /// Every value.
    pub values: Vec<OfValue>,
    pub untuned: Accuracies,
    pub tuned: Accuracies,
    /// Held-out accuracy, tuned less untuned, over common seeds.
    pub gain: Option<Difference>,
    /// The same of test accuracy, without an interval: there is one for held-out images alone.
    pub test_gain: Option<f64>,
    /// For each value the index in [`Tuning::every`] of the setting with it.
    #[serde(skip)]
    every: Vec<Option<usize>>,
}

/// What was chosen, and what it gained.
#[derive(Clone, Debug, Serialize)]
pub struct Tuning {
    #[serde(flatten)]
    pub tune: Tune,
    /// Those of the report, in its order; behind them those without any trial of a chosen value.
    pub settings: Vec<TunedSetting>,
    /// What was compared, in a sentence.
    pub sentence: String,
    /// Trials without a result, and what that does to the choice: a sentence each.
    pub notes: Vec<String>,
    /// The settings with each value.
    #[serde(skip)]
    pub every: Vec<Setting>,
    /// Trials of chosen values that have no result, as trials of the report's settings.
    #[serde(skip)]
    pub gaps: Vec<Unfinished>,
}

/// A setting with all its values.
struct Candidate {
    /// With the untuned value.
    config: TrainConfig,
    race: Race,
    /// Index of the setting with each value among all settings.
    every: Vec<Option<usize>>,
    /// The state of trials without a result, by value and seed.
    states: BTreeMap<(usize, u64), String>,
}

/// Chooses the values.
///
/// * `groups`: of all runs of the sweep.
/// * `unfinished`: its other trials.
///
/// Returns the settings of the report, each with the settings that it has apart from its units, to be compared.
pub(super) fn tuned(
    groups: Vec<Group<RunResult>>,
    unfinished: &[Unfinished],
    tune: &Tune,
) -> (Vec<Setting>, Vec<String>, Tuning) {
    let every = settings(groups);
    let candidates = candidates(&every, unfinished, tune);
    let (mut with_trials, mut without) = (Vec::new(), Vec::new());
    let mut others = Vec::new();
    let (mut notes, mut gaps) = (Vec::new(), Vec::new());
    let ordered = group(candidates.values().map(|candidate| Planned(candidate.config.clone())).collect());
    for (label, group) in labels(&ordered).into_iter().zip(&ordered) {
        let config = group.config();
        let Some(candidate) = candidates.get(&key(config)) else { continue };
        let (tuned, runs) = candidate.tuned(label, &every, tune, &mut gaps);
        notes.extend(candidate.notes(&tuned.label, tune));
        match Setting::new(tuned.label.clone(), config.clone(), runs) {
            Some(setting) => {
                others.push(all_but_units(config.table_of(&COMPARED)));
                with_trials.push((setting, tuned));
            }
            None => without.push(tuned),
        }
    }
    let more = notes.len().saturating_sub(NAMED);
    notes.truncate(NAMED);
    notes.extend((more > 0).then(|| format!("The same holds for {more} more values of settings.")));
    let (settings, mut tuned): (Vec<Setting>, Vec<TunedSetting>) = with_trials.into_iter().unzip();
    tuned.extend(without);
    let sentence = format!(
        "Each setting has its best {} of {}, chosen for each fold on the other folds.",
        tune.setting,
        count(tune.values.len(), "value")
    );
    let tuning = Tuning { tune: tune.clone(), settings: tuned, sentence, notes, every, gaps };
    (settings, others, tuning)
}

/// The settings with all their values, by what is compared.
fn candidates(every: &[Setting], unfinished: &[Unfinished], tune: &Tune) -> BTreeMap<String, Candidate> {
    let mut candidates: BTreeMap<String, Candidate> = BTreeMap::new();
    let mut with_value = |config: &TrainConfig, add: &mut dyn FnMut(&mut Candidate, usize)| {
        let Some((config, value)) = tune.untuned(config) else { return };
        let candidate = candidates.entry(key(&config)).or_insert_with(|| Candidate {
            config,
            race: Race { folds: BTreeMap::new(), values: vec![BTreeMap::new(); tune.values.len()] },
            every: vec![None; tune.values.len()],
            states: BTreeMap::new(),
        });
        add(candidate, value);
    };
    for (index, setting) in every.iter().enumerate() {
        with_value(&setting.config, &mut |candidate, value| {
            candidate.every[value] = Some(index);
            for run in &setting.runs {
                let scored =
                    Outcome::Scored { correct: run.validation_correct, images: run.validation_total };
                candidate.race.folds.insert(run.seed, run.settings.fold);
                candidate.race.values[value].insert(run.seed, scored);
            }
        });
    }
    for (trial, config) in unfinished.iter().filter_map(|trial| Some((trial, trial.settings.as_ref()?))) {
        with_value(config, &mut |candidate, value| {
            let state = trial.state.split(": ").next().unwrap_or_default();
            let outcome = if state == "failed" { Outcome::Failed } else { Outcome::Open };
            candidate.race.folds.insert(config.seed, config.fold);
            candidate.race.values[value].entry(config.seed).or_insert(outcome);
            candidate.states.insert((value, config.seed), state.to_string());
        });
    }
    candidates
}

fn key(config: &TrainConfig) -> String {
    config.table_of(&COMPARED).to_string()
}

impl Candidate {
    /// What is chosen, and the runs with the chosen values, by seed. Chosen trials without a result are added to `gaps`.
    fn tuned(
        &self,
        label: String,
        every: &[Setting],
        tune: &Tune,
        gaps: &mut Vec<Unfinished>,
    ) -> (TunedSetting, Vec<RunResult>) {
        let Self { config, race, .. } = self;
        let folds: BTreeSet<usize> = race.folds.values().copied().collect();
        let choice: BTreeMap<usize, Option<usize>> =
            folds.into_iter().map(|fold| (fold, race.choose(fold))).collect();
        let mut runs = Vec::new();
        for (&seed, &fold) in &race.folds {
            let run = choice[&fold].and_then(|value| {
                every[self.every[value]?].runs.iter().find(|run| run.seed == seed).cloned()
            });
            let state = match (run, choice[&fold]) {
                (Some(run), _) => {
                    runs.push(run);
                    continue;
                }
                (None, Some(value)) => {
                    format!("{} {}", self.with_value(value, tune), self.state(value, seed))
                }
                (None, None) => format!("no {} is chosen", tune.setting),
            };
            let settings = Some(TrainConfig { seed, fold, ..config.clone() });
            gaps.push(Unfinished { name: format!("{label}, seed {seed}"), state, settings });
        }
        let folds_of = |wanted: Option<usize>| -> Vec<usize> {
            choice.iter().filter(|(_, chosen)| **chosen == wanted).map(|(fold, _)| *fold).collect()
        };
        let chosen = tune
            .values
            .iter()
            .enumerate()
            .map(|(index, value)| Chosen { value: value.clone(), folds: folds_of(Some(index)) });
        let values = tune.values.iter().zip(&self.every).map(|(value, index)| {
            let of = index.map(|index| &every[index]);
            OfValue {
                value: value.clone(),
                held_out: of.and_then(|setting| Some(setting.validation.as_ref()?.mean)),
                seeds: of.map_or(0, |setting| setting.runs.len()),
            }
        });
        let tuned = TunedSetting {
            label,
            chosen: chosen.filter(|chosen| !chosen.folds.is_empty()).collect(),
            not_chosen: folds_of(None),
            values: values.collect(),
            untuned: Accuracies::default(),
            tuned: Accuracies::default(),
            gain: None,
            test_gain: None,
            every: self.every.clone(),
        };
        (tuned, runs)
    }

    /// "learning-rate 0.01"
    fn with_value(&self, value: usize, tune: &Tune) -> String {
        format!("{} {}", tune.setting, value_in_words(&tune.values[value]))
    }

    /// "failed", "not trained", "running"
    fn state(&self, value: usize, seed: u64) -> &str {
        match self.states.get(&(value, seed)).map(String::as_str) {
            None | Some("missing") => "not trained",
            Some(state) => state,
        }
    }

    /// A sentence for each value with trials that failed, and for each with trials that have no result yet.
    fn notes(&self, label: &str, tune: &Tune) -> Vec<String> {
        let mut notes = Vec::new();
        for value in 0..tune.values.len() {
            let seeds = |outcome| -> Vec<String> {
                let seeds = self.race.folds.keys();
                let of = seeds.filter(|seed| self.race.outcome(value, **seed) == outcome);
                of.map(u64::to_string).collect()
            };
            let with = |seeds: &[String]| {
                format!("{} {}", if seeds.len() == 1 { "seed" } else { "seeds" }, list(seeds))
            };
            let (failed, open) = (seeds(Outcome::Failed), seeds(Outcome::Open));
            let name = format!("{label}, {}", self.with_value(value, tune));
            if !failed.is_empty() {
                notes.push(format!(
                    "{name} failed with {}: it is not chosen for a fold if it failed on another fold.",
                    with(&failed)
                ));
            }
            if !open.is_empty() {
                let seeds = with(&open);
                notes.push(format!(
                    "{name} has no result with {seeds}: until it has, no value of {label} is chosen by {}.",
                    if open.len() == 1 { "this seed" } else { "these seeds" }
                ));
            }
        }
        notes
    }
}

/// The values whose difference to the untuned one says how well the gain is known: those that were chosen, or else the best of
/// the others. A bad value may differ wildly from trial to trial, and says nothing about the gain.
///
/// * `chosen`: indices of values, the untuned one, 0, among them or not.
/// * `means`: of every value; none without trials.
pub(super) fn rivals(chosen: &[usize], means: &[Option<f64>]) -> Vec<usize> {
    let others: Vec<usize> = (1..means.len()).filter(|value| chosen.contains(value)).collect();
    if !others.is_empty() {
        return others;
    }
    let known = (1..means.len()).filter_map(|value| Some((value, means[value]?)));
    known.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(value, _)| value).into_iter().collect()
}

impl Tuning {
    /// Fills in accuracies and gains.
    ///
    /// * `tuned`: the answers of the report's settings; further ones are not read.
    /// * `every`: those of [`Self::every`].
    /// * `alpha`: 1 less the confidence of each interval.
    /// * `folds`: how many folds there are.
    pub fn compare(&mut self, tuned: &[Measured], every: &[Measured], alpha: f64, folds: usize) {
        let accuracies = |measured: Option<&Measured>| Accuracies {
            held_out: measured.and_then(|one| held_out_accuracy(one, alpha, folds)),
            test: measured.and_then(|one| test_accuracy(one, alpha)),
        };
        for (index, setting) in self.settings.iter_mut().enumerate() {
            let with = tuned.get(index).filter(|measured| !measured.trials().is_empty());
            let of_value = |value: usize| every.get((*setting.every.get(value)?)?);
            let without = of_value(0);
            let is_chosen = |value: &Value| setting.chosen.iter().any(|chosen| chosen.value == *value);
            let (values, means): (Vec<&Value>, Vec<Option<f64>>) =
                setting.values.iter().map(|of| (&of.value, of.held_out)).unzip();
            let chosen: Vec<usize> = (0..values.len()).filter(|&value| is_chosen(values[value])).collect();
            let others: Vec<&Measured> = rivals(&chosen, &means).into_iter().filter_map(of_value).collect();
            (setting.untuned, setting.tuned) = (accuracies(without), accuracies(with));
            if let (Some(without), Some(with)) = (without, with) {
                setting.gain = held_out_gain(without, with, &others, alpha, folds);
                setting.test_gain = test_difference(without, with, alpha).map(|found| found.mean);
            }
        }
    }
}
