//! Lines over a common axis, labelled at their ends.

use super::canvas::{Anchor, Canvas, Point, TEXT};
use super::colours::SERIES;
use super::frame::Frame;
use super::place::spread;

/// Height of one line of a label.
pub(crate) const LINE: f64 = 16.0;

/// The class of a line: its colour, dashed once the colours repeat.
fn class(index: usize) -> String {
    format!("l{}{}", index % SERIES, if (index / SERIES).is_multiple_of(2) { "" } else { " dash" })
}

/// Draws each line in its colour, with its points if they are few.
pub(crate) fn draw_lines(canvas: &mut Canvas, lines: &[Vec<Point>]) {
    for (index, points) in lines.iter().enumerate() {
        canvas.polyline(&class(index), points);
        if points.len() <= 30 {
            for point in points {
                canvas.circle(&format!("f{}", index % SERIES), *point, 2.5);
            }
        }
    }
}

/// Labels right of the plot, as near to the ends of their lines as they fit, each with a thin line to its end.
pub(crate) fn name_lines(
    canvas: &mut Canvas,
    frame: &Frame,
    lines: &[Vec<Point>],
    labels: &[Vec<String>],
    heights: &[f64],
) {
    let ends: Vec<Point> = lines.iter().map(|points| points[points.len() - 1]).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let centres = spread(&wanted, heights, frame.top - 6.0, frame.bottom);
    for (index, (end, centre)) in ends.iter().zip(&centres).enumerate() {
        if (end.1 - centre).abs() > 2.0 || end.0 < frame.right - 1.0 {
            let knee = (frame.right + 4.0).max(end.0 + 4.0);
            canvas.polyline("leader", &[(end.0 + 4.0, end.1), (knee, end.1), (frame.right + 14.0, *centre)]);
        }
        let first = centre - LINE * (labels[index].len() as f64 - 1.0) / 2.0 + TEXT * 0.35;
        for (row, line) in labels[index].iter().enumerate() {
            let at = (frame.right + 18.0, first + LINE * row as f64);
            canvas.text(&format!("f{}", index % SERIES), at, Anchor::Start, TEXT, line);
        }
    }
}
