//! What happens inside networks while they read one image, and their answers, as numbers and JSON. The drawing is in `chart`,
//! the text in `text`.

use crate::data::{Likeness, SIDE};
use crate::format::{count, percent};
use crate::inference::{LayerTrace, highest};
use clap::ValueEnum;
use serde_json::{Value, json};

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

/// The timestep, counted from 1, from which the answer no longer changes.
///
/// * `probabilities`: of each class after every timestep, `[T, C]`.
pub fn settled_after(probabilities: &[Vec<f64>]) -> usize {
    let answers: Vec<usize> = probabilities.iter().map(|row| highest(row)).collect();
    answers.len() - answers.iter().rev().take_while(|answer| Some(*answer) == answers.last()).count() + 1
}

/// An image that networks read.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name: "test image 7", "digit.png".
    pub name: String,
    /// The digit that it shows, if known.
    pub label: Option<u8>,
    /// 784 pixels row by row, 0 paper, 255 full ink.
    pub pixels: Vec<u8>,
    /// How like a digit it is; `None` if that is not judged, as for a test image.
    pub likeness: Option<Likeness>,
}

impl Subject {
    /// "test image 7, a 2"
    pub(crate) fn what(&self) -> String {
        self.name.clone() + &self.label.map_or(String::new(), |label| format!(", a {label}"))
    }

    /// "letter.png is unlike any digit: its outline is 0.62 from MNIST's digits (limit 0.56)"; `None` if it may be one.
    pub(super) fn doubt(&self) -> Option<String> {
        let reason = self.likeness?.doubt()?;
        Some(format!("{} is unlike any digit: {reason}", self.name))
    }

    /// ", right" or ", wrong" after an answer; nothing if the digit is not known.
    pub(super) fn verdict(&self, answer: usize) -> &'static str {
        match self.label {
            Some(label) if usize::from(label) == answer => ", right",
            Some(_) => ", wrong",
            None => "",
        }
    }
}

/// What happens inside a network while it reads an image.
#[derive(Clone, Debug)]
pub struct Inside {
    /// The network's name.
    pub network: String,
    /// What of the image it reads, in words, if that is not all of it in its own order.
    pub view: Vec<String>,
    /// The image as the network reads it, `[T, W]`, each value in 0..=1.
    pub sequence: Vec<f32>,
    /// The probability of each class after every timestep, `[T, C]`, T at least 1.
    pub probabilities: Vec<Vec<f64>>,
    /// The layer that is traced, from 1, and the number of layers.
    pub layer: (usize, usize),
    /// The values of the layer.
    pub trace: LayerTrace,
}

impl Inside {
    /// The answer after each timestep: the class with the highest probability.
    pub(crate) fn answers(&self) -> Vec<usize> {
        self.probabilities.iter().map(|row| highest(row)).collect()
    }

    /// The last answer, and its probability.
    pub(super) fn answer(&self) -> (usize, f64) {
        let last = self.probabilities.last().expect("a sequence has at least one timestep");
        (highest(last), last[highest(last)])
    }

    /// [`settled_after`] of its answers.
    pub(super) fn settled_after(&self) -> usize {
        settled_after(&self.probabilities)
    }

    /// "row" if timestep t is row t of the image, otherwise "timestep".
    pub(crate) fn step(&self) -> &'static str {
        let reads_rows = self.sequence.len() == SIDE * self.probabilities.len() && self.view.is_empty();
        if reads_rows { "row" } else { "timestep" }
    }

    /// "128 units", and the layer if there are several.
    pub(super) fn size(&self) -> String {
        let layer = match self.layer {
            (_, 1) => String::new(),
            (layer, layers) => format!(", layer {layer} of {layers}"),
        };
        count(self.trace.units, "unit") + &layer
    }

    /// What of the image is read, in brackets after a space, if that is not all.
    pub(super) fn view(&self) -> String {
        if self.view.is_empty() { String::new() } else { format!(" ({})", self.view.join(", ")) }
    }

    /// "reads 8, wrong, with 61.20 %; settled after row 24 of 28"
    pub(super) fn outcome(&self, subject: &Subject) -> String {
        let (answer, probability) = self.answer();
        format!(
            "reads {answer}{}, with {}; settled after {} {} of {}",
            subject.verdict(answer),
            percent(probability),
            self.step(),
            self.settled_after(),
            self.probabilities.len()
        )
    }

    /// The same as a sentence with the network's name.
    pub(crate) fn finding(&self, subject: &Subject) -> String {
        format!("{} {}.", self.network, self.outcome(subject))
    }

    fn json(&self, subject: &Subject) -> Value {
        json!({
            "network": self.network,
            "num_units": self.trace.units,
            "num_layers": self.layer.1,
            "image": subject.name,
            "label": subject.label,
            "view": self.view,
            "digit": self.answer().0,
            "settled_after": self.settled_after(),
            "digit_after": self.answers(),
            "probabilities_after": self.probabilities,
            "unlike_a_digit": subject.likeness.and_then(|likeness| likeness.doubt()),
            "distance": subject.likeness.map(|likeness| likeness.distance),
            "solid": subject.likeness.map(|likeness| likeness.solid),
        })
    }
}

/// The answers after every timestep: one JSON object for one network, an array of them for several.
pub fn inside_json(subject: &Subject, networks: &[Inside]) -> String {
    match networks {
        [one] => one.json(subject).to_string(),
        all => Value::from_iter(all.iter().map(|inside| inside.json(subject))).to_string(),
    }
}
