//! Test accuracy against what it costs: parameters, bytes, multiply-adds, milliseconds per image, seconds of training. Each
//! with the Pareto front, the settings than which none is both at least as accurate and at least as cheap.

use super::axis::{Axis, name_series, series};
use super::{Material, accuracy_scale};
use crate::format::{joined, list, percent, thousands};
use crate::model::ModelShape;
use crate::plot::Chart;
use crate::plot::canvas::{Canvas, Point, TEXT, width};
use crate::plot::frame::{Frame, Key, WIDTH};
use crate::plot::place::{Area, along};
use crate::plot::scale::{LogScale, plain};
use crate::plot::series::Series;
use crate::run::RunResult;
use crate::statistics::Setting;

pub(super) struct Cost {
    name: &'static str,
    title: &'static str,
    axis: &'static str,
    /// Of a run; `None` if it is not known.
    of: fn(&RunResult) -> Option<f64>,
    label: fn(f64) -> String,
    say: fn(f64) -> String,
}

/// In the order of reading.
pub(super) static COSTS: [Cost; 5] = [
    Cost {
        name: "accuracy-by-parameters",
        title: "Test accuracy by number of parameters",
        axis: "Parameters, logarithmic",
        of: |run| Some(run.parameters as f64),
        label: whole,
        say: |value| format!("{} parameters", whole(value)),
    },
    Cost {
        name: "accuracy-by-bytes",
        title: "Test accuracy by size of the model in bytes",
        axis: "Bytes of the weights, logarithmic",
        of: |run| Some(ModelShape::of(&run.settings).bytes() as f64),
        label: whole,
        say: |value| format!("{} bytes", whole(value)),
    },
    Cost {
        name: "accuracy-by-multiply-adds",
        title: "Test accuracy by multiply-adds per image",
        axis: "Multiply-adds to score an image, logarithmic",
        of: |run| Some(ModelShape::of(&run.settings).multiply_adds(run.timesteps) as f64),
        label: whole,
        say: |value| format!("{} multiply-adds", whole(value)),
    },
    Cost {
        name: "accuracy-by-milliseconds",
        title: "Test accuracy by milliseconds to score an image",
        axis: "Milliseconds per image, logarithmic",
        of: |run| run.inference_ms_per_image,
        label: plain,
        say: |value| format!("{value:.4} ms"),
    },
    Cost {
        name: "accuracy-by-seconds",
        title: "Test accuracy by seconds of training",
        axis: "Seconds of training per run, logarithmic",
        of: |run| Some(run.train_seconds),
        label: |value| if value >= 1000.0 { whole(value) } else { plain(value) },
        say: |value| format!("{value:.1} s"),
    },
];

fn whole(value: f64) -> String {
    thousands(value.round() as usize)
}

/// A setting with what each of its runs costs, and their mean.
struct Priced<'a> {
    setting: &'a Setting,
    runs: Vec<f64>,
    mean: f64,
}

impl<'a> Priced<'a> {
    fn new(setting: &'a Setting, cost: &Cost) -> Option<Self> {
        let runs: Vec<f64> = setting.runs.iter().map(cost.of).collect::<Option<_>>()?;
        let mean = crate::statistics::formulas::mean(&runs)?;
        Some(Self { setting, runs, mean })
    }
}

/// The chart, or `None` without settings, and where a cost is not known.
pub(super) fn accuracy_by_cost(material: &Material, cost: &Cost) -> Option<Chart> {
    let settings = &material.report.settings;
    let priced: Vec<Priced> =
        settings.iter().map(|setting| Priced::new(setting, cost)).collect::<Option<_>>()?;
    if priced.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDTH, 372.0);
    let frame = Frame { left: 68.0, right: WIDTH - 28.0, top: 56.0, bottom: 316.0 };
    let scale = accuracy_scale(settings, &frame, false);
    let all: Vec<f64> =
        priced.iter().flat_map(|priced| priced.runs.iter().chain([&priced.mean])).copied().collect();
    let across = LogScale::new(&all, frame.left, frame.right);
    let front = front(&priced);

    frame.accuracy_axis(&mut canvas, &scale, "Test accuracy", &[Key::Mean, Key::Seed, Key::Front]);
    frame.bottom_axis(&mut canvas, &across.ticks(cost.label, |text| width(text, TEXT)), cost.axis);
    let place = |priced: &Priced| (across.place(priced.mean), scale.place(priced.setting.test.mean));
    let line: Vec<Point> = front.iter().map(|index| place(&priced[*index])).collect();
    if line.len() > 1 {
        canvas.polyline("front", &line);
    }
    let axis = Axis::new(settings);
    let series = series(settings, axis);
    let series_of = |setting: &Setting| {
        Series(series.keys().position(|name| *name == axis.series(setting)).unwrap_or_default())
    };
    let mut taken: Vec<Area> = along(&line).collect();
    for priced in &priced {
        let class = series_of(priced.setting).thin_class("o");
        for (run, price) in priced.setting.runs.iter().zip(&priced.runs) {
            let point = (across.place(*price), scale.place(run.test_accuracy));
            let label = &priced.setting.label;
            let value =
                format!("{label}, seed {}: {}, {}", run.seed, (cost.say)(*price), percent(run.test_accuracy));
            canvas.mark(&class, 0, point, 3.0, &value);
            taken.push(Area::around(point, 3.5));
        }
    }
    for priced in &priced {
        let Priced { setting, mean, .. } = priced;
        let value = format!("{}: {}, {}", setting.label, (cost.say)(*mean), percent(setting.test.mean));
        series_of(setting).mark(&mut canvas, place(priced), 4.5, &value);
        taken.push(Area::around(place(priced), 5.0));
    }
    let named: Vec<(Point, String)> =
        priced.iter().map(|priced| (place(priced), axis.short(priced.setting))).collect();
    frame.name_points(&mut canvas, &named, &mut taken);
    name_series(&mut canvas, &series);
    Some(Chart::new(cost.name, cost.title.into(), describe(&priced, &front, cost), canvas))
}

/// Indices of the settings than which no other is at least as accurate and at least as cheap (one of them strictly), by
/// cost.
fn front(priced: &[Priced]) -> Vec<usize> {
    let accuracy = |priced: &Priced| priced.setting.test.mean;
    let beats = |a: &Priced, b: &Priced| {
        let (cheap, good) = (a.mean <= b.mean, accuracy(a) >= accuracy(b));
        cheap && good && (a.mean < b.mean || accuracy(a) > accuracy(b))
    };
    let free = |index: &usize| !priced.iter().any(|other| beats(other, &priced[*index]));
    let mut front: Vec<usize> = (0..priced.len()).filter(free).collect();
    front.sort_by(|a, b| priced[*a].mean.total_cmp(&priced[*b].mean));
    front
}

fn describe(priced: &[Priced], front: &[usize], cost: &Cost) -> String {
    let parts = joined(priced, ". ", |priced| {
        let Priced { setting, mean, .. } = priced;
        format!("{}: {}, {}", setting.label, (cost.say)(*mean), percent(setting.test.mean))
    });
    let all = if front.len() == priced.len() {
        " None is beaten by one that is both more accurate and cheaper.".to_string()
    } else {
        let names: Vec<String> = front.iter().map(|index| priced[*index].setting.label.clone()).collect();
        format!(" None is both more accurate and cheaper than {}; the others are beaten.", list(&names))
    };
    format!("Mean of the seeds. {parts}.{all}")
}
