//! `rowlstm evaluate`.

use super::files::{check_new, file_of, write_new};
use super::network::{Network, test_accuracy_text};
use super::runs::{NETWORK, RunsFolder};
use super::terminal::{note, print};
use super::whole;
use crate::config::BackendName;
use crate::data::{CLASSES, Dataset};
use crate::format::typed_count;
use crate::inference::{Evaluation, evaluate};
use crate::machine::{thread_count, with_threads};
use crate::run::{RunResult, StoredNetwork};
use safetensors::{Dtype, tensor::TensorView};
use std::path::PathBuf;

/// Score a stored network on the 10,000 test images
///
/// Reports whether the result is the one that the run stored. A network trained elsewhere is read from a safetensors file
/// with the names of PyTorch or Keras (docs/interop.md); units and layers follow from its shapes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm evaluate u128
  rowlstm evaluate last
  rowlstm evaluate from-pytorch.safetensors --json")]
pub struct EvaluateArguments {
    #[arg(value_name = "RUN", help = NETWORK)]
    network: PathBuf,
    #[command(flatten)]
    runs: RunsFolder,
    /// Folder with the test images [default: those of the run]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the tensor operations run, instead of the run's own
    #[arg(long, value_enum, value_name = "NAME")]
    backend: Option<BackendName>,
    /// Threads to compute with; 0: one per core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, value_parser = whole(0..=1024))]
    threads: usize,
    /// Write the scores before softmax as safetensors: tensor logits, [images, 10]
    #[arg(long, value_name = "FILE", value_parser = file_of("safetensors"))]
    logits: Option<PathBuf>,
    /// Replace the file of --logits if it exists
    #[arg(long, requires = "logits")]
    force: bool,
    /// Print only the result on stdout, as one JSON object
    #[arg(long)]
    json: bool,
}

pub fn execute(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    with_threads(thread_count(arguments.threads), || arguments.score())?
}

impl EvaluateArguments {
    fn score(&self) -> anyhow::Result<()> {
        if let Some(file) = &self.logits {
            check_new(file, self.force)?;
        }
        let network = Network::open(&self.runs.one(&self.network)?, self.backend)?;
        let data = network.any_data(self.data_dir.as_deref())?;
        let Network { stored, model, reading, device } = &network;
        let scored = evaluate(model, &data.test, 0..data.test.len(), reading, device);
        if let Some(file) = &self.logits {
            write_new(file, &logits_file(&scored), self.force)?;
        }
        if self.json {
            return print(&to_json(stored, &scored, &data).to_string());
        }
        print(&test_accuracy_text(scored.accuracy(), scored.correct, scored.total()))?;
        match &stored.result {
            Some(result) => note(&comparison_with(result, &scored, &data)),
            None => note(&format!(
                "{}, {}, {}, from {}",
                typed_count(stored.config.num_units, "unit"),
                typed_count(stored.config.num_layers, "layer"),
                typed_count(stored.config.timesteps, "timestep"),
                stored.name
            )),
        }
        Ok(())
    }
}

fn comparison_with(stored: &RunResult, scored: &Evaluation, data: &Dataset) -> String {
    if data.checksum != stored.data_checksum {
        format!(
            "scored on other data than the run, which classified {} correctly",
            typed_count(stored.test_correct, "image")
        )
    } else if scored.correct == stored.test_correct && scored.loss == stored.test_loss {
        "bit-identical with the result that the run stored".into()
    } else {
        format!(
            "the run stored {} correct and a loss of {}; now the loss is {}: another backend, processor or version \
             rounds differently",
            stored.test_correct, stored.test_loss, scored.loss
        )
    }
}

/// The logits as a safetensors file.
fn logits_file(scored: &Evaluation) -> Vec<u8> {
    let bytes: Vec<u8> = scored.logits.iter().flat_map(|score| score.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![scored.total(), CLASSES], &bytes)
        .expect("4 bytes for each score of each image");
    safetensors::serialize([("logits", view)], None).expect("one tensor is no large header")
}

fn to_json(network: &StoredNetwork, scored: &Evaluation, data: &Dataset) -> serde_json::Value {
    let StoredNetwork { name, weights, config, result, absent, .. } = network;
    serde_json::json!({
        "name": name,
        "num_units": config.num_units,
        "num_layers": config.num_layers,
        "timesteps": config.timesteps,
        "parameters": weights.shape.parameters(),
        "absent_biases": absent,
        "seed": result.as_ref().map(|stored| stored.seed),
        "test_accuracy": scored.accuracy(),
        "test_loss": scored.loss,
        "test_correct": scored.correct,
        "test_total": scored.total(),
        "per_class_accuracy": scored.per_class_accuracy(),
        "confusion_matrix": scored.confusion,
        "data_checksum": data.checksum,
    })
}
