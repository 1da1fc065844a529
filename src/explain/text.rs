//! The explanation for a terminal, in lines of at most 80 characters.

use super::{Explanation, Matrix};
use crate::format::{count, thousands};

const WIDTH: usize = 80;
/// Width of the labels of [`labelled`] lines.
const LABEL: usize = 19;

/// The explanation as text.
pub fn explanation_text(explanation: &Explanation) -> String {
    let sections = [
        meaning(explanation),
        way(explanation),
        weights(explanation),
        parameters(explanation),
        work(explanation),
        memory(explanation),
        wrong_answers(explanation),
    ];
    sections.join("\n\n")
}

/// A heading and its indented lines.
pub(super) fn section(heading: &str, lines: &[String]) -> String {
    let lines: String =
        lines.iter().map(|line| format!("\n  {line}").trim_end_matches(' ').to_string()).collect();
    format!("{heading}{lines}")
}

/// The text in lines, each indented by `indent` more than a section's lines.
pub(super) fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let limit = WIDTH - 2;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(" ".repeat(indent) + word),
        }
    }
    lines
}

/// A line with a label in a column of its own.
fn labelled(label: &str, text: &str) -> String {
    format!("{label:<LABEL$} {text}")
}

fn meaning(explanation: &Explanation) -> String {
    let units = explanation.num_units;
    let text = format!(
        "The size of the hidden state h, of the cell state c and of each of the four gates of an LSTM layer: {} each, \
         computed anew at every timestep.",
        count(units, "number")
    );
    section(&format!("num_units = {}", thousands(units)), &wrapped(&text, 0))
}

/// "LSTM layers 2 to 4": the layers that read another layer, which all have the same sizes.
fn upper_layers(explanation: &Explanation) -> Option<String> {
    match explanation.num_layers {
        1 => None,
        2 => Some("LSTM layer 2".into()),
        last => Some(format!("LSTM layers 2 to {last}")),
    }
}

fn way(explanation: &Explanation) -> String {
    let &Explanation { num_units: units, timesteps, inputs, rows, first_row, classes, .. } = explanation;
    let line =
        |what: &str, shape: &[usize], note: &str| format!("{what:<30} {:<10} {note}", bracketed(shape));
    let mut lines = vec![line("image", &[28, 28], "pixels from 0 to 1")];
    if rows < 28 {
        let which = match rows {
            1 => format!("row {} of 1 to 28", first_row + 1),
            _ => format!("rows {} to {} of 1 to 28", first_row + 1, first_row + rows),
        };
        lines.push(line(if rows == 1 { "its middle row" } else { "its middle rows" }, &[rows, 28], &which));
    }
    let name = if timesteps == 1 { "sequence x_1".into() } else { format!("sequence x_1 to x_{timesteps}") };
    let note = format!("{} of {}", count(timesteps, "timestep"), count(inputs, "value"));
    lines.extend([
        line(&name, &[timesteps, inputs], &note),
        "LSTM layer 1, at timestep t".into(),
        line("  reads x_t", &[inputs], ""),
        line("  and h, c of timestep t - 1", &[units], "each; zeros before the first"),
        line("  computes gates i, f, g, o", &[4, units], "of x_t, h and the weights"),
        line("  writes c_t = f × c + i × g", &[units], ""),
        line("  and h_t = o × tanh(c_t)", &[units], ""),
    ]);
    if let Some(upper) = upper_layers(explanation) {
        lines.push(format!("{upper}: the same, with h_t {} of the layer below as x_t", bracketed(&[units])));
    }
    let top = if explanation.num_layers == 1 { "" } else { "of the last layer" };
    lines.push(line(&format!("last hidden state h_{timesteps}"), &[units], top));
    lines.push(line("dense head", &[classes], "scores of the ten digits"));
    section("The path of one image (in a batch of B images every shape begins with B)", &lines)
}

fn bracketed(shape: &[usize]) -> String {
    format!("{shape:?}")
}

fn weights(explanation: &Explanation) -> String {
    let line = |matrix: &Matrix, note: &str| {
        format!(
            "  {:<18} {:<14} {:>12}  {note}",
            matrix.name,
            bracketed(&matrix.shape),
            thousands(matrix.parameters)
        )
    };
    let notes = ["x_t to the four gates", "h to the four gates", "of the four gates"];
    let layer = |index: usize| {
        let matrices = explanation.layers[index].matrices.iter();
        matrices.zip(notes).map(|(matrix, note)| line(matrix, note))
    };
    let mut lines = vec!["LSTM layer 1".to_string()];
    lines.extend(layer(0));
    if let Some(upper) = upper_layers(explanation) {
        lines.push(if explanation.num_layers > 2 { upper + ", each" } else { upper });
        lines.extend(layer(1));
    }
    lines.push("dense head".into());
    lines.extend(explanation.head.iter().map(|matrix| line(matrix, "")));
    section("Weights; those of the LSTM are the same at every timestep", &lines)
}

/// " each" if a line stands for several layers.
fn each(explanation: &Explanation) -> &'static str {
    if explanation.num_layers > 2 { " each" } else { "" }
}

fn parameters(explanation: &Explanation) -> String {
    let (units, classes) = (thousands(explanation.num_units), explanation.classes);
    let of_layer = |index: usize| {
        let layer = &explanation.layers[index];
        let inputs = thousands(layer.inputs);
        format!("4 × {units} × ({inputs} + {units} + 1) = {}", thousands(layer.parameters))
    };
    let mut lines = wrapped(
        "4 U (W + U + 1) per layer: four gates of U units, each unit with a weight for each of W inputs and U hidden \
         states, and a bias. T, the number of timesteps, is not in the formula.",
        0,
    );
    lines.push(labelled("LSTM layer 1", &of_layer(0)));
    if let Some(upper) = upper_layers(explanation) {
        lines.push(labelled(&upper, &of_layer(1)) + each(explanation));
        lines.push(labelled("all LSTM layers", &thousands(explanation.lstm_parameters)));
    }
    let head = thousands(explanation.head_parameters);
    lines.push(labelled("dense head", &format!("{classes} × ({units} + 1) = {head}")));
    lines.push(labelled("total", &thousands(explanation.parameters)));
    lines.push(String::new());
    lines.push("The same LSTM as other frameworks count it:".into());
    let keras = thousands(explanation.lstm_parameters);
    lines.push(labelled("Keras", &format!("{keras}, as here: one bias per gate")));
    let pytorch = format!(
        "{}: two biases per gate, 4 U = {} more numbers per layer, though only their sum has an effect",
        thousands(explanation.lstm_parameters_pytorch),
        thousands(4 * explanation.num_units)
    );
    let mut pytorch = wrapped(&pytorch, LABEL + 1);
    pytorch[0] = labelled("PyTorch", pytorch[0].trim_start());
    lines.extend(pytorch);
    section("Parameters", &lines)
}

fn work(explanation: &Explanation) -> String {
    let &Explanation { timesteps, classes, .. } = explanation;
    let units = thousands(explanation.num_units);
    let of_layer = |index: usize| {
        let inputs = explanation.layers[index].inputs;
        let product = timesteps * 4 * explanation.num_units * (inputs + explanation.num_units);
        format!("{timesteps} × 4 × {units} × ({} + {units}) = {}", thousands(inputs), thousands(product))
    };
    let mut lines = vec![labelled("LSTM layer 1", &of_layer(0))];
    if let Some(upper) = upper_layers(explanation) {
        lines.push(labelled(&upper, &of_layer(1)) + each(explanation));
    }
    let head = thousands(explanation.num_units * classes);
    lines.push(labelled("dense head", &format!("{units} × {classes} = {head}")));
    let total = thousands(explanation.multiply_adds);
    lines.push(labelled("total", &format!("{total}; in training three times as many")));
    section("Multiply-adds per image: these grow with T", &lines)
}

fn memory(explanation: &Explanation) -> String {
    let memory = &explanation.training_step_bytes;
    let line = |what: &str, size: usize, note: &str| format!("{what:<34} {:>9}  {note}", bytes(size));
    let mut lines = vec![
        line("weights", memory.weights, "4 bytes each"),
        line("their gradients", memory.gradients, ""),
        line("Adam's two moments of them", memory.moments, ""),
        line("the images as sequences", memory.images, ""),
        line("kept for the backward pass", memory.saved, "28 bytes × T × U per image"),
    ];
    let formula =
        28 * explanation.timesteps * explanation.num_units * explanation.num_layers * explanation.batch_size;
    // Up to a tenth more are the masks of zero pixels and the blank row.
    if memory.saved > formula + formula / 10 {
        lines.push(format!("{:<45}{}", "", "with U rounded up to whole"));
        lines.push(format!("{:<45}{}", "", "vectors of the processor"));
    }
    if memory.between_layers > 0 {
        lines.push(line("passed from layer to layer", memory.between_layers, ""));
    }
    lines.push(line("workspace of the backward pass", memory.workspace, ""));
    lines.push(line("total", memory.total, ""));
    lines.extend(wrapped("In addition: the program, and the 70,000 images of MNIST, 55 MB.", 0));
    section(&format!("Memory for a training step of {}", count(explanation.batch_size, "image")), &lines)
}

/// "12.8 MB"
pub(super) fn bytes(number: usize) -> String {
    let number = number as f64;
    match number {
        _ if number < 1e6 => format!("{:.1} kB", number / 1e3),
        _ if number < 1e9 => format!("{:.1} MB", number / 1e6),
        _ => format!("{:.1} GB", number / 1e9),
    }
}

fn wrong_answers(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    for answer in &explanation.wrong_answers {
        lines.push(format!("It is not {}.", answer.claim));
        lines.extend(wrapped(&answer.fact, 2));
    }
    section("What num_units is not", &lines)
}
