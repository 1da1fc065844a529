//! Runs that are trained while a page watches: which there are, what each is doing, and their latest weights. Each trains on a
//! thread of its own, as an ordinary run in the runs folder. A run that is paused has left a checkpoint and its thread has
//! ended, so nothing of it is lost when the program ends. This module knows nothing of HTTP.

mod curve;
mod entry;
mod events;
mod library;
mod settings;
mod worker;

pub use events::{Cursor, Event};
pub use library::RunSummary;
pub use settings::{MOST_UNITS, from_json as settings_from_json};

use crate::config::TrainConfig;
use crate::data::Dataset;
use crate::error::{ModelError, RunError};
use crate::exchange::weights_file;
use crate::format::typed_count;
use crate::model::ModelWeights;
use crate::run::{RunFolder, RunState, StoredNetwork};
use entry::{Entry, State};
use library::Library;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a request waits for a run to reach the end of its training step.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it waits for newer weights than the last.
const WAIT_FOR_WEIGHTS: Duration = Duration::from_secs(3);

/// What can be wrong with a request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaboratoryError {
    #[error("{0}")]
    Settings(String),
    #[error("there is no run {name}")]
    NoSuchRun { name: String },
    #[error("{name} is {found}: {advice}")]
    WrongState { name: String, found: &'static str, advice: &'static str },
    #[error("{} in training, as many as there are cores: pause or stop one first", typed_count(*running, "run"))]
    Busy { running: usize },
    #[error("the program is ending")]
    Closing,
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Weights(#[from] ModelError),
}

/// The runs of a runs folder, and those in training.
pub struct Laboratory {
    shared: Arc<Shared>,
    library: Library,
    data_dir: PathBuf,
}

/// What the threads of the runs share with the requests.
struct Shared {
    data: Dataset,
    cores: usize,
    runs: Mutex<Runs>,
    /// A run has changed its state, or has new weights.
    changed: Condvar,
    /// Counts whatever an event is about.
    version: AtomicU64,
}

#[derive(Default)]
struct Runs {
    /// Runs that this program has trained or is training, by name.
    entries: BTreeMap<String, Entry>,
    closing: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done` or for so long.
    fn wait<'a>(
        &self,
        runs: MutexGuard<'a, Runs>,
        limit: Duration,
        mut done: impl FnMut(&mut Runs) -> bool,
    ) -> MutexGuard<'a, Runs> {
        let waited = self.changed.wait_timeout_while(runs, limit, |runs| !done(runs));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn notify(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Divides the cores among the runs in training. One whose threads change goes on from a checkpoint, which changes no
    /// result.
    fn share_cores(&self, runs: &mut Runs) {
        let threads = (self.cores / runs.running().max(1)).max(1);
        for entry in runs.entries.values_mut() {
            entry.set_threads(threads);
        }
    }
}

impl Runs {
    fn running(&self) -> usize {
        self.entries.values().filter(|entry| entry.state.is_training()).count()
    }
}

/// How a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Steadily,
    /// For one training step.
    OneStep,
}

impl Laboratory {
    /// * `runs_dir`: where runs are found and trained.
    /// * `others`: folders whose finished runs are shown too.
    /// * `data`: of `data_dir`, which is empty for MNIST from inside the program.
    /// * `cores`: most runs at a time, and the threads that they share.
    ///
    /// # Errors
    /// As [`StoredNetwork::all_built_in`].
    pub fn new(
        runs_dir: &Path,
        others: Vec<PathBuf>,
        data: Dataset,
        data_dir: &Path,
        cores: usize,
    ) -> Result<Self, RunError> {
        let shared = Shared {
            data,
            cores,
            runs: Mutex::default(),
            changed: Condvar::new(),
            version: AtomicU64::new(0),
        };
        let built_in = StoredNetwork::all_built_in()?;
        let library = Library { runs_dir: runs_dir.to_path_buf(), others, built_in };
        Ok(Self { shared: Arc::new(shared), library, data_dir: data_dir.to_path_buf() })
    }

    /// The data that runs are trained on.
    pub fn data(&self) -> &Dataset {
        &self.shared.data
    }

    /// Most runs in training at a time.
    pub fn cores(&self) -> usize {
        self.shared.cores
    }

    /// All runs and the networks inside the program, and what cannot be read.
    ///
    /// # Errors
    /// [`LaboratoryError::Run`] when a folder cannot be read.
    pub fn list(&self) -> Result<(Vec<RunSummary>, Vec<String>), LaboratoryError> {
        let known = self.shared.lock().entries.keys().cloned().collect();
        let (mut list, problems) = self.library.list(&known)?;
        let runs = self.shared.lock();
        list.retain(|run| !runs.entries.contains_key(&run.name));
        list.extend(runs.entries.iter().map(|(name, entry)| RunSummary {
            path: self.library.path_of(name),
            ..RunSummary::of_entry(name, entry)
        }));
        Ok((list, problems))
    }

    /// One run, with its curve.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`]; [`LaboratoryError::Run`] when its folder cannot be read.
    pub fn summary(&self, name: &str) -> Result<RunSummary, LaboratoryError> {
        if let Some(entry) = self.shared.lock().entries.get(name) {
            return Ok(RunSummary { path: self.library.path_of(name), ..RunSummary::of_entry(name, entry) });
        }
        self.library.summary(name)
    }

    /// Starts a run of these settings, or continues it; returns its name and what it is doing then. A finished run is not
    /// trained again.
    ///
    /// # Errors
    /// [`LaboratoryError::Settings`], [`LaboratoryError::Busy`], [`LaboratoryError::Closing`]; [`LaboratoryError::Run`] as
    /// [`RunFolder::open`].
    pub fn train(&self, settings: Map<String, Value>) -> Result<(String, &'static str), LaboratoryError> {
        let mut config = settings::from_json(settings)?;
        config.runs_dir.clone_from(&self.library.runs_dir);
        config.data_dir.clone_from(&self.data_dir);
        let folder = RunFolder::of(&config, &self.shared.data.checksum);
        let name = folder.name();
        let state = self.begin(&name, folder, config, Pace::Steadily)?;
        Ok((name, state))
    }

    /// Continues a run that is not in training, and returns what it is doing then.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`], [`LaboratoryError::WrongState`]; as [`Self::train`].
    pub fn resume(&self, name: &str, pace: Pace) -> Result<&'static str, LaboratoryError> {
        let folder = self.library.own(name)?;
        let config = folder.settings()?;
        if folder.result()?.is_some() {
            return Err(wrong(name, "finished", "it cannot be trained further"));
        }
        if pace == Pace::OneStep && self.state(name).is_some_and(|state| state.is_training()) {
            return Err(wrong(name, "in training", "pause it first"));
        }
        let state = self.begin(name, folder, config, pace)?;
        if pace == Pace::Steadily {
            return Ok(state);
        }
        Ok(self.settled(name))
    }

    /// Ends a run's training with a checkpoint, and returns what it is doing then: it may have finished.
    ///
    /// * `stopped`: whether the run is put away, and not only for a moment.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`], and [`LaboratoryError::WrongState`] if it is not in training.
    pub fn halt(&self, name: &str, stopped: bool) -> Result<&'static str, LaboratoryError> {
        let mut runs = self.shared.lock();
        let Some(entry) = runs.entries.get_mut(name) else {
            drop(runs);
            self.library.own(name)?;
            return Err(wrong(name, "not in training", "resume it first"));
        };
        match &entry.state {
            State::Training => entry.halt(stopped),
            State::Paused if stopped => entry.state = State::Stopped,
            State::Paused | State::Stopped => {}
            State::Finished(_) => return Err(wrong(name, "finished", "there is nothing to end")),
            State::Failed(_) => return Err(wrong(name, "not in training", "it has failed")),
        }
        drop(runs);
        self.shared.notify();
        Ok(self.settled(name))
    }

    /// The weights of a run as safetensors: of a run in training the latest.
    ///
    /// # Errors
    /// [`LaboratoryError::NoSuchRun`], and [`LaboratoryError::WrongState`] before the first training step.
    pub fn weights(&self, name: &str) -> Result<Vec<u8>, LaboratoryError> {
        if let Some(weights) = self.latest(name) {
            return Ok(weights_file::to_bytes(&weights));
        }
        let folder = match (self.library.any(name), self.library.built_in(name)) {
            (Err(LaboratoryError::NoSuchRun { .. }), Some(network)) => {
                return Ok(weights_file::to_bytes(&network.weights));
            }
            (found, _) => found?,
        };
        match folder.state()? {
            RunState::Finished(_) => {
                let path = folder.model_path();
                Ok(fs::read(&path).map_err(RunError::io("read", path))?)
            }
            RunState::Interrupted { checkpoint, .. } => Ok(weights_file::to_bytes(&checkpoint.weights)),
            RunState::Fresh => Err(wrong(name, "without weights", "no training step has been taken")),
        }
    }

    /// Asks the thread that trains a run for its weights; `None` if it has not any soon, or does not train.
    fn latest(&self, name: &str) -> Option<Arc<ModelWeights>> {
        let runs = self.shared.lock();
        let before = runs.entries.get(name)?.ask_for_weights()?;
        let runs = self.shared.wait(runs, WAIT_FOR_WEIGHTS, |runs| {
            runs.entries.get(name).is_none_or(|entry| !entry.state.is_training() || entry.copies != before)
        });
        runs.entries.get(name)?.weights.clone()
    }

    /// Whatever has happened since the cursor was here last.
    pub fn events_since(&self, cursor: &mut Cursor) -> Vec<Event> {
        let version = self.shared.version.load(Ordering::Relaxed);
        if !cursor.is_behind(version) {
            return Vec::new();
        }
        cursor.collect(version, &self.shared.lock().entries)
    }

    /// Ends all training with checkpoints, for ever; returns the names of the runs that are not finished.
    pub fn close(&self) -> Vec<String> {
        let mut runs = self.shared.lock();
        runs.closing = true;
        let mut left = Vec::new();
        let mut threads = Vec::new();
        for (name, entry) in &mut runs.entries {
            if entry.state.is_training() {
                entry.halt(false);
                left.push(name.clone());
            }
            threads.extend(entry.thread.take());
        }
        drop(runs);
        for thread in threads {
            // Its panics are caught in it.
            let _ = thread.join();
        }
        let runs = self.shared.lock();
        left.retain(|name| matches!(runs.entries[name].state, State::Paused));
        left
    }

    fn state(&self, name: &str) -> Option<State> {
        self.shared.lock().entries.get(name).map(|entry| entry.state.clone())
    }

    /// Waits until a run is no longer in training, and returns what it is doing then.
    fn settled(&self, name: &str) -> &'static str {
        let runs = self.shared.wait(self.shared.lock(), PATIENCE, |runs| {
            runs.entries.get(name).is_none_or(|entry| !entry.state.is_training())
        });
        runs.entries.get(name).map_or("stopped", |entry| entry.state.name())
    }

    /// Puts a run in training, unless it is.
    fn begin(
        &self,
        name: &str,
        mut folder: RunFolder,
        config: TrainConfig,
        pace: Pace,
    ) -> Result<&'static str, LaboratoryError> {
        let mut runs = self.shared.lock();
        if runs.closing {
            return Err(LaboratoryError::Closing);
        }
        if runs.entries.get(name).is_some_and(|entry| entry.state.is_training()) {
            return Ok(State::Training.name());
        }
        // With the lock held: of two requests for a run, one opens its folder.
        if runs.running() >= self.shared.cores && folder.result()?.is_none() {
            return Err(LaboratoryError::Busy { running: runs.running() });
        }
        let checkpoint = match folder.open(&config, &self.shared.data.checksum, false)? {
            RunState::Finished(result) => return Ok(State::Finished(result).name()),
            RunState::Interrupted { checkpoint, .. } => Some(checkpoint),
            RunState::Fresh => None,
        };
        let previous = runs.entries.remove(name);
        let entry = Entry::new(&config, checkpoint.as_ref().map(|checkpoint| &checkpoint.progress), previous);
        let control = entry.control.clone();
        runs.entries.insert(name.to_string(), entry);
        self.shared.share_cores(&mut runs);
        let work = worker::Work { name: name.to_string(), folder, config, checkpoint, pace, control };
        let thread = worker::spawn(self.shared.clone(), work);
        let entry = runs.entries.get_mut(name).expect("it was put there, and the lock is held");
        match thread {
            Ok(thread) => entry.thread = Some(thread),
            Err(error) => entry.state = State::Failed(format!("cannot start a thread: {error}")),
        }
        let state = entry.state.name();
        drop(runs);
        self.shared.notify();
        Ok(state)
    }
}

fn wrong(name: &str, found: &'static str, advice: &'static str) -> LaboratoryError {
    LaboratoryError::WrongState { name: name.to_string(), found, advice }
}
