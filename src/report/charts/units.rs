//! Test accuracy against the number of units, the chart that the program is for; where the units do not vary, against what
//! does ([`super::axis`]).

use super::axis::{Across, Axis, name_series, series};
use super::{Material, accuracy_scale};
use crate::format::{count, joined, percent};
use crate::plot::Chart;
use crate::plot::canvas::{Canvas, Point};
use crate::plot::frame::{Frame, Key, WIDTH};
use crate::plot::series::Series;
use crate::statistics::Setting;

/// The chart, or `None` without settings.
pub(super) fn accuracy_by_units(material: &Material) -> Option<Chart> {
    let settings = &material.report.settings;
    if settings.is_empty() {
        return None;
    }
    let axis = Axis::new(settings);
    let series = series(settings, axis);
    let mut canvas = Canvas::new(WIDTH, 372.0);
    let frame = Frame { left: 68.0, right: WIDTH - 16.0, top: 56.0, bottom: 316.0 };
    let scale = accuracy_scale(settings, &frame, true);
    let across = Across::new(axis, settings, &frame);

    let interval = settings.iter().any(|setting| setting.test.interval.is_some());
    let key: &[Key] = if interval { &[Key::Mean, Key::Interval, Key::Seed] } else { &[Key::Mean, Key::Seed] };
    frame.accuracy_axis(&mut canvas, &scale, "Test accuracy", key);
    frame.bottom_axis(&mut canvas, &across.ticks(settings), axis.title);
    let place = |setting: &Setting| (across.place(setting), scale.place(setting.test.mean));
    for (index, group) in series.values().enumerate() {
        let series = Series(index);
        let means: Vec<Point> = group.iter().map(|setting| place(setting)).collect();
        canvas.polyline(&series.line_class(), &means);
        for (setting, mean) in group.iter().zip(&means) {
            if let Some((low, high)) = setting.test.interval {
                let ends = [low, high].map(|end| scale.place(end));
                frame.interval(&mut canvas, &series.thin_class("l"), mean.0, ends);
            }
            // Every seed, right of the mean.
            for (order, (seed, value)) in setting.test.values.iter().enumerate() {
                let point = (mean.0 + 11.0 + 4.0 * (order % 3) as f64, scale.place(*value));
                let value = format!("{}, seed {seed}: {}", setting.label, percent(*value));
                canvas.mark(&series.thin_class("o"), 0, point, 3.0, &value);
            }
            series.mark(
                &mut canvas,
                *mean,
                4.5,
                &format!("{}: {}", setting.label, percent(setting.test.mean)),
            );
        }
    }
    name_series(&mut canvas, &series);
    let title = format!("Test accuracy by {}", axis.what);
    Some(Chart::new(axis.name, title, describe(settings, axis), canvas))
}

fn describe(settings: &[Setting], axis: &Axis) -> String {
    let parts = joined(settings, ". ", |setting| {
        let interval = setting.test.interval.map_or(String::new(), |(low, high)| {
            format!(", 95 % interval {} to {}", percent(low), percent(high.min(1.0)))
        });
        let seeds = count(setting.test.values.len(), "seed");
        format!("{}: {} (mean of {seeds}{interval})", setting.label, percent(setting.test.mean))
    });
    format!("Mean test accuracy. {parts}.{}", growth(settings, axis))
}

/// How much the mean gains from the least number on the axis to the greatest.
fn growth(settings: &[Setting], axis: &Axis) -> String {
    let first = settings.iter().min_by_key(|setting| (axis.of)(setting));
    let last = settings.iter().max_by_key(|setting| (axis.of)(setting));
    match (first, last) {
        (Some(first), Some(last)) if (axis.of)(first) < (axis.of)(last) => format!(
            " From {} to {}, errors go from {:.2} to {:.2} in a hundred images.",
            first.label,
            last.label,
            100.0 * (1.0 - first.test.mean),
            100.0 * (1.0 - last.test.mean)
        ),
        _ => String::new(),
    }
}
