//! A sweep's folder: its plans, in `sweep.json`, and a run's folder per trial.

use super::{Lease, Plan, Trial};
use crate::config::{Role, SWEEP_FOLDS, role};
use crate::error::{RunError, SweepError};
use crate::format::joined;
use crate::run::{FAILURE, RunFolder, RunResult, read_json, write_json};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

const SWEEP: &str = "sweep.json";
/// The format of `sweep.json` that this program writes.
const FORMAT: u64 = 1;

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
    /// A plan as it is added to the sweep in a folder: if it names no folds, with those of the sweep, or of a new sweep with
    /// [`SWEEP_FOLDS`].
    ///
    /// # Errors
    /// [`SweepError::Run`] if the folder cannot be read.
    pub fn complete(path: &Path, plan: Plan) -> Result<Plan, SweepError> {
        let stored = read(path)?.and_then(|stored| stored.plans.first().map(Plan::folds));
        Ok(plan.with_folds(stored.unwrap_or(SWEEP_FOLDS)))
    }

    /// Adds a plan to the sweep in a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// [`SweepError::Contradiction`] if the sweep has other data, or another value of a setting that neither plan varies;
    /// [`SweepError::Run`] if the folder cannot be read or written.
    pub fn add(path: &Path, plan: &Plan, data_checksum: &str) -> Result<Self, SweepError> {
        std::fs::create_dir_all(path).map_err(RunError::io("create the folder", path))?;
        let mut stored = read(path)?.unwrap_or_else(|| Stored {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            data_checksum: data_checksum.to_string(),
            plans: Vec::new(),
        });
        let contradiction = |difference| SweepError::Contradiction { path: path.to_path_buf(), difference };
        if stored.data_checksum != data_checksum {
            // The first digits.
            let difference =
                format!("data with checksum {data_checksum:.8}…, not {:.8}…", stored.data_checksum);
            return Err(contradiction(difference));
        }
        if let Some(difference) = stored.plans.iter().find_map(|other| contradiction_of(other, plan)) {
            return Err(contradiction(difference));
        }
        if !stored.plans.contains(plan) {
            stored.plans.push(plan.clone());
            write_json(&path.join(SWEEP), &stored)?;
        }
        Ok(Self { path: path.to_path_buf(), stored })
    }

    /// The sweep in a folder.
    ///
    /// # Errors
    /// [`SweepError::NoPlan`] if there is none, [`SweepError::Run`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, SweepError> {
        let stored = read(path)?.ok_or_else(|| SweepError::NoPlan { path: path.to_path_buf() })?;
        Ok(Self { path: path.to_path_buf(), stored })
    }

    /// Whether this plan is one of those stored.
    pub fn holds(&self, plan: &Plan) -> bool {
        self.stored.plans.contains(plan)
    }

    /// Folds of every trial; 0 for none.
    pub fn folds(&self) -> usize {
        self.stored.plans.first().map_or(0, Plan::folds)
    }

    /// Refuses a number of folds that is not the sweep's.
    ///
    /// # Errors
    /// [`SweepError::Contradiction`].
    pub fn require_folds(&self, folds: usize) -> Result<(), SweepError> {
        if folds == self.folds() {
            return Ok(());
        }
        let difference = format!("folds = {folds}, not {}", self.folds());
        Err(SweepError::Contradiction { path: self.path.clone(), difference })
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
    /// sweep's folder.
    ///
    /// # Errors
    /// As [`Plan::trials`].
    pub fn trials(&self) -> Result<Vec<Trial>, SweepError> {
        let mut names = HashSet::new();
        let mut all = Vec::new();
        for plan in &self.stored.plans {
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
        joined(&self.stored.plans, "\n", Plan::command)
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
            return TrialState::Running(format!("{}, process {}", owner.host, owner.pid));
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
        let path = self.trial_path(trial).join(FAILURE);
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(RunError::io("remove", path)(cause))
            }
            _ => Ok(()),
        }
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
    Ok(Some(stored))
}

/// The first setting that both plans give a single value, and not the same one. Units, layers and seeds may always be
/// extended, and so may a setting that either plan varies.
fn contradiction_of(old: &Plan, new: &Plan) -> Option<String> {
    let keys: std::collections::BTreeSet<&String> = old.grid.keys().chain(new.grid.keys()).collect();
    keys.into_iter().filter(|key| role(key) == Role::Protocol).find_map(|key| {
        let (there, here) = (old.only_value(key)?, new.only_value(key)?);
        (there != here).then(|| format!("{key} = {here}, not {there}"))
    })
}

#[cfg(test)]
mod tests;
