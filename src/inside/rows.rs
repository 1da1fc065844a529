//! How much of a digit must be read: accuracy after each timestep, by network. The drawing is in `rows_chart`.

use crate::data::SIDE;
use crate::format::{count, percent};
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde::Serialize;

/// How far below its last accuracy a network may be and still count as good, as a fraction.
const AS_GOOD: f64 = 0.01;

/// The accuracies of a run that has to answer early.
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
    /// What is read of an image, in words, if that is not all of it in its own order.
    pub view: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// A hash of the other settings: runs that differ only by their seed are averaged.
    pub protocol: String,
    /// Images scored.
    pub test_total: usize,
    /// Rows of the image read after each timestep: pixels / 28.
    pub rows_after: Vec<f64>,
    /// Images read correctly after each timestep.
    pub correct_after: Vec<usize>,
    /// The same as fractions of all images, in 0..=1.
    pub accuracy_after: Vec<f64>,
}

impl RunByRows {
    /// Adds fractions to the counts after each timestep. A timestep is `inputs` pixels of what `view` describes.
    ///
    /// * `size`: U and L.
    pub fn new(
        (name, seed, protocol): (String, u64, String),
        size: (usize, usize),
        (inputs, view): (usize, Vec<String>),
        correct: Vec<usize>,
        total: usize,
    ) -> Self {
        let share = |correct: &usize| *correct as f64 / total.max(1) as f64;
        Self {
            name,
            num_units: size.0,
            num_layers: size.1,
            timesteps: correct.len(),
            view,
            seed,
            protocol,
            test_total: total,
            rows_after: (1..=correct.len()).map(|step| (step * inputs) as f64 / SIDE as f64).collect(),
            accuracy_after: correct.iter().map(share).collect(),
            correct_after: correct,
        }
    }
}

/// Runs that differ only by their seed, averaged.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What distinguishes it from the other curves.
    pub label: String,
    /// How many runs are averaged.
    pub runs: usize,
    /// Rows read, and the mean accuracy after them, in 0..=1.
    pub points: Vec<(f64, f64)>,
    /// Images behind each accuracy.
    pub images: usize,
}

impl Curve {
    /// The accuracy after exactly `rows` rows.
    fn at(&self, rows: f64) -> Option<f64> {
        self.points.iter().find(|(after, _)| *after == rows).map(|(_, accuracy)| *accuracy)
    }

    /// The number of rows from which on the accuracy stays within a point of the last one.
    pub(crate) fn enough(&self) -> Option<f64> {
        let (_, last) = self.points.last()?;
        let short = self.points.iter().rposition(|(_, accuracy)| *accuracy < last - AS_GOOD);
        self.points.get(short.map_or(0, |index| index + 1)).map(|(rows, _)| *rows)
    }
}

/// The runs by setting, fewest units first.
pub fn curves(runs: &[RunByRows]) -> Vec<Curve> {
    let same = |a: &RunByRows, b: &RunByRows| {
        (a.num_units, a.num_layers, &a.protocol) == (b.num_units, b.num_layers, &b.protocol)
    };
    let mut groups: Vec<Vec<&RunByRows>> = Vec::new();
    for run in runs {
        match groups.iter_mut().find(|group| same(group[0], run)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups.sort_by_key(|group| (group[0].num_units, group[0].num_layers, group[0].timesteps));
    let curve = |group: &Vec<&RunByRows>| {
        let mean =
            |step: usize| group.iter().map(|run| run.accuracy_after[step]).sum::<f64>() / group.len() as f64;
        let points = group[0].rows_after.iter().enumerate().map(|(step, rows)| (*rows, mean(step)));
        Curve {
            label: label(group, &groups),
            runs: group.len(),
            points: points.collect(),
            images: group[0].test_total,
        }
    };
    groups.iter().map(curve).collect()
}

/// The units, and what else distinguishes the group from the others; the name of its first run if that is not enough.
fn label(group: &[&RunByRows], groups: &[Vec<&RunByRows>]) -> String {
    let run = group[0];
    let mut label = count(run.num_units, "unit");
    if groups.iter().any(|other| other[0].num_layers != run.num_layers) {
        label.push_str(&format!(", {}", count(run.num_layers, "layer")));
    }
    if groups.iter().any(|other| other[0].timesteps != run.timesteps) {
        label.push_str(&format!(", {} timesteps", run.timesteps));
    }
    for part in &run.view {
        label.push_str(&format!(", {part}"));
    }
    let key = |run: &RunByRows| (run.num_units, run.num_layers, run.timesteps, run.view.clone());
    if groups.iter().filter(|other| key(other[0]) == key(run)).count() > 1 {
        label.push_str(&format!(", as {}", run.name));
    }
    label
}

/// One table row for each number of image rows after which some network has answered: that number, and the accuracies in the
/// order of the curves.
pub(crate) fn lines(curves: &[Curve]) -> Vec<Vec<String>> {
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

/// The heads of that table.
pub(crate) fn heads(curves: &[Curve]) -> Vec<String> {
    let head = |curve: &Curve| match curve.runs {
        1 => curve.label.clone(),
        seeds => format!("{}, mean of {seeds} seeds", curve.label),
    };
    ["rows read".to_string()].into_iter().chain(curves.iter().map(head)).collect()
}

/// Where each curve comes within a point of its last accuracy.
pub(crate) fn finding(curves: &[Curve]) -> String {
    let enough = curves.iter().filter_map(|curve| {
        let (rows, (all, last)) = (curve.enough()?, curve.points.last()?);
        Some(format!(
            "{} after {} of {} rows ({} in the end)",
            curve.label,
            number(rows),
            number(*all),
            percent(*last)
        ))
    });
    let enough: Vec<String> = enough.collect();
    format!("Within one point of the accuracy in the end: {}.", enough.join("; "))
}

/// A number of rows; whole numbers without decimals.
pub(crate) fn number(rows: f64) -> String {
    let text = format!("{rows:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The table for a terminal.
pub fn rows_text(curves: &[Curve]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(heads(curves));
    for line in lines(curves) {
        table.add_row(line.into_iter().map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
    }
    let images = curves.iter().map(|curve| curve.images).max().unwrap_or(0);
    format!("Accuracy on {images} test images by rows read:\n{table}\n\n{}", finding(curves))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, units: usize, seed: u64, protocol: &str, correct: &[usize]) -> RunByRows {
        RunByRows::new(
            (name.into(), seed, protocol.into()),
            (units, 1),
            (28, Vec::new()),
            correct.to_vec(),
            1000,
        )
    }

    #[test]
    fn seeds_are_averaged_and_fewer_units_come_first() {
        let runs = [
            run("c", 32, 1, "p", &[100, 900, 960]),
            run("a", 8, 1, "p", &[100, 700, 800]),
            run("b", 8, 2, "p", &[120, 720, 900]),
        ];
        let curves = curves(&runs);
        assert_eq!(heads(&curves), ["rows read", "8 units, mean of 2 seeds", "32 units"]);
        assert_eq!(lines(&curves)[2], ["3", "85.00 %", "96.00 %"]);
    }

    #[test]
    fn runs_of_other_settings_stand_apart_and_are_named() {
        let short =
            RunByRows::new(("t".into(), 1, "q".into()), (8, 1), (42, Vec::new()), vec![500, 900], 1000);
        let runs = [run("a", 8, 1, "p", &[1, 2, 3]), run("b", 8, 1, "o", &[1, 2, 3]), short];
        let curves = curves(&runs);
        let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
        assert_eq!(
            labels,
            ["8 units, 2 timesteps", "8 units, 3 timesteps, as a", "8 units, 3 timesteps, as b"]
        );
        let lines = lines(&curves);
        // 1.5 and 3 rows of the first; 1, 2 and 3 of the others.
        assert_eq!(lines.iter().map(|line| line[0].as_str()).collect::<Vec<_>>(), ["1", "1.5", "2", "3"]);
        assert_eq!(lines[1], ["1.5", "50.00 %", "-", "-"]);
    }

    #[test]
    fn enough_is_where_accuracy_comes_and_stays_within_a_point_of_the_last() {
        let enough = |correct: &[usize]| curves(&[run("a", 8, 1, "p", correct)])[0].enough();
        assert_eq!(enough(&[100, 955, 900, 951, 960]), Some(4.0));
        assert_eq!(enough(&[960, 960]), Some(1.0));
        assert_eq!(enough(&[100, 200]), Some(2.0));
    }
}
