//! Which process trains which trial.
//!
//! A lease is the file `lease.json` in the trial's folder. It is made with exclusive creation, which holds on shared file
//! systems too, and renewed by a heartbeat, the file's time of change. A lease whose owner is known to be dead (this
//! machine, no such process), or that was not renewed for [`EXPIRY`] while nothing locks the run's folder, may be taken over:
//! the process that gets the right to removes it and creates its own. Time is the file system's own, read from a file just
//! written, so that machines' clocks need not agree.
//!
//! If two processes hold one trial after all (a machine that was suspended past its expiry), both write the same bits, and
//! each file is renamed into place, so the result is the same.

use crate::error::RunError;
use crate::machine::{host, process_is_stopped, process_start, system};
use crate::run::{LEASE, LEASE_PREFIX, RunFolder, atomic};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Time between two heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// A lease that was not renewed for so long is abandoned.
pub const EXPIRY: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The machine's name, for people.
    pub host: String,
    pub pid: u32,
    /// The running system that the process number belongs to; empty if unknown.
    system: String,
    /// When the process began, by that system's count; 0 if unknown.
    began: u64,
    /// Distinguishes leases of one process.
    token: String,
}

impl Owner {
    /// This process, with a new token.
    fn this() -> Self {
        let pid = std::process::id();
        let token: String = (0..4).map(|_| format!("{:08x}", unique_number())).collect();
        Self { host: host(), pid, system: system(), began: process_start(pid).unwrap_or(0), token }
    }

    /// The process in words: machine, number, and whether it is stopped.
    pub fn in_words(&self) -> String {
        let stopped = self.system == system() && !self.system.is_empty() && process_is_stopped(self.pid);
        let stopped = if stopped { " (stopped: `kill -CONT` continues it)" } else { "" };
        format!("{}, process {}{stopped}", self.host, self.pid)
    }

    /// Whether the process is known to have ended. A process on another system is not known to have.
    fn is_dead(&self) -> bool {
        !self.system.is_empty()
            && self.system == system()
            && self.began != 0
            && process_start(self.pid) != Some(self.began)
    }
}

/// A trial held by this process until dropped.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    owner: Owner,
}

impl Lease {
    /// Takes the lease of the trial in `folder`, which is created if it does not exist; `None` if another process
    /// holds it.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn take(folder: &Path) -> Result<Option<Self>, RunError> {
        let failed = |cause| RunError::Io { action: "take a lease in", path: folder.to_path_buf(), cause };
        atomic::create_folder(folder).map_err(failed)?;
        let lease = Self { path: folder.join(LEASE), owner: Owner::this() };
        if lease.create().map_err(failed)? {
            return Ok(Some(lease));
        }
        lease.remove_abandoned(folder).map_err(failed)?;
        Ok(if lease.create().map_err(failed)? { Some(lease) } else { None })
    }

    /// Creates the file; false if it exists.
    fn create(&self) -> io::Result<bool> {
        // Written beside its place and linked there, so that a reader sees a whole lease.
        let text = serde_json::to_vec(&self.owner).map_err(io::Error::other)?;
        let whole = self.path.with_file_name(format!("{LEASE_PREFIX}{}", self.owner.token));
        let linked = File::create_new(&whole).and_then(|mut file| file.write_all(&text)).and_then(|()| {
            match fs::hard_link(&whole, &self.path) {
                // File systems without links: creation is exclusive too, and a torn lease only waits for its expiry.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(&self.path)
                    .and_then(|mut f| f.write_all(&text)),
                other => other,
            }
        });
        let removed = fs::remove_file(&whole);
        match linked {
            Ok(()) => removed.map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => removed.map(|()| false),
            Err(error) => Err(error),
        }
    }

    /// Removes an abandoned lease, unless another process is about to. The right to remove it is a file named after it, so
    /// that a lease that was taken over meanwhile is not removed in its place.
    fn remove_abandoned(&self, folder: &Path) -> io::Result<()> {
        let Some(token) = abandoned(folder)? else { return Ok(()) };
        let right = folder.join(format!("{LEASE_PREFIX}{token}-taken"));
        match File::create_new(&right) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // The holder of the right may have died.
                let expired = fs::metadata(&right).and_then(|right| is_expired(right.modified()?, folder));
                if expired.unwrap_or(false) {
                    // Another process may be faster.
                    let _ = fs::remove_file(&right);
                }
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        if abandoned(folder)? == Some(token) {
            let _ = fs::remove_file(&self.path);
        }
        fs::remove_file(&right)
    }

    /// The heartbeat.
    ///
    /// # Errors
    /// The system's, also if the lease is gone or another's.
    pub fn renew(&self) -> io::Result<()> {
        if !self.is_held() {
            return Err(io::Error::other("another process has taken it over"));
        }
        // The same bytes in place, so that the time of change is the file system's and a reader sees a whole lease.
        let text = serde_json::to_vec(&self.owner).map_err(io::Error::other)?;
        File::options().write(true).open(&self.path)?.write_all(&text)
    }

    /// Whether the file is still this lease: it is not if this process slept past its expiry and another took the trial over.
    pub fn is_held(&self) -> bool {
        owner_in(&self.path).as_ref() == Some(&self.owner)
    }

    /// The holder of the trial in `folder`, unless the lease is abandoned.
    pub fn holder(folder: &Path) -> Option<Owner> {
        let is_abandoned = abandoned(folder).is_ok_and(|token| token.is_some());
        owner_in(&folder.join(LEASE)).filter(|_| !is_abandoned)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_held() {
            // Should it stay, it expires.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The owner that a lease names; `None` for a torn lease and for none.
fn owner_in(path: &Path) -> Option<Owner> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The token of the trial's lease if it may be taken over, `torn` of a torn one. `None` if it may not, and if there is none.
fn abandoned(folder: &Path) -> io::Result<Option<String>> {
    let path = folder.join(LEASE);
    let (text, changed) = match fs::read(&path).and_then(|text| Ok((text, fs::metadata(&path)?.modified()?)))
    {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let owner: Option<Owner> = serde_json::from_slice(&text).ok();
    // A process that was stopped does not renew its lease, and keeps its lock of the run's folder.
    let is_expired =
        || Ok::<_, io::Error>(is_expired(changed, folder)? && !RunFolder::at(folder).is_locked());
    if owner.as_ref().is_some_and(Owner::is_dead) || is_expired()? {
        return Ok(Some(owner.map_or_else(|| "torn".into(), |owner| owner.token)));
    }
    Ok(None)
}

/// Whether the last heartbeat is too far from now. Too far ahead counts: the clock was set back since, and a live holder would
/// have written the new time.
fn is_expired(changed: SystemTime, folder: &Path) -> io::Result<bool> {
    let now = file_system_time(folder)?;
    let apart = now.duration_since(changed).unwrap_or_else(|ahead| ahead.duration());
    Ok(apart > EXPIRY)
}

/// The time as the folder's file system counts it.
fn file_system_time(folder: &Path) -> io::Result<SystemTime> {
    let file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.as_file().metadata()?.modified()
}

/// A random number, for tokens only.
fn unique_number() -> u32 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish() as u32
}

#[cfg(test)]
mod tests;
