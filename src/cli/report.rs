//! `rowlstm report`.

use super::{Ending, note, print};
use crate::report::{Report, Unfinished, render};
use crate::run::{RunResult, finished_runs};
use crate::sweep::{CellState, SweepFolder};
use std::path::{Path, PathBuf};

/// Compare unit counts over seeds: means, intervals, paired tests, and the smallest network that will do
///
/// Reads a sweep's folder, or any folder of runs. Runs that differ by their seed alone are averaged; the choice is made on
/// validation accuracy, never on test accuracy.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm report sweeps/units
  rowlstm report runs --markdown > runs.md
  rowlstm report sweeps/units --csv > runs.csv")]
pub struct ReportArguments {
    /// Folder of a sweep, or of run folders
    #[arg(default_value = "runs")]
    folder: PathBuf,
    /// Print one line for each run as comma-separated values
    #[arg(long, group = "form")]
    csv: bool,
    /// Print one JSON object
    #[arg(long, group = "form")]
    json: bool,
    /// Print Markdown
    #[arg(long, group = "form")]
    markdown: bool,
}

pub fn execute(arguments: &ReportArguments) -> anyhow::Result<Ending> {
    let (runs, unfinished) = collect(&arguments.folder)?;
    if runs.is_empty() && unfinished.is_empty() {
        let path = arguments.folder.display();
        print(&format!("No finished runs in {path}. Make some with `rowlstm sweep --num-units 8,16,32`."))?;
        return Ok(Ending::Done);
    }
    let report = Report::new(runs, unfinished);
    let text = match arguments {
        ReportArguments { csv: true, .. } => render::csv(&report),
        ReportArguments { json: true, .. } => render::json(&report),
        ReportArguments { markdown: true, .. } => render::markdown(&report),
        _ => render::text(&report),
    };
    print(text.trim_end())?;
    Ok(Ending::Done)
}

/// The results in a folder, and what has none: cells of a sweep, or runs that were begun.
pub fn collect(path: &Path) -> anyhow::Result<(Vec<RunResult>, Vec<Unfinished>)> {
    if path.join("sweep.json").exists() {
        return Ok(of_sweep(&SweepFolder::open(path)?)?);
    }
    let listing = finished_runs(path)?;
    for problem in &listing.problems {
        note(&format!("warning: {problem}"));
    }
    if listing.unfinished > 0 {
        note(&format!("{} more not finished", listing.unfinished));
    }
    Ok((listing.finished.into_iter().map(|run| run.result).collect(), Vec::new()))
}

/// The results of a sweep, and its cells without one.
pub fn of_sweep(folder: &SweepFolder) -> Result<(Vec<RunResult>, Vec<Unfinished>), crate::error::SweepError> {
    let (mut runs, mut unfinished) = (Vec::new(), Vec::new());
    for cell in folder.cells()? {
        let state = match folder.state(&cell) {
            CellState::Finished(result) => {
                runs.push(*result);
                continue;
            }
            CellState::Running(owner) => format!("running: {owner}"),
            CellState::Interrupted => "interrupted".into(),
            CellState::Failed(error) => format!("failed: {error}"),
            CellState::Missing => "missing".into(),
        };
        unfinished.push(Unfinished { name: cell.name, state });
    }
    Ok((runs, unfinished))
}
