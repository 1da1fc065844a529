//! Opening a run's folder: locking it, refusing folders with other files, finding the state to continue from.

use super::files::remove_if_there;
use super::folder::{HISTORY, INFO, Lock, MODEL, PREDICTIONS, RESULT, SETTINGS, VALIDATION_PREDICTIONS};
use super::{Checkpoint, RunFolder, RunInfo, RunState, atomic, write_json};
use crate::config::{Role, TrainConfig};
use crate::error::RunError;
use std::fs::{self, DirEntry, File, TryLockError};
use std::io;
use std::path::PathBuf;

const LOCK: &str = "lock";
/// Files of a sweep in the folder of a trial: which process runs it, and why it failed.
pub const LEASE: &str = "lease.json";
pub const LEASE_PREFIX: &str = ".lease-";
pub const FAILURE: &str = "error.json";
/// Prefix of the names of TensorBoard's event files, which `tensorboard` writes.
pub const EVENTS_PREFIX: &str = "events.out.tfevents.";

impl RunFolder {
    /// Creates the folder if needed and locks it against other processes until this value is dropped. A second call
    /// does nothing.
    ///
    /// # Errors
    /// [`RunError::Locked`] when another process holds the lock, [`RunError::Occupied`] when the folder holds other
    /// files, [`RunError::NewerFormat`] when a newer program wrote it, [`RunError::Io`].
    pub fn claim(&mut self) -> Result<(), RunError> {
        if self.lock.is_some() {
            return Ok(());
        }
        atomic::create_folder(&self.path).map_err(RunError::io("create the folder", &self.path))?;
        match self.info() {
            // `open` reports damage.
            Ok(_) | Err(RunError::Damaged { .. }) => {}
            Err(RunError::NotARun { .. }) => self.refuse_occupied()?,
            Err(error) => return Err(error),
        }
        let path = self.path.join(LOCK);
        let lock = File::create(&path).map_err(RunError::io("write", &path))?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(Lock(lock)),
            Err(TryLockError::WouldBlock) => return Err(RunError::Locked { path: self.path.clone() }),
            // Two processes that train one run write the same bits.
            Err(TryLockError::Error(cause)) if has_no_locks(&cause) => {
                tracing::warn!("cannot lock {}: {cause}; training goes on without", path.display());
                self.lock = Some(Lock(lock));
            }
            Err(TryLockError::Error(cause)) => return Err(RunError::io("lock", path)(cause)),
        }
        // Of a killed process, or of one that looks at the lease and removes its own.
        for path in self.files_named(".writing-")? {
            remove_if_there(&path)?;
        }
        Ok(())
    }

    /// Claims the folder for a run with these settings, and returns the state to continue from. `anew` removes an
    /// existing run first. So does an unfinished run of another version, whose numbers this one does not continue.
    ///
    /// # Errors
    /// As [`Self::claim`] and [`Self::state`]; [`RunError::OtherData`] and [`RunError::OtherSettings`] when it holds
    /// another run.
    pub fn open(
        &mut self,
        config: &TrainConfig,
        data_checksum: &str,
        anew: bool,
    ) -> Result<RunState, RunError> {
        self.claim()?;
        let info = RunInfo::new(config, data_checksum);
        match self.info() {
            Ok(stored) if anew => {
                tracing::info!("removing the run of rowlstm {} in {}", stored.version, self.path.display());
                self.clear()?;
            }
            Ok(stored) => {
                self.check_same(config, &stored, &info)?;
                let state = self.state()?;
                if !matches!(state, RunState::Interrupted { .. }) || stored.version == info.version {
                    return Ok(state);
                }
                // Half of its steps would have other bits.
                tracing::warn!(
                    "rowlstm {} left the run in {} unfinished, and rowlstm {} computes other last digits: it starts again",
                    stored.version,
                    self.path.display(),
                    info.version
                );
                self.clear()?;
            }
            Err(RunError::NotARun { .. }) => {}
            Err(RunError::Damaged { .. }) if anew => self.clear()?,
            Err(error) => return Err(error),
        }
        self.begin(config, &info)?;
        Ok(RunState::Fresh)
    }

    fn check_same(&self, config: &TrainConfig, stored: &RunInfo, wanted: &RunInfo) -> Result<(), RunError> {
        if stored.data_checksum != wanted.data_checksum {
            return Err(RunError::OtherData {
                data: config.data_dir.clone(),
                expected: stored.data_checksum.clone(),
                found: wanted.data_checksum.clone(),
            });
        }
        if stored.identity != wanted.identity {
            let roles = [Role::Seed, Role::Size, Role::Protocol];
            let difference = config.differences(&self.settings()?, &roles).join("; ");
            return Err(RunError::OtherSettings { path: self.path.clone(), difference });
        }
        Ok(())
    }

    /// Whether a process works in the folder; false where that cannot be known.
    pub fn is_locked(&self) -> bool {
        let lock = File::open(self.path.join(LOCK));
        let held = |lock: File| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock));
        lock.is_ok_and(held)
    }

    /// A folder without `run.json` may hold only what a run or a sweep writes before it.
    fn refuse_occupied(&self) -> Result<(), RunError> {
        let expected = |name: &str| {
            [LOCK, SETTINGS, LEASE, FAILURE].contains(&name)
                || [".writing-", LEASE_PREFIX].iter().any(|prefix| name.starts_with(prefix))
        };
        let foreign = self.entries()?.any(|entry| !expected(&entry.file_name().to_string_lossy()));
        if foreign { Err(RunError::Occupied { path: self.path.clone() }) } else { Ok(()) }
    }

    fn entries(&self) -> Result<impl Iterator<Item = DirEntry>, RunError> {
        let entries = fs::read_dir(&self.path).map_err(RunError::io("read", &self.path))?;
        Ok(entries.filter_map(Result::ok))
    }

    fn files_named(&self, prefix: &str) -> Result<Vec<PathBuf>, RunError> {
        let named = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(prefix);
        Ok(self.entries()?.filter(named).map(|entry| entry.path()).collect())
    }

    /// The event files for TensorBoard, sorted by name, which is the order in which they were created.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn event_files(&self) -> Result<Vec<PathBuf>, RunError> {
        let mut files = self.files_named(EVENTS_PREFIX)?;
        files.sort();
        Ok(files)
    }

    /// Writes the settings and then `run.json`, which makes the folder a run's.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn begin(&self, config: &TrainConfig, info: &RunInfo) -> Result<(), RunError> {
        let settings = format!(
            "# Settings of this run, as used. `rowlstm train --config FILE` repeats it.\n{}",
            config.to_table()
        );
        self.write(SETTINGS, settings.as_bytes())?;
        write_json(&self.path.join(INFO), info)
    }

    /// Removes everything that a run has written, so that it can restart.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn clear(&self) -> Result<(), RunError> {
        // The result first: without it the folder holds an unfinished run, whatever happens next.
        self.remove_file(RESULT)?;
        let result = self.path.join(RESULT);
        atomic::sync_folder_of(&result).map_err(RunError::io("remove", result))?;
        for name in [PREDICTIONS, VALIDATION_PREDICTIONS, MODEL] {
            self.remove_file(name)?;
        }
        Checkpoint::remove(self)?;
        for path in self.event_files()? {
            remove_if_there(&path)?;
        }
        [HISTORY, INFO, SETTINGS].iter().try_for_each(|name| self.remove_file(name))
    }
}

/// Whether the file system has no locks, as some network file systems.
fn has_no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error()) {
        return true;
    }
    error.kind() == io::ErrorKind::Unsupported
}

#[cfg(test)]
mod tests;
