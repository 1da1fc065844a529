//! The runs on the disk, by name.

use super::LaboratoryError;
use super::curve::{Curve, Point};
use super::entry::{Entry, State};
use crate::config::TrainConfig;
use crate::data::Reading;
use crate::error::RunError;
use crate::run::{EpochRecord, FinishedRun, RunFolder, RunResult, RunState, StoredNetwork, finished_runs};
use serde::Serialize;
use std::collections::HashSet;
use std::path::PathBuf;

/// The state of a run that has a result.
const FINISHED: &str = "finished";

/// A run as `GET /api/runs` shows it. Accuracies are fractions; `null` if they are not known.
#[derive(Clone, Debug, Serialize)]
pub struct RunSummary {
    pub name: String,
    /// What a command calls it that is given where this program was started: its name, or the path of its folder.
    pub path: String,
    /// `training`, `paused`, `stopped` (not finished, and may be resumed), `finished` or `failed`.
    pub state: &'static str,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether it is in the folder in which the server trains.
    pub own: bool,
    /// Whether it is a network inside the program, of which no run is stored.
    pub built_in: bool,
    pub num_units: usize,
    pub num_layers: usize,
    pub timesteps: usize,
    /// The place in the image of each pixel that is read; `null`: all, in order.
    pub sources: Option<Vec<u16>>,
    /// What is read other than whole images, in words.
    pub view: Vec<String>,
    pub seed: u64,
    pub batch_size: usize,
    pub train_images: usize,
    /// Training steps, and the epochs that they take, of the whole run.
    pub total_steps: usize,
    pub total_epochs: usize,
    /// Those that are done.
    pub steps: usize,
    pub epochs: usize,
    pub validation_accuracy: Option<f64>,
    pub test_accuracy: Option<f64>,
    /// When it finished, in seconds since 1970.
    pub finished_at: Option<f64>,
    /// Empty in a list of runs if it has finished and was not trained by this program: there may be a thousand.
    pub curve: Vec<Point>,
    pub history: Vec<EpochRecord>,
}

impl RunSummary {
    fn new(name: &str, state: &'static str, config: &TrainConfig, history: Vec<EpochRecord>) -> Self {
        Self {
            name: name.to_string(),
            path: name.to_string(),
            state,
            error: None,
            own: true,
            built_in: false,
            num_units: config.num_units,
            num_layers: config.num_layers,
            timesteps: config.timesteps,
            sources: Reading::new(config).sources().map(<[u16]>::to_vec),
            view: config.view_in_words(),
            seed: config.seed,
            batch_size: config.batch_size,
            train_images: config.train_images(),
            total_steps: config.total_steps(),
            total_epochs: config.total_epochs(),
            steps: history.last().map_or(0, |record| record.steps),
            epochs: history.len(),
            validation_accuracy: history.last().and_then(|record| record.validation_accuracy),
            test_accuracy: None,
            finished_at: None,
            curve: Curve::new(config.total_steps(), &history).points,
            history,
        }
    }

    pub(super) fn of_entry(name: &str, entry: &Entry) -> Self {
        let mut run = Self::new(name, entry.state.name(), &entry.config, entry.history.clone());
        run.steps = entry.steps;
        run.curve.clone_from(&entry.curve.points);
        match &entry.state {
            State::Finished(result) => {
                run.validation_accuracy = result.validation_accuracy;
                run.test_accuracy = Some(result.test_accuracy);
                run.finished_at = result.finished_at;
            }
            State::Failed(error) => run.error = Some(error.clone()),
            State::Training | State::Paused | State::Stopped => {}
        }
        run
    }

    fn of_unfinished(folder: &RunFolder) -> Result<Self, RunError> {
        // The file of the history may have an epoch more than the checkpoint, which is then trained again.
        let (history, steps) = match folder.state()? {
            RunState::Interrupted { checkpoint, .. } => {
                (checkpoint.progress.history, checkpoint.progress.steps_done)
            }
            RunState::Fresh | RunState::Finished(_) => (Vec::new(), 0),
        };
        let run = Self::new(&folder.name(), State::Stopped.name(), &folder.settings()?, history);
        Ok(Self { steps, ..run })
    }

    /// A finished run without its curve.
    fn of_finished(run: &FinishedRun, own: bool) -> Self {
        let FinishedRun { folder, result } = run;
        Self::of_result(&folder.name(), result, Vec::new(), own)
    }

    fn of_result(name: &str, result: &RunResult, history: Vec<EpochRecord>, own: bool) -> Self {
        Self {
            own,
            steps: result.steps,
            epochs: result.epochs,
            validation_accuracy: result.validation_accuracy,
            test_accuracy: Some(result.test_accuracy),
            finished_at: result.finished_at,
            ..Self::new(name, FINISHED, &result.settings, history)
        }
    }

    fn of_built_in(network: &StoredNetwork) -> Self {
        Self {
            own: false,
            built_in: true,
            test_accuracy: network.test_accuracy,
            ..Self::new(&network.name, FINISHED, &network.config, Vec::new())
        }
    }
}

/// Where runs are found.
pub(super) struct Library {
    /// Where runs are trained.
    pub runs_dir: PathBuf,
    /// Whose finished runs are shown too.
    pub others: Vec<PathBuf>,
    /// The networks inside the program, which are shown too.
    pub built_in: Vec<StoredNetwork>,
}

impl Library {
    /// All runs but the `known`, one of each name, and what cannot be read.
    pub fn list(&self, known: &HashSet<String>) -> Result<(Vec<RunSummary>, Vec<String>), RunError> {
        let (mut runs, mut problems) = (Vec::new(), Vec::new());
        let listing = finished_runs(&self.runs_dir)?;
        let mut unreadable: Vec<String> = listing.problems.iter().map(ToString::to_string).collect();
        runs.extend(listing.finished.iter().map(|run| RunSummary::of_finished(run, true)));
        // What is known is in training, perhaps, and its checkpoint large.
        for folder in listing.unfinished.iter().filter(|folder| !known.contains(&folder.name())) {
            match RunSummary::of_unfinished(folder) {
                Ok(run) => runs.push(run),
                Err(error) => problems.push(error.to_string()),
            }
        }
        for other in &self.others {
            let listing = finished_runs(other)?;
            unreadable.extend(listing.problems.iter().map(ToString::to_string));
            runs.extend(listing.finished.iter().map(|run| RunSummary {
                path: run.folder.path().display().to_string(),
                ..RunSummary::of_finished(run, false)
            }));
        }
        runs.extend(self.built_in.iter().map(RunSummary::of_built_in));
        let mut names = known.clone();
        runs.retain(|run| names.insert(run.name.clone()));
        runs.iter_mut().filter(|run| run.own).for_each(|run| run.path = self.path_of(&run.name));
        problems.extend(unreadable);
        Ok((runs, problems))
    }

    /// One run, with its curve.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`], [`LaboratoryError::Run`].
    pub fn summary(&self, name: &str) -> Result<RunSummary, LaboratoryError> {
        let folder = match (self.any(name), self.built_in(name)) {
            (Err(LaboratoryError::NoSuchRun { .. }), Some(network)) => {
                return Ok(RunSummary::of_built_in(network));
            }
            (found, _) => found?,
        };
        let own = folder.path().parent() == Some(&self.runs_dir);
        let path = if own { self.path_of(name) } else { folder.path().display().to_string() };
        let run = match folder.result()? {
            Some(result) => RunSummary::of_result(name, &result, folder.history()?, own),
            None => RunSummary::of_unfinished(&folder)?,
        };
        Ok(RunSummary { path, ..run })
    }

    /// What a command calls a run in the folder in which the server trains: commands look in the default one by themselves.
    pub fn path_of(&self, name: &str) -> String {
        if self.runs_dir == TrainConfig::default().runs_dir {
            return name.to_string();
        }
        self.runs_dir.join(name).display().to_string()
    }

    /// The network of this name inside the program.
    pub fn built_in(&self, name: &str) -> Option<&StoredNetwork> {
        self.built_in.iter().find(|network| network.name == name)
    }

    /// The folder of a run that may be trained.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`].
    pub fn own(&self, name: &str) -> Result<RunFolder, LaboratoryError> {
        Self::find(name, &[&self.runs_dir])
    }

    /// The folder of a run.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`].
    pub fn any(&self, name: &str) -> Result<RunFolder, LaboratoryError> {
        let folders: Vec<&PathBuf> = [&self.runs_dir].into_iter().chain(&self.others).collect();
        Self::find(name, &folders)
    }

    fn find(name: &str, folders: &[&PathBuf]) -> Result<RunFolder, LaboratoryError> {
        let none = || LaboratoryError::NoSuchRun { name: name.to_string() };
        if !is_name(name) {
            return Err(none());
        }
        for folder in folders {
            let run = RunFolder::at(folder.join(name));
            match run.info() {
                Err(RunError::NotARun { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(run),
            }
        }
        Err(none())
    }
}

/// Whether this names something in a folder, and cannot lead out of it.
fn is_name(name: &str) -> bool {
    let outside = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    !name.is_empty() && name.len() <= 255 && !name.starts_with('.') && !name.contains(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["u16-l1-s1-0123abcd", "mine", "ünits 8"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "C:", "\0", "a\nb", "/etc/passwd", ".hidden"] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(!is_name(&"n".repeat(256)));
    }
}
