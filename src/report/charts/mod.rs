//! Charts of a report as SVG, each with a text alternative that states what it shows in numbers. Pure functions of
//! [`Material`], or of what one network does with images ([`inside_chart`], [`rows_chart`]); writing files and the page around the charts are others' work.
//!
//! Every chart is drawn once, in classes: [`Chart::inline`] takes its colours, light or dark, from the page's style
//! sheet, [`Chart::svg`] carries fixed light ones.

mod axis;
mod canvas;
mod colours;
mod confusion;
mod cost;
mod cost_by_units;
mod curves;
mod digits;
mod frame;
mod heat;
mod inside;
mod place;
mod png;
mod rows;
#[cfg(test)]
pub(super) mod sample;
mod scale;
#[cfg(test)]
mod tests;
mod units;
mod unrolled;

use super::summary::{Report, Setting};
use crate::run::EpochRecord;
pub(super) use canvas::escape;
pub(super) use colours::{ROLES, style};
pub use inside::inside_chart;
pub use png::png;
pub use rows::rows_chart;
pub use unrolled::unrolled;

/// The test images that runs were scored on.
#[derive(Clone, Copy, Debug)]
pub struct TestImages<'a> {
    /// 784 bytes an image, row by row; 0 is paper, 255 is ink.
    pub pixels: &'a [u8],
    /// The digit that each image shows.
    pub labels: &'a [u8],
}

/// All that charts and page are made from. What is missing for a chart leaves that chart out.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The statistics.
    pub report: &'a Report,
    /// For each setting and each of its runs, in the order of `Setting::runs`: its epochs; empty if not stored.
    pub histories: &'a [Vec<Vec<EpochRecord>>],
    /// For each setting and each of its runs: the predicted class of each test image; empty if not stored.
    pub predictions: &'a [Vec<Vec<u8>>],
    /// The images that `predictions` are of.
    pub test_images: Option<TestImages<'a>>,
    /// The command that repeats it all.
    pub command: &'a str,
    /// The page's heading.
    pub title: &'a str,
}

/// A chart, drawn.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Stem of its file's name.
    pub name: &'static str,
    /// What it shows, on one line.
    pub title: String,
    /// What it shows in words and numbers, for those who do not see it.
    pub description: String,
    /// A file of its own, with light colours and its title.
    pub svg: String,
    /// The same for a page that has the charts' style rules, without the title.
    pub inline: String,
}

impl Chart {
    fn new(name: &'static str, title: String, description: String, canvas: &canvas::Canvas) -> Self {
        let svg = canvas.standalone(name, &title, &description);
        let inline = canvas.inline(name, &title, &description);
        Self { name, title, description, svg, inline }
    }
}

/// Every chart that the material suffices for, in the order of reading.
pub fn charts(material: &Material) -> Vec<Chart> {
    let all = [
        units::accuracy_by_units(material),
        cost_by_units::cost_by_units(material),
        cost::accuracy_by_parameters(material),
        cost::accuracy_by_seconds(material),
        curves::learning_curves(material),
        confusion::confusion_matrix(material),
        digits::hardest_digits(material),
    ];
    all.into_iter().flatten().collect()
}

/// The setting that a chart of one setting shows: the chosen one, else the one with the most parameters.
fn shown_setting(report: &Report) -> Option<(usize, &Setting)> {
    let largest = || (0..report.settings.len()).max_by_key(|index| report.settings[*index].parameters);
    let index = report.choice.as_ref().map(|choice| choice.chosen).or_else(largest)?;
    report.settings.get(index).map(|setting| (index, setting))
}

/// Test images of a setting's runs; the number that bounds how near to 1 an accuracy can come.
fn test_images_counted(report: &Report) -> usize {
    let runs = report.settings.iter().flat_map(|setting| &setting.runs);
    runs.map(|run| run.test_total).max().unwrap_or(10_000)
}

/// "a", "a and b", "a, b and c".
fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
