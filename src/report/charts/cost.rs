//! Test accuracy against what it costs: parameters, and seconds of training. Both with the Pareto front, the settings
//! than which none is both at least as accurate and at least as cheap.

use super::axis::{Axis, series};
use super::{Material, accuracy_scale};
use crate::format::{joined, list, percent, thousands};
use crate::plot::Chart;
use crate::plot::canvas::{Canvas, Point, TEXT, shorten, width};
use crate::plot::frame::{Frame, Key, WIDTH};
use crate::plot::place::{Area, along};
use crate::plot::scale::{LogScale, plain};
use crate::statistics::{Setting, Spread};

pub(super) struct Cost {
    name: &'static str,
    title: &'static str,
    axis: &'static str,
    /// Mean over the seeds.
    of: fn(&Setting) -> f64,
    /// Of the run at this index.
    of_run: fn(&Setting, usize) -> f64,
    label: fn(f64) -> String,
    say: fn(f64) -> String,
}

pub(super) static PARAMETERS: Cost = Cost {
    name: "accuracy-by-parameters",
    title: "Test accuracy by number of parameters",
    axis: "Parameters, logarithmic",
    of: |setting| setting.parameters as f64,
    of_run: |setting, _| setting.parameters as f64,
    label: |value| thousands(value.round() as usize),
    say: |value| format!("{} parameters", thousands(value.round() as usize)),
};

pub(super) static SECONDS: Cost = Cost {
    name: "accuracy-by-seconds",
    title: "Test accuracy by seconds of training",
    axis: "Seconds of training a run, logarithmic",
    of: |setting| setting.train_seconds.mean,
    of_run: |setting, index| {
        let Spread { values, mean, .. } = &setting.train_seconds;
        values.get(index).map_or(*mean, |(_, value)| *value)
    },
    label: |value| if value >= 1000.0 { thousands(value.round() as usize) } else { plain(value) },
    say: |value| format!("{value:.1} s"),
};

/// The chart, or `None` without settings.
pub(super) fn accuracy_by_cost(material: &Material, cost: &Cost) -> Option<Chart> {
    let settings = &material.report.settings;
    if settings.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDTH, 372.0);
    let frame = Frame { left: 68.0, right: WIDTH - 28.0, top: 56.0, bottom: 316.0 };
    let scale = accuracy_scale(settings, &frame, false);
    let runs = settings.iter().flat_map(|setting| {
        (0..setting.test.values.len()).map(|index| (cost.of_run)(setting, index)).chain([(cost.of)(setting)])
    });
    let across = LogScale::new(&runs.collect::<Vec<_>>(), frame.left, frame.right);
    let front = front(settings, cost.of);

    frame.accuracy_axis(&mut canvas, &scale, "Test accuracy", &[Key::Mean, Key::Seed, Key::Front]);
    frame.bottom_axis(&mut canvas, &across.ticks(cost.label, |text| width(text, TEXT)), cost.axis);
    let place = |setting: &Setting| (across.place((cost.of)(setting)), scale.place(setting.test.mean));
    let line: Vec<Point> = front.iter().map(|index| place(&settings[*index])).collect();
    if line.len() > 1 {
        canvas.polyline("front", &line);
    }
    let mut taken: Vec<Area> = along(&line).collect();
    for setting in settings {
        for (index, (_, value)) in setting.test.values.iter().enumerate() {
            let point = (across.place((cost.of_run)(setting, index)), scale.place(*value));
            canvas.circle("o0", point, 3.0);
            taken.push(Area::around(point, 3.5));
        }
    }
    for setting in settings {
        canvas.circle("f0", place(setting), 4.5);
        taken.push(Area::around(place(setting), 5.0));
    }
    let axis = Axis::new(settings);
    let is_one_series = series(settings, axis).len() == 1;
    let named = settings.iter().map(|setting| {
        let label = if is_one_series { axis.short(setting) } else { setting.label.clone() };
        (place(setting), shorten(&label, 200.0, TEXT))
    });
    frame.name_points(&mut canvas, &named.collect::<Vec<_>>(), &mut taken);
    Some(Chart::new(cost.name, cost.title.into(), describe(settings, &front, cost), canvas))
}

/// Indices of the settings than which no other is at least as accurate and at least as cheap (one of them strictly), by
/// cost.
fn front(settings: &[Setting], cost: fn(&Setting) -> f64) -> Vec<usize> {
    let beats = |a: &Setting, b: &Setting| {
        let (cheap, good) = (cost(a) <= cost(b), a.test.mean >= b.test.mean);
        cheap && good && (cost(a) < cost(b) || a.test.mean > b.test.mean)
    };
    let free = |index: &usize| !settings.iter().any(|other| beats(other, &settings[*index]));
    let mut front: Vec<usize> = (0..settings.len()).filter(free).collect();
    front.sort_by(|a, b| cost(&settings[*a]).total_cmp(&cost(&settings[*b])));
    front
}

fn describe(settings: &[Setting], front: &[usize], cost: &Cost) -> String {
    let parts = joined(settings, ". ", |setting| {
        format!("{}: {}, {}", setting.label, (cost.say)((cost.of)(setting)), percent(setting.test.mean))
    });
    let all = if front.len() == settings.len() {
        " None is beaten by one that is both more accurate and cheaper.".to_string()
    } else {
        let names: Vec<String> = front.iter().map(|index| settings[*index].label.clone()).collect();
        format!(" None is both more accurate and cheaper than {}; the others are beaten.", list(&names))
    };
    format!("Mean of the seeds. {parts}.{all}")
}
