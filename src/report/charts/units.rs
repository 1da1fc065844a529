//! Test accuracy against the number of units, the chart that the program is for; where the units do not vary, against what
//! does ([`super::axis`]).

use super::axis::{Across, Axis, line_class, name_series, series};
use super::{Material, test_images_counted, values_and_ends};
use crate::format::{count, percent};
use crate::plot::Chart;
use crate::plot::canvas::{Canvas, Point};
use crate::plot::colours::SERIES;
use crate::plot::frame::{Frame, Key, WIDTH};
use crate::plot::place::{Area, along};
use crate::plot::scale::AccuracyScale;
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
    let (values, ends) = values_and_ends(settings.iter().map(|setting| &setting.test));
    let scale =
        AccuracyScale::new(&values, &ends, test_images_counted(material.report), frame.bottom, frame.top);
    let across = Across::new(axis, settings, &frame);

    let interval = settings.iter().any(|setting| setting.test.interval.is_some());
    let key: &[Key] = if interval { &[Key::Mean, Key::Interval, Key::Seed] } else { &[Key::Mean, Key::Seed] };
    frame.accuracy_axis(&mut canvas, &scale, "Test accuracy", key);
    frame.bottom_axis(&mut canvas, &across.ticks(settings), axis.title);
    let mut taken = Vec::new();
    for (index, group) in series.values().enumerate() {
        draw_series(&mut canvas, &frame, &scale, &across, index, group, &mut taken);
    }
    if series.len() > 1 {
        let place = |setting: &Setting| (across.place(setting), scale.place(setting.test.mean));
        name_series(&mut canvas, &frame, &series, place, &mut taken);
    }
    let title = format!("Test accuracy by {}", axis.what);
    Some(Chart::new(axis.name, title, describe(settings, axis), canvas))
}

/// The line of means, and at each place the mean with its interval and, right of it, every seed.
fn draw_series(
    canvas: &mut Canvas,
    frame: &Frame,
    scale: &AccuracyScale,
    across: &Across,
    index: usize,
    group: &[&Setting],
    taken: &mut Vec<Area>,
) {
    let colour = index % SERIES;
    let means: Vec<Point> =
        group.iter().map(|setting| (across.place(setting), scale.place(setting.test.mean))).collect();
    canvas.polyline(&line_class(index), &means);
    for pair in means.windows(2) {
        taken.extend(along(pair[0], pair[1]));
    }
    for (setting, mean) in group.iter().zip(&means) {
        if let Some(interval) = setting.test.interval {
            frame.interval(canvas, scale, mean.0, &format!("l{colour}"), interval);
        }
        for (order, (_, value)) in setting.test.values.iter().enumerate() {
            let point = (mean.0 + 11.0 + 4.0 * (order % 3) as f64, scale.place(*value));
            canvas.circle(&format!("o{colour}"), point, 3.0);
            taken.push(Area::around(point, 3.0));
        }
        canvas.circle(&format!("f{colour}"), *mean, 4.5);
        taken.push(Area::around(*mean, 5.0));
    }
}

fn describe(settings: &[Setting], axis: &Axis) -> String {
    let parts: Vec<String> = settings
        .iter()
        .map(|setting| {
            let interval = setting.test.interval.map_or(String::new(), |(low, high)| {
                format!(", 95 % interval {} to {}", percent(low), percent(high.min(1.0)))
            });
            let seeds = count(setting.test.values.len(), "seed");
            format!("{}: {} (mean of {seeds}{interval})", setting.label, percent(setting.test.mean))
        })
        .collect();
    format!("Mean test accuracy. {}.{}", parts.join(". "), growth(settings, axis))
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
