//! `rowlstm explain`.

use super::files::write_drawing;
use super::terminal::print;
use crate::config::TrainConfig;
use crate::error::ConfigError;
use crate::explain::{Explanation, explanation_text, unrolled};
use std::path::PathBuf;

/// Explain what num_units is, with the numbers of one network
///
/// Prints the shapes that an image goes through, each weight matrix, the parameter count as a formula and as Keras and
/// PyTorch count it, the work and the memory of a training step, and why three common answers are wrong. Trains nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm explain
  rowlstm explain --num-units 32 --num-layers 2
  rowlstm explain --rows 14
  rowlstm explain --num-units 64 --svg unrolled.svg")]
pub struct ExplainArguments {
    /// LSTM units: the size of the hidden state, 1 to 4096
    #[arg(short = 'u', long, value_name = "U", default_value_t = 128)]
    num_units: usize,
    /// LSTM layers, 1 to 16
    #[arg(long, value_name = "L", default_value_t = 1)]
    num_layers: usize,
    /// Timesteps per image; must divide 784 [default: the number of rows]
    #[arg(long, value_name = "T")]
    timesteps: Option<usize>,
    /// Read only the middle N rows of the image, one per timestep, 1 to 28
    #[arg(long, value_name = "N", default_value_t = 28)]
    rows: usize,
    /// Images per training step, for the memory that it takes
    #[arg(short, long, value_name = "B", default_value_t = 128)]
    batch_size: usize,
    /// Print only one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Write a drawing of the unrolled network as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The same as PNG
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Width of the PNG in pixels, 1 to 20000
    #[arg(long, value_name = "PIXELS", default_value_t = 1920, requires = "png", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    png_width: u32,
}

pub fn execute(arguments: &ExplainArguments) -> anyhow::Result<()> {
    let explanation = Explanation::new(&arguments.config()?);
    let ExplainArguments { svg, png, png_width, .. } = arguments;
    write_drawing(&unrolled(&explanation), svg.as_deref(), png.as_deref(), *png_width)?;
    if arguments.json {
        print(&serde_json::to_string_pretty(&explanation)?)
    } else {
        print(&explanation_text(&explanation))
    }
}

impl ExplainArguments {
    fn config(&self) -> Result<TrainConfig, ConfigError> {
        let config = TrainConfig {
            num_units: self.num_units,
            num_layers: self.num_layers,
            timesteps: self.timesteps.unwrap_or(self.rows),
            rows: self.rows,
            batch_size: self.batch_size,
            ..TrainConfig::default()
        };
        config.validate().map(|()| config)
    }
}
