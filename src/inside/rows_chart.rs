//! The chart of accuracy by rows read: one line per network, labelled at its end.

use super::rows::{RowCurve, finding, number};
use crate::format::{percent, thousands};
use crate::plot::Chart;
use crate::plot::lines::AccuracyLines;
use crate::plot::scale::even_steps;

/// The chart, or `None` without curves.
pub fn rows_chart(curves: &[RowCurve]) -> Option<Chart> {
    let most = curves.iter().flat_map(|curve| curve.points.last()).map(|point| point.0).reduce(f64::max)?;
    let images = curves.iter().map(|curve| curve.images).max().unwrap_or(1);
    let chart = AccuracyLines {
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
            .map(|step| format!("{} after {} rows", percent(points[*step].1), number(points[*step].0)))
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
