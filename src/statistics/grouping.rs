//! Which runs stand together: one group for each setting, its seeds together, and those that belong to none.

use super::Apart;
use crate::config::view_in_words;
use crate::format::typed_count;
use crate::run::RunResult;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Settings that change no result, and the seed.
const NOT_COMPARED: [&str; 5] = ["seed", "threads", "data-dir", "runs-dir", "out"];
/// Settings that a label names anyway.
const NAMED_FIRST: [&str; 2] = ["num-units", "num-layers"];
/// Settings that a protocol names where they are neither 0 nor "none".
const WORTH_NAMING: [&str; 5] = ["augment", "dropout", "label-smoothing", "weight-decay", "early-stopping"];

/// Settings by their names on the command line.
type Settings = BTreeMap<String, Value>;

/// What results depend on besides settings: runs of different origins are never averaged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    data_checksum: String,
    version: String,
    burn_version: String,
}

/// Runs of one setting, one for each seed, by seed.
pub(super) struct Group {
    settings: Settings,
    pub runs: Vec<RunResult>,
}

impl Group {
    /// All that the group's runs share but the units, to be compared.
    pub fn all_but_units(&self) -> String {
        let others: Vec<_> = self.settings.iter().filter(|(key, _)| *key != "num-units").collect();
        format!("{others:?}")
    }
}

pub(super) struct Groups {
    /// By units, then layers, then what else varies.
    pub groups: Vec<Group>,
    pub apart: Vec<Apart>,
}

/// Puts runs with the same settings together; of the origins, keeps the one with most runs (of several such the last
/// in the order of checksum and version, so that the answer does not depend on the order of the runs).
pub(super) fn group(runs: Vec<RunResult>) -> Groups {
    let mut found: BTreeMap<(Origin, String), (Settings, Vec<RunResult>)> = BTreeMap::new();
    for run in runs {
        let settings = compared_settings(&run);
        let origin = Origin {
            data_checksum: run.data_checksum.clone(),
            version: run.version.clone(),
            burn_version: run.burn_version.clone(),
        };
        // Debug text tells 1 from 1.0 and "1", as the settings do.
        let key = (origin, format!("{settings:?}"));
        found.entry(key).or_insert_with(|| (settings, Vec::new())).1.push(run);
    }
    let mut apart = Vec::new();
    let mut repeats = Vec::new();
    let mut origins: BTreeMap<Origin, Vec<Group>> = BTreeMap::new();
    for ((origin, _), (settings, runs)) in found {
        let runs = one_a_seed(runs, &mut repeats, &mut apart);
        if !runs.is_empty() {
            origins.entry(origin).or_default().push(Group { settings, runs });
        }
    }
    if !repeats.is_empty() {
        repeats.sort();
        let reason = "repeats of other runs with the same results, which are counted once".to_string();
        apart.push(Apart { reason, names: repeats });
    }
    let count = |groups: &[Group]| groups.iter().map(|group| group.runs.len()).sum::<usize>();
    let largest = origins.iter().max_by_key(|(_, groups)| count(groups)).map(|(origin, _)| origin.clone());
    let mut groups = largest.as_ref().and_then(|origin| origins.remove(origin)).unwrap_or_default();
    sort(&mut groups);
    let others = largest.iter().flat_map(|kept| origins.iter().map(move |other| (kept, other)));
    apart.extend(others.map(|(kept, (origin, groups))| other_origin(kept, origin, groups)));
    Groups { groups, apart }
}

/// All settings but those that change no result, with what the result itself says of them.
fn compared_settings(run: &RunResult) -> Settings {
    let all = run.settings.iter().filter(|(key, _)| !NOT_COMPARED.contains(&key.as_str()));
    let mut settings: Settings = all.map(|(key, value)| (key.clone(), value.clone())).collect();
    settings.insert("num-units".into(), run.num_units.into());
    settings.insert("num-layers".into(), run.num_layers.into());
    settings.insert("timesteps".into(), run.timesteps.into());
    settings.insert("backend".into(), run.backend.clone().into());
    settings
}

/// Of several runs with the same seed keeps one if they measured the same, otherwise none.
fn one_a_seed(runs: Vec<RunResult>, repeats: &mut Vec<String>, apart: &mut Vec<Apart>) -> Vec<RunResult> {
    let mut seeds: BTreeMap<u64, Vec<RunResult>> = BTreeMap::new();
    for run in runs {
        seeds.entry(run.seed).or_default().push(run);
    }
    let mut kept = Vec::new();
    for (seed, mut runs) in seeds {
        runs.sort_by(|a, b| a.name.cmp(&b.name));
        let first = runs.remove(0);
        if runs.iter().all(|run| same_result(&first, run)) {
            repeats.extend(runs.into_iter().map(|run| run.name));
            kept.push(first);
            continue;
        }
        let machines = if runs.iter().all(|run| run.machine == first.machine) {
            "one machine"
        } else {
            "different machines"
        };
        let reason = format!("the same settings and seed {seed}, but different results, on {machines}");
        apart.push(Apart { reason, names: std::iter::once(first).chain(runs).map(|run| run.name).collect() });
    }
    kept
}

/// Whether two runs measured the same but for time and memory.
fn same_result(a: &RunResult, b: &RunResult) -> bool {
    let counts = |run: &RunResult| {
        [
            run.steps,
            run.kept_epoch,
            run.validation_correct,
            run.validation_total,
            run.test_correct,
            run.test_total,
        ]
    };
    let losses = |run: &RunResult| [run.train_loss.to_bits(), run.test_loss.to_bits()];
    counts(a) == counts(b) && losses(a) == losses(b) && a.confusion_matrix == b.confusion_matrix
}

fn other_origin(kept: &Origin, origin: &Origin, groups: &[Group]) -> Apart {
    let start = |checksum: &str| checksum.chars().take(8).collect::<String>();
    let mut reasons = Vec::new();
    if origin.data_checksum != kept.data_checksum {
        reasons.push(format!(
            "other data ({}…, not {}…)",
            start(&origin.data_checksum),
            start(&kept.data_checksum)
        ));
    }
    if origin.version != kept.version {
        reasons.push(format!("version {}, not {}", origin.version, kept.version));
    }
    if origin.burn_version != kept.burn_version {
        reasons.push(format!("burn {}, not {}", origin.burn_version, kept.burn_version));
    }
    let mut names: Vec<String> =
        groups.iter().flat_map(|group| &group.runs).map(|run| run.name.clone()).collect();
    names.sort();
    Apart { reason: reasons.join("; "), names }
}

/// The settings, units and layers among them, that are not the same in all groups.
pub(super) fn varied(groups: &[Group]) -> BTreeSet<String> {
    let Some(first) = groups.first() else { return BTreeSet::new() };
    let keys = groups.iter().flat_map(|group| group.settings.keys());
    let distinct: BTreeSet<&String> = keys.collect();
    let varies =
        |key: &&String| groups.iter().any(|group| group.settings.get(*key) != first.settings.get(*key));
    distinct.into_iter().filter(varies).cloned().collect()
}

/// By units, then layers, then the other settings: numbers by size, then all else by name.
fn sort(groups: &mut [Group]) {
    let varied = varied(groups);
    groups.sort_by(|a, b| {
        let size = |group: &Group| (group.runs[0].num_units, group.runs[0].num_layers);
        let by_value = varied.iter().map(|key| {
            let (a, b) = (a.settings.get(key), b.settings.get(key));
            match (a.and_then(Value::as_f64), b.and_then(Value::as_f64)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                (None, None) => words(a).cmp(&words(b)),
                (a, b) => a.is_none().cmp(&b.is_none()),
            }
        });
        size(a).cmp(&size(b)).then_with(|| by_value.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then))
    });
}

/// What tells each group from the others.
pub(super) fn labels(groups: &[Group], varied: &BTreeSet<String>) -> Vec<String> {
    // Timesteps that follow the rows tell nothing more.
    let follow = varied.contains("rows")
        && groups.iter().all(|group| group.settings.get("timesteps") == group.settings.get("rows"));
    let label = |group: &Group| {
        let mut label = typed_count(group.runs[0].num_units, "unit");
        if varied.contains("num-layers") {
            label.push_str(&format!(", {}", typed_count(group.runs[0].num_layers, "layer")));
        }
        let implied = |key: &str| NAMED_FIRST.contains(&key) || (follow && key == "timesteps");
        for key in varied.iter().filter(|key| !implied(key)) {
            label.push_str(&format!(", {key} {}", words(group.settings.get(key))));
        }
        label
    };
    groups.iter().map(label).collect()
}

/// What all groups have in common, in a few words; empty for no groups.
pub(super) fn protocol(groups: &[Group], varied: &BTreeSet<String>) -> String {
    let Some(group) = groups.first() else { return String::new() };
    let common = |key: &str| group.settings.get(key).filter(|_| !varied.contains(key));
    let with = |text: &str, key: &str| common(key).map(|value| text.replace('#', &words(Some(value))));
    let length = match common("steps").map(|steps| steps.as_u64().unwrap_or(0)) {
        None => None,
        Some(0) => with("# epochs", "epochs"),
        Some(_) => with("# updates", "steps"),
    };
    let optimizer = [with("#", "optimizer"), with("#", "schedule"), with("to #", "learning-rate")];
    let optimizer = optimizer.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let images = group.runs[0].train_images;
    let images = (groups.iter().all(|group| group.runs[0].train_images == images))
        .then(|| format!("{images} training images"));
    let mut parts = vec![length, with("batch #", "batch-size"), with("# timesteps", "timesteps")];
    let number = |key: &str, whole: u64| common(key).and_then(Value::as_u64).unwrap_or(whole);
    parts.extend(view_in_words(number("rows", u64::MAX), number("permute", 0)).into_iter().map(Some));
    parts.extend([(!optimizer.is_empty()).then_some(optimizer), images]);
    for key in WORTH_NAMING {
        let in_use = |value: &&Value| value.as_f64() != Some(0.0) && words(Some(value)) != "none";
        parts.push(common(key).filter(in_use).and_then(|_| with(&format!("{key} #"), key)));
    }
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn words(value: Option<&Value>) -> String {
    match value {
        None => "not set".into(),
        Some(Value::String(text)) if text.is_empty() => "none".into(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}
