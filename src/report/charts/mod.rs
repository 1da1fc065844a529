//! The charts of a report, each with a text alternative that states what it shows in numbers. Pure functions of
//! [`Material`]; files and the page around the charts are made elsewhere.

mod axis;
mod below;
mod confusion;
mod cost;
mod cost_by_units;
mod curves;
mod digits;
mod grid;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
mod units;

use crate::data::Images;
use crate::plot::Chart;
use crate::plot::frame::Frame;
use crate::plot::scale::AccuracyScale;
use crate::run::EpochRecord;
use crate::statistics::{Report, Setting};

/// All that charts and page are made from. A chart whose material is missing is left out.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    pub report: &'a Report,
    /// For each setting and each of its runs, in the order of `Setting::runs`: its epochs; empty if not stored.
    pub histories: &'a [Vec<Vec<EpochRecord>>],
    /// For each setting and each of its runs: the predicted class of each test image; empty if not stored.
    pub predictions: &'a [Vec<Vec<u8>>],
    /// The images that `predictions` are of.
    pub test_images: Option<&'a Images>,
    /// The command that repeats it all.
    pub command: &'a str,
    pub title: &'a str,
}

/// Every chart that the material suffices for, in the order of reading.
pub fn charts(material: &Material) -> Vec<Chart> {
    let first = [
        below::below_best(material),
        units::accuracy_by_units(material),
        grid::factor_effects(material),
        grid::parallel(material),
        cost_by_units::cost_by_units(material),
    ];
    let costs = cost::COSTS.iter().map(|cost| cost::accuracy_by_cost(material, cost));
    let last = [
        curves::learning_curves(material),
        confusion::confusion_matrix(material),
        digits::images_by_size(material),
    ];
    first.into_iter().chain(costs).chain(last).flatten().collect()
}

/// The scale of all test accuracies, and of the intervals of their means if these are drawn.
fn accuracy_scale(settings: &[Setting], frame: &Frame, intervals: bool) -> AccuracyScale {
    let tests = || settings.iter().map(|setting| &setting.test);
    let values: Vec<f64> = tests().flat_map(|test| &test.values).map(|(_, value)| *value).collect();
    let drawn = tests().filter(|_| intervals).filter_map(|test| test.interval);
    let ends: Vec<f64> = drawn.flat_map(|(low, high)| [low, high]).collect();
    // The images bound how near to 1 an accuracy can come.
    let images = settings.iter().flat_map(|setting| &setting.runs).map(|run| run.test_total).max();
    AccuracyScale::new(&values, &ends, images.unwrap_or(10_000), frame.bottom, frame.top)
}
