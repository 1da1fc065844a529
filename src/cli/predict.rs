//! `rowlstm predict`.

use super::doubts::Judge;
use super::files::{last_part, pictures};
use super::network::{ComputeOptions, Network};
use super::runs::{NETWORK, RunsFolder};
use super::terminal::{note, print, terminal_width};
use super::usage_error;
use crate::data::{Images, Likeness, PIXELS, read_picture};
use crate::error::RunError;
use crate::format::count;
use crate::inference::{highest, probabilities};
use crate::inside::{Inside, Subject, answers_text, inside_text, predictions_text, settled_after};
use crate::machine::{thread_count, with_threads};
use crate::plot::Drawing;
use crate::plot::drawing::contact_sheet;
use crate::run::{DEFAULT_NETWORK, RunFolder};
use std::path::{Path, PathBuf};

/// Classify the digit in pictures of any size
///
/// Takes PNG and JPEG pictures of one digit each, dark on light or light on dark, also in uneven light, and prepares them as
/// MNIST was prepared: the digit in a box of 20 x 20 pixels, centred by mass in 28 x 28. Pictures from other sources than MNIST
/// are harder than its test images: docs/look-inside.md has measured accuracies. A network gives some digit for any picture; a
/// line below the table names the pictures that are unlike any digit, such as blobs, two digits and most letters. With several
/// runs, a table for each picture shows all answers, and the row from which each network's answer no longer changes. If a
/// picture cannot be read, the error goes to stderr, the other pictures are still classified, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "rowlstm predict [OPTIONS] [RUN]... <FILE>...",
    after_help = "Examples:
  rowlstm predict seven.png photo.jpg
  rowlstm predict u128 seven.png photo.jpg
  rowlstm predict u8 u32 u128 seven.png --show
  rowlstm predict u128 --show *.png
  rowlstm predict u128 --json *.png | jq .digit"
)]
pub struct PredictArguments {
    #[arg(
        value_name = "RUN... FILE",
        required = true,
        help = format!(
            "Pictures; a folder stands for the PNG and JPEG pictures in it, by name. The runs that read them may stand before \
             them; without one {DEFAULT_NETWORK} reads them. RUN: {NETWORK}"
        )
    )]
    runs_and_files: Vec<PathBuf>,
    #[command(flatten)]
    folder: RunsFolder,
    /// Draw the image that the network reads; with several runs, what their units do while they read it
    #[arg(long, conflicts_with = "json")]
    show: bool,
    /// Draw with ASCII characters only
    #[arg(long, requires = "show")]
    ascii: bool,
    /// Print only JSON on stdout, one object per file and line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    compute: ComputeOptions,
}

pub fn execute(arguments: &PredictArguments) -> anyhow::Result<()> {
    with_threads(thread_count(arguments.compute.threads), || arguments.predict())?
}

impl PredictArguments {
    fn predict(&self) -> anyhow::Result<()> {
        let (runs, files) = self.runs_and_files()?;
        let networks = Network::open_all(&self.folder, &runs, self.compute.backend)?;
        let (mut read, mut failed) = (Vec::new(), 0);
        let judge = Judge::of(&networks);
        for file in &files {
            match read_picture(file) {
                Ok(pixels) if self.json => {
                    let likeness = judge.likeness(&pixels);
                    for network in &networks {
                        print(&to_json(file, network, &pixels, likeness).to_string())?;
                    }
                }
                Ok(pixels) => read.push((file.as_path(), pixels)),
                Err(error) => {
                    failed += 1;
                    note(&format!("error: {error}"));
                    if self.json {
                        let file = file.to_string_lossy();
                        let error = serde_json::json!({ "file": file, "error": error.to_string() });
                        print(&error.to_string())?;
                    }
                }
            }
        }
        match networks.as_slice() {
            _ if self.json || read.is_empty() => {}
            [network] => self.print_answers(network, &read)?,
            several => self.print_all_answers(several, &read)?,
        }
        for (file, pixels) in read.iter().filter(|_| !self.json) {
            if let Some(reason) = judge.likeness(pixels).and_then(|likeness| likeness.doubt()) {
                print(&format!("{} is unlike any digit: {reason}", printable(file)))?;
            }
        }
        match failed {
            0 => Ok(()),
            _ => anyhow::bail!("{failed} of {} could not be read", count(files.len(), "picture")),
        }
    }

    /// The runs, and the pictures after them; without a run, the network inside the program.
    fn runs_and_files(&self) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
        let (first, more) = self.runs_and_files.split_first().expect("the parser asks for one at least");
        let runs =
            if is_picture(first) { 0 } else { 1 + more.iter().take_while(|path| is_run(path)).count() };
        let (runs, files) = self.runs_and_files.split_at(runs);
        if files.is_empty() {
            return usage_error(
                "no pictures given: name the runs first, then PNG or JPEG files (inspect RUN --image N reads a test image)",
            );
        }
        let default = [PathBuf::from(DEFAULT_NETWORK)];
        let runs = if runs.is_empty() { &default } else { runs };
        Ok((runs.to_vec(), pictures(files)?))
    }

    /// For each picture a table of several networks' answers, and with --show a drawing.
    fn print_all_answers(&self, networks: &[Network], read: &[(&Path, [u8; PIXELS])]) -> anyhow::Result<()> {
        let drawing = Drawing { width: terminal_width(), ascii: self.ascii };
        for (index, (file, pixels)) in read.iter().enumerate() {
            // Doubts of all pictures stand together at the end.
            let (name, pixels_read) = (last_part(file), pixels.to_vec());
            let subject = Subject { name, label: None, pixels: pixels_read, likeness: None };
            let inside: Vec<Inside> = networks.iter().map(|network| network.inside_last(pixels)).collect();
            let show = if self.show {
                inside_text(&subject, &inside, drawing)
            } else {
                answers_text(&subject, &inside)
            };
            print(&format!("{}{show}", if index > 0 { "\n" } else { "" }))?;
        }
        Ok(())
    }

    fn print_answers(&self, network: &Network, read: &[(&Path, [u8; PIXELS])]) -> anyhow::Result<()> {
        let answers = answers(network, read);
        let names: Vec<String> = read.iter().map(|(file, _)| file.display().to_string()).collect();
        if self.show {
            let images = read.iter().map(|(file, pixels)| (&pixels[..], [last_part(file), String::new()]));
            let drawn = contact_sheet(images, Drawing { width: terminal_width(), ascii: self.ascii });
            print(drawn.trim_end())?;
            print("")?;
        }
        print(&predictions_text(names.iter().map(String::as_str).zip(&answers)))
    }
}

/// Whether the first argument is a picture or a folder of them: its name ends as a picture's does, or it is a folder without
/// runs.
fn is_picture(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let ends_so = matches!(ending.to_str(), Some("png" | "jpg" | "jpeg"));
    if path.is_dir() { RunsFolder::holds_no_run(path) } else { ends_so }
}

/// Whether a further argument is a run: a run's folder, weights, or a name that is neither a path nor ends as a picture's does.
fn is_run(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str() {
        Some("safetensors") => true,
        Some("png" | "jpg" | "jpeg") => false,
        _ if path.is_dir() => !matches!(RunFolder::at(path).info(), Err(RunError::NotARun { .. })),
        _ => !path.exists(),
    }
}

/// The probability of each digit, for each picture.
fn answers<P>(network: &Network, pictures: &[(P, [u8; PIXELS])]) -> Vec<Vec<f64>> {
    let pixels = pictures.iter().flat_map(|(_, pixels)| *pixels).collect();
    // The labels are unknown and not used.
    let images =
        Images::new(pixels, vec![0; pictures.len()]).expect("each picture has 784 pixels and a label");
    probabilities(&network.model, &images, 0..images.len(), &network.reading, &network.device)
}

/// A file's name without control sequences of a terminal.
fn printable(file: &Path) -> String {
    file.display().to_string().replace(char::is_control, "\u{fffd}")
}

fn to_json(file: &Path, network: &Network, pixels: &[u8], likeness: Option<Likeness>) -> serde_json::Value {
    let answers = network.answers(pixels);
    let probabilities = &answers[answers.len() - 1];
    serde_json::json!({
        "file": file.to_string_lossy(),
        "network": network.stored.name,
        "num_units": network.stored.config.num_units,
        "digit": highest(probabilities),
        "settled_after": settled_after(&answers),
        "probabilities": probabilities,
        "unlike_a_digit": likeness.and_then(|likeness| likeness.doubt()),
        "distance": likeness.map(|likeness| likeness.distance),
        "solid": likeness.map(|likeness| likeness.solid),
        "pixels": pixels,
    })
}
