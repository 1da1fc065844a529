//! `rowlstm compare`.

use super::{Ending, UsageError, note, print};
use crate::data::Dataset;
use crate::error::{RunError, TrainError};
use crate::plot::Drawing;
use crate::report::{comparison, disagreements_text, paired_text};
use crate::run::{RunFolder, RunResult, finished_runs};
use crate::statistics::compare_predictions;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

/// Show every finished run side by side, or two of them image by image
///
/// With a folder of runs: one table for each protocol, one row for each network. Runs that differ in anything but units,
/// layers and seed stand in different tables. With two runs: how many test images only one of them reads right, whether
/// chance could have done that (McNemar's exact test), and the images that they read differently, drawn.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm compare
  rowlstm compare runs/u32-l1-s1-0123abcd runs/u128-l1-s1-89abcdef")]
pub struct CompareArguments {
    /// Folder of run folders [default: runs], or two runs
    #[arg(value_name = "FOLDER", num_args = 0..=2)]
    folders: Vec<PathBuf>,
    /// Two runs: images to draw at most
    #[arg(long, value_name = "N", default_value_t = 12)]
    images: usize,
    /// Two runs: folder with the test images, instead of the first run's own
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Two runs: draw with ASCII characters alone
    #[arg(long)]
    ascii: bool,
    /// Print the results as one JSON array, or for two runs object, on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub fn execute(arguments: &CompareArguments) -> anyhow::Result<Ending> {
    match arguments.folders.as_slice() {
        [first, second] => arguments.compare_two(first, second),
        [folder] => arguments.compare_all(folder),
        _ => arguments.compare_all(Path::new("runs")),
    }
}

impl CompareArguments {
    fn compare_all(&self, folder: &Path) -> anyhow::Result<Ending> {
        let listing = finished_runs(folder)?;
        for problem in &listing.problems {
            note(&format!("warning: {problem}"));
        }
        let results: Vec<RunResult> = listing.finished.into_iter().map(|run| run.result).collect();
        if self.json {
            print(&serde_json::to_string(&results)?)?;
            return Ok(Ending::Done);
        }
        if results.is_empty() {
            let path = folder.display();
            print(&format!("No finished runs in {path}. Make one with `rowlstm train --num-units 128`."))?;
        } else {
            print(&comparison(results, None))?;
        }
        if listing.unfinished > 0 {
            note(&format!("{} more not finished", listing.unfinished));
        }
        Ok(Ending::Done)
    }

    fn compare_two(&self, first: &Path, second: &Path) -> anyhow::Result<Ending> {
        let folders = [first, second].map(RunFolder::at);
        let [one, other] = [finished(&folders[0])?, finished(&folders[1])?];
        if one.data_checksum != other.data_checksum {
            let text =
                "the two runs scored other images: only runs on the same data can be compared image by image";
            return Err(UsageError(text.into()).into());
        }
        let stored = folders[0].settings()?.data_dir;
        let data = Dataset::of(self.data_dir.as_deref(), &stored, Some(&one.data_checksum));
        let data = data.map_err(TrainError::from)?;
        if data.checksum != one.data_checksum {
            let (expected, found) = (one.data_checksum, data.checksum);
            return Err(RunError::OtherData {
                data: self.data_dir.clone().unwrap_or(stored),
                expected,
                found,
            }
            .into());
        }
        let labels = data.test.labels();
        let [predicted, predicted_too] =
            [folders[0].predictions_of(labels.len())?, folders[1].predictions_of(labels.len())?];
        let paired = compare_predictions(&predicted, &predicted_too, labels);
        if self.json {
            print(&serde_json::to_string(&paired)?)?;
            return Ok(Ending::Done);
        }
        print(&paired_text(&paired, (&one.name, &other.name)))?;
        let drawing = Drawing { width: terminal_width(), ascii: self.ascii };
        let drawn = disagreements_text(&paired, |index| data.test.image(index), self.images, drawing);
        print(drawn.trim_end())?;
        Ok(Ending::Done)
    }
}

/// Columns of the terminal that stdout is: what COLUMNS says, or 100; 100 where it is none.
pub(super) fn terminal_width() -> usize {
    if !stdout().is_terminal() {
        return 100;
    }
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

fn finished(folder: &RunFolder) -> Result<RunResult, RunError> {
    folder.info()?;
    folder.result()?.ok_or_else(|| RunError::Unfinished { path: folder.path().to_path_buf() })
}
