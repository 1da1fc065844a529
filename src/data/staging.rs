//! The temporary folder through which the `mnist` crate reads the data, 55 MB.
//!
//! A process that is killed cannot remove its folder. So each folder has a lock, which the system drops when its process
//! ends, and every process first removes the folders that nobody locks.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::TempDir;

const PREFIX: &str = "rowlstm-data-";
/// The locked file in a folder. It gets this name when it is locked, so one without a lock is of a process that has ended.
const LOCK: &str = "lock";

/// A new folder, removed when dropped.
pub(super) struct Staging {
    folder: TempDir,
    _lock: File,
}

impl Staging {
    /// Makes a folder in `temporary`, and removes those of processes that were killed.
    pub(super) fn new(temporary: &Path) -> io::Result<Self> {
        remove_abandoned(temporary);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(temporary)?;
        let unlocked = folder.path().join("new-lock");
        let lock = File::create(&unlocked)?;
        // Without locks nobody removes it either: what cannot be locked does not count as abandoned.
        if lock.try_lock().is_ok() {
            fs::rename(unlocked, folder.path().join(LOCK))?;
        }
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// What cannot be listed, opened or removed is left alone: it may be another user's.
fn remove_abandoned(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // Of a link only the link would be removed, but it is not ours.
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_whose_process_was_killed_is_removed_and_no_other() {
        let temporary = tempfile::tempdir().unwrap();
        let of = |name: &str| temporary.path().join(name);
        for name in ["rowlstm-data-killed", "rowlstm-data-beginning", "other"] {
            fs::create_dir(of(name)).unwrap();
            fs::write(of(name).join("train-images-idx3-ubyte"), [0; 100]).unwrap();
        }
        fs::write(of("rowlstm-data-killed").join(LOCK), []).unwrap();
        fs::write(of("other").join(LOCK), []).unwrap();
        let living = Staging::new(temporary.path()).unwrap();
        fs::write(living.path().join("t10k-images-idx3-ubyte"), [0; 100]).unwrap();
        let next = Staging::new(temporary.path()).unwrap();

        assert!(!of("rowlstm-data-killed").exists());
        assert!(of("rowlstm-data-beginning").join("train-images-idx3-ubyte").exists(), "it has no lock yet");
        assert!(of("other").join(LOCK).exists());
        assert!(living.path().join("t10k-images-idx3-ubyte").exists(), "its process lives");
        let path = living.path().to_owned();
        drop((living, next));
        assert!(!path.exists());
    }
}
