//! The finished runs in a runs folder.

use super::{RunFolder, RunResult};
use crate::error::RunError;
use std::{fs, io, path::Path};

/// A finished run.
#[derive(Debug)]
pub struct FinishedRun {
    pub folder: RunFolder,
    pub result: RunResult,
}

/// The runs in a runs folder.
#[derive(Debug, Default)]
pub struct Listing {
    pub finished: Vec<FinishedRun>,
    /// Runs without a result.
    pub unfinished: Vec<RunFolder>,
    /// Errors from folders that could not be read.
    pub problems: Vec<RunError>,
}

/// Reads every run in `runs_dir`. If that folder is missing, there are no runs. A damaged run is one of the `problems`
/// and does not hide the others.
///
/// # Errors
/// [`RunError::Io`] when `runs_dir` itself cannot be read.
pub fn finished_runs(runs_dir: &Path) -> Result<Listing, RunError> {
    let mut listing = Listing::default();
    let entries = match fs::read_dir(runs_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        Err(cause) => return Err(RunError::io("read", runs_dir)(cause)),
    };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        let folder = RunFolder::at(path);
        match folder.info().and_then(|_| folder.result()) {
            Ok(Some(result)) => listing.finished.push(FinishedRun { folder, result }),
            Ok(None) => listing.unfinished.push(folder),
            Err(RunError::NotARun { .. }) => {}
            Err(error) => listing.problems.push(error),
        }
    }
    Ok(listing)
}
