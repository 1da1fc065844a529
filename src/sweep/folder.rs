//! A sweep's folder: its plans, in `sweep.json`, and a run's folder per trial. What may be added to it is `plans`'s.

use super::{Lease, Plan, Trial, UntilDecided};
use crate::error::{RunError, SweepError};
use crate::format::joined;
use crate::run::{FAILURE, RunFolder, RunResult, read_json, remove_if_there, write_json};
use crate::statistics::tuning::Tune;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

mod plans;

pub use plans::Asked;

const SWEEP: &str = "sweep.json";
/// The newest format of `sweep.json`: a sweep with a setting that is tuned, which older programs must not take for one without.
const FORMAT: u64 = 3;
/// The format of a sweep that goes on until its settings are decided, which older programs must not take for one with a fixed
/// number of seeds.
const FORMAT_UNTIL_DECIDED: u64 = 2;
/// The format of a sweep with a fixed number of seeds.
const FORMAT_FIXED: u64 = 1;

#[derive(Clone, Debug)]
pub struct SweepFolder {
    path: PathBuf,
    stored: Stored,
}

/// `sweep.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    format: u64,
    version: String,
    data_checksum: String,
    plans: Vec<Plan>,
    /// None for a fixed number of seeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_decided: Option<UntilDecided>,
}

/// `error.json` of a trial.
#[derive(Serialize, Deserialize)]
struct Failure {
    error: String,
    version: String,
}

#[derive(Clone, Debug)]
pub enum TrialState {
    Finished(Box<RunResult>),
    /// A process is training it: on which host.
    Running(String),
    /// Begun, and no process is training it.
    Interrupted,
    /// It ended with this error.
    Failed(String),
    Missing,
}

impl TrialState {
    /// The state in a word, and its detail: the process or the error.
    pub fn in_words(&self) -> (&'static str, &str) {
        match self {
            Self::Finished(_) => ("finished", ""),
            Self::Running(owner) => ("running", owner),
            Self::Interrupted => ("interrupted", ""),
            Self::Failed(error) => ("failed", error),
            Self::Missing => ("missing", ""),
        }
    }
}

impl SweepFolder {
    /// The sweep in a folder.
    ///
    /// # Errors
    /// [`SweepError::NoPlan`] if there is none, [`SweepError::Run`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, SweepError> {
        let stored = read(path)?.ok_or_else(|| SweepError::NoPlan { path: path.to_path_buf() })?;
        Ok(Self { path: path.to_path_buf(), stored })
    }

    /// When the sweep stops adding seeds; `None` for a fixed number of seeds.
    pub fn rule(&self) -> Option<UntilDecided> {
        self.stored.until_decided
    }

    /// The setting that is tuned, with its values, the untuned one first; `None` if none is. All plans have the same.
    pub fn tune(&self) -> Option<Tune> {
        self.stored.plans.first()?.tune()
    }

    /// When the sweep stops adding seeds, and all seeds that a setting may get, in the order of rounds; `None` for a fixed number
    /// of seeds.
    pub(super) fn rule_and_seeds(&self) -> Option<(UntilDecided, Vec<u64>)> {
        let rule = self.stored.until_decided?;
        Some((rule, rule.seeds(&self.stored.plans.first()?.seeds)))
    }

    /// Folds of every trial; 0 for none.
    pub fn folds(&self) -> usize {
        self.stored.plans.first().map_or(0, Plan::folds)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checksum of the data of all trials.
    pub fn data_checksum(&self) -> &str {
        &self.stored.data_checksum
    }

    /// The folder with the data, by the last plan.
    pub fn data_dir(&self) -> PathBuf {
        self.stored.plans.last().map(Plan::data_dir).unwrap_or_default()
    }

    /// All trials of all plans, each once, with the names of their folders: also of those that were renamed inside the
    /// sweep's folder. If the sweep goes on until its settings are decided: the trials of the first round, and those of later
    /// ones that were begun.
    ///
    /// # Errors
    /// As [`Plan::trials`].
    pub fn trials(&self) -> Result<Vec<Trial>, SweepError> {
        let mut trials = self.full_grid()?;
        if let Some((rule, seeds)) = self.rule_and_seeds() {
            let first = &seeds[..rule.seeds_per_round.min(seeds.len())];
            trials.retain(|trial| first.contains(&trial.config.seed) || self.trial_path(trial).is_dir());
        }
        Ok(trials)
    }

    /// As [`Self::trials`], with every trial of every round.
    ///
    /// # Errors
    /// As [`Plan::trials`].
    pub(super) fn full_grid(&self) -> Result<Vec<Trial>, SweepError> {
        let mut names = HashSet::new();
        let mut all = Vec::new();
        let seeds = self.rule_and_seeds().map(|(_, seeds)| seeds);
        for plan in &self.stored.plans {
            let plan = seeds.as_ref().map_or_else(|| plan.clone(), |seeds| plan.with_seeds(seeds.clone()));
            let trials = plan.trials(&self.path, &self.stored.data_checksum)?;
            all.extend(trials.into_iter().filter(|trial| names.insert(trial.name.clone())));
        }
        self.follow_renamed(&mut all, &names);
        Ok(all)
    }

    /// Gives each trial without a folder of its name the folder that holds its run under another name, if there is one.
    /// Reads `run.json` of folders with other names than the trials' only, each once: mostly of none.
    ///
    /// * `names`: of the trials.
    fn follow_renamed(&self, trials: &mut [Trial], names: &HashSet<String>) {
        // What cannot be read, or is not there yet, holds no renamed run.
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let found = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let (own, mut others): (Vec<String>, Vec<String>) = found.partition(|name| names.contains(name));
        let own: HashSet<String> = own.into_iter().collect();
        // Of several folders with one run, the first by name, whatever the order of the file system.
        others.sort();
        let identity = |name: &String| Some(RunFolder::at(self.path.join(name)).info().ok()?.identity);
        let mut renamed = HashMap::new();
        for name in others {
            if let Some(identity) = identity(&name) {
                renamed.entry(identity).or_insert(name);
            }
        }
        for trial in trials.iter_mut().filter(|trial| !own.contains(&trial.name)) {
            if let Some(name) = renamed.get(&trial.identity) {
                trial.name.clone_from(name);
            }
        }
    }

    /// The commands that make the same sweep.
    pub fn command(&self) -> String {
        let rule = self.stored.until_decided.map_or_else(String::new, |rule| {
            format!(" --until-decided --margin {} --max-seeds {}", rule.margin_in_points(), rule.max_seeds)
        });
        joined(&self.stored.plans, "\n", |plan| plan.command() + &rule)
    }

    /// The folder of a trial's run.
    pub fn trial_path(&self, trial: &Trial) -> PathBuf {
        self.path.join(&trial.name)
    }

    /// The state of a trial. A damaged result counts as none: the trial is trained again from its checkpoint or from the
    /// start. A result of a newer program is a failure, so that it is not overwritten.
    pub fn state(&self, trial: &Trial) -> TrialState {
        let path = self.trial_path(trial);
        let folder = RunFolder::at(&path);
        match folder.result() {
            Ok(Some(result)) => return TrialState::Finished(Box::new(result)),
            Err(error @ (RunError::NewerFormat { .. } | RunError::UnknownSetting { .. })) => {
                return TrialState::Failed(error.to_string());
            }
            _ => {}
        }
        if let Some(owner) = Lease::holder(&path) {
            return TrialState::Running(owner.in_words());
        }
        match read_json::<Failure>(&path.join(FAILURE)) {
            Ok(Some(failure)) => TrialState::Failed(failure.error),
            Err(error) => TrialState::Failed(error.to_string()),
            Ok(None) if folder.info().is_ok() => TrialState::Interrupted,
            Ok(None) => TrialState::Missing,
        }
    }

    /// Records that a trial failed.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn record_failure(&self, trial: &Trial, error: &str) -> Result<(), RunError> {
        let failure = Failure { error: error.to_string(), version: env!("CARGO_PKG_VERSION").to_string() };
        write_json(&self.trial_path(trial).join(FAILURE), &failure)
    }

    /// Removes the record of a trial's failure.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn forget_failure(&self, trial: &Trial) -> Result<(), RunError> {
        remove_if_there(&self.trial_path(trial).join(FAILURE))
    }
}

fn read(path: &Path) -> Result<Option<Stored>, RunError> {
    let file = path.join(SWEEP);
    let Some(stored) = read_json::<Stored>(&file)? else { return Ok(None) };
    if stored.format > FORMAT {
        let path = path.to_path_buf();
        return Err(RunError::NewerFormat { path, found: stored.format, known: FORMAT });
    }
    stored.plans.iter().try_for_each(|plan| plan.check_stored(&file))?;
    if let Some(Err(detail)) = stored.until_decided.map(|rule| rule.check()) {
        return Err(RunError::Damaged { path: file, detail: format!("until_decided: {detail}") });
    }
    Ok(Some(stored))
}

#[cfg(test)]
mod tests;
