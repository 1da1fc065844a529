//! The settings of a report with the answers of their runs, for the verdict: image by image where a run stored its
//! predictions, counted where it did not. Only a bit per answer stays in memory.

use super::grouping::{COMPARED, Planned, group, labels};
use super::verdict::{Answers, Measured, Missing, Trial};
use super::{Setting, Unfinished};
use crate::config::TrainConfig;
use crate::data::{Dataset, Split};
use crate::error::RunError;
use crate::model::ModelShape;
use crate::run::{Predicted, RunFolder, RunResult};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What was read.
pub struct Read {
    /// First the settings of the report, in their order; then those without a finished run.
    pub settings: Vec<Measured>,
    /// Predictions that could not be used: of these runs only the counts are.
    pub problems: Vec<RunError>,
}

/// Whether any run stored its predictions of validation images, which take the data to read.
///
/// * `folder`: holds the folders of the runs.
pub fn stored(settings: &[Setting], folder: &Path) -> bool {
    let stores = |run: &RunResult| RunFolder::at(folder.join(&run.name)).stores(Predicted::Validation);
    settings.iter().flat_map(|setting| &setting.runs).any(stores)
}

/// Reads the answers of all runs, several at a time.
///
/// * `settings`: of runs with folds.
/// * `unfinished`: trials that are missing; those whose settings are not known are left out.
/// * `folder`: holds the folders of the runs.
/// * `data`: that the runs were trained and scored on; without it answers are counted.
/// * `progress`: called for each run that was read.
pub fn measured(
    settings: &[Setting],
    unfinished: &[Unfinished],
    folder: &Path,
    data: Option<&Dataset>,
    progress: impl Fn() + Sync,
) -> Read {
    let held_out = data.map_or_else(BTreeMap::new, |data| labels_of_folds(settings, data));
    let runs: Vec<(usize, &RunResult)> = settings
        .iter()
        .enumerate()
        .flat_map(|(index, setting)| setting.runs.iter().map(move |run| (index, run)))
        .collect();
    let read = |&(index, run): &(usize, &RunResult)| {
        let mut problems = Vec::new();
        let folder = RunFolder::at(folder.join(&run.name));
        let validation = held_out.get(&run.settings.fold).map(Vec::as_slice);
        let test = data.map(|data| data.test.labels());
        let mut answers = |predicted, labels: Option<&[u8]>, correct, images| {
            let known = labels.and_then(|labels| {
                folder.correct_answers(predicted, labels, correct).unwrap_or_else(|problem| {
                    problems.push(problem);
                    None
                })
            });
            known.map_or_else(|| Answers::counted(correct, images), Answers::each)
        };
        let trial = Trial {
            seed: run.seed,
            fold: run.settings.fold,
            training_images: run.train_images,
            held_out: answers(
                Predicted::Validation,
                validation,
                run.validation_correct,
                run.validation_total,
            ),
            test: answers(Predicted::Test, test, run.test_correct, run.test_total),
        };
        progress();
        (index, trial, problems)
    };
    let mut problems = Vec::new();
    let mut trials: Vec<Vec<Trial>> = settings.iter().map(|_| Vec::new()).collect();
    for (index, trial, found) in runs.par_iter().map(read).collect::<Vec<_>>() {
        trials[index].push(trial);
        problems.extend(found);
    }
    Read { settings: with_missing(settings, trials, unfinished), problems }
}

/// The labels of the images that each fold of the runs holds out.
fn labels_of_folds(settings: &[Setting], data: &Dataset) -> BTreeMap<usize, Vec<u8>> {
    let mut folds = BTreeMap::new();
    for run in settings.iter().flat_map(|setting| &setting.runs) {
        folds.entry(run.settings.fold).or_insert_with(|| {
            let held_out = Split::of(&run.settings, data.train.len()).validation;
            held_out.into_iter().map(|index| data.train.label(index)).collect()
        });
    }
    folds
}

fn key(config: &TrainConfig) -> String {
    config.table_of(&COMPARED).to_string()
}

/// The settings with their trials, and with those that are missing.
fn with_missing(settings: &[Setting], trials: Vec<Vec<Trial>>, unfinished: &[Unfinished]) -> Vec<Measured> {
    let mut missing: BTreeMap<String, (&TrainConfig, Vec<Missing>)> = BTreeMap::new();
    for (trial, config) in unfinished.iter().filter_map(|trial| Some((trial, trial.settings.as_ref()?))) {
        // Values of settings may contain a colon.
        let reason = match trial.state.split(": ").next().unwrap_or_default() {
            "missing" => "not trained".to_string(),
            state => state.to_string(),
        };
        let of = missing.entry(key(config)).or_insert_with(|| (config, Vec::new()));
        of.1.push(Missing { seed: config.seed, reason });
    }
    let mut measured = Vec::new();
    for (setting, trials) in settings.iter().zip(trials) {
        let own = missing.remove(&key(&setting.config));
        let missing = own.map_or_else(Vec::new, |(_, missing)| missing);
        measured.push(Measured::new(&setting.label, setting.parameters, setting.num_units, trials, missing));
    }
    let configs = settings.iter().map(|setting| setting.config.clone());
    let others = missing.values().map(|(config, _)| (*config).clone());
    let groups = group(configs.chain(others).map(Planned).collect());
    for (group, label) in groups.iter().zip(labels(&groups)) {
        if let Some((config, missing)) = missing.remove(&key(group.config())) {
            let size = ModelShape::of(config).parameters();
            measured.push(Measured::new(label, size, config.num_units, Vec::new(), missing));
        }
    }
    measured
}

#[cfg(test)]
mod tests;
