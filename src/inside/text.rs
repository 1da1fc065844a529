//! What happens inside networks while they read one image, for a terminal of 80 columns: the image, the hidden states in
//! block characters, and the answers.

use super::{Inside, Subject};
use crate::data::SIDE;
use crate::format::{percent, text_table};
use crate::inference::highest;
use crate::plot::drawing::{Drawing, INK, rows, side_by_side};
use comfy_table::{Cell, CellAlignment, Table, presets};

/// Most rows of a table of answers if there are more timesteps.
const LINES: usize = 56;
/// Most characters of a network's name in a table of 80 columns.
const NAME: usize = 27;
/// Most units per line of a drawing.
const UNITS: usize = 64;

/// The image and what each network's units do beside it, drawn; the answers of one network after every timestep, or the last
/// answer of several; and last whether the image is unlike any digit.
pub fn inside_text(subject: &Subject, networks: &[Inside], drawing: Drawing) -> String {
    let marks = if drawing.ascii {
        "darker the farther h is from 0"
    } else {
        "a block where h is below -0.5 or above 0.5"
    };
    let drawn = format!(
        "{}\n\nBeside the image, time running down: the answer so far, and a column per unit of\nthe hidden state h, {marks}.",
        drawn(subject, networks, drawing)
    );
    let text = match networks {
        [one] => format!("{}\n\n{drawn}\n\n{}", harmless(&one.finding(subject)), every_answer(one)),
        all => format!("{}\n\n{drawn}", answers_text(subject, all)),
    };
    match subject.doubt() {
        Some(doubt) => format!("{text}\n{}", harmless(&doubt)),
        None => text,
    }
}

fn drawn(subject: &Subject, networks: &[Inside], drawing: Drawing) -> String {
    let mut image = rows(&subject.pixels, SIDE, drawing.ascii);
    image.push(harmless(&subject.name).chars().take(SIDE).collect());
    image.extend(subject.label.map(|label| format!("a {label}")));
    let mut blocks = vec![image];
    for inside in networks {
        let units = inside.trace.units;
        for from in (0..units).step_by(UNITS) {
            let shown = UNITS.min(units - from);
            let states = rows(&states(inside, from, shown), shown, drawing.ascii);
            let answers = inside.answers();
            let line = |(line, states): (usize, String)| {
                // The answer after the lower of the two rows.
                let step = ((2 * line + 2) * answers.len()).div_ceil(SIDE);
                format!("{} {states}", answers[step - 1])
            };
            let mut block: Vec<String> = states.into_iter().enumerate().map(line).collect();
            if from == 0 {
                let (answer, _) = inside.answer();
                block.push(inside.size());
                block.push(format!("reads {answer}{}", subject.verdict(answer)));
                block.push(format!("after {} {}", inside.step(), inside.settled_after()));
            } else {
                block.push(format!("units {} to {}", from + 1, from + shown));
            }
            blocks.push(block);
        }
    }
    side_by_side(&blocks, drawing.width).trim_end().to_string()
}

/// |h| of `shown` units, those at the places from `from` in the order of their peaks, at the time of each row of an image, so
/// that 0.5 is the least that counts as ink.
fn states(inside: &Inside, from: usize, shown: usize) -> Vec<u8> {
    let trace = &inside.trace;
    let order = super::UnitOrder::Peak.of(trace);
    let at = |row: usize, unit: usize| {
        let first = row * trace.timesteps / SIDE;
        let end = ((row + 1) * trace.timesteps / SIDE).max(first + 1);
        let sum: f32 = (first..end).map(|step| trace.hidden[step * trace.units + unit].abs()).sum();
        (sum / (end - first) as f32 * 2.0 * f32::from(INK)).round() as u8
    };
    let units = &order[from..from + shown];
    (0..SIDE).flat_map(|row| units.iter().map(move |unit| at(row, *unit))).collect()
}

/// The probability of each digit after every timestep, in whole percent.
fn every_answer(inside: &Inside) -> String {
    let classes = inside.probabilities[0].len();
    let heads = [inside.step().to_string(), "reads".into()].into_iter().chain(percent_heads(classes));
    let steps = inside.probabilities.len();
    let every = steps.div_ceil(LINES);
    let rows = inside.probabilities.iter().enumerate();
    let shown = rows.filter(|(index, _)| (steps - 1 - index).is_multiple_of(every));
    let cells = shown.map(|(index, row)| [(index + 1).to_string()].into_iter().chain(answer_cells(row)));
    text_table(heads, cells)
}

fn percent_heads(classes: usize) -> impl Iterator<Item = String> {
    (0..classes).map(|class| format!("{class} %"))
}

/// The class with the highest probability, and each probability in whole percent.
fn answer_cells(shares: &[f64]) -> impl Iterator<Item = String> {
    let percent = shares.iter().map(|share| format!("{:.0}", 100.0 * share));
    [highest(shares).to_string()].into_iter().chain(percent)
}

/// One network's answers to pictures, one row per picture: its name, the digit, and the probability of each digit in percent.
pub fn predictions_text<'a>(answers: impl Iterator<Item = (&'a str, &'a Vec<f64>)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    for (index, (name, shares)) in answers.enumerate() {
        if index == 0 {
            table.set_header(["file".into(), "digit".into()].into_iter().chain(percent_heads(shares.len())));
        }
        let numbers = answer_cells(shares).map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
        table.add_row([Cell::new(harmless(name))].into_iter().chain(numbers));
    }
    table.to_string()
}

/// Several networks' answers to an image, one row per network.
pub fn answers_text(subject: &Subject, networks: &[Inside]) -> String {
    let row = |inside: &Inside| {
        let (answer, probability) = inside.answer();
        // The end of a long path says more than its beginning.
        let name: Vec<char> = harmless(&inside.network).chars().collect();
        let cut = name.len() > NAME;
        let name: String =
            name[name.len().saturating_sub(if cut { NAME - 1 } else { NAME })..].iter().collect();
        [
            inside.trace.units.to_string(),
            if cut { format!("…{name}") } else { name },
            format!("{answer}{}", subject.verdict(answer)),
            percent(probability),
            format!("{} {}", inside.step(), inside.settled_after()),
        ]
    };
    let heads = ["units", "run", "reads", "probability", "settled after"];
    format!("{}:\n{}", harmless(&subject.what()), text_table(heads, networks.iter().map(row)))
}

/// A name without control sequences of a terminal.
fn harmless(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
