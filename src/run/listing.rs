//! The finished runs among the folders of a runs folder.

use super::{RunFolder, RunResult};
use crate::error::RunError;
use std::{fs, io, path::Path};

/// A finished run and where it is.
#[derive(Debug)]
pub struct FinishedRun {
    /// Its folder.
    pub folder: RunFolder,
    /// What it measured.
    pub result: RunResult,
}

/// What a runs folder holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// The finished runs, by name.
    pub finished: Vec<FinishedRun>,
    /// Folders of runs without a result yet.
    pub unfinished: usize,
    /// What could not be read.
    pub problems: Vec<RunError>,
}

/// Reads every run in `runs_dir`. A folder that is missing holds no runs; one that is damaged is a problem of its own
/// and hides no other.
///
/// # Errors
/// [`RunError::Io`] when `runs_dir` itself cannot be read.
pub fn finished_runs(runs_dir: &Path) -> Result<Listing, RunError> {
    let mut listing = Listing::default();
    let entries = match fs::read_dir(runs_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        Err(cause) => return Err(RunError::Io { action: "read", path: runs_dir.to_path_buf(), cause }),
    };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        let folder = RunFolder::at(path);
        match folder.info().and_then(|_| folder.result()) {
            Ok(Some(result)) => listing.finished.push(FinishedRun { folder, result }),
            Ok(None) => listing.unfinished += 1,
            Err(RunError::NotARun { .. }) => {}
            Err(error) => listing.problems.push(error),
        }
    }
    Ok(listing)
}
