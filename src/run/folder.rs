//! One run's folder: opening it, keeping others out, telling what state it is in.

use super::records::FORMAT;
use super::{Checkpoint, EpochRecord, RunInfo, RunResult, atomic};
use crate::config::{ConfigFile, TrainConfig};
use crate::error::RunError;
use crate::model::{ModelWeights, weights_file};
use serde::{Serialize, de::DeserializeOwned};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const INFO: &str = "run.json";
const SETTINGS: &str = "settings.toml";
const HISTORY: &str = "history.jsonl";
const MODEL: &str = "model.safetensors";
const PREDICTIONS: &str = "predictions.bin";
const RESULT: &str = "result.json";
const LOCK: &str = "lock";

/// A run's folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Held while this process works in the folder; the system lets go of it when the process ends, however it ends.
    lock: Option<File>,
}

/// What a run's folder holds.
#[derive(Debug)]
pub enum RunState {
    /// Nothing that could be continued: the run starts at its first step.
    Fresh,
    /// A run that ended before its result.
    Interrupted {
        /// Where it goes on from.
        checkpoint: Box<Checkpoint>,
        /// Why a newer checkpoint could not be used.
        skipped: Option<RunError>,
    },
    /// A run with a result.
    Finished(Box<RunResult>),
}

impl RunFolder {
    /// The folder that holds, or is to hold, a run; touches nothing.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lock: None }
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name.
    pub fn name(&self) -> String {
        let name = self.path.canonicalize().ok().and_then(|path| path.file_name().map(|n| n.to_os_string()));
        let name = name.or_else(|| self.path.file_name().map(|n| n.to_os_string()));
        name.map_or_else(|| self.path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }

    /// Makes the folder if there is none and keeps other processes out until this value is dropped.
    ///
    /// # Errors
    /// [`RunError::Locked`] when another process is at work there, [`RunError::Occupied`] when the folder holds other
    /// things, [`RunError::NewerFormat`] when a newer program wrote it, [`RunError::Io`].
    pub fn claim(&mut self) -> Result<(), RunError> {
        fs::create_dir_all(&self.path).map_err(|cause| self.io("create the folder", "", cause))?;
        match self.info() {
            Ok(_) => {}
            Err(RunError::NotARun { .. }) => self.refuse_occupied()?,
            Err(error) => return Err(error),
        }
        let lock = File::create(self.path.join(LOCK)).map_err(|cause| self.io("write", LOCK, cause))?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(lock),
            Err(TryLockError::WouldBlock) => return Err(RunError::Locked { path: self.path.clone() }),
            Err(TryLockError::Error(cause)) => return Err(self.io("lock", LOCK, cause)),
        }
        self.sweep_temporary_files()
    }

    /// A folder without `run.json` may hold what a run leaves before it writes that, and nothing else.
    fn refuse_occupied(&self) -> Result<(), RunError> {
        let entries = fs::read_dir(&self.path).map_err(|cause| self.io("read", "", cause))?;
        let foreign = entries.filter_map(Result::ok).any(|entry| {
            let name = entry.file_name();
            name != LOCK && name != SETTINGS && !name.to_string_lossy().starts_with(".writing-")
        });
        if foreign { Err(RunError::Occupied { path: self.path.clone() }) } else { Ok(()) }
    }

    /// Removes what a killed process left half-written.
    fn sweep_temporary_files(&self) -> Result<(), RunError> {
        let entries = fs::read_dir(&self.path).map_err(|cause| self.io("read", "", cause))?;
        for entry in entries.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(".writing-") {
                fs::remove_file(entry.path()).map_err(|cause| self.io("remove", "", cause))?;
            }
        }
        Ok(())
    }

    /// Writes what the run is. `run.json` comes last: with it the folder is a run.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn begin(&self, config: &TrainConfig, info: &RunInfo) -> Result<(), RunError> {
        let settings = format!(
            "# Settings of this run, as used. `rowlstm train --config FILE` repeats it.\n{}",
            config.to_table()
        );
        self.write(SETTINGS, settings.as_bytes())?;
        self.write_json(INFO, info)
    }

    /// Removes everything a run has written, so that it can start anew.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn clear(&self) -> Result<(), RunError> {
        // The result goes first: without it the folder is an unfinished run, whatever happens next.
        for name in [RESULT, PREDICTIONS, MODEL] {
            self.remove_file(name)?;
        }
        Checkpoint::remove(self)?;
        for name in [HISTORY, INFO, SETTINGS] {
            self.remove_file(name)?;
        }
        Ok(())
    }

    /// What the folder is a run of.
    ///
    /// # Errors
    /// [`RunError::NotARun`], [`RunError::NewerFormat`], [`RunError::Damaged`], [`RunError::Io`].
    pub fn info(&self) -> Result<RunInfo, RunError> {
        let text =
            self.read_text(INFO)?.ok_or(RunError::NotARun { path: self.path.clone(), lacking: INFO })?;
        let damaged = |error: serde_json::Error| self.damaged(INFO, error);
        let value: serde_json::Value = serde_json::from_str(&text).map_err(damaged)?;
        match value["format"].as_u64() {
            Some(found) if found > FORMAT => {
                Err(RunError::NewerFormat { path: self.path.clone(), found, known: FORMAT })
            }
            _ => serde_json::from_value(value).map_err(damaged),
        }
    }

    /// The settings of the run.
    ///
    /// # Errors
    /// As [`ConfigFile::read`], and [`RunError::Damaged`].
    pub fn settings(&self) -> Result<TrainConfig, RunError> {
        self.info()?;
        let file =
            ConfigFile::read(&self.path.join(SETTINGS)).map_err(|error| self.damaged(SETTINGS, error))?;
        file.config.validate().map_err(|error| self.damaged(SETTINGS, error))?;
        Ok(file.config)
    }

    /// What state the run is in.
    ///
    /// # Errors
    /// [`RunError`] when what there is cannot be read or understood.
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

    /// The result, when the run is finished.
    ///
    /// # Errors
    /// [`RunError::Damaged`], [`RunError::Io`].
    pub fn result(&self) -> Result<Option<RunResult>, RunError> {
        self.read_text(RESULT)?.map(|text| self.parse_json(RESULT, &text)).transpose()
    }

    /// Writes the history, one JSON object a line.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write_history(&self, history: &[EpochRecord]) -> Result<(), RunError> {
        let line = |record| serde_json::to_string(record).expect("a record is plain numbers") + "\n";
        let text: String = history.iter().map(line).collect();
        self.write(HISTORY, text.as_bytes())
    }

    /// Writes what the run ends with, the result last: with it the run is finished.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn finish(
        &self,
        weights: &ModelWeights,
        predictions: &[u8],
        result: &RunResult,
    ) -> Result<(), RunError> {
        self.write(MODEL, &weights_file::to_bytes(weights))?;
        self.write(PREDICTIONS, predictions)?;
        self.write_json(RESULT, result)?;
        Checkpoint::remove(self)
    }

    /// Where the trained weights are.
    pub fn model_path(&self) -> PathBuf {
        self.path.join(MODEL)
    }

    pub(super) fn remove_file(&self, name: &str) -> Result<(), RunError> {
        match fs::remove_file(self.path.join(name)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(self.io("remove", name, cause)),
            _ => Ok(()),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        atomic::write(&self.path.join(name), bytes)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunError> {
        let mut text = serde_json::to_string_pretty(value).expect("records are plain values");
        text.push('\n');
        self.write(name, text.as_bytes())
    }

    fn read_text(&self, name: &str) -> Result<Option<String>, RunError> {
        match fs::read_to_string(self.path.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(self.damaged(name, error)),
            Err(cause) => Err(self.io("read", name, cause)),
        }
    }

    fn parse_json<T: DeserializeOwned>(&self, name: &str, text: &str) -> Result<T, RunError> {
        serde_json::from_str(text).map_err(|error| self.damaged(name, error))
    }

    fn damaged(&self, name: &str, detail: impl ToString) -> RunError {
        RunError::Damaged { path: self.path.join(name), detail: detail.to_string() }
    }

    fn io(&self, action: &'static str, name: &str, cause: io::Error) -> RunError {
        RunError::Io {
            action,
            path: if name.is_empty() { self.path.clone() } else { self.path.join(name) },
            cause,
        }
    }
}
