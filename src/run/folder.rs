//! One run's folder: its files, and the state of its run. Opening it is `opening`'s.

use super::records::FORMAT;
use super::{Checkpoint, EpochRecord, RunInfo, RunResult, atomic, files};
use crate::config::{ConfigFile, TrainConfig};
use crate::error::{RunError, of_serde};
use crate::exchange::weights_file;
use crate::model::ModelWeights;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) const INFO: &str = "run.json";
pub(super) const SETTINGS: &str = "settings.toml";
pub(super) const HISTORY: &str = "history.jsonl";
pub(super) const MODEL: &str = "model.safetensors";
pub(super) const PREDICTIONS: &str = "predictions.bin";
pub(super) const VALIDATION_PREDICTIONS: &str = "validation-predictions.bin";
pub(super) const RESULT: &str = "result.json";

/// A run's folder.
#[derive(Debug)]
pub struct RunFolder {
    pub(super) path: PathBuf,
    /// Held while this process works in the folder; the system releases it when the process ends, however it ends.
    pub(super) lock: Option<File>,
}

/// The state of the run in a folder.
#[derive(Debug)]
pub enum RunState {
    /// Nothing to continue: the run starts at its first training step.
    Fresh,
    /// A run that ended before its result.
    Interrupted {
        /// The checkpoint to continue from.
        checkpoint: Box<Checkpoint>,
        /// Why a newer checkpoint could not be used.
        skipped: Option<RunError>,
    },
    /// A run with a result.
    Finished(Box<RunResult>),
}

impl RunFolder {
    /// The folder that holds, or will hold, a run. Reads and writes nothing.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lock: None }
    }

    /// The folder of a run with these settings: `out` if it is set, else a folder in the runs folder whose name is made
    /// of settings and data.
    pub fn of(config: &TrainConfig, data_checksum: &str) -> Self {
        if !config.out.as_os_str().is_empty() {
            return Self::at(&config.out);
        }
        Self::at(config.runs_dir.join(Self::name_of(config, &config.identity(data_checksum))))
    }

    /// The name of the folder of a run with these settings and this identity, unless it is given another.
    pub fn name_of(config: &TrainConfig, identity: &str) -> String {
        let TrainConfig { num_units, num_layers, seed, .. } = config;
        format!("u{num_units}-l{num_layers}-s{seed}-{}", &identity[..8])
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name.
    pub fn name(&self) -> String {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        // A path like `..` has a name only when it is resolved.
        let resolved = || name(&self.path.canonicalize().ok()?);
        name(&self.path).or_else(resolved).unwrap_or_else(|| self.path.display().to_string())
    }

    /// What `run.json` records of the run.
    ///
    /// # Errors
    /// [`RunError::NotARun`], [`RunError::NewerFormat`], [`RunError::Damaged`], [`RunError::Io`].
    pub fn info(&self) -> Result<RunInfo, RunError> {
        let value: Option<serde_json::Value> = files::read_json(&self.path.join(INFO))?;
        let value = value.ok_or(RunError::NotARun { path: self.path.clone(), lacking: INFO })?;
        self.check_format(value["format"].as_u64())?;
        serde_json::from_value(value).map_err(|error| self.damaged(INFO, error))
    }

    fn check_format(&self, found: Option<u64>) -> Result<(), RunError> {
        match found {
            Some(found) if found > FORMAT => {
                Err(RunError::NewerFormat { path: self.path.clone(), found, known: FORMAT })
            }
            _ => Ok(()),
        }
    }

    /// The settings of the run.
    ///
    /// # Errors
    /// As [`ConfigFile::read`], and [`RunError::Damaged`].
    pub fn settings(&self) -> Result<TrainConfig, RunError> {
        self.info()?;
        let read = ConfigFile::read(&self.path.join(SETTINGS));
        let valid = read.and_then(|file| file.config.validate().map(|()| file.config));
        valid.map_err(|error| self.damaged(SETTINGS, error))
    }

    /// The state of the run.
    ///
    /// # Errors
    /// [`RunError`] when a file cannot be read or is damaged.
    pub fn state(&self) -> Result<RunState, RunError> {
        if let Some(result) = self.result()? {
            return Ok(RunState::Finished(Box::new(result)));
        }
        Ok(match Checkpoint::load(self)? {
            Some((checkpoint, skipped)) => {
                RunState::Interrupted { checkpoint: Box::new(checkpoint), skipped }
            }
            None => RunState::Fresh,
        })
    }

    /// The result, if the run is finished.
    ///
    /// # Errors
    /// [`RunError::NewerFormat`] and [`RunError::UnknownSetting`] if a newer program wrote it, [`RunError::Damaged`],
    /// [`RunError::Io`].
    pub fn result(&self) -> Result<Option<RunResult>, RunError> {
        let path = self.path.join(RESULT);
        let Some(text) = files::read_text(&path)? else { return Ok(None) };
        let mut result: RunResult =
            serde_json::from_str(&text).map_err(|error| self.unreadable(&text, error))?;
        self.check_format(Some(result.format))?;
        result.settings.validate().map_err(|error| self.damaged(RESULT, error))?;
        // The folder may have been renamed or copied since.
        result.name = self.name();
        Ok(Some(result))
    }

    /// Why a result cannot be read: a newer program wrote it, or it is damaged.
    fn unreadable(&self, text: &str, error: serde_json::Error) -> RunError {
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        if let Err(newer) = self.check_format(value["format"].as_u64()) {
            return newer;
        }
        let settings = value["settings"].as_object();
        match settings.and_then(|settings| settings.keys().find(|key| !TrainConfig::has(key))) {
            Some(key) => RunError::UnknownSetting { path: self.path.join(RESULT), key: key.clone() },
            None => self.damaged(RESULT, error),
        }
    }

    /// Writes the history, one JSON object per line.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write_history(&self, history: &[EpochRecord]) -> Result<(), RunError> {
        let line = |record| serde_json::to_string(record).expect("a record is plain numbers") + "\n";
        let text: String = history.iter().map(line).collect();
        self.write(HISTORY, text.as_bytes())
    }

    /// Writes weights, predictions and then the result, which marks the run as finished.
    ///
    /// * `predictions`: the class of each test image.
    /// * `validation_predictions`: the class of each validation image, by index; may be empty.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn finish(
        &self,
        weights: &ModelWeights,
        predictions: &[u8],
        validation_predictions: &[u8],
        result: &RunResult,
    ) -> Result<(), RunError> {
        self.write(MODEL, &weights_file::to_bytes(weights))?;
        self.write(PREDICTIONS, predictions)?;
        if !validation_predictions.is_empty() {
            self.write(VALIDATION_PREDICTIONS, validation_predictions)?;
        }
        files::write_json(&self.path.join(RESULT), result)?;
        Checkpoint::remove(self)
    }

    /// The history. A torn last line is ignored.
    ///
    /// # Errors
    /// [`RunError::Damaged`] when a line before the last is not a record, [`RunError::Io`].
    pub fn history(&self) -> Result<Vec<EpochRecord>, RunError> {
        let text = files::read_text(&self.path.join(HISTORY))?.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let mut records = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            match serde_json::from_str(line) {
                Ok(record) => records.push(record),
                Err(_) if index + 1 == lines.len() => {}
                Err(error) => {
                    return Err(self
                        .damaged(HISTORY, format!("line {}: {}", index + 1, of_serde(&error.to_string()))));
                }
            }
        }
        Ok(records)
    }

    /// The file of the trained weights.
    pub fn model_path(&self) -> PathBuf {
        self.path.join(MODEL)
    }

    pub(super) fn remove_file(&self, name: &str) -> Result<(), RunError> {
        files::remove_if_there(&self.path.join(name))
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        atomic::write(&self.path.join(name), bytes)
    }

    fn damaged(&self, name: &str, detail: impl ToString) -> RunError {
        RunError::damaged(self.path.join(name), detail)
    }
}
