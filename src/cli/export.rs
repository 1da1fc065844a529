//! `rowlstm export`.

use super::files::{check_new, write_new};
use super::network::open_stored;
use super::runs::{NETWORK, RunsFolder};
use super::terminal::note;
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
    /// File to write; its folder must exist
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

pub fn execute(arguments: &ExportArguments) -> anyhow::Result<()> {
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
