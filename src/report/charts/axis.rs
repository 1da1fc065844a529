//! What stands on the horizontal axis of the charts by units: the units, or where they do not vary the setting that does.

use crate::format::{joined, typed_count};
use crate::plot::canvas::Canvas;
use crate::plot::frame::Frame;
use crate::plot::scale::{LogScale, Tick};
use crate::plot::series::{Series, legend};
use crate::statistics::Setting;
use std::collections::{BTreeMap, BTreeSet};

/// A setting with a number for each network.
pub(super) struct Axis {
    /// Stem of the file of the chart of accuracies.
    pub name: &'static str,
    /// Stem of the file of the chart of costs.
    pub cost_name: &'static str,
    /// What the numbers are, for the chart's title.
    pub what: &'static str,
    pub title: &'static str,
    pub of: fn(&Setting) -> usize,
    /// What the number counts, and the key before it in a setting's label; empty where the label counts too.
    noun: &'static str,
    key: &'static str,
}

/// Of these the first that varies is the axis.
static AXES: [Axis; 4] = [
    Axis {
        name: "accuracy-by-units",
        cost_name: "cost-by-units",
        what: "number of units",
        title: "Units, each step to the right doubles them",
        of: |setting| setting.num_units,
        noun: "unit",
        key: "",
    },
    Axis {
        name: "accuracy-by-layers",
        cost_name: "cost-by-layers",
        what: "number of layers",
        title: "Layers, on a logarithmic scale",
        of: |setting| setting.num_layers,
        noun: "layer",
        key: "",
    },
    Axis {
        name: "accuracy-by-rows",
        cost_name: "cost-by-rows",
        what: "number of middle rows read",
        title: "Middle rows read, on a logarithmic scale",
        of: |setting| setting.config.rows,
        noun: "row",
        key: "rows",
    },
    Axis {
        name: "accuracy-by-timesteps",
        cost_name: "cost-by-timesteps",
        what: "number of timesteps",
        title: "Timesteps, on a logarithmic scale",
        of: |setting| setting.timesteps,
        noun: "step",
        key: "timesteps",
    },
];

impl Axis {
    /// The axis of these settings.
    pub fn new(settings: &[Setting]) -> &'static Self {
        let varies = |axis: &&Self| settings.windows(2).any(|two| (axis.of)(&two[0]) != (axis.of)(&two[1]));
        AXES.iter().find(varies).unwrap_or(&AXES[0])
    }

    /// What distinguishes a setting from the others of one series: "128 units", "28 steps".
    pub fn short(&self, setting: &Setting) -> String {
        typed_count((self.of)(setting), self.noun)
    }

    /// What distinguishes a setting from those with another number on the axis: its label without that number, and without its
    /// units.
    pub fn series(&self, setting: &Setting) -> String {
        let own = match self.key {
            "" => self.short(setting),
            key => format!("{key} {}", (self.of)(setting)),
        };
        let parts = setting.label.split(", ").filter(|part| *part != own && *part != AXES[0].short(setting));
        joined(parts, ", ", str::to_string)
    }
}

/// The horizontal axis with its scale.
pub(super) struct Across {
    pub axis: &'static Axis,
    scale: LogScale,
}

impl Across {
    /// The scale of these settings, with room at the right for the seeds beside a mean.
    pub fn new(axis: &'static Axis, settings: &[Setting], frame: &Frame) -> Self {
        let numbers: Vec<f64> = settings.iter().map(|setting| (axis.of)(setting) as f64).collect();
        Self { axis, scale: LogScale::new(&numbers, frame.left + 6.0, frame.right - 10.0) }
    }

    pub fn place(&self, setting: &Setting) -> f64 {
        self.scale.place((self.axis.of)(setting) as f64)
    }

    /// A tick at each number that there is.
    pub fn ticks(&self, settings: &[Setting]) -> Vec<Tick> {
        let numbers: BTreeSet<usize> = settings.iter().map(self.axis.of).collect();
        numbers.iter().map(|number| (self.scale.place(*number as f64), number.to_string())).collect()
    }
}

/// Settings by what distinguishes them besides their place on the axis, each series in the order of the axis.
pub(super) type AllSeries<'a> = BTreeMap<String, Vec<&'a Setting>>;

pub(super) fn series<'a>(settings: &'a [Setting], axis: &Axis) -> AllSeries<'a> {
    let mut all = AllSeries::new();
    for setting in settings {
        all.entry(axis.series(setting)).or_default().push(setting);
    }
    for group in all.values_mut() {
        group.sort_by_key(|setting| (axis.of)(setting));
    }
    all
}

/// The name of each series below the chart, if there are several.
pub(super) fn name_series(canvas: &mut Canvas, all: &AllSeries) {
    if all.len() < 2 {
        return;
    }
    let name = |name| if str::is_empty(name) { "otherwise default" } else { name };
    let names: Vec<(Series, &str)> =
        all.keys().enumerate().map(|(index, key)| (Series(index), name(key.as_str()))).collect();
    legend(canvas, canvas.height + 10.0, &names);
}
