//! What a network costs, against the number of units or what else varies: parameters above, seconds of training below.

use super::axis::{Across, Axis, name_series, series};
use super::{Chart, Material};
use crate::format::{joined, thousands};
use crate::plot::canvas::{Anchor, Canvas, Point, TEXT};
use crate::plot::frame::{Frame, WIDTH};
use crate::plot::place::{Area, along};
use crate::plot::scale::{LogScale, plain};
use crate::plot::series::Series;
use crate::statistics::Setting;

const HEIGHT: f64 = 130.0;

struct Panel {
    title: &'static str,
    of: fn(&Setting) -> f64,
    label: fn(f64) -> String,
}

/// The panels from top to bottom.
static PANELS: [Panel; 2] = [
    Panel {
        title: "Parameters, logarithmic",
        of: |setting| setting.parameters as f64,
        label: |value| thousands(value.round() as usize),
    },
    Panel {
        title: "Seconds of training a run, mean of the seeds, logarithmic",
        of: |setting| setting.train_seconds.mean,
        label: seconds,
    },
];

/// Seconds with three digits or more.
fn seconds(value: f64) -> String {
    match value {
        100.0.. => thousands(value.round() as usize),
        10.0.. => plain((value * 10.0).round() / 10.0),
        _ => plain((value * 100.0).round() / 100.0),
    }
}

/// The chart, or `None` where there are not two settings to compare.
pub(super) fn cost_by_units(material: &Material) -> Option<Chart> {
    let settings = &material.report.settings;
    if settings.len() < 2 {
        return None;
    }
    let axis = Axis::new(settings);
    let frames = [30.0, 30.0 + HEIGHT + 52.0].map(|top| Frame {
        left: 80.0,
        right: WIDTH - 16.0,
        top,
        bottom: top + HEIGHT,
    });
    let lowest = &frames[1];
    let mut canvas = Canvas::new(WIDTH, lowest.bottom + 56.0);
    let across = Across::new(axis, settings, lowest);
    for (panel, frame) in PANELS.iter().zip(&frames) {
        draw(&mut canvas, panel, frame, settings, &across);
    }
    lowest.bottom_axis(&mut canvas, &across.ticks(settings), axis.title);
    name_series(&mut canvas, &series(settings, axis));
    let title = format!("Parameters and seconds by {}", axis.what);
    Some(Chart::new(axis.cost_name, title, describe(settings), canvas))
}

fn draw(canvas: &mut Canvas, panel: &Panel, frame: &Frame, settings: &[Setting], across: &Across) {
    let values: Vec<f64> = settings.iter().map(panel.of).collect();
    let up = LogScale::new(&values, 0.0, HEIGHT);
    let ticks = up.ticks(panel.label, |_| TEXT).into_iter();
    frame.grid(canvas, ticks.map(|(height, label)| (frame.bottom - height, label)));
    canvas.line("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
    canvas.text("ink", (12.0, frame.top - 14.0), Anchor::Start, TEXT, panel.title);

    let place = |setting: &Setting| (across.place(setting), frame.bottom - up.place((panel.of)(setting)));
    let series = series(settings, across.axis);
    let mut taken = Vec::new();
    for (index, group) in series.values().enumerate() {
        let series = Series(index);
        let points: Vec<Point> = group.iter().map(|setting| place(setting)).collect();
        canvas.polyline(&series.line_class(), &points);
        taken.extend(along(&points));
        for (point, setting) in points.into_iter().zip(group) {
            let value = format!("{}: {}", setting.label, (panel.label)((panel.of)(setting)));
            series.mark(canvas, point, 4.5, &value);
            taken.push(Area::around(point, 5.0));
        }
    }
    if series.len() > 1 {
        return;
    }
    let label = |setting: &Setting| (place(setting), (panel.label)((panel.of)(setting)));
    frame.name_points(canvas, &settings.iter().map(label).collect::<Vec<_>>(), &mut taken);
}

fn describe(settings: &[Setting]) -> String {
    let parts = joined(settings, ". ", |setting| {
        let parameters = thousands(setting.parameters);
        format!("{}: {parameters} parameters, {:.1} s", setting.label, setting.train_seconds.mean)
    });
    format!("Seconds are means of the seeds. {parts}.")
}
