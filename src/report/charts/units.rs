//! Test accuracy against the number of units: the chart that the program is for.

use super::canvas::{Anchor, Canvas, Point, TEXT};
use super::colours::SERIES;
use super::frame::{Frame, Key, WIDTH, values_and_ends};
use super::place::{Area, along, near};
use super::scale::{AccuracyScale, LogScale, Tick, percent};
use super::{Chart, Material, count, test_images_counted};
use crate::report::summary::Setting;
use std::collections::BTreeMap;

/// The chart, or `None` without settings.
pub(super) fn accuracy_by_units(material: &Material) -> Option<Chart> {
    let settings = &material.report.settings;
    if settings.is_empty() {
        return None;
    }
    let series = series(settings);
    let mut canvas = Canvas::new(WIDTH, 372.0);
    let frame = Frame { left: 68.0, right: WIDTH - 16.0, top: 56.0, bottom: 316.0 };
    let (values, ends) = values_and_ends(settings.iter().map(|setting| &setting.test));
    let scale =
        AccuracyScale::new(&values, &ends, test_images_counted(material.report), frame.bottom, frame.top);
    let units: Vec<f64> = settings.iter().map(|setting| setting.num_units as f64).collect();
    let across = LogScale::new(&units, frame.left + 6.0, frame.right - 10.0);

    let interval = settings.iter().any(|setting| setting.test.interval.is_some());
    let key: &[Key] = if interval { &[Key::Mean, Key::Interval, Key::Seed] } else { &[Key::Mean, Key::Seed] };
    frame.accuracy_axis(&mut canvas, &scale, "Test accuracy", key);
    frame.bottom_axis(
        &mut canvas,
        &unit_ticks(settings, &across),
        "Units, each step to the right doubles them",
    );
    let mut taken = Vec::new();
    for (index, group) in series.values().enumerate() {
        draw_series(&mut canvas, &frame, &scale, &across, index, group, &mut taken);
    }
    if series.len() > 1 {
        for (index, (name, group)) in series.iter().enumerate() {
            name_series(&mut canvas, &frame, &scale, &across, index, (name, group), &mut taken);
        }
    }
    let title = "Test accuracy by number of units".to_string();
    Some(Chart::new("accuracy-by-units", title, describe(settings), &canvas))
}

/// Settings by what tells them apart besides the units, which is the label without its first part.
fn series(settings: &[Setting]) -> BTreeMap<String, Vec<&Setting>> {
    let mut series: BTreeMap<String, Vec<&Setting>> = BTreeMap::new();
    for setting in settings {
        let units = format!("{} units", setting.num_units);
        let rest = setting.label.strip_prefix(&units).unwrap_or(&setting.label);
        series.entry(rest.trim_start_matches([',', ' ']).to_string()).or_default().push(setting);
    }
    for group in series.values_mut() {
        group.sort_by_key(|setting| setting.num_units);
    }
    series
}

/// A tick at each unit count.
fn unit_ticks(settings: &[Setting], across: &LogScale) -> Vec<Tick> {
    let units: std::collections::BTreeSet<usize> = settings.iter().map(|setting| setting.num_units).collect();
    units.iter().map(|units| (across.place(*units as f64), units.to_string())).collect()
}

/// The line of means, and at each unit count the mean with its interval and, right of it, every seed.
fn draw_series(
    canvas: &mut Canvas,
    frame: &Frame,
    scale: &AccuracyScale,
    across: &LogScale,
    index: usize,
    group: &[&Setting],
    taken: &mut Vec<Area>,
) {
    let colour = index % SERIES;
    let means: Vec<Point> = group
        .iter()
        .map(|setting| (across.place(setting.num_units as f64), scale.place(setting.test.mean)))
        .collect();
    let line = format!("l{colour}{}", if index >= SERIES { " dash" } else { "" });
    canvas.polyline(&line, &means);
    for pair in means.windows(2) {
        taken.extend(along(pair[0], pair[1]));
    }
    for (setting, mean) in group.iter().zip(&means) {
        frame.interval(canvas, scale, mean.0, &format!("l{colour}"), &setting.test);
        for (order, (_, value)) in setting.test.values.iter().enumerate() {
            let point = (mean.0 + 11.0 + 4.0 * (order % 3) as f64, scale.place(*value));
            canvas.circle(&format!("o{colour}"), point, 3.0);
            taken.push(Area::around(point, 3.0));
        }
        canvas.circle(&format!("f{colour}"), *mean, 4.5);
        taken.push(Area::around(*mean, 5.0));
    }
}

/// The name of a series beside one of its means, wherever there is room.
fn name_series(
    canvas: &mut Canvas,
    frame: &Frame,
    scale: &AccuracyScale,
    across: &LogScale,
    index: usize,
    (name, group): (&str, &[&Setting]),
    taken: &mut Vec<Area>,
) {
    let name = if name.is_empty() { "otherwise default" } else { name };
    let name = super::canvas::shorten(name, 220.0, TEXT);
    let mut places = group.iter().rev().map(|setting| {
        let mean = (across.place(setting.num_units as f64), scale.place(setting.test.mean));
        near(mean, &name, &frame.bounds(), taken)
    });
    if let Some(at) = places.find_map(|place| place) {
        canvas.text(&format!("f{} halo", index % SERIES), at, Anchor::Start, TEXT, &name);
    }
}

fn describe(settings: &[Setting]) -> String {
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
    format!("Mean test accuracy. {}.{}", parts.join(". "), growth(settings))
}

/// How much the mean gains from the fewest units to the most.
fn growth(settings: &[Setting]) -> String {
    let first = settings.iter().min_by_key(|setting| setting.num_units);
    let last = settings.iter().max_by_key(|setting| setting.num_units);
    match (first, last) {
        (Some(first), Some(last)) if first.num_units < last.num_units => format!(
            " From {} to {}, errors go from {:.2} to {:.2} in a hundred images.",
            first.label,
            last.label,
            100.0 * (1.0 - first.test.mean),
            100.0 * (1.0 - last.test.mean)
        ),
        _ => String::new(),
    }
}
