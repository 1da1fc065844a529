//! `rowlstm inspect`.

use super::doubts::Judge;
use super::files::{file_of, last_part, write, write_drawing};
use super::network::{ComputeOptions, Network};
use super::runs::{NETWORK, RunsFolder, same_if_equal};
use super::terminal::{note, print, terminal_width};
use super::usage_error;
use crate::data::{Dataset, Images, read_picture};
use crate::format::count;
use crate::inference::correct_every_step;
use crate::inside::{
    Inside, Quantity, RunByRows, Subject, UnitOrder, curves, inside_chart, inside_html, inside_json,
    inside_text, rows_chart, rows_html, rows_text,
};
use crate::machine::{thread_count, with_threads};
use crate::plot::{Chart, Drawing};
use crate::statistics::{Origin, Run};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Show what an LSTM does while it reads an image, row by row
///
/// For one image: the hidden state over the timesteps, gates and cell state on request, what the network would answer after
/// each row, and the row from which its answer no longer changes. Several runs are drawn on one scale, a unit as wide
/// everywhere. With --rows: the accuracy on all test images after each row, for one run or several.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm inspect u128 --image 7
  rowlstm inspect digits-8 digits-32 digits-128 --image 84 --svg sizes.svg
  rowlstm inspect u128 --file seven.png --html seven.html
  rowlstm inspect u128 --show hidden,cell,input,forget,output --svg gates.svg
  rowlstm inspect sweeps/units --rows --svg rows.svg")]
pub struct InspectArguments {
    #[arg(
        value_name = "RUN",
        required = true,
        help = format!("{NETWORK}; several are compared; with --rows, a folder of runs or of a sweep stands for all in it")
    )]
    runs: Vec<PathBuf>,
    #[command(flatten)]
    folder: RunsFolder,
    /// Index of the test image, from 0
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "rows")]
    image: usize,
    /// Read this PNG or JPEG picture instead, prepared as `predict` does
    #[arg(long, value_name = "FILE", conflicts_with_all = ["image", "rows"])]
    file: Option<PathBuf>,
    /// Show the accuracy on all test images after each row
    #[arg(long)]
    rows: bool,
    /// What to draw of each unit, in this order
    #[arg(
        long,
        value_enum,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "hidden",
        conflicts_with = "rows"
    )]
    show: Vec<Quantity>,
    /// Layer to show, from 1 [default: the last]
    #[arg(long, value_name = "N", conflicts_with = "rows")]
    layer: Option<usize>,
    /// Order of the units in the drawing
    #[arg(long, value_enum, value_name = "ORDER", default_value = "peak", conflicts_with = "rows")]
    order: UnitOrder,
    /// Write a self-contained HTML page
    #[arg(long, value_name = "FILE", value_parser = file_of("html"))]
    html: Option<PathBuf>,
    /// Write the drawing as SVG
    #[arg(long, value_name = "FILE", value_parser = file_of("svg"))]
    svg: Option<PathBuf>,
    /// Write the drawing as PNG
    #[arg(long, value_name = "FILE", value_parser = file_of("png"))]
    png: Option<PathBuf>,
    /// Width of the PNG in pixels, 1 to 20000
    #[arg(long, value_name = "PIXELS", default_value_t = 1600, requires = "png", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    png_width: u32,
    /// Folder with the test images [default: those of the run]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Draw with ASCII characters only
    #[arg(long, conflicts_with = "rows")]
    ascii: bool,
    /// Print only JSON on stdout: one object; for several runs, and with --rows, an array with one object per run
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    compute: ComputeOptions,
}

pub fn execute(arguments: &InspectArguments) -> anyhow::Result<()> {
    let work = || if arguments.rows { arguments.by_rows() } else { arguments.inside() };
    with_threads(thread_count(arguments.compute.threads), work)?
}

impl InspectArguments {
    fn inside(&self) -> anyhow::Result<()> {
        let networks = Network::open_all(&self.folder, &self.runs, self.compute.backend)?;
        for network in &networks {
            let layers = network.stored.weights.shape.layers;
            if let Some(layer) = self.layer.filter(|layer| !(1..=layers).contains(layer)) {
                let name = &network.stored.name;
                return usage_error(format!("--layer {layer}: {name} has {}", layers_in_words(layers)));
            }
        }
        let draws = self.html.is_some() || self.svg.is_some() || self.png.is_some();
        if !draws
            && (self.show != [Quantity::Hidden] || self.order != UnitOrder::Peak || self.layer.is_some())
        {
            return usage_error(
                "--show, --order and --layer are for the drawing: say with --html, --svg or --png where to",
            );
        }
        let subject = self.subject(&networks)?;
        let inside = |network: &Network| match self.layer {
            Some(layer) => network.inside(&subject.pixels, layer),
            None => network.inside_last(&subject.pixels),
        };
        let networks: Vec<Inside> = networks.iter().map(inside).collect();
        // Files first: the reader of stdout may close it.
        let chart = inside_chart(&subject, &networks, &self.show, self.order);
        self.write_chart(&chart, || inside_html(&subject, &networks, &chart, &self.command()))?;
        if self.json {
            return print(&inside_json(&subject, &networks));
        }
        let drawing = Drawing { width: terminal_width(), ascii: self.ascii };
        print(&inside_text(&subject, &networks, drawing))
    }

    /// The image that the networks read: a picture, or a test image of the data of all of them.
    fn subject(&self, networks: &[Network]) -> anyhow::Result<Subject> {
        if let Some(file) = &self.file {
            let pixels = read_picture(file)?;
            let likeness = Judge::of(networks).likeness(&pixels);
            return Ok(Subject { name: last_part(file), label: None, pixels: pixels.to_vec(), likeness });
        }
        let checksum = networks.iter().find_map(|network| network.data_checksum());
        let other = networks.iter().find(|network| {
            network.data_checksum().is_some_and(|found| Some(found) != checksum) && self.data_dir.is_none()
        });
        if let Some(other) = other {
            return usage_error(format!(
                "the runs were scored on different data: {} and {} have no test image in common (name one folder of \
                 images with --data-dir)",
                networks[0].stored.name, other.stored.name
            ));
        }
        let of_run = networks.iter().find(|network| network.data_checksum().is_some());
        let test = of_run.unwrap_or(&networks[0]).data(self.data_dir.as_deref())?.test;
        if self.image >= test.len() {
            let last = test.len() - 1;
            return usage_error(format!(
                "--image {}: the test images are counted from 0 to {last}",
                self.image
            ));
        }
        let (label, pixels) = (Some(test.label(self.image)), test.image(self.image).to_vec());
        Ok(Subject { name: format!("test image {}", self.image), label, pixels, likeness: None })
    }

    fn by_rows(&self) -> anyhow::Result<()> {
        // Runs mostly share their data, which takes longer to read than to score.
        let mut loaded: Option<(PathBuf, Option<String>, Dataset)> = None;
        let mut runs = Vec::new();
        for run in self.runs_in_folders()? {
            let network = Network::open(&run, self.compute.backend)?;
            let folder = self.data_dir.as_ref().unwrap_or(&network.stored.config.data_dir);
            let checksum = network.data_checksum();
            if !matches!(&loaded, Some((known, of, _)) if known == folder && of.as_deref() == checksum) {
                let data = network.data(self.data_dir.as_deref())?;
                loaded = Some((folder.clone(), checksum.map(ToString::to_string), data));
            }
            let test = &loaded.as_ref().expect("loaded above").2.test;
            runs.push(by_rows(&network, test));
        }
        let json = self.json.then(|| serde_json::to_string(&runs)).transpose()?;
        let curves = curves(runs);
        if let Some(chart) = rows_chart(&curves) {
            self.write_chart(&chart, || rows_html(&curves, &chart, &self.command()))?;
        }
        print(&json.unwrap_or_else(|| rows_text(&curves)))
    }

    /// The runs and files that were given, and for a folder of runs its finished ones.
    fn runs_in_folders(&self) -> anyhow::Result<Vec<PathBuf>> {
        let (mut runs, mut seen) = (Vec::new(), HashSet::new());
        for path in &self.runs {
            if path.is_file() || self.folder.is_built_in(path) {
                runs.push(path.clone());
                continue;
            }
            let found = self.folder.all(Some(path))?;
            if found.finished.is_empty() {
                anyhow::bail!("{} is not a run and contains no finished run", path.display());
            }
            if found.unfinished > 0 {
                let unfinished = count(found.unfinished, "unfinished run");
                note(&format!("{}: left out {unfinished}", path.display()));
            }
            let new = found.finished.iter().filter(|run| seen.insert(same_if_equal(&run.result)));
            runs.extend(new.map(|run| run.folder.path().to_path_buf()));
        }
        Ok(runs)
    }

    fn write_chart(&self, chart: &Chart, page: impl Fn() -> String) -> anyhow::Result<()> {
        if let Some(file) = &self.html {
            write(file, page().as_bytes())?;
        }
        write_drawing(chart, self.svg.as_deref(), self.png.as_deref(), self.png_width)
    }

    /// The command that makes the page: paths as they were typed, of absolute ones the last part alone.
    fn command(&self) -> String {
        let name =
            |path: &Path| if path.is_absolute() { last_part(path) } else { path.display().to_string() };
        let mut words = vec!["rowlstm inspect".to_string()];
        words.extend(self.runs.iter().map(|run| name(run)));
        match &self.file {
            _ if self.rows => words.push("--rows".into()),
            Some(file) => words.push(format!("--file {}", name(file))),
            None => words.push(format!("--image {}", self.image)),
        }
        if !self.rows && self.show != [Quantity::Hidden] {
            let shown: Vec<String> = self.show.iter().map(|quantity| value_name(*quantity)).collect();
            words.push(format!("--show {}", shown.join(",")));
        }
        if !self.rows && self.order != UnitOrder::Peak {
            words.push(format!("--order {}", value_name(self.order)));
        }
        words.extend(self.layer.map(|layer| format!("--layer {layer}")));
        words.extend(self.data_dir.as_ref().map(|folder| format!("--data-dir {}", name(folder))));
        words.extend(self.compute.backend.map(|backend| format!("--backend {backend}")));
        words.extend(self.html.as_ref().map(|file| format!("--html {}", name(file))));
        words.join(" ")
    }
}

/// "only layer 1", "layers 1 to 3"
fn layers_in_words(layers: usize) -> String {
    if layers == 1 { "only layer 1".into() } else { format!("layers 1 to {layers}") }
}

/// How a value is spelled on the command line.
fn value_name(value: impl clap::ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}

fn by_rows(network: &Network, test: &Images) -> RunByRows {
    let Network { stored, model, reading, device } = network;
    // Nothing is known of the origin of a file of weights: it is averaged with no other.
    let unknown = || Origin { version: stored.name.clone(), ..Origin::default() };
    let origin = stored.result.as_ref().map_or_else(unknown, Run::origin);
    let correct = correct_every_step(model, test, 0..test.len(), reading, device);
    RunByRows::new(stored.name.clone(), &stored.config, origin, correct, test.len())
}
