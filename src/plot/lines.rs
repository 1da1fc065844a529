//! A chart of accuracies as lines over a common axis, each named at its end.

use super::canvas::{Anchor, Canvas, Point, TEXT, width, wrap};
use super::frame::{Frame, Key, WIDTH};
use super::place::spread;
use super::scale::{AccuracyScale, Tick, plain};
use super::series::Series;

/// Height of a line of a label.
const LINE: f64 = 16.0;
/// Most marks on a line.
const MARKS: usize = 30;

pub(crate) struct AccuracyLines<'a> {
    /// The label of each line and its points: (number on the bottom axis, accuracy).
    pub lines: Vec<(&'a str, Vec<(f64, f64)>)>,
    /// The accuracy on the training images beside each line, or nothing.
    pub training: Vec<Vec<(f64, f64)>>,
    pub what: &'a str,
    /// Images that each accuracy is of.
    pub images: usize,
    pub axis: &'a str,
    /// Numbers on the bottom axis.
    pub ticks: Vec<(f64, String)>,
    /// Height of the plot, at least.
    pub height: f64,
}

impl AccuracyLines<'_> {
    /// Draws the chart. `across` places a number on the bottom axis.
    pub fn draw(&self, across: impl Fn(&Frame, f64) -> f64) -> Canvas {
        let labels: Vec<Vec<String>> = self.lines.iter().map(|(label, _)| wrap(label, 150.0, TEXT)).collect();
        let widest = labels.iter().flatten().map(|line| width(line, TEXT)).fold(0.0, f64::max);
        let heights: Vec<f64> = labels.iter().map(|lines| LINE * lines.len() as f64 + 1.0).collect();
        let height = heights.iter().sum::<f64>().max(self.height);
        let key: &[Key] = if self.training.is_empty() { &[] } else { &[Key::Validation, Key::Training] };
        let top = if key.is_empty() { 44.0 } else { 56.0 };
        let frame = Frame { left: 68.0, right: WIDTH - widest - 28.0, top, bottom: top + height };
        let mut canvas = Canvas::new(WIDTH, frame.bottom + 54.0);
        let all = self.lines.iter().map(|(_, points)| points).chain(&self.training);
        let values: Vec<f64> = all.flatten().map(|point| point.1).collect();
        let scale = AccuracyScale::new(&values, &[], self.images, frame.bottom, frame.top);
        frame.accuracy_axis(&mut canvas, &scale, self.what, key);
        let ticks: Vec<Tick> =
            self.ticks.iter().map(|(number, text)| (across(&frame, *number), text.clone())).collect();
        frame.bottom_axis(&mut canvas, &ticks, self.axis);
        let place = |(number, accuracy): &(f64, f64)| (across(&frame, *number), scale.place(*accuracy));
        let lines: Vec<Vec<Point>> =
            self.lines.iter().map(|(_, points)| points.iter().map(place).collect()).collect();
        for (index, points) in self.training.iter().enumerate().filter(|(_, points)| !points.is_empty()) {
            let points: Vec<Point> = points.iter().map(place).collect();
            canvas.polyline(&Series(index).thin_class("t"), &points);
        }
        for (index, points) in lines.iter().enumerate() {
            let (series, (label, values)) = (Series(index), &self.lines[index]);
            canvas.polyline(&series.line_class(), points);
            let every = points.len().div_ceil(MARKS).max(1);
            let last = points.len() - 1;
            for (point, (number, value)) in points
                .iter()
                .zip(values)
                .enumerate()
                .filter_map(|(index, of)| (index % every == 0 || index == last).then_some(of))
            {
                let value = format!(
                    "{label}, {} {}: {:.2} %",
                    self.axis.to_lowercase(),
                    plain(*number),
                    100.0 * value
                );
                series.mark(&mut canvas, *point, 2.5, &value);
            }
        }
        name_lines(&mut canvas, &frame, &lines, &labels, &heights);
        canvas
    }
}

/// Names right of the plot, as near to their lines' ends as they can stand, each with a thin line to its end.
fn name_lines(
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
            let class = format!("leader s{index}");
            canvas.polyline(&class, &[(end.0 + 4.0, end.1), (knee, end.1), (frame.right + 14.0, *centre)]);
        }
        let first = centre - LINE * (labels[index].len() as f64 - 1.0) / 2.0 + TEXT * 0.35;
        for (row, line) in labels[index].iter().enumerate() {
            let at = (frame.right + 18.0, first + LINE * row as f64);
            canvas.text(&format!("{} key", Series(index).fill_class()), at, Anchor::Start, TEXT, line);
        }
    }
}
