//! What happens inside a network while it reads one image, and its answers, as text and JSON. The drawing is in `chart`.

use crate::data::SIDE;
use crate::format::text_table;
use crate::inference::{LayerTrace, highest};
use crate::plot::drawing::{Drawing, contact_sheet};
use clap::ValueEnum;
use comfy_table::{Cell, CellAlignment, Table, presets};

/// Most rows of a table of answers if there are more timesteps.
const LINES: usize = 56;

/// A quantity of an LSTM unit with one value per timestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Quantity {
    /// Hidden state, -1 to 1: what the next layer or the head sees
    Hidden,
    /// Cell state: what is kept
    Cell,
    /// Input gate, 0 to 1: how much of the candidate is let in
    Input,
    /// Forget gate, 0 to 1: how much of the cell state is kept
    Forget,
    /// Output gate, 0 to 1: how much of the cell state is shown
    Output,
    /// Candidate, -1 to 1: what could be added to the cell state
    Candidate,
}

impl Quantity {
    /// Its values `[T, U]`.
    pub(crate) fn of(self, trace: &LayerTrace) -> &[f32] {
        match self {
            Self::Hidden => &trace.hidden,
            Self::Cell => &trace.cell,
            Self::Input => &trace.input,
            Self::Forget => &trace.forget,
            Self::Output => &trace.output,
            Self::Candidate => &trace.candidate,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hidden => "Hidden state h",
            Self::Cell => "Cell state c",
            Self::Input => "Input gate i",
            Self::Forget => "Forget gate f",
            Self::Output => "Output gate o",
            Self::Candidate => "Candidate g",
        }
    }

    /// Whether it can be negative.
    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Self::Hidden | Self::Cell | Self::Candidate)
    }
}

/// The order of the units in a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnitOrder {
    /// By the timestep at which the unit's hidden state is farthest from 0, among equals from negative to positive
    Peak,
    /// As in the weights
    Stored,
}

impl UnitOrder {
    /// The units of a layer in this order.
    pub(crate) fn of(self, trace: &LayerTrace) -> Vec<usize> {
        let mut units: Vec<usize> = (0..trace.units).collect();
        if self == Self::Stored {
            return units;
        }
        let state = |unit: usize, step: usize| trace.hidden[step * trace.units + unit];
        let peak = |unit: usize| {
            (0..trace.timesteps).fold(0, |best, step| {
                if state(unit, step).abs() > state(unit, best).abs() { step } else { best }
            })
        };
        units.sort_by(|a, b| {
            let (first, second) = (peak(*a), peak(*b));
            first.cmp(&second).then_with(|| state(*a, first).total_cmp(&state(*b, second)))
        });
        units
    }
}

/// What happens inside a network while it reads one image.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'a> {
    /// The network's name.
    pub network: &'a str,
    /// The name of the image: "test image 7", "digit.png".
    pub image: &'a str,
    /// The digit that the image shows, if known.
    pub label: Option<u8>,
    /// The image, 784 pixels row by row, 0 paper, 255 full ink.
    pub pixels: &'a [u8],
    /// What of it is read, in words, if that is not all of it in its own order.
    pub view: &'a [String],
    /// The image as the network reads it, `[T, W]`, each value in 0..=1.
    pub sequence: &'a [f32],
    /// The probability of each class after every timestep, `[T, C]`.
    pub probabilities: &'a [Vec<f64>],
    /// The layer that is traced, from 1, and the number of layers.
    pub layer: (usize, usize),
    /// The values of the layer.
    pub trace: &'a LayerTrace,
}

impl Inside<'_> {
    /// The answer after each timestep: the class with the highest probability.
    pub(crate) fn answers(&self) -> Vec<usize> {
        self.probabilities.iter().map(|row| highest(row)).collect()
    }

    /// "row" if timestep t is row t of the image, otherwise "timestep".
    pub(crate) fn step(&self) -> &'static str {
        let reads_rows = self.sequence.len() == SIDE * self.probabilities.len() && self.view.is_empty();
        if reads_rows { "row" } else { "timestep" }
    }

    /// "test image 7, a 2", followed in brackets by what of it is read, if not all.
    pub(crate) fn what(&self) -> String {
        let label = self.label.map_or(String::new(), |label| format!(", a {label}"));
        let view = if self.view.is_empty() { String::new() } else { format!(" ({})", self.view.join(", ")) };
        format!("{}{label}{view}", self.image)
    }

    /// The network's last answer, and since when it gives it.
    pub(crate) fn finding(&self) -> String {
        let answers = self.answers();
        let (Some(last), Some(row)) = (answers.last(), self.probabilities.last()) else {
            return String::new();
        };
        let since = answers.len() - answers.iter().rev().take_while(|answer| *answer == last).count() + 1;
        let right = match self.label {
            Some(label) if usize::from(label) == *last => ", rightly",
            Some(_) => ", wrongly",
            None => "",
        };
        format!(
            "{} reads {last}{right}, with {:.2} %; that is its answer from {} {since} of {} on.",
            self.network,
            100.0 * row[*last],
            self.step(),
            answers.len()
        )
    }
}

/// The image, drawn, and the probability of each digit after every timestep, in percent.
pub fn inside_text(inside: &Inside, drawing: Drawing) -> String {
    let captions = [inside.what(), String::new()];
    let sheet = contact_sheet([(inside.pixels, captions)].into_iter(), drawing);
    let classes = inside.probabilities.first().map_or(0, Vec::len);
    let heads = [inside.step().to_string(), "reads".into()].into_iter().chain(percent_heads(classes));
    let steps = inside.probabilities.len();
    let every = steps.div_ceil(LINES);
    let rows = inside.probabilities.iter().enumerate();
    let shown = rows.filter(|(index, _)| (steps - 1 - index).is_multiple_of(every));
    let cells = shown.map(|(index, row)| [(index + 1).to_string()].into_iter().chain(answer_cells(row)));
    format!("{}\n\n{}\n\n{}", inside.finding(), sheet.trim_end(), text_table(heads, cells))
}

fn percent_heads(classes: usize) -> impl Iterator<Item = String> {
    (0..classes).map(|class| format!("{class} %"))
}

/// The class with the highest probability, and each probability in percent.
fn answer_cells(shares: &[f64]) -> impl Iterator<Item = String> {
    let percent = shares.iter().map(|share| format!("{:.1}", 100.0 * share));
    [highest(shares).to_string()].into_iter().chain(percent)
}

/// A network's answers to pictures, one row per picture: its name, the digit, and the probability of each digit in percent.
pub fn predictions_text<'a>(answers: impl Iterator<Item = (&'a str, &'a Vec<f64>)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    for (index, (name, shares)) in answers.enumerate() {
        if index == 0 {
            table.set_header(["file".into(), "digit".into()].into_iter().chain(percent_heads(shares.len())));
        }
        // A name may contain control sequences of a terminal.
        let name: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let numbers = answer_cells(shares).map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
        table.add_row([Cell::new(name)].into_iter().chain(numbers));
    }
    table.to_string()
}

/// The probabilities after every timestep as one JSON object.
pub fn inside_json(inside: &Inside) -> String {
    serde_json::json!({
        "network": inside.network,
        "image": inside.image,
        "label": inside.label,
        "view": inside.view,
        "digit": inside.answers().last(),
        "digit_after": inside.answers(),
        "probabilities_after": inside.probabilities,
    })
    .to_string()
}
