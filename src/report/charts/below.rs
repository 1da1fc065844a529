//! How far each setting is below the best, with the bounds of the verdict and the margin as a band.

use super::{Chart, Material};
use crate::format::{joined, points};
use crate::plot::canvas::{Anchor, Canvas, TEXT, shorten, width};
use crate::plot::frame::WIDTH;
use crate::plot::scale::plain;
use crate::statistics::verdict::{Class, Judgement, Verdict};

/// Widest label that stands left of its row; longer ones stand above it.
const BESIDE: f64 = 120.0;
const TOP: f64 = 62.0;
/// Shape of the answer's mark.
const ANSWER: usize = 3;

/// Accuracies below the best to the right: even up to about the margin, then by their logarithm, so that both a tenth of a
/// point and ten points are legible.
struct Scale {
    margin: f64,
    left: f64,
    right: f64,
    most: f64,
}

impl Scale {
    fn place(&self, below: f64) -> f64 {
        let stretched = |value: f64| (value.max(0.0) / self.margin).asinh();
        self.left + stretched(below) / stretched(self.most) * (self.right - self.left)
    }

    /// 0, the margin, and round values apart from these.
    fn ticks(&self) -> Vec<f64> {
        let mut ticks = vec![0.0, self.margin];
        let round = (-5..=0).flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(power)));
        for value in round.filter(|value| *value <= self.most) {
            if ticks.iter().all(|tick| (self.place(*tick) - self.place(value)).abs() >= 46.0) {
                ticks.push(value);
            }
        }
        ticks
    }
}

/// The chart, or `None` where nothing was compared.
pub(super) fn below_best(material: &Material) -> Option<Chart> {
    let verdict = &material.report.verdict.as_ref()?.verdict;
    verdict.best_seen?;
    let labels = || verdict.settings.iter().map(|one| width(&one.label, TEXT));
    let widest = labels().fold(0.0, f64::max);
    let (left, row) = if widest <= BESIDE { (24.0 + widest, 28.0) } else { (16.0, 48.0) };
    let bottom = TOP + row * verdict.settings.len() as f64 + 4.0;
    let bounds = verdict.settings.iter().filter_map(|one| one.below);
    let ends = bounds.flat_map(|below| [below.seen, below.low, below.high]).filter(|end| *end < 1.0);
    let most = 1.08 * ends.fold(1.5 * verdict.options.margin, f64::max);
    let scale = Scale { margin: verdict.options.margin, left, right: WIDTH - 16.0, most };

    let mut canvas = Canvas::new(WIDTH, bottom + 48.0);
    let band = (scale.place(scale.margin) - left, bottom - TOP);
    canvas.cell("f2", 0.16, (left, TOP), band);
    axis(&mut canvas, &scale, bottom);
    key(&mut canvas, verdict);
    for (index, judgement) in verdict.settings.iter().enumerate() {
        let middle = TOP + row * (index as f64 + 1.0) - 13.0;
        draw(&mut canvas, &scale, judgement, verdict.answer == Some(index), middle, widest <= BESIDE);
    }
    Some(Chart::new(
        "points-below-best",
        "Percentage points below the best".into(),
        describe(verdict),
        canvas,
    ))
}

fn axis(canvas: &mut Canvas, scale: &Scale, bottom: f64) {
    canvas.line("axis", (scale.left, bottom), (scale.right, bottom));
    for value in scale.ticks() {
        let x = scale.place(value);
        canvas.line("grid", (x, TOP), (x, bottom));
        canvas.text("soft", (x, bottom + 19.0), Anchor::Middle, TEXT, &plain((1e8 * value).round() / 1e6));
    }
    let title = "Percentage points of held-out accuracy below the best";
    canvas.text("ink", ((12.0 + scale.right) / 2.0, bottom + 42.0), Anchor::Middle, TEXT, title);
}

/// Series of a class, for its colour, and the shape of its mark.
fn look(class: Class) -> (usize, usize) {
    match class {
        Class::Within => (2, 0),
        Class::Worse => (1, 1),
        Class::Undecided | Class::NotCompared => (0, 2),
    }
}

/// What bars, band and marks are, on two lines above the chart.
fn key(canvas: &mut Canvas, verdict: &Verdict) {
    let (y, below) = (16.0, TEXT * 0.35);
    canvas.line("axis", (14.0, y), (38.0, y));
    [14.0, 38.0].iter().for_each(|x| canvas.line("axis", (*x, y - 5.0), (*x, y + 5.0)));
    canvas.text("soft", (48.0, y + below), Anchor::Start, TEXT, "95 % bounds, all at once");
    canvas.cell("f2", 0.16, (262.0, y - 8.0), (22.0, 16.0));
    let margin = format!("margin, {} points", points(verdict.options.margin));
    canvas.text("soft", (292.0, y + below), Anchor::Start, TEXT, &margin);

    let (mut x, y) = (18.0, 38.0);
    let mut entry = |class: &str, shape: usize, words: &str| {
        canvas.mark(class, shape, (x, y), 5.0, "");
        canvas.text("soft", (x + 12.0, y + below), Anchor::Start, TEXT, words);
        x += 30.0 + width(words, TEXT);
    };
    for class in [Class::Within, Class::Undecided, Class::Worse] {
        let (series, shape) = look(class);
        if verdict.settings.iter().any(|judgement| judgement.class == class) {
            entry(&format!("f{series}"), shape, class.in_words());
        }
    }
    if verdict.answer.is_some() {
        entry("f2", ANSWER, "the answer");
    }
}

fn draw(canvas: &mut Canvas, scale: &Scale, judgement: &Judgement, answer: bool, y: f64, beside: bool) {
    let class = if answer { "ink strong" } else { "ink" };
    let name =
        if answer && !beside { format!("{}: the answer", judgement.label) } else { judgement.label.clone() };
    if beside {
        canvas.text(class, (scale.left - 10.0, y + TEXT * 0.35), Anchor::End, TEXT, &name);
    } else {
        let name = shorten(&name, WIDTH - 28.0, TEXT);
        canvas.text(class, (scale.left, y - 14.0), Anchor::Start, TEXT, &name);
    }
    let Some(below) = judgement.below else {
        canvas.text(
            "soft",
            (scale.left + 8.0, y + TEXT * 0.35),
            Anchor::Start,
            TEXT,
            judgement.class.in_words(),
        );
        return;
    };
    let (series, shape) = look(judgement.class);
    let line = format!("l{series}");
    let ends = [below.low, below.high].map(|end| scale.place(end).min(scale.right));
    canvas.line(&line, (ends[0], y), (ends[1], y));
    // Without a bound the line has no end.
    let ends = ends.iter().zip([true, below.high < 1.0]).filter(|(_, bound)| *bound);
    ends.for_each(|(end, _)| canvas.line(&line, (*end, y - 5.0), (*end, y + 5.0)));
    let value = format!("{}: {}", judgement.label, bounds(judgement));
    canvas.mark(
        &format!("f{series}"),
        if answer { ANSWER } else { shape },
        (scale.place(below.seen), y),
        5.0,
        &value,
    );
}

/// "as seen 0.12 points below, bounds 0.00 to 0.31; within the margin"
fn bounds(judgement: &Judgement) -> String {
    let class = judgement.class.in_words();
    let Some(below) = judgement.below else { return class.to_string() };
    let seen = points(below.seen.max(0.0));
    let bounds = match below.high {
        1.0.. => format!("at least {}", points(below.low)),
        high => format!("{} to {}", points(below.low), points(high)),
    };
    format!("as seen {seen} points below, bounds {bounds}; {class}")
}

fn describe(verdict: &Verdict) -> String {
    let settings =
        joined(&verdict.settings, ". ", |judgement| format!("{}: {}", judgement.label, bounds(judgement)));
    let answer = verdict.answer.map_or("No setting is shown to be within the margin".to_string(), |index| {
        format!("The answer is {}, the smallest within the margin", verdict.settings[index].label)
    });
    format!("{settings}. {answer} of {} points.", points(verdict.options.margin))
}
