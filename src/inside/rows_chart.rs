//! Accuracy by rows read, one line a network, named at its end.

use super::rows::{RowCurve, finding, number};
use crate::format::{percent, thousands};
use crate::plot::Chart;
use crate::plot::canvas::{Canvas, Point, TEXT, width, wrap};
use crate::plot::frame::{Frame, WIDTH};
use crate::plot::lines::{LINE, draw_lines, name_lines};
use crate::plot::scale::{AccuracyScale, Tick, even_steps};

/// The chart, or `None` without curves.
pub fn rows_chart(curves: &[RowCurve]) -> Option<Chart> {
    let most = curves.iter().flat_map(|curve| curve.points.last()).map(|point| point.0).reduce(f64::max)?;
    let labels: Vec<Vec<String>> = curves.iter().map(|curve| wrap(&curve.label, 150.0, TEXT)).collect();
    let widest = labels.iter().flatten().map(|line| width(line, TEXT)).fold(0.0, f64::max);
    let heights: Vec<f64> = labels.iter().map(|lines| LINE * lines.len() as f64 + 1.0).collect();
    let height = heights.iter().sum::<f64>().max(300.0);
    let frame = Frame { left: 68.0, right: WIDTH - widest - 28.0, top: 44.0, bottom: 44.0 + height };
    let mut canvas = Canvas::new(WIDTH, frame.bottom + 54.0);

    let values: Vec<f64> = curves.iter().flat_map(|curve| &curve.points).map(|point| point.1).collect();
    let images = curves.iter().map(|curve| curve.images).max().unwrap_or(1);
    let scale = AccuracyScale::new(&values, &[], images, frame.bottom, frame.top);
    let across = |rows: f64| frame.left + rows / most * (frame.right - frame.left);
    frame.accuracy_axis(&mut canvas, &scale, "Test accuracy", &[]);
    let ticks: Vec<Tick> = row_ticks(most).into_iter().map(|rows| (across(rows), number(rows))).collect();
    frame.bottom_axis(&mut canvas, &ticks, "Rows of the image read");
    let lines: Vec<Vec<Point>> = curves
        .iter()
        .map(|curve| curve.points.iter().map(|(rows, share)| (across(*rows), scale.place(*share))).collect())
        .collect();
    draw_lines(&mut canvas, &lines);
    name_lines(&mut canvas, &frame, &lines, &labels, &heights);
    let title = "Test accuracy by rows of the image read".to_string();
    Some(Chart::new("accuracy-by-rows", title, describe(curves, images), &canvas))
}

/// Quarters where they are whole, else even steps.
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
