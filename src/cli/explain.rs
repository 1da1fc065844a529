//! `rowlstm explain`.

use super::files::{file_of, write_drawing};
use super::network::open_stored;
use super::ranges::unit_counts;
use super::runs::{NETWORK, RunsFolder};
use super::terminal::print;
use super::usage_error;
use crate::config::TrainConfig;
use crate::explain::{Explanation, columns_text, explanation_text, unrolled};
use std::path::PathBuf;

/// Explain what num_units is, with the numbers of one network, or of several side by side
///
/// Prints the shapes that an image goes through, each weight matrix, the parameter count as a formula and as Keras and
/// PyTorch count it, the work and the memory of a training step, and why three common answers are wrong. Trains nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm explain
  rowlstm explain u128
  rowlstm explain --num-units 8,32,128
  rowlstm explain --num-units 32 --num-layers 2
  rowlstm explain --rows 14
  rowlstm explain --num-units 64 --svg unrolled.svg")]
pub struct ExplainArguments {
    #[arg(
        value_name = "RUN",
        help = format!("Explain the network of this run instead. {NETWORK}"),
        conflicts_with_all = ["num_units", "num_layers", "timesteps", "rows", "batch_size"]
    )]
    run: Option<PathBuf>,
    #[command(flatten)]
    folder: RunsFolder,
    /// LSTM units: the size of the hidden state, 1 to 4096; several counts (8,32,128 or 8..128) stand side by side
    #[arg(short = 'u', long, value_name = "U", value_delimiter = ',', default_value = "128")]
    num_units: Vec<String>,
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
    /// Print only JSON on stdout: one object, or an array of them for several unit counts
    #[arg(long)]
    json: bool,
    /// Write a drawing of the unrolled network as SVG
    #[arg(long, value_name = "FILE", value_parser = file_of("svg"))]
    svg: Option<PathBuf>,
    /// The same as PNG
    #[arg(long, value_name = "FILE", value_parser = file_of("png"))]
    png: Option<PathBuf>,
    /// Width of the PNG in pixels, 1 to 20000
    #[arg(long, value_name = "PIXELS", default_value_t = 1920, requires = "png", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    png_width: u32,
}

pub fn execute(arguments: &ExplainArguments) -> anyhow::Result<()> {
    let (name, configs) = match &arguments.run {
        Some(run) => {
            let stored = open_stored(&arguments.folder.one(run)?)?;
            (format!("The network of {}\n\n", stored.name), vec![stored.config])
        }
        None => (String::new(), arguments.configs()?),
    };
    let networks: Vec<Explanation> = configs.iter().map(Explanation::new).collect();
    let ExplainArguments { svg, png, png_width, json, .. } = arguments;
    let [network] = networks.as_slice() else {
        if svg.is_some() || png.is_some() {
            return usage_error("the drawing is of one network: name one unit count with --svg or --png");
        }
        let text = if *json { serde_json::to_string_pretty(&networks)? } else { columns_text(&networks) };
        return print(&text);
    };
    write_drawing(&unrolled(network), svg.as_deref(), png.as_deref(), *png_width)?;
    let text = || name + &explanation_text(network);
    print(&if *json { serde_json::to_string_pretty(network)? } else { text() })
}

impl ExplainArguments {
    /// The settings of a network of each unit count.
    fn configs(&self) -> anyhow::Result<Vec<TrainConfig>> {
        let mut configs = Vec::new();
        for num_units in unit_counts(&self.num_units).or_else(usage_error)? {
            let config = TrainConfig {
                num_units,
                num_layers: self.num_layers,
                timesteps: self.timesteps.unwrap_or(self.rows),
                rows: self.rows,
                batch_size: self.batch_size,
                ..TrainConfig::default()
            };
            config.validate()?;
            configs.push(config);
        }
        Ok(configs)
    }
}
