//! `rowlstm export`.

use super::files::{check_new, other_ending, write_new};
use super::network::open_stored;
use super::runs::{NETWORK, RunsFolder};
use super::terminal::note;
use super::usage_error;
use crate::exchange::onnx;
use crate::exchange::weights_file::{WeightsLayout, to_bytes_in};
use std::path::PathBuf;

/// Write the network of a run for another framework
///
/// docs/interop.md shows how PyTorch, Keras and onnxruntime read the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm export u128 --format onnx -o digits.onnx
  rowlstm export last --format keras -o digits-keras.safetensors")]
pub struct ExportArguments {
    #[arg(value_name = "RUN", help = NETWORK)]
    network: PathBuf,
    #[command(flatten)]
    runs: RunsFolder,
    /// What the file is for
    #[arg(long, value_enum, value_name = "NAME")]
    format: Format,
    /// File to write; its folder is created if needed
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// Safetensors with PyTorch's names and layout, as a run's model.safetensors
    Safetensors,
    /// Safetensors with the names and the layout of Keras 3
    Keras,
    /// ONNX, one LSTM node per layer
    Onnx,
}

impl ExportArguments {
    /// Refuses a name whose ending promises another format than the file's.
    fn check_ending(&self) -> anyhow::Result<()> {
        let ending = match self.format {
            Format::Safetensors | Format::Keras => "safetensors",
            Format::Onnx => "onnx",
        };
        let Some(other) = other_ending(&self.out, ending) else { return Ok(()) };
        usage_error(format!(
            "--out {}: the file is .{ending}, not .{other}: name it {}\n  \
             --format keras        .safetensors, which safetensors.numpy.load_file reads for a Keras model\n  \
             --format safetensors  .safetensors, which safetensors.torch.load_file reads for PyTorch\n  \
             --format onnx         .onnx, which onnxruntime.InferenceSession runs\n  \
             docs/interop.md has the few lines that load each",
            self.out.display(),
            self.out.with_extension(ending).display()
        ))
    }
}

pub fn execute(arguments: &ExportArguments) -> anyhow::Result<()> {
    arguments.check_ending()?;
    check_new(&arguments.out, arguments.force)?;
    let network = open_stored(&arguments.runs.one(&arguments.network)?)?;
    let bytes = match arguments.format {
        Format::Safetensors => to_bytes_in(WeightsLayout::Pytorch, &network.weights),
        Format::Keras => to_bytes_in(WeightsLayout::Keras, &network.weights),
        Format::Onnx => onnx::to_bytes(&network.weights, network.config.timesteps)?,
    };
    write_new(&arguments.out, &bytes, arguments.force)?;
    let view = network.config.view_in_words();
    if !view.is_empty() {
        note(&format!(
            "note: the file does not record that this network reads {}: prepare images in the same way",
            view.join(", ")
        ));
    }
    Ok(())
}
