//! `rowlstm bench`.

use super::instructions::Instructions;
use super::network::require;
use super::ranges::unit_counts;
use super::terminal::print;
use super::{usage_error, whole};
use crate::benchmark::{Measurement, measure};
use crate::config::{BackendName, TrainConfig};
use crate::data::Dataset;
use crate::error::ConfigError;
use crate::machine::{thread_count, with_threads};
use std::path::{Path, PathBuf};

/// Time training steps and inference, to measure what a unit count costs on this machine
///
/// A training step includes taking a batch from memory, forward pass, loss, backward pass, clipping and optimiser. Nothing is
/// stored. Close other programs first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm bench --num-units 16,32,64,128,256,512
  rowlstm bench --num-units 16..512")]
pub struct BenchArguments {
    /// LSTM units to measure: a list, or a range (8..64 doubles, 8..64:8 counts in steps of 8)
    #[arg(
        short = 'u',
        long,
        value_name = "U,...",
        value_delimiter = ',',
        default_value = "16,32,64,128,256,512"
    )]
    num_units: Vec<String>,
    /// LSTM layers
    #[arg(long, value_name = "L", default_value_t = 1)]
    num_layers: usize,
    /// Timesteps per image; must divide 784
    #[arg(long, value_name = "T", default_value_t = 28)]
    timesteps: usize,
    /// Images per training step
    #[arg(short, long, value_name = "B", default_value_t = 128)]
    batch_size: usize,
    /// Training steps to time per unit count
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = whole(1..=1_000_000))]
    steps: usize,
    /// Threads to compute with; 0: one per core
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Vector instructions to use
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    instructions: Instructions,
    /// Where the tensor operations run
    #[arg(long, value_enum, value_name = "NAME", default_value_t = BackendName::Ndarray)]
    backend: BackendName,
    /// Folder with the four IDX files [default: MNIST from inside the program]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print only JSON on stdout, one object per unit count and line
    #[arg(long)]
    json: bool,
}

pub fn execute(arguments: &BenchArguments) -> anyhow::Result<()> {
    require(arguments.backend)?;
    arguments.instructions.apply()?;
    let counts = unit_counts(&arguments.num_units).or_else(usage_error)?;
    let configs = counts.into_iter().map(|units| arguments.config(units));
    let configs = configs.collect::<Result<Vec<_>, _>>()?;
    let data = Dataset::of(arguments.data_dir.as_deref(), Path::new(""), None)?;
    if !arguments.json {
        print("units  step ms  fastest  9 of 10  images/s  ms/image  GFLOP/s  of peak      MB")?;
    }
    let mut peak: f64 = 0.0;
    for config in configs {
        let measured =
            with_threads(thread_count(config.threads), || measure(&config, &data, arguments.steps))??;
        peak = peak.max(measured.peak_gflop_per_second);
        print(&if arguments.json { serde_json::to_string(&measured)? } else { line(&measured) })?;
    }
    if arguments.json {
        return Ok(());
    }
    print(&format!(
        "\nms/image: scoring one image. MB: most memory of the process, images included.\n\
         of peak: GFLOP/s of a training step as a percentage of {peak:.0} GFLOP/s, the most\n\
         multiply-adds in registers that these threads reached before the steps. Above\n\
         100 % is possible: products with pixels of 0 are counted, but skipped."
    ))
}

impl BenchArguments {
    fn config(&self, num_units: usize) -> Result<TrainConfig, ConfigError> {
        let config = TrainConfig {
            num_units,
            num_layers: self.num_layers,
            timesteps: self.timesteps,
            batch_size: self.batch_size,
            threads: self.threads,
            backend: self.backend,
            ..TrainConfig::default()
        };
        config.validate().map(|()| config)
    }
}

fn line(measured: &Measurement) -> String {
    let memory = measured.peak_memory_bytes.map_or("-".into(), |bytes| format!("{:.0}", bytes as f64 / 1e6));
    format!(
        "{:5}  {:7.2}  {:7.2}  {:7.2}  {:8.0}  {:8.4}  {:7.1}  {:5.0} %  {memory:>6}",
        measured.num_units,
        measured.train_step_ms,
        measured.train_step_ms_min,
        measured.train_step_ms_90,
        measured.images_per_second,
        measured.inference_ms_per_image,
        measured.gflop_per_second,
        100.0 * measured.peak_share,
    )
}
