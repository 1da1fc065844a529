//! A sweep's folder: the plans it was given, in `sweep.json`, and a run's folder for each cell.

use super::{Cell, Lease, Plan};
use crate::config::COMPARED_KEYS;
use crate::error::{RunError, SweepError};
use crate::run::{FAILURE, RunFolder, RunResult, read_json, write_json};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

const SWEEP: &str = "sweep.json";
/// The format of `sweep.json` that this program writes.
const FORMAT: u64 = 1;

/// A sweep's folder.
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

/// `error.json` of a cell.
#[derive(Serialize, Deserialize)]
struct Failure {
    error: String,
    version: String,
}

/// What there is of a cell.
#[derive(Clone, Debug)]
pub enum CellState {
    /// With a result.
    Finished(Box<RunResult>),
    /// Somebody is at work on it: where.
    Running(String),
    /// Begun, and nobody at work on it.
    Interrupted,
    /// It ended with this error.
    Failed(String),
    /// Not begun.
    Missing,
}

impl CellState {
    /// The state in a word, and what there is to say of it.
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
    /// Adds a plan to the sweep in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// [`SweepError::Contradiction`] when the sweep there has other data, or another value of a setting that neither
    /// plan varies; [`SweepError::Run`] when the folder cannot be read or written.
    pub fn add(path: &Path, plan: &Plan, data_checksum: &str) -> Result<Self, SweepError> {
        std::fs::create_dir_all(path).map_err(|cause| RunError::Io {
            action: "create the folder",
            path: path.to_path_buf(),
            cause,
        })?;
        let mut stored = read(path)?.unwrap_or_else(|| Stored {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_string(),
            data_checksum: data_checksum.to_string(),
            plans: Vec::new(),
        });
        let contradiction = |difference| SweepError::Contradiction { path: path.to_path_buf(), difference };
        if stored.data_checksum != data_checksum {
            let short = |checksum: &str| checksum[..checksum.len().min(8)].to_string();
            return Err(contradiction(format!(
                "other data (checksum {}…, there {}…)",
                short(data_checksum),
                short(&stored.data_checksum)
            )));
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
    /// [`SweepError::NoPlan`] when there is none, [`SweepError::Run`] when it cannot be read.
    pub fn open(path: &Path) -> Result<Self, SweepError> {
        let stored = read(path)?.ok_or_else(|| SweepError::NoPlan { path: path.to_path_buf() })?;
        Ok(Self { path: path.to_path_buf(), stored })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checksum of the data that all cells are made with.
    pub fn data_checksum(&self) -> &str {
        &self.stored.data_checksum
    }

    /// Where the plan last given found its data.
    pub fn data_dir(&self) -> PathBuf {
        self.stored.plans.last().map(Plan::data_dir).unwrap_or_default()
    }

    /// All cells of all plans, each once.
    ///
    /// # Errors
    /// As [`Plan::cells`].
    pub fn cells(&self) -> Result<Vec<Cell>, SweepError> {
        let mut names = HashSet::new();
        let mut all = Vec::new();
        for plan in &self.stored.plans {
            let cells = plan.cells(&self.path, &self.stored.data_checksum)?;
            all.extend(cells.into_iter().filter(|cell| names.insert(cell.name.clone())));
        }
        Ok(all)
    }

    /// The commands that make the same sweep.
    pub fn command(&self) -> String {
        self.stored.plans.iter().map(Plan::command).collect::<Vec<_>>().join("\n")
    }

    /// Where a cell's run is.
    pub fn cell_path(&self, cell: &Cell) -> PathBuf {
        self.path.join(&cell.name)
    }

    /// What there is of a cell. A result that cannot be read is no result: the cell is made anew from its checkpoint or
    /// its beginning.
    pub fn state(&self, cell: &Cell) -> CellState {
        let path = self.cell_path(cell);
        let folder = RunFolder::at(&path);
        if let Ok(Some(result)) = folder.result() {
            return CellState::Finished(Box::new(result));
        }
        if let Some(owner) = Lease::holder(&path) {
            return CellState::Running(format!("{}, process {}", owner.host, owner.pid));
        }
        match read_json::<Failure>(&path.join(FAILURE)) {
            Ok(Some(failure)) => CellState::Failed(failure.error),
            Err(error) => CellState::Failed(error.to_string()),
            Ok(None) if folder.info().is_ok() => CellState::Interrupted,
            Ok(None) => CellState::Missing,
        }
    }

    /// Records that a cell failed.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn record_failure(&self, cell: &Cell, error: &str) -> Result<(), RunError> {
        let failure = Failure { error: error.to_string(), version: env!("CARGO_PKG_VERSION").to_string() };
        write_json(&self.cell_path(cell).join(FAILURE), &failure)
    }

    /// Forgets that a cell failed.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn forget_failure(&self, cell: &Cell) -> Result<(), RunError> {
        let path = self.cell_path(cell).join(FAILURE);
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(RunError::Io { action: "remove", path, cause })
            }
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Option<Stored>, RunError> {
    let file = path.join(SWEEP);
    let stored: Option<Stored> = read_json(&file)?;
    match stored {
        Some(Stored { format, .. }) if format > FORMAT => {
            Err(RunError::NewerFormat { path: path.to_path_buf(), found: format, known: FORMAT })
        }
        other => Ok(other),
    }
}

/// The first setting that both plans give one value, and not the same. What a sweep compares may always be extended, and
/// so may what either plan varies.
fn contradiction_of(old: &Plan, new: &Plan) -> Option<String> {
    let keys: std::collections::BTreeSet<&String> = old.grid.keys().chain(new.grid.keys()).collect();
    let compared = |key: &str| COMPARED_KEYS.contains(&key) || key == "data-dir";
    keys.into_iter().filter(|key| !compared(key)).find_map(|key| {
        let (there, here) = (old.only_value(key)?, new.only_value(key)?);
        (there != here).then(|| format!("{key} = {here}, there {there}"))
    })
}

#[cfg(test)]
mod tests;
