//! The test images that most runs get wrong, and how many seeds of each setting do.

use super::{Chart, Material};
use crate::config::SIDE;
use crate::format::{count, joined};
use crate::plot::canvas::{Anchor, Canvas, Point, TEXT, shorten, width};
use crate::plot::frame::WIDTH;
use crate::plot::heat::Grid;

/// Images shown, at most.
const SHOWN: usize = 16;
const ROW: f64 = 21.0;
const IMAGE: f64 = 42.0;
const COLUMN: f64 = 46.0;

/// A setting and the predictions of those of its runs that stored one for every image; at least one run.
struct Answered<'a> {
    setting: &'a str,
    runs: Vec<&'a [u8]>,
}

/// A test image that runs get wrong.
struct Hard {
    index: usize,
    /// For each setting, the seeds that are wrong.
    wrong: Vec<usize>,
}

/// The chart, or `None` without the images, without predictions, or without errors.
pub(super) fn hardest_digits(material: &Material) -> Option<Chart> {
    let images = material.test_images?;
    let settings = material.report.settings.iter().zip(material.predictions);
    let answered = settings.map(|(setting, runs)| Answered {
        setting: &setting.label,
        runs: runs.iter().filter(|run| run.len() == images.len()).map(Vec::as_slice).collect(),
    });
    let answered: Vec<Answered> = answered.filter(|answered| !answered.runs.is_empty()).collect();
    let hard = hardest(&answered, images.labels());
    if hard.is_empty() {
        return None;
    }
    let labels: Vec<String> =
        answered.iter().map(|answered| shorten(answered.setting, 230.0, TEXT)).collect();
    let indent =
        labels.iter().map(|label| width(label, TEXT)).fold(width("True digit", TEXT), f64::max) + 22.0;
    let columns = (((WIDTH - indent - 8.0) / COLUMN) as usize).max(1);
    let bank_height = IMAGE + 8.0 + ROW * (answered.len() as f64 + 1.0) + 22.0;
    // Full rows only, unless there is no full one.
    let banks = (hard.len() / columns).max(1);
    let hard = &hard[..hard.len().min(banks * columns)];
    let mut canvas = Canvas::new(WIDTH, 36.0 + bank_height * banks as f64);
    let seeds: Vec<usize> = answered.iter().map(|answered| answered.runs.len()).collect();
    canvas.text("ink", (12.0, 16.0), Anchor::Start, TEXT, &heading(&seeds));
    for (bank, chunk) in hard.chunks(columns).enumerate() {
        let top = 34.0 + bank_height * bank as f64;
        draw_names(&mut canvas, top, &labels);
        for (column, image) in chunk.iter().enumerate() {
            let corner = (indent + COLUMN * column as f64, top);
            let pixels = images.image(image.index).iter().map(|pixel| f32::from(*pixel) / 255.0).collect();
            let grid = Grid { columns: SIDE, values: pixels };
            grid.draw(&mut canvas, ["ink", "ink"], corner, (IMAGE, IMAGE));
            draw_counts(&mut canvas, corner, images.label(image.index), &image.wrong, &seeds);
        }
    }
    let title = "The test images that most runs get wrong".to_string();
    Some(Chart::new("hardest-digits", title, describe(hard, images.labels(), &answered), canvas))
}

/// What the numbers count.
fn heading(seeds: &[usize]) -> String {
    let (least, most) = (seeds.iter().min().unwrap_or(&0), seeds.iter().max().unwrap_or(&0));
    if least == most {
        format!("How many of the {} are wrong about an image", count(*most, "seed"))
    } else {
        format!("How many of the {least} to {most} seeds are wrong about an image")
    }
}

/// The images that most runs get wrong, hardest first; none that all get right.
fn hardest(answered: &[Answered], labels: &[u8]) -> Vec<Hard> {
    let images = labels.iter().enumerate().map(|(index, label)| {
        let wrong = |setting: &Answered| setting.runs.iter().filter(|run| run[index] != *label).count();
        Hard { index, wrong: answered.iter().map(wrong).collect() }
    });
    let mut hard: Vec<Hard> = images.filter(|image| image.wrong.iter().any(|count| *count > 0)).collect();
    // Among equals, those that the later settings, which are the larger ones, get wrong.
    hard.sort_by(|a, b| {
        let sums = b.wrong.iter().sum::<usize>().cmp(&a.wrong.iter().sum());
        sums.then_with(|| b.wrong.iter().rev().cmp(a.wrong.iter().rev())).then(a.index.cmp(&b.index))
    });
    hard.truncate(SHOWN);
    hard
}

fn draw_names(canvas: &mut Canvas, top: f64, labels: &[String]) {
    for (row, label) in [&"True digit".to_string()].into_iter().chain(labels).enumerate() {
        let class = if row == 0 { "ink strong" } else { "soft" };
        canvas.text(class, (12.0, baseline(top, row)), Anchor::Start, TEXT, label);
    }
}

fn baseline(top: f64, row: usize) -> f64 {
    top + IMAGE + 8.0 + ROW * (row as f64 + 0.5) + TEXT * 0.35
}

fn draw_counts(canvas: &mut Canvas, corner: Point, digit: u8, wrong: &[usize], seeds: &[usize]) {
    let middle = corner.0 + IMAGE / 2.0;
    canvas.text("ink strong", (middle, baseline(corner.1, 0)), Anchor::Middle, TEXT, &digit.to_string());
    for (index, (wrong, seeds)) in wrong.iter().zip(seeds).enumerate() {
        let y = corner.1 + IMAGE + 8.0 + ROW * (index as f64 + 1.0);
        let opacity = 0.75 * *wrong as f64 / (*seeds).max(1) as f64;
        if *wrong > 0 {
            canvas.cell("heat", opacity, (corner.0, y + 1.0), (IMAGE, ROW - 2.0));
        }
        let class = if *wrong > 0 { "ink" } else { "soft" };
        canvas.text(class, (middle, baseline(corner.1, index + 1)), Anchor::Middle, TEXT, &wrong.to_string());
    }
}

fn describe(hard: &[Hard], labels: &[u8], answered: &[Answered]) -> String {
    let runs = answered.iter().map(|answered| answered.runs.len()).sum();
    let images = joined(hard, ". ", |image| {
        let counts = answered.iter().zip(&image.wrong);
        let counts = joined(counts, ", ", |(answered, count)| format!("{} {count}", answered.setting));
        let (digit, wrong) = (labels[image.index], image.wrong.iter().sum::<usize>());
        format!("Image {}, a {digit}: {wrong} runs wrong ({counts})", image.index)
    });
    let everybody = hard.iter().filter(|image| image.wrong.iter().sum::<usize>() == runs).count();
    format!(
        "The {} that most of the {} get wrong; all runs get {everybody} of them wrong. Images are counted from 0. {images}.",
        count(hard.len(), "test image"),
        count(runs, "run"),
    )
}
