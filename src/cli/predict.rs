//! `rowlstm predict`.

use super::files::last_part;
use super::network::{ComputeOptions, Network};
use super::terminal::{note, print, terminal_width};
use crate::data::{Images, KnownDigits, Likeness, PIXELS, is_mnist, read_picture};
use crate::inference::probabilities;
use crate::inside::predictions_text;
use crate::machine::{thread_count, with_threads};
use crate::plot::Drawing;
use crate::plot::drawing::contact_sheet;
use std::cell::LazyCell;
use std::path::{Path, PathBuf};

/// Classify the digit in pictures of any size
///
/// Takes PNG and JPEG pictures of one digit each, dark on light or light on dark, also in uneven light, and prepares them as
/// MNIST was prepared: the digit in a box of 20 x 20 pixels, centred by mass in 28 x 28. Pictures from other sources than MNIST
/// are harder than its test images: docs/look-inside.md has measured accuracies. A network gives some digit for any picture; a
/// line below the table names the pictures that are unlike any digit, such as blobs, two digits and most letters. If a picture
/// cannot be read, the error goes to stderr, the other pictures are still classified, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm predict runs/u128-l1-s1-3d8b8514 seven.png photo.jpg
  rowlstm predict runs/u128-l1-s1-3d8b8514 --show *.png
  rowlstm predict runs/u128-l1-s1-3d8b8514 --json *.png | jq .digit")]
pub struct PredictArguments {
    /// Folder of a finished run, or a safetensors file with weights
    run: PathBuf,
    /// Pictures
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Draw the image that the network reads
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
        let network = Network::open(&self.run, self.compute.backend)?;
        let (mut read, mut failed) = (Vec::new(), 0);
        // What a network was trained on may be no digits.
        let digits = network.data_checksum().is_none_or(is_mnist);
        let known = LazyCell::new(KnownDigits::built_in);
        let likeness = |pixels: &[u8; PIXELS]| digits.then(|| known.likeness(pixels));
        for file in &self.files {
            match read_picture(file) {
                Ok(pixels) if self.json => {
                    let answer = answers(&network, &[(file, pixels)]).remove(0);
                    print(&to_json(file, Ok((&answer, likeness(&pixels)))).to_string())?;
                }
                Ok(pixels) => read.push((file.as_path(), pixels)),
                Err(error) => {
                    failed += 1;
                    note(&format!("error: {error}"));
                    if self.json {
                        print(&to_json(file, Err(error.to_string())).to_string())?;
                    }
                }
            }
        }
        if !self.json && !read.is_empty() {
            self.print_answers(&network, &read)?;
            for (file, pixels) in &read {
                if let Some(reason) = likeness(pixels).and_then(|likeness| likeness.doubt()) {
                    print(&format!("{} is unlike any digit: {reason}", printable(file)))?;
                }
            }
        }
        match failed {
            0 => Ok(()),
            _ => anyhow::bail!("{failed} of {} pictures could not be read", self.files.len()),
        }
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

fn to_json(file: &Path, answer: Result<(&Vec<f64>, Option<Likeness>), String>) -> serde_json::Value {
    let file = file.to_string_lossy();
    match answer {
        Ok((shares, likeness)) => serde_json::json!({
            "file": file,
            "digit": crate::inference::highest(shares),
            "probabilities": shares,
            "unlike_a_digit": likeness.and_then(|likeness| likeness.doubt()),
            "distance": likeness.map(|likeness| likeness.distance),
            "solid": likeness.map(|likeness| likeness.solid),
        }),
        Err(error) => serde_json::json!({ "file": file, "error": error }),
    }
}
