//! Finished runs side by side: one table for each protocol, one row for each network, seeds together.

use crate::config::view_in_words;
use crate::format::percent;
use crate::run::RunResult;
use comfy_table::{Cell, CellAlignment, Table, presets};
use std::collections::BTreeMap;

/// The runs as text: those of one protocol (all settings but units, layers and seed; the same data) in one table; the
/// protocol of `current` first, its row marked.
///
/// Returns an empty text for no runs.
pub fn comparison(runs: &[RunResult], current: Option<&RunResult>) -> String {
    let mut groups: BTreeMap<&str, Vec<&RunResult>> = BTreeMap::new();
    for run in runs {
        groups.entry(&run.protocol).or_default().push(run);
    }
    let mut groups: Vec<Vec<&RunResult>> = groups.into_values().collect();
    // The protocol of this run first, then those with most runs.
    groups.sort_by_key(|group| {
        let holds_current = current.is_some_and(|run| run.protocol == group[0].protocol);
        (!holds_current, std::cmp::Reverse(group.len()), &group[0].protocol)
    });
    let mut text = String::new();
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            text.push_str("\n\nNot to be compared with the runs above, because of ");
            text.push_str(&differences(groups[0][0], group[0]));
            text.push_str(":\n");
        } else {
            text.push_str(&format!("Finished runs of {}:\n", protocol(group[0])));
        }
        text.push_str(&table(group, current));
    }
    if let Some(run) = current.filter(|run| runs.iter().any(|other| other.name == run.name)) {
        text.push_str(&format!("\n* this run, seed {}", run.seed));
    }
    text
}

/// A protocol in a few words.
fn protocol(run: &RunResult) -> String {
    let setting = |key: &str| run.settings[key].to_string().replace('"', "");
    let length = match run.settings["steps"].as_u64() {
        Some(steps) if steps > 0 => format!("{steps} updates"),
        _ => format!("{} epochs", setting("epochs")),
    };
    let settings = &run.settings;
    let number = |key: &str| settings[key].as_u64().unwrap_or(0);
    let view = view_in_words(number("rows"), number("permute"));
    let view: String = view.iter().map(|words| format!(", {words}")).collect();
    format!(
        "{length}, batch {}, {} timesteps{view}, {} {} to {}, {} training images",
        run.batch_size,
        run.timesteps,
        setting("optimizer"),
        setting("schedule"),
        setting("learning-rate"),
        run.train_images
    )
}

/// The settings in which a protocol differs from another, with both values.
fn differences(first: &RunResult, other: &RunResult) -> String {
    let mut parts = Vec::new();
    if first.data_checksum != other.data_checksum {
        parts.push(format!("other data ({}…)", &other.data_checksum[..other.data_checksum.len().min(8)]));
    }
    let not_compared = ["num-units", "num-layers", "seed", "data-dir", "threads", "runs-dir", "out"];
    let (first, other) = (&first.settings, &other.settings);
    for (key, value) in other.iter().filter(|(key, _)| !not_compared.contains(&key.as_str())) {
        match first.get(key) {
            Some(above) if above == value => {}
            Some(above) => parts.push(format!("{key} = {value} (above {above})")),
            None => parts.push(format!("{key} = {value} (not known above)")),
        }
    }
    if parts.is_empty() { "settings that only one of them has".into() } else { parts.join(", ") }
}

fn table(group: &[&RunResult], current: Option<&RunResult>) -> String {
    let mut networks: BTreeMap<(usize, usize), Vec<&RunResult>> = BTreeMap::new();
    for run in group {
        networks.entry((run.num_layers, run.num_units)).or_default().push(run);
    }
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        "",
        "units",
        "layers",
        "parameters",
        "epochs",
        "seeds",
        "validation",
        "test",
        "test by seed",
        "seconds",
    ]);
    for ((layers, units), mut runs) in networks {
        runs.sort_by_key(|run| run.seed);
        let mark = current.is_some_and(|run| runs.iter().any(|other| other.name == run.name));
        table.add_row(
            [
                if mark { "*".to_string() } else { String::new() },
                units.to_string(),
                layers.to_string(),
                runs[0].parameters.to_string(),
                join(runs.iter().map(|run| run.epochs)),
                join(runs.iter().map(|run| run.seed)),
                mean(runs.iter().filter_map(|run| run.validation_accuracy)).map_or("-".into(), percent),
                mean(runs.iter().map(|run| run.test_accuracy)).map_or("-".into(), percent),
                runs.iter().map(|run| percent(run.test_accuracy)).collect::<Vec<_>>().join(" "),
                mean(runs.iter().map(|run| run.train_seconds))
                    .map_or("-".into(), |value| format!("{value:.1}")),
            ]
            .map(|text| Cell::new(text).set_alignment(CellAlignment::Right)),
        );
    }
    table.to_string()
}

/// The distinct values, in order.
fn join(values: impl Iterator<Item = impl ToString + Ord>) -> String {
    let distinct: std::collections::BTreeSet<_> = values.collect();
    distinct.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
