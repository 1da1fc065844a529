//! `rowlstm playground`.

use super::files::{last_part, write};
use super::network::open_stored;
use super::playground_server::serve;
use super::runs::{NETWORK, RunsFolder};
use super::usage_error;
use crate::data::{Dataset, is_mnist};
use crate::playground::{Content, html};
use crate::run::StoredNetwork;
use anyhow::bail;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Most networks in a page.
const MOST_NETWORKS: usize = 12;
/// Most units and timesteps of a network in a page: a browser computes it at every point of a stroke.
const MOST_UNITS: usize = 256;
const MOST_TIMESTEPS: usize = 112;

/// Draw a digit, watch networks of several unit counts read it row by row, and train new ones in the page
///
/// Serves the page on this machine only and prints its address. It shows the networks inside the program and the finished runs
/// of --runs-dir, and trains new ones there: ordinary runs, bit-identical to those of `train`. Ctrl-C ends it; what was in training keeps a checkpoint.
///
/// With --html the page is one file with the networks and 200 test images inside. It opens from disk in Chromium and Firefox,
/// also on a phone, asks nothing of any network, and trains nothing. docs/playground.md has a lesson plan.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm playground --open
  rowlstm playground sweeps/units
  rowlstm playground --html playground.html
  rowlstm playground u8 u32 u128 --html playground.html")]
pub struct PlaygroundArguments {
    #[arg(value_name = "RUN", help = format!("With --html: {NETWORK}; a folder of runs stands for all in it [default: the \
                                              networks inside the program]. Without: folders of runs or sweeps to show besides --runs-dir"))]
    pub(super) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) folder: RunsFolder,
    /// Serve nothing; write the page to this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["port", "open"])]
    html: Option<PathBuf>,
    /// Port on which the page is served; 0: a free one
    #[arg(long, value_name = "PORT", default_value_t = 8028)]
    pub(super) port: u16,
    /// Open the page in a browser
    #[arg(long)]
    pub(super) open: bool,
    /// Folder with the images, to show and to train on [default: MNIST from inside the program; with --html, those of the runs]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
}

pub fn execute(arguments: &PlaygroundArguments) -> anyhow::Result<()> {
    match &arguments.html {
        Some(file) => write_file(arguments, file),
        None => serve(arguments),
    }
}

/// Writes the page as one file.
fn write_file(arguments: &PlaygroundArguments, file: &Path) -> anyhow::Result<()> {
    let mut networks = arguments.networks()?;
    networks.sort_by_key(|network| (network.weights.shape.units, network.weights.shape.layers));
    let data = arguments.data(&networks)?;
    let content = Content { networks: &networks, images: &data.test, digits: is_mnist(&data.checksum) };
    write(file, html(&content).as_bytes())
}

impl PlaygroundArguments {
    /// The networks that were named, or else those inside the program.
    fn networks(&self) -> anyhow::Result<Vec<StoredNetwork>> {
        if self.runs.is_empty() {
            return Ok(StoredNetwork::all_built_in()?);
        }
        let mut networks = Vec::new();
        for typed in &self.runs {
            if typed.is_file() || self.folder.is_built_in(typed) {
                networks.push(StoredNetwork { name: last_part(typed), ..open_stored(typed)? });
                continue;
            }
            let found = self.folder.all(Some(typed))?.finished;
            if found.is_empty() {
                bail!("{} is not a run and contains no finished run", typed.display());
            }
            for run in found {
                networks.push(open_stored(run.folder.path())?);
            }
        }
        if let Some(network) = networks.iter().find(|network| !fits(network)) {
            let StoredNetwork { name, config, .. } = network;
            return usage_error(format!(
                "{name} has {} units and {} timesteps; a page takes networks of at most {MOST_UNITS} units and \
                 {MOST_TIMESTEPS} timesteps",
                config.num_units, config.timesteps
            ));
        }
        let mut names = HashSet::new();
        if let Some(network) = networks.iter().find(|network| !names.insert(&network.name)) {
            return usage_error(format!(
                "two networks are called {}: name one of them, or rename it",
                network.name
            ));
        }
        if networks.len() > MOST_NETWORKS {
            let found = networks.len();
            return usage_error(format!(
                "{found} networks: a page takes at most {MOST_NETWORKS}; name fewer runs"
            ));
        }
        Ok(networks)
    }

    /// The data that the networks have in common.
    fn data(&self, networks: &[StoredNetwork]) -> anyhow::Result<Dataset> {
        let checksum =
            |network: &StoredNetwork| network.result.as_ref().map(|result| result.data_checksum.clone());
        let scored = networks.iter().find(|network| checksum(network).is_some());
        let of = scored.or(networks.first()).map(checksum).unwrap_or_default();
        let other = networks.iter().find(|network| checksum(network).is_some() && checksum(network) != of);
        if let (Some(other), None) = (other, &self.data_dir) {
            return usage_error(format!(
                "the runs were scored on different data, {} on other images than the first: name one folder of images \
                 with --data-dir",
                other.name
            ));
        }
        let stored = scored.map(|network| network.config.data_dir.clone()).unwrap_or_default();
        Ok(Dataset::of(self.data_dir.as_deref(), &stored, of.as_deref())?)
    }
}

fn fits(network: &StoredNetwork) -> bool {
    network.weights.shape.units <= MOST_UNITS && network.config.timesteps <= MOST_TIMESTEPS
}
