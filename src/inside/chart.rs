//! The chart of one image: the image, what an LSTM layer does while it is read, and what the network would answer. Time runs
//! down, so that each row of the image stands beside the states and the answer after it.

use super::{Inside, Quantity, UnitOrder};
use crate::data::SIDE;
use crate::format::{list, thousands};
use crate::plot::Chart;
use crate::plot::canvas::{Anchor, Canvas, TEXT, width, wrap};
use crate::plot::heat::{Grid, shades};
use crate::plot::place::spread;
use crate::plot::scale::plain;

/// Most squares of a heat map in each direction. More values are averaged, because they would be too small to see.
const MOST_COLUMNS: usize = 128;
const MOST_ROWS: usize = 112;
/// Most answers that a description names.
const MOST_DESCRIBED: usize = 24;
/// Height of an answer's label.
const NAME: f64 = TEXT + 1.0;
/// Height of a line of the caption.
const LINE: f64 = 18.0;

const WIDTH: f64 = 812.0;
/// Height of image, heat map and probabilities.
const BAND: f64 = 196.0;
/// Height of what stands above it: a title, and a key or the classes.
const ABOVE: f64 = 44.0;
const IMAGE: (f64, f64) = (48.0, 196.0);
const HEAT: (f64, f64) = (264.0, 320.0);
const CLASSES: (f64, f64) = (606.0, 150.0);
const ANSWER: f64 = 778.0;

/// Positive and negative values.
const SIGNED: [&str; 2] = ["f1", "f0"];
const GATE: [&str; 2] = ["f2", "f2"];

/// The chart, with a band for each quantity.
pub fn inside_chart(inside: &Inside, shown: &[Quantity], order: UnitOrder) -> Chart {
    let height = shown.len() as f64 * (ABOVE + BAND + 10.0);
    let caption = wrap(&caption(inside, order), WIDTH - 24.0, TEXT);
    let mut canvas = Canvas::new(WIDTH, height + 16.0 + LINE * caption.len() as f64);
    let units = order.of(inside.trace);
    for (band, quantity) in shown.iter().enumerate() {
        let top = band as f64 * (ABOVE + BAND + 10.0) + ABOVE;
        draw_image(&mut canvas, inside, top);
        draw_states(&mut canvas, inside, *quantity, &units, top);
        if band == 0 {
            draw_answers(&mut canvas, inside, top);
        }
    }
    for (index, line) in caption.iter().enumerate() {
        canvas.text("soft", (12.0, height + 10.0 + LINE * index as f64), Anchor::Start, TEXT, line);
    }
    let (layer, layers) = inside.layer;
    let layer = if layers > 1 { format!(", layer {layer} of {layers},") } else { String::new() };
    let title = format!("Inside {}{layer} while it reads {}", inside.network, inside.what());
    Chart::new("inside", title, describe(inside, shown, order), canvas)
}

/// The pixels in the order in which they are read, with the numbers of the timesteps beside them.
fn draw_image(canvas: &mut Canvas, inside: &Inside, top: f64) {
    canvas.text("ink", (IMAGE.0, top - 28.0), Anchor::Start, TEXT, "What it reads");
    let step = if inside.step() == "row" { "row" } else { "step" };
    canvas.text("soft", (IMAGE.0 - 8.0, top - 12.0), Anchor::End, TEXT, step);
    let columns = if inside.sequence.len().is_multiple_of(SIDE) { SIDE } else { inside.sequence.len() };
    let grid = Grid { columns, values: inside.sequence.to_vec() };
    grid.draw(canvas, ["ink", "ink"], (IMAGE.0, top), (IMAGE.1, BAND));
    frame(canvas, IMAGE, top);
    let steps = inside.probabilities.len();
    for step in ticks(steps) {
        let y = top + BAND * (step as f64 - 0.5) / steps as f64;
        canvas.text("soft", (IMAGE.0 - 8.0, y + TEXT * 0.35), Anchor::End, TEXT, &step.to_string());
        canvas.line("axis", (IMAGE.0 - 5.0, y), (IMAGE.0, y));
    }
}

fn draw_states(canvas: &mut Canvas, inside: &Inside, quantity: Quantity, units: &[usize], top: f64) {
    let values = quantity.of(inside.trace);
    let largest = values.iter().fold(0.0, |most: f32, value| most.max(value.abs()));
    let scale = if quantity == Quantity::Cell && largest > 0.0 { largest } else { 1.0 };
    let rows = values.chunks_exact(inside.trace.units);
    let values = rows.flat_map(|row| units.iter().map(|unit| row[*unit] / scale)).collect();
    let grid = Grid { columns: units.len(), values }.at_most(MOST_ROWS, MOST_COLUMNS);
    let classes = if quantity.is_signed() { SIGNED } else { GATE };
    grid.draw(canvas, classes, (HEAT.0, top), (HEAT.1, BAND));
    frame(canvas, HEAT, top);
    canvas.text("ink", (HEAT.0, top - 28.0), Anchor::Start, TEXT, quantity.name());

    let key = shades(quantity.is_signed());
    let end = plain((f64::from(scale) * 100.0).round() / 100.0);
    let start = if quantity.is_signed() { format!("−{end}") } else { "0".into() };
    canvas.text("soft", (HEAT.0, top - 8.0), Anchor::Start, TEXT, &start);
    let left = HEAT.0 + width(&start, TEXT) + 6.0;
    let right = left + 9.0 * key.columns as f64;
    key.draw(canvas, classes, (left, top - 18.0), (right - left, 10.0));
    canvas.text("soft", (right + 6.0, top - 8.0), Anchor::Start, TEXT, &end);
}

/// The probability of each class after every timestep, and the answers.
fn draw_answers(canvas: &mut Canvas, inside: &Inside, top: f64) {
    let classes = inside.probabilities.first().map_or(0, Vec::len).max(1);
    let values = inside.probabilities.iter().flatten().map(|share| *share as f32).collect();
    let grid = Grid { columns: classes, values }.at_most(MOST_ROWS, classes);
    grid.draw(canvas, ["heat", "heat"], (CLASSES.0, top), (CLASSES.1, BAND));
    frame(canvas, CLASSES, top);
    canvas.text("ink", (CLASSES.0, top - 28.0), Anchor::Start, TEXT, "Probability of each digit");
    let is_label = |class: usize| inside.label.is_some_and(|label| usize::from(label) == class);
    for class in 0..classes {
        let x = CLASSES.0 + CLASSES.1 * (class as f64 + 0.5) / classes as f64;
        let style = if is_label(class) { "ink strong" } else { "soft" };
        canvas.text(style, (x, top - 8.0), Anchor::Middle, TEXT, &class.to_string());
    }
    canvas.text("ink", (ANSWER, top - 8.0), Anchor::Middle, TEXT, "reads");
    let steps = inside.probabilities.len();
    let all = runs(&inside.answers());
    let x = CLASSES.0 + CLASSES.1 + 5.0;
    for (_, from, to) in &all {
        let [start, end] = [from, to].map(|step| top + BAND * *step as f64 / steps as f64);
        let gap = ((end - start) / 4.0).min(1.0);
        canvas.line("axis", (x, start + gap), (x, end - gap));
    }
    for (answer, centre) in names(&all, steps) {
        let centre = top + centre;
        let style = if is_label(answer) { "ink strong" } else { "ink" };
        canvas.text(style, (ANSWER, centre + TEXT * 0.35), Anchor::Middle, TEXT, &answer.to_string());
    }
}

/// The answers that get a label, each with the distance of the label's middle from the top of the band: all of them, if every
/// label fits beside its timesteps or next to them; otherwise those that are at least as high as a label.
fn names(runs: &[(usize, usize, usize)], steps: usize) -> Vec<(usize, f64)> {
    let edge = |step: usize| BAND * step as f64 / steps as f64;
    let place = |runs: Vec<&(usize, usize, usize)>| -> (Vec<f64>, Vec<(usize, f64)>) {
        let wanted: Vec<f64> = runs.iter().map(|(_, from, to)| (edge(*from) + edge(*to)) / 2.0).collect();
        let centres = spread(&wanted, &vec![NAME; wanted.len()], 0.0, BAND);
        let moved = wanted.iter().zip(&centres).map(|(wanted, centre)| (wanted - centre).abs()).collect();
        (moved, runs.iter().map(|run| run.0).zip(centres).collect())
    };
    let (moved, all) = place(runs.iter().collect());
    if moved.iter().all(|distance| *distance <= NAME) {
        return all;
    }
    place(runs.iter().filter(|(_, from, to)| edge(*to) - edge(*from) >= NAME).collect()).1
}

/// The caption below the drawing.
fn caption(inside: &Inside, order: UnitOrder) -> String {
    let all = runs(&inside.answers());
    let mut text = about_units(inside, order);
    if names(&all, inside.probabilities.len()).len() < all.len() {
        text.push_str(". Answers that last for few timesteps are marked and not named");
    }
    text + "."
}

/// A thin border around a part of a band.
fn frame(canvas: &mut Canvas, (left, width): (f64, f64), top: f64) {
    let (right, bottom) = (left + width, top + BAND);
    canvas.polyline("grid", &[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]);
}

/// Timesteps, counted from 1, that get a number: all if there are few, otherwise the first and some whole fractions.
fn ticks(steps: usize) -> Vec<usize> {
    if steps <= 8 {
        return (1..=steps).collect();
    }
    let parts = [4, 2, 3, 1].into_iter().find(|parts| steps.is_multiple_of(*parts)).unwrap_or(1);
    [1].into_iter().chain((1..=parts).map(|part| part * steps / parts)).collect()
}

/// Runs of equal neighbours: the value, the first index, the index after the last.
fn runs(values: &[usize]) -> Vec<(usize, usize, usize)> {
    let mut end = 0;
    let run = |run: &[usize]| {
        end += run.len();
        (run[0], end - run.len(), end)
    };
    values.chunk_by(|a, b| a == b).map(run).collect()
}

/// "256 units side by side, the mean of 2 per column, in the order of the row at which h is farthest from 0".
fn about_units(inside: &Inside, order: UnitOrder) -> String {
    let units = inside.trace.units;
    let count = if units == 1 { "1 unit".into() } else { format!("{} units side by side", thousands(units)) };
    let together = match units.div_ceil(MOST_COLUMNS) {
        1 => String::new(),
        each => format!(", the mean of {each} per column"),
    };
    let of = match order {
        UnitOrder::Peak => format!("the {} at which h is farthest from 0", inside.step()),
        UnitOrder::Stored => "the weights".into(),
    };
    format!("{count}{together}, in the order of {of}")
}

fn describe(inside: &Inside, shown: &[Quantity], order: UnitOrder) -> String {
    let answers: Vec<String> = runs(&inside.answers())
        .iter()
        .take(MOST_DESCRIBED)
        .map(|(answer, from, to)| match to - from {
            1 => format!("{answer} after {} {to}", inside.step()),
            _ => format!("{answer} after {}s {} to {to}", inside.step(), from + 1),
        })
        .collect();
    let names: Vec<String> = shown.iter().map(|quantity| quantity.name().to_string()).collect();
    format!(
        "{} Asked after each {}, it answers {}. Beside the image, time running down: {} of layer {}, {}; and the \
         probability of each digit.",
        inside.finding(),
        inside.step(),
        answers.join(", "),
        list(&names),
        inside.layer.0,
        about_units(inside, order)
    )
}

#[cfg(test)]
mod tests;
