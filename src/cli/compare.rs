//! `rowlstm compare`.

use super::runs::{RUNS, RunsFolder};
use super::terminal::{note, print, terminal_width};
use super::usage_error;
use crate::data::Dataset;
use crate::error::RunError;
use crate::format::count;
use crate::plot::Drawing;
use crate::report::{comparison, disagreements_text, paired_text};
use crate::run::{RunFolder, RunResult};
use crate::statistics::{PairedPredictions, compare_predictions, differences};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Compare all finished runs, or two of them image by image
///
/// With a folder of runs: one table per protocol, one row per network. Runs that differ in anything but units, layers and
/// seed are in different tables. With two runs: in which settings they differ, how many test images only one of them classifies
/// correctly, McNemar's exact test of that difference, and drawings of the images with different predictions.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm compare
  rowlstm compare u32 u128")]
pub struct CompareArguments {
    #[arg(value_name = "RUN", num_args = 0..=2, help = format!("{RUNS} [default: all in --runs-dir]"))]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    runs: RunsFolder,
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

pub fn execute(arguments: &CompareArguments) -> anyhow::Result<()> {
    match arguments.folders.as_slice() {
        [first, second] => arguments.compare_two(first, second),
        typed => arguments.compare_all(typed.first().map(PathBuf::as_path)),
    }
}

impl CompareArguments {
    fn compare_all(&self, typed: Option<&Path>) -> anyhow::Result<()> {
        let runs = self.runs.all(typed)?;
        let (folder, unfinished) = (runs.folder.clone(), runs.unfinished);
        let results = runs.results();
        if self.json {
            print(&serde_json::to_string(&results)?)?;
        } else if results.is_empty() {
            let path = folder.display();
            print(&format!("No finished runs in {path}. `rowlstm train --num-units 128` makes one."))?;
        } else {
            print(&comparison(results))?;
        }
        if unfinished > 0 {
            note(&format!("left out {}", count(unfinished, "unfinished run")));
        }
        Ok(())
    }

    fn compare_two(&self, first: &Path, second: &Path) -> anyhow::Result<()> {
        let folders = [self.runs.one_run(first)?, self.runs.one_run(second)?].map(RunFolder::at);
        let [one, other] = [finished(&folders[0])?, finished(&folders[1])?];
        if one.data_checksum != other.data_checksum {
            return usage_error(
                "the two runs were scored on different data: only runs on the same data can be compared image by image",
            );
        }
        let stored = folders[0].settings()?.data_dir;
        let data = Dataset::of(self.data_dir.as_deref(), &stored, Some(&one.data_checksum))?;
        if data.checksum != one.data_checksum {
            let (expected, found) = (one.data_checksum, data.checksum);
            let data = self.data_dir.clone().unwrap_or(stored);
            return Err(RunError::OtherData { data, expected, found }.into());
        }
        let labels = data.test.labels();
        let [predicted, predicted_too] = folders.map(|folder| folder.predictions_of(labels.len()));
        let paired = compare_predictions(&predicted?, &predicted_too?, labels);
        if self.json {
            return print(&serde_json::to_string(&PairedRuns::new(&one, &other, &paired))?);
        }
        print(&paired_text(&paired, [&one, &other]))?;
        let drawing = Drawing { width: terminal_width(), ascii: self.ascii };
        let drawn = disagreements_text(&paired, |index| data.test.image(index), self.images, drawing);
        print(drawn.trim_end())
    }
}

/// Two runs and their predictions, compared. The field names are an interface.
#[derive(Serialize)]
struct PairedRuns<'a> {
    #[serde(flatten)]
    paired: &'a PairedPredictions,
    runs: [ComparedRun<'a>; 2],
    /// How the second run differs from the first in data, version and settings other than size and seed, a phrase each.
    differences: Vec<String>,
}

#[derive(Serialize)]
struct ComparedRun<'a> {
    name: &'a str,
    num_units: usize,
    num_layers: usize,
    seed: u64,
    epochs: usize,
    train_images: usize,
    test_accuracy: f64,
}

impl<'a> PairedRuns<'a> {
    fn new(first: &'a RunResult, second: &'a RunResult, paired: &'a PairedPredictions) -> Self {
        let run = |run: &'a RunResult| ComparedRun {
            name: &run.name,
            num_units: run.num_units,
            num_layers: run.num_layers,
            seed: run.seed,
            epochs: run.epochs,
            train_images: run.train_images,
            test_accuracy: run.test_accuracy,
        };
        Self { paired, runs: [run(first), run(second)], differences: differences(first, second) }
    }
}

fn finished(folder: &RunFolder) -> Result<RunResult, RunError> {
    folder.info()?;
    folder.result()?.ok_or_else(|| RunError::Unfinished { path: folder.path().to_path_buf() })
}
