//! The chart of one image: the image, what an LSTM layer of each network does while it is read, and what the network would
//! answer. Time runs down, so that each row of the image stands beside the states and the answer after it.

use super::{Inside, Quantity, Subject, UnitOrder};
use crate::data::SIDE;
use crate::format::{joined, list, thousands};
use crate::plot::Chart;
use crate::plot::canvas::{Anchor, Canvas, TEXT, shorten, width, wrap};
use crate::plot::frame::WIDTH;
use crate::plot::heat::{Grid, shades};
use crate::plot::place::spread;
use crate::plot::scale::plain;

/// Most columns of a band; more units are averaged, for all networks alike.
const MOST_COLUMNS: usize = 512;
/// Columns of a line; more units stand on further lines.
const LINE_COLUMNS: usize = 64;
/// Most timesteps of a heat map; more are averaged, because they would be too small to see.
const MOST_ROWS: usize = 112;
/// Most answers that a description names.
const MOST_DESCRIBED: usize = 24;
/// Height of an answer's label.
const NAME: f64 = TEXT + 1.0;
/// Height of a line of text.
const LINE: f64 = 18.0;

/// Height of image, heat map and probabilities.
const BAND: f64 = 112.0;
/// Height of what stands above it: a title, and a key or the classes.
const ABOVE: f64 = 40.0;
/// Height between two lines of units.
const GAP: f64 = 8.0;
const IMAGE: (f64, f64) = (34.0, 112.0);
/// Left edge of the heat map, and width of a unit.
const HEAT: (f64, f64) = (158.0, 3.0);
const CLASSES: (f64, f64) = (360.0, 100.0);
const ANSWER: f64 = 480.0;

/// Positive and negative values.
const SIGNED: [&str; 2] = ["f1", "f0"];
const GATE: [&str; 2] = ["f2", "f2"];

/// The chart: for each network a band for each quantity, all on one scale.
pub fn inside_chart(subject: &Subject, networks: &[Inside], shown: &[Quantity], order: UnitOrder) -> Chart {
    let scale = Scale::new(networks);
    let caption = wrap(&caption(networks, &scale, order), WIDTH - 24.0, TEXT);
    let bands: f64 = networks.iter().map(|inside| shown.len() as f64 * scale.height(inside)).sum();
    let outcome =
        |inside: &Inside| wrap(&format!("{}{}", inside.outcome(subject), inside.view()), WIDTH - 24.0, TEXT);
    let heads: f64 = networks.iter().map(|inside| LINE * (1.0 + outcome(inside).len() as f64)).sum();
    let mut canvas = Canvas::new(WIDTH, bands + heads + 16.0 + LINE * caption.len() as f64);
    let mut top = 0.0;
    for inside in networks {
        draw_name(&mut canvas, inside, top + LINE * 0.8);
        top += LINE;
        for line in outcome(inside) {
            canvas.text("ink", (12.0, top + LINE * 0.8), Anchor::Start, TEXT, &line);
            top += LINE;
        }
        let units = order.of(&inside.trace);
        for (index, quantity) in shown.iter().enumerate() {
            let band = top + ABOVE;
            draw_image(&mut canvas, inside, band);
            draw_states(&mut canvas, inside, *quantity, &units, &scale, band);
            if index == 0 {
                draw_answers(&mut canvas, subject, inside, band);
            }
            top += scale.height(inside);
        }
    }
    for (index, line) in caption.iter().enumerate() {
        canvas.text("soft", (12.0, top + 10.0 + LINE * index as f64), Anchor::Start, TEXT, line);
    }
    let title = match networks {
        [one] => {
            let (layer, layers) = one.layer;
            let layer = if layers > 1 { format!(", layer {layer} of {layers},") } else { String::new() };
            format!("Inside {}{layer} while it reads {}{}", one.network, subject.what(), one.view())
        }
        all => format!("Inside {} networks while they read {}", all.len(), subject.what()),
    };
    Chart::new("inside", title, describe(subject, networks, shown, &caption.join(" ")), canvas)
}

/// What all networks are drawn by.
struct Scale {
    /// Units per column.
    each: usize,
    /// The largest cell state, by which all are divided.
    cell: f32,
}

impl Scale {
    fn new(networks: &[Inside]) -> Self {
        let most = networks.iter().map(|inside| inside.trace.units).max().unwrap_or(1);
        let cells = networks.iter().flat_map(|inside| &inside.trace.cell);
        let cell = cells.fold(0.0, |most: f32, value| most.max(value.abs()));
        Self { each: most.div_ceil(MOST_COLUMNS), cell: if cell > 0.0 { cell } else { 1.0 } }
    }

    fn columns(&self, inside: &Inside) -> usize {
        inside.trace.units.div_ceil(self.each)
    }

    /// Height of a band with what stands above it and the space below it.
    fn height(&self, inside: &Inside) -> f64 {
        ABOVE + (BAND + GAP) * self.columns(inside).div_ceil(LINE_COLUMNS) as f64 + 4.0
    }
}

/// The size of the network, and its name at the right.
fn draw_name(canvas: &mut Canvas, inside: &Inside, y: f64) {
    let size = inside.size();
    let left = 12.0 + 1.15 * width(&size, TEXT) + 12.0;
    canvas.text("ink strong", (12.0, y), Anchor::Start, TEXT, &size);
    let name = shorten(&inside.network, WIDTH - 12.0 - left, TEXT);
    canvas.text("soft", (WIDTH - 12.0, y), Anchor::End, TEXT, &name);
}

/// The pixels in the order in which they are read, with the numbers of the timesteps beside them.
fn draw_image(canvas: &mut Canvas, inside: &Inside, top: f64) {
    canvas.text("ink", (IMAGE.0, top - 24.0), Anchor::Start, TEXT, "What it reads");
    let step = if inside.step() == "row" { "row" } else { "step" };
    canvas.text("soft", (IMAGE.0 - 6.0, top - 8.0), Anchor::End, TEXT, step);
    let columns = if inside.sequence.len().is_multiple_of(SIDE) { SIDE } else { inside.sequence.len() };
    let grid = Grid { columns, values: inside.sequence.clone() };
    grid.draw(canvas, ["ink", "ink"], (IMAGE.0, top), (IMAGE.1, BAND));
    frame(canvas, IMAGE, top);
    let steps = inside.probabilities.len();
    for step in ticks(steps) {
        let y = top + BAND * (step as f64 - 0.5) / steps as f64;
        canvas.text("soft", (IMAGE.0 - 6.0, y + TEXT * 0.35), Anchor::End, TEXT, &step.to_string());
        canvas.line("axis", (IMAGE.0 - 4.0, y), (IMAGE.0, y));
    }
}

fn draw_states(
    canvas: &mut Canvas,
    inside: &Inside,
    quantity: Quantity,
    units: &[usize],
    scale: &Scale,
    top: f64,
) {
    let largest = if quantity == Quantity::Cell { scale.cell } else { 1.0 };
    let rows = quantity.of(&inside.trace).chunks_exact(inside.trace.units);
    let values = rows.flat_map(|row| units.iter().map(|unit| row[*unit] / largest)).collect();
    let grid = Grid { columns: units.len(), values }.at_most(MOST_ROWS, scale.columns(inside));
    let classes = if quantity.is_signed() { SIGNED } else { GATE };
    for (line, from) in (0..grid.columns).step_by(LINE_COLUMNS).enumerate() {
        let part = grid.part(from..grid.columns.min(from + LINE_COLUMNS));
        let (top, width) = (top + (BAND + GAP) * line as f64, HEAT.1 * part.columns as f64);
        part.draw(canvas, classes, (HEAT.0, top), (width, BAND));
        frame(canvas, (HEAT.0, width), top);
        if line > 0 {
            let last = units.len().min((from + LINE_COLUMNS) * scale.each);
            let text = format!("{} to {}", thousands(from * scale.each + 1), thousands(last));
            canvas.text("soft", (HEAT.0 - 8.0, top + TEXT), Anchor::End, TEXT, &text);
        }
    }
    canvas.text("ink", (HEAT.0, top - 24.0), Anchor::Start, TEXT, quantity.name());

    let key = shades(quantity.is_signed());
    let end = plain((f64::from(largest) * 100.0).round() / 100.0);
    let start = if quantity.is_signed() { format!("−{end}") } else { "0".into() };
    canvas.text("soft", (HEAT.0, top - 7.0), Anchor::Start, TEXT, &start);
    let left = HEAT.0 + width(&start, TEXT) + 6.0;
    let right = left + 6.0 * key.columns as f64;
    key.draw(canvas, classes, (left, top - 17.0), (right - left, 10.0));
    canvas.text("soft", (right + 6.0, top - 7.0), Anchor::Start, TEXT, &end);
}

/// The probability of each class after every timestep, and the answers.
fn draw_answers(canvas: &mut Canvas, subject: &Subject, inside: &Inside, top: f64) {
    let classes = inside.probabilities[0].len();
    let values = inside.probabilities.iter().flatten().map(|share| *share as f32).collect();
    let grid = Grid { columns: classes, values }.at_most(MOST_ROWS, classes);
    grid.draw(canvas, ["heat", "heat"], (CLASSES.0, top), (CLASSES.1, BAND));
    frame(canvas, CLASSES, top);
    canvas.text("ink", (CLASSES.0, top - 24.0), Anchor::Start, TEXT, "Probability");
    let is_label = |class: usize| subject.label.is_some_and(|label| usize::from(label) == class);
    for class in 0..classes {
        let x = CLASSES.0 + CLASSES.1 * (class as f64 + 0.5) / classes as f64;
        let style = if is_label(class) { "ink strong" } else { "soft" };
        canvas.text(style, (x, top - 7.0), Anchor::Middle, TEXT, &class.to_string());
    }
    canvas.text("ink", (WIDTH - 4.0, top - 24.0), Anchor::End, TEXT, "reads");
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
fn caption(networks: &[Inside], scale: &Scale, order: UnitOrder) -> String {
    let each = match scale.each {
        1 => "A column is a unit".to_string(),
        each => format!("A column is the mean of {each} units"),
    };
    let of = match order {
        UnitOrder::Peak => format!("the {} at which h is farthest from 0", networks[0].step()),
        UnitOrder::Stored => "the weights".into(),
    };
    let hidden = networks.iter().any(|inside| {
        let all = runs(&inside.answers());
        names(&all, inside.probabilities.len()).len() < all.len()
    });
    let hidden = if hidden { " Answers that last for few timesteps are marked and not named." } else { "" };
    format!("{each}, equally wide everywhere, {LINE_COLUMNS} per line, in the order of {of}.{hidden}")
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

fn describe(subject: &Subject, networks: &[Inside], shown: &[Quantity], caption: &str) -> String {
    let answers = |inside: &Inside| {
        let answers = runs(&inside.answers());
        let named = answers.iter().take(MOST_DESCRIBED).map(|(answer, from, to)| match to - from {
            1 => format!("{answer} after {} {to}", inside.step()),
            _ => format!("{answer} after {}s {} to {to}", inside.step(), from + 1),
        });
        named.collect::<Vec<_>>().join(", ")
    };
    let networks = joined(networks, " ", |inside| {
        format!(
            "{}{}: {} Asked after each {}, it answers {}.",
            inside.size(),
            inside.view(),
            inside.finding(subject),
            inside.step(),
            answers(inside)
        )
    });
    let names: Vec<String> = shown.iter().map(|quantity| quantity.name().to_string()).collect();
    format!(
        "{networks} Beside the image, time running down: {}, and the probability of each digit. {caption}",
        list(&names)
    )
}

#[cfg(test)]
mod tests;
