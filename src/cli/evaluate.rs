//! `rowlstm evaluate`.

use super::{Ending, note, print};
use crate::config::BackendName;
use crate::data::{Dataset, Reading};
use crate::device::device;
use crate::error::{RunError, TrainError};
use crate::model::{RowClassifier, weights_file};
use crate::report::wilson_interval;
use crate::run::{RunFolder, RunResult};
use crate::training::{Evaluation, evaluate, thread_count, with_threads};
use std::path::PathBuf;

/// Score the stored network of a run again
///
/// Scores it on the 10,000 test images and tells whether the result is what the run stored.
#[derive(Debug, clap::Args)]
pub struct EvaluateArguments {
    /// The run's folder
    run: PathBuf,
    /// Folder with the test images, instead of the run's own
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the tensor operations run, instead of the run's own
    #[arg(long, value_enum, value_name = "NAME")]
    backend: Option<BackendName>,
    /// Threads to compute with; 0: one for each core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0,
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(0..=1024))]
    threads: usize,
    /// Print the result as one JSON object on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub fn execute(arguments: &EvaluateArguments) -> anyhow::Result<Ending> {
    with_threads(thread_count(arguments.threads), || arguments.score())?
}

impl EvaluateArguments {
    fn score(&self) -> anyhow::Result<Ending> {
        let folder = RunFolder::at(&self.run);
        let config = folder.settings()?;
        let stored = folder.result()?.ok_or(RunError::Unfinished { path: self.run.clone() })?;
        let weights = weights_file::read(&folder.model_path()).map_err(TrainError::from)?;
        let data_dir = self.data_dir.as_ref().unwrap_or(&config.data_dir);
        let data = Dataset::load(data_dir).map_err(TrainError::from)?;
        let device = device(self.backend.unwrap_or(config.backend));
        let model = RowClassifier::new(&weights, &device);
        let scored = evaluate(&model, &data.test, 0..data.test.len(), &Reading::new(&config), &device);
        if self.json {
            print(&to_json(&stored, &scored, &data).to_string())?;
            return Ok(Ending::Done);
        }
        let (low, high) = wilson_interval(scored.correct, scored.total());
        print(&format!(
            "Test accuracy {:.2} %: {} of {} images (95 % Wilson interval {:.2} to {:.2} %)",
            100.0 * scored.accuracy(),
            scored.correct,
            scored.total(),
            100.0 * low,
            100.0 * high
        ))?;
        note(&comparison_with(&stored, &scored, &data));
        Ok(Ending::Done)
    }
}

fn comparison_with(stored: &RunResult, scored: &Evaluation, data: &Dataset) -> String {
    if data.checksum != stored.data_checksum {
        format!("on other data than the run's own, on which it scored {}", stored.test_correct)
    } else if scored.correct == stored.test_correct && scored.loss == stored.test_loss {
        "the same as the run stored, to the bit".into()
    } else {
        format!(
            "the run stored {} right and a loss of {}; now the loss is {}: another backend, processor or version \
             rounds differently",
            stored.test_correct, stored.test_loss, scored.loss
        )
    }
}

fn to_json(stored: &RunResult, scored: &Evaluation, data: &Dataset) -> serde_json::Value {
    serde_json::json!({
        "name": stored.name,
        "num_units": stored.num_units,
        "num_layers": stored.num_layers,
        "timesteps": stored.timesteps,
        "parameters": stored.parameters,
        "seed": stored.seed,
        "test_accuracy": scored.accuracy(),
        "test_loss": scored.loss,
        "test_correct": scored.correct,
        "test_total": scored.total(),
        "per_class_accuracy": scored.per_class_accuracy(),
        "confusion_matrix": scored.confusion,
        "data_checksum": data.checksum,
    })
}
