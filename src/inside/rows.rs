//! How much of a digit must be read: accuracy after each timestep, by network, as numbers, as text and as a chart.

use crate::config::TrainConfig;
use crate::data::SIDE;
use crate::format::{percent, text_table, thousands};
use crate::plot::Chart;
use crate::plot::lines::AccuracyLines;
use crate::plot::scale::even_steps;
use crate::statistics::{Group, Origin, Run, group, labels};
use serde::Serialize;

/// How far below its last accuracy a network may be and still count as good, as a fraction.
const AS_GOOD: f64 = 0.01;

/// The accuracy of a run that has to answer early.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunByRows {
    /// The run's name.
    pub name: String,
    /// Units U.
    pub num_units: usize,
    /// Layers L.
    pub num_layers: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// What is read of an image, in words, if it is not all of it in its own order.
    pub view: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// Identity of the other settings and the data.
    pub protocol: String,
    /// Images scored.
    pub test_total: usize,
    /// Rows of the image read after each timestep: pixels / 28.
    pub rows_after: Vec<f64>,
    /// Images classified correctly after each timestep.
    pub correct_after: Vec<usize>,
    /// The same as fractions of all images.
    pub accuracy_after: Vec<f64>,
    #[serde(skip)]
    config: TrainConfig,
    #[serde(skip)]
    origin: Origin,
}

impl RunByRows {
    /// The record of a run that classifies `correct` images of `total` correctly after each timestep.
    pub fn new(
        name: String,
        config: &TrainConfig,
        origin: Origin,
        correct: Vec<usize>,
        total: usize,
    ) -> Self {
        let accuracy = |correct: &usize| *correct as f64 / total.max(1) as f64;
        let rows = |step: usize| (step * config.inputs()) as f64 / SIDE as f64;
        Self {
            name,
            num_units: config.num_units,
            num_layers: config.num_layers,
            timesteps: config.timesteps,
            view: config.view_in_words(),
            seed: config.seed,
            protocol: config.protocol(&origin.data_checksum),
            test_total: total,
            rows_after: (1..=correct.len()).map(rows).collect(),
            accuracy_after: correct.iter().map(accuracy).collect(),
            correct_after: correct,
            config: config.clone(),
            origin,
        }
    }
}

impl Run for RunByRows {
    fn settings(&self) -> &TrainConfig {
        &self.config
    }

    fn origin(&self) -> Origin {
        self.origin.clone()
    }
}

/// Mean accuracy by rows read, over runs that differ by their seed alone.
#[derive(Clone, Debug, PartialEq)]
pub struct RowCurve {
    /// What distinguishes it from the other curves.
    pub label: String,
    /// How many runs are averaged.
    pub runs: usize,
    /// Rows read, and the mean accuracy after them, a fraction.
    pub points: Vec<(f64, f64)>,
    /// Images behind each accuracy.
    pub images: usize,
}

impl RowCurve {
    /// The accuracy after exactly so many rows.
    fn at(&self, rows: f64) -> Option<f64> {
        self.points.iter().find(|(after, _)| *after == rows).map(|(_, accuracy)| *accuracy)
    }

    /// The number of rows from which on the accuracy stays within a point of the last one.
    fn enough(&self) -> Option<f64> {
        let (_, last) = self.points.last()?;
        let short = self.points.iter().rposition(|(_, accuracy)| *accuracy < last - AS_GOOD);
        self.points.get(short.map_or(0, |index| index + 1)).map(|(rows, _)| *rows)
    }
}

/// One curve per setting, in the order and with the labels of a report. A label names what all curves read of an image
/// too, if that is not all of it; and a run, if the settings are not enough.
pub fn curves(runs: Vec<RunByRows>) -> Vec<RowCurve> {
    let groups = group(runs);
    let same_view = groups.windows(2).all(|two| two[0].runs[0].view == two[1].runs[0].view);
    let labels = labels(&groups);
    let curve = |(group, label): (&Group<RunByRows>, &String)| {
        let (first, runs) = (&group.runs[0], group.runs.len());
        let mean =
            |step: usize| group.runs.iter().map(|run| run.accuracy_after[step]).sum::<f64>() / runs as f64;
        let points = first.rows_after.iter().enumerate().map(|(step, rows)| (*rows, mean(step))).collect();
        let mut parts = vec![label.clone()];
        parts.extend(first.view.iter().filter(|_| same_view).cloned());
        if labels.iter().filter(|other| *other == label).count() > 1 {
            parts.push(format!("as {}", first.name));
        }
        RowCurve { label: parts.join(", "), runs, points, images: first.test_total }
    };
    groups.iter().zip(&labels).map(curve).collect()
}

/// One row of a table for each number of rows that some network has answered after: the rows, and the accuracies in the order
/// of the curves.
pub(super) fn lines(curves: &[RowCurve]) -> Vec<Vec<String>> {
    let mut rows: Vec<f64> =
        curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0)).collect();
    rows.sort_by(f64::total_cmp);
    rows.dedup();
    let line = |rows: &f64| {
        let cells = curves.iter().map(|curve| curve.at(*rows).map_or("-".into(), percent));
        [number(*rows)].into_iter().chain(cells).collect()
    };
    rows.iter().map(line).collect()
}

/// The heads of these lines.
pub(super) fn heads(curves: &[RowCurve]) -> Vec<String> {
    let head = |curve: &RowCurve| match curve.runs {
        1 => curve.label.clone(),
        seeds => format!("{}, mean of {seeds} seeds", curve.label),
    };
    ["rows read".to_string()].into_iter().chain(curves.iter().map(head)).collect()
}

/// Where each curve comes within a point of its last accuracy.
pub(super) fn finding(curves: &[RowCurve]) -> String {
    let enough = curves.iter().filter_map(|curve| {
        let (rows, (all, last)) = (curve.enough()?, curve.points.last()?);
        Some(format!(
            "{} after {} of {} ({} in the end)",
            curve.label,
            number(rows),
            rows_in_words(*all),
            percent(*last)
        ))
    });
    let enough: Vec<String> = enough.collect();
    format!("Within one point of the accuracy in the end: {}.", enough.join("; "))
}

/// A number of rows; whole numbers without decimals.
fn number(rows: f64) -> String {
    let text = format!("{rows:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// "1 row", "2.5 rows"
fn rows_in_words(rows: f64) -> String {
    format!("{} {}", number(rows), if rows == 1.0 { "row" } else { "rows" })
}

/// The table for a terminal.
pub fn rows_text(curves: &[RowCurve]) -> String {
    let table = text_table(heads(curves), lines(curves));
    let images = curves.iter().map(|curve| curve.images).max().unwrap_or(0);
    format!("Accuracy on {images} test images by rows read:\n{table}\n\n{}", finding(curves))
}

/// The chart, one line per network, labelled at its end; `None` without curves.
pub fn rows_chart(curves: &[RowCurve]) -> Option<Chart> {
    let most = curves.iter().flat_map(|curve| curve.points.last()).map(|point| point.0).reduce(f64::max)?;
    let images = curves.iter().map(|curve| curve.images).max().unwrap_or(1);
    let chart = AccuracyLines {
        training: Vec::new(),
        lines: curves.iter().map(|curve| (curve.label.as_str(), curve.points.clone())).collect(),
        what: "Test accuracy",
        images,
        axis: "Rows of the image read",
        ticks: row_ticks(most).into_iter().map(|rows| (rows, number(rows))).collect(),
        height: 300.0,
    };
    let canvas = chart.draw(|frame, rows| frame.left + rows / most * (frame.right - frame.left));
    let title = "Test accuracy by rows of the image read".to_string();
    Some(Chart::new("accuracy-by-rows", title, describe(curves, images), canvas))
}

/// Quarters if they are whole numbers, otherwise even steps.
fn row_ticks(most: f64) -> Vec<f64> {
    if most >= 4.0 && most % 4.0 == 0.0 {
        return (0..=4).map(|quarter| f64::from(quarter) * most / 4.0).collect();
    }
    even_steps(0.0, most, 5)
}

fn describe(curves: &[RowCurve], images: usize) -> String {
    let parts = curves.iter().map(|curve| {
        let (points, last) = (&curve.points, curve.points.len() - 1);
        let mut steps: Vec<usize> = [1, 2, 3, 4].map(|quarter| (quarter * last).div_ceil(4)).to_vec();
        steps.dedup();
        let values: Vec<String> = steps
            .iter()
            .map(|step| format!("{} after {}", percent(points[*step].1), rows_in_words(points[*step].0)))
            .collect();
        format!("{}: {}", curve.label, values.join(", "))
    });
    let parts: Vec<String> = parts.collect();
    format!(
        "Accuracy on {} test images when the network has to answer after so many rows. {}. {}",
        thousands(images),
        parts.join(". "),
        finding(curves)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_not_plural() {
        assert_eq!([1.0, 0.5, 2.0].map(rows_in_words), ["1 row", "0.5 rows", "2 rows"]);
        let one = TrainConfig { rows: 1, timesteps: 1, ..config(8, 1) };
        let curves = curves(vec![run("one", &one, &[500])]);
        let description = describe(&curves, 1000);
        assert!(description.contains("50.00 % after 1 row. "), "{description}");
        assert!(finding(&curves).contains("after 1 of 1 row ("), "{}", finding(&curves));
    }

    fn run(name: &str, config: &TrainConfig, correct: &[usize]) -> RunByRows {
        RunByRows::new(name.into(), config, Origin::default(), correct.to_vec(), 1000)
    }

    fn config(num_units: usize, seed: u64) -> TrainConfig {
        TrainConfig { num_units, seed, ..TrainConfig::default() }
    }

    #[test]
    fn seeds_are_averaged_and_fewer_units_come_first() {
        let curves = curves(vec![
            run("c", &config(32, 1), &[100, 900, 960]),
            run("a", &config(8, 1), &[100, 700, 800]),
            run("b", &config(8, 2), &[120, 720, 900]),
        ]);
        assert_eq!(heads(&curves), ["rows read", "8 units, mean of 2 seeds", "32 units"]);
        assert_eq!(lines(&curves)[2], ["3", "85.00 %", "96.00 %"]);
    }

    #[test]
    fn runs_of_other_settings_or_origins_are_not_averaged_and_labels_distinguish_them() {
        let short = TrainConfig { timesteps: 14, ..config(8, 1) };
        let other = Origin { version: "0".into(), ..Origin::default() };
        let other = RunByRows::new("b".into(), &config(8, 1), other, vec![1, 2, 3], 1000);
        let curves = curves(vec![run("a", &config(8, 1), &[1, 2, 3]), other, run("t", &short, &[500, 900])]);
        let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
        assert_eq!(labels, ["timesteps 14", "timesteps 28, as a", "timesteps 28, as b"]);
        let lines = lines(&curves);
        // 2 and 4 rows of the first; 1, 2 and 3 of the others.
        assert_eq!(lines.iter().map(|line| line[0].as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
        assert_eq!(lines[3], ["4", "90.00 %", "-", "-"]);
    }

    #[test]
    fn what_all_networks_read_of_an_image_is_named() {
        let permuted = TrainConfig { permute: 3, ..config(8, 1) };
        let labels = |runs| curves(runs).into_iter().map(|curve| curve.label).collect::<Vec<_>>();
        assert_eq!(labels(vec![run("a", &permuted, &[1])]), ["8 units, pixels permuted with seed 3"]);
        let both = vec![run("a", &permuted, &[1]), run("b", &config(8, 1), &[1])];
        assert_eq!(labels(both), ["permute 0", "permute 3"]);
    }

    #[test]
    fn enough_is_where_accuracy_comes_and_stays_within_a_point_of_the_last() {
        let enough = |correct: &[usize]| curves(vec![run("a", &config(8, 1), correct)])[0].enough();
        assert_eq!(enough(&[100, 955, 900, 951, 960]), Some(4.0));
        assert_eq!(enough(&[960, 960]), Some(1.0));
        assert_eq!(enough(&[100, 200]), Some(2.0));
    }
}
