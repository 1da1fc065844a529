//! What stands on the horizontal axis of the first chart: the units, or where they do not vary the setting that does.

use super::count;
use crate::report::summary::Setting;

/// A setting with a number for each network.
pub(super) struct Axis {
    /// Stem of the chart's file.
    pub name: &'static str,
    /// What the numbers are, for the chart's title.
    pub what: &'static str,
    /// The axis' own title.
    pub title: &'static str,
    /// The number.
    pub of: fn(&Setting) -> usize,
    /// The part of a setting's label that tells it.
    part: fn(usize) -> String,
}

/// Of these the first that varies is the axis.
static AXES: [Axis; 4] = [
    Axis {
        name: "accuracy-by-units",
        what: "number of units",
        title: "Units, each step to the right doubles them",
        of: |setting| setting.num_units,
        part: units,
    },
    Axis {
        name: "accuracy-by-layers",
        what: "number of layers",
        title: "Layers, on a logarithmic scale",
        of: |setting| setting.num_layers,
        part: |layers| count(layers, "layer"),
    },
    Axis {
        name: "accuracy-by-rows",
        what: "number of middle rows read",
        title: "Middle rows read, on a logarithmic scale",
        of: rows,
        part: |rows| format!("rows {rows}"),
    },
    Axis {
        name: "accuracy-by-timesteps",
        what: "number of timesteps",
        title: "Timesteps, on a logarithmic scale",
        of: |setting| setting.timesteps,
        part: |timesteps| format!("timesteps {timesteps}"),
    },
];

fn units(units: usize) -> String {
    count(units, "unit").replace(',', "")
}

/// Rows of the image that a setting's runs read; all of them where they do not say.
fn rows(setting: &Setting) -> usize {
    let rows = setting.runs.first().and_then(|run| run.settings.get("rows")?.as_u64());
    rows.map_or(28, |rows| rows as usize)
}

impl Axis {
    /// The axis of these settings.
    pub fn new(settings: &[Setting]) -> &'static Self {
        let varies = |axis: &&Self| settings.windows(2).any(|two| (axis.of)(&two[0]) != (axis.of)(&two[1]));
        AXES.iter().find(varies).unwrap_or(&AXES[0])
    }

    /// What tells a setting from those with another number on the axis: its label without that number, and without its
    /// units.
    pub fn series(&self, setting: &Setting) -> String {
        let (own, units) = ((self.part)((self.of)(setting)), units(setting.num_units));
        let parts = setting.label.split(", ").filter(|part| *part != own && *part != units);
        parts.collect::<Vec<_>>().join(", ")
    }
}
