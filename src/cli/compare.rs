//! `rowlstm compare`.

use super::{Ending, note, print};
use crate::report::comparison;
use crate::run::{RunResult, finished_runs};
use std::path::PathBuf;

/// Show every finished run side by side
///
/// One table for each protocol, one row for each network. Runs that differ in anything but units, layers and seed stand
/// in different tables.
#[derive(Debug, clap::Args)]
pub struct CompareArguments {
    /// Folder of run folders
    #[arg(default_value = "runs")]
    runs_dir: PathBuf,
    /// Print the results as one JSON array on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub fn execute(arguments: &CompareArguments) -> anyhow::Result<Ending> {
    let listing = finished_runs(&arguments.runs_dir)?;
    for problem in &listing.problems {
        note(&format!("warning: {problem}"));
    }
    let results: Vec<RunResult> = listing.finished.into_iter().map(|run| run.result).collect();
    if arguments.json {
        print(&serde_json::to_string(&results)?)?;
        return Ok(Ending::Done);
    }
    if results.is_empty() {
        let path = arguments.runs_dir.display();
        print(&format!("No finished runs in {path}. Make one with `rowlstm train --num-units 128`."))?;
    } else {
        print(&comparison(&results, None))?;
    }
    if listing.unfinished > 0 {
        note(&format!("{} more not finished", listing.unfinished));
    }
    Ok(Ending::Done)
}
