//! `rowlstm compare`.

use super::terminal::{note, print, terminal_width};
use super::{Ending, UsageError};
use crate::data::Dataset;
use crate::error::{RunError, TrainError};
use crate::plot::Drawing;
use crate::report::{comparison, disagreements_text, paired_text};
use crate::run::{RunFolder, RunResult, finished_runs};
use crate::statistics::compare_predictions;
use std::path::{Path, PathBuf};

/// Compare all finished runs, or two of them image by image
///
/// With a folder of runs: one table per protocol, one row per network. Runs that differ in anything but units, layers and
/// seed are in different tables. With two runs: how many test images only one of them classifies correctly, McNemar's exact
/// test of that difference, and drawings of the images with different predictions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm compare
  rowlstm compare runs/u32-l1-s1-0123abcd runs/u128-l1-s1-89abcdef")]
pub struct CompareArguments {
    /// Folder of run folders [default: runs], or two runs
    #[arg(value_name = "FOLDER", num_args = 0..=2)]
    folders: Vec<PathBuf>,
    /// With two runs: the most images to draw
    #[arg(long, value_name = "N", default_value_t = 12)]
    images: usize,
    /// With two runs: folder with the test images [default: those of the first run]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// With two runs: draw with ASCII characters only
    #[arg(long)]
    ascii: bool,
    /// Print only JSON on stdout: an array of results, or one object for two runs
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
            print(&format!("No finished runs in {path}. `rowlstm train --num-units 128` makes one."))?;
        } else {
            print(&comparison(results, None))?;
        }
        if listing.unfinished > 0 {
            note(&format!("{} unfinished runs are left out", listing.unfinished));
        }
        Ok(Ending::Done)
    }

    fn compare_two(&self, first: &Path, second: &Path) -> anyhow::Result<Ending> {
        let folders = [first, second].map(RunFolder::at);
        let [one, other] = [finished(&folders[0])?, finished(&folders[1])?];
        if one.data_checksum != other.data_checksum {
            let text = "the two runs were scored on different data: only runs on the same data can be compared image by image";
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

fn finished(folder: &RunFolder) -> Result<RunResult, RunError> {
    folder.info()?;
    folder.result()?.ok_or_else(|| RunError::Unfinished { path: folder.path().to_path_buf() })
}
