//! `rowlstm show`.

use super::files::{file_of, last_part, write};
use super::network::{ComputeOptions, Network};
use super::runs::{RUN, RunsFolder};
use super::terminal::{note, print};
use super::usage_error;
use crate::benchmark::{InferenceTime, inference_time};
use crate::error::RunError;
use crate::machine::{thread_count, with_threads};
use crate::report::{Glance, glance_html, glance_json, glance_text};
use crate::run::RunFolder;
use std::path::PathBuf;

/// Show one run at a glance: settings, learning curve, confusions, accuracy per digit, size, work and inference time
///
/// The inference time is measured now, on this machine; all else is what the run stored.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm show last
  rowlstm show u128 --html u128.html
  rowlstm show u128 --json | jq .per_class_accuracy")]
pub struct ShowArguments {
    #[arg(value_name = "RUN", help = RUN)]
    run: PathBuf,
    #[command(flatten)]
    folder: RunsFolder,
    /// Folder with the test images on which the inference is timed [default: those of the run]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write a self-contained HTML page
    #[arg(long, value_name = "FILE", value_parser = file_of("html"))]
    html: Option<PathBuf>,
    /// Print only one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    compute: ComputeOptions,
}

pub fn execute(arguments: &ShowArguments) -> anyhow::Result<()> {
    with_threads(thread_count(arguments.compute.threads), || arguments.show())?
}

impl ShowArguments {
    fn show(&self) -> anyhow::Result<()> {
        let path = self.folder.one_run(&self.run)?;
        if path.is_file() {
            return usage_error(format!(
                "{} is a file of weights, not a run: only a run has settings and results (rowlstm evaluate scores it)",
                path.display()
            ));
        }
        let network = Network::open(&path, self.compute.backend)?;
        let folder = RunFolder::at(&path);
        let Some(result) = network.stored.result.clone() else {
            return Err(RunError::Unfinished { path }.into());
        };
        let model = folder.model_path();
        let file_bytes = std::fs::metadata(&model).map_err(RunError::io("read", &model))?.len();
        let inference = self.inference_time(&network);
        let glance = Glance { result, history: folder.history()?, file_bytes, inference };
        if let Some(file) = &self.html {
            let command = format!("rowlstm show {} --html {}", glance.result.name, last_part(file));
            write(file, glance_html(&glance, &command).as_bytes())?;
        }
        print(&if self.json { glance_json(&glance).to_string() } else { glance_text(&glance) })
    }

    /// `None` and a note without the images.
    fn inference_time(&self, network: &Network) -> Option<InferenceTime> {
        match network.any_data(self.data_dir.as_deref()) {
            Ok(data) => Some(inference_time(&network.model, &data.test, &network.reading, &network.device)),
            Err(error) => {
                note(&format!(
                    "the inference was not timed: {error} (name the folder of the images with --data-dir)"
                ));
                None
            }
        }
    }
}
