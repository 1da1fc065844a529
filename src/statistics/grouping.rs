//! Which runs belong together: one group per setting, with its seeds. What the groups have in common, and what distinguishes
//! each of them. `train`'s table, `compare`, `report` and `inspect --rows` all group runs here.

use crate::config::{Role, TrainConfig};
use crate::format::typed_count;
use crate::run::RunResult;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::{Table, Value};

/// Runs that differ in these settings belong to different groups.
pub(super) const COMPARED: [Role; 2] = [Role::Size, Role::Protocol];

/// What results depend on besides settings: runs of different origins are never averaged.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Checksum of the data; empty if it is not known.
    pub data_checksum: String,
    /// Version of this program.
    pub version: String,
    /// Version of burn.
    pub burn_version: String,
    /// Whether it ran on plain instructions, which give other last digits than AVX2 and AVX-512.
    pub plain: bool,
}

impl Origin {
    /// How another origin differs: `version 0.2.0, not 0.1.0` for 0.2.0 in `other`.
    ///
    /// * `folders`: of the data of `self` and of `other`.
    pub(super) fn differences(&self, other: &Self, folders: [&Path; 2]) -> Vec<String> {
        let mut parts = Vec::new();
        if other.data_checksum != self.data_checksum {
            let [mine, theirs] = folders.map(data_in_words);
            parts.push(if mine == theirs {
                // The first digits distinguish them.
                format!("data {mine} ({:.8}…, not {:.8}…)", other.data_checksum, self.data_checksum)
            } else {
                format!("data {theirs}, not {mine}")
            });
        }
        if other.version != self.version {
            parts.push(format!("version {}, not {}", other.version, self.version));
        }
        if other.burn_version != self.burn_version {
            parts.push(format!("burn {}, not {}", other.burn_version, self.burn_version));
        }
        if other.plain != self.plain {
            parts.push(if other.plain { "without AVX2" } else { "with AVX2" }.into());
        }
        parts
    }
}

/// The data in a folder: its name without the path, which would reveal folders of this machine; MNIST for the empty path.
fn data_in_words(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "MNIST".into(), |name| name.to_string_lossy().into_owned())
}

/// How `other` differs in data, versions and settings other than size and seed: `epochs 3, not 10` for 3 in `other`.
pub fn differences(run: &impl Run, other: &impl Run) -> Vec<String> {
    let (mine, theirs) = (run.settings(), other.settings());
    let mut parts = run.origin().differences(&other.origin(), [&mine.data_dir, &theirs.data_dir]);
    let (settings, others) = (mine.table_of(&[Role::Protocol]), theirs.table_of(&[Role::Protocol]));
    let follow = [mine, theirs].iter().all(|config| config.timesteps == config.rows);
    let folds = mine.folds != theirs.folds;
    for (key, value) in settings.iter().filter(|(key, value)| others[*key] != **value) {
        // Timesteps that follow rows say nothing more, nor does the validation that folds replace.
        if !(follow && key == "timesteps" || folds && key == "validation") {
            let other = setting_in_words(key, &others[key]);
            let name = format!("{key} ");
            let value = setting_in_words(key, value);
            parts.push(format!("{other}, not {}", value.strip_prefix(&name).unwrap_or(&value)));
        }
    }
    parts
}

/// What grouping needs of a run.
pub trait Run {
    fn settings(&self) -> &TrainConfig;
    /// What else its result depends on.
    fn origin(&self) -> Origin;
}

impl Run for RunResult {
    fn settings(&self) -> &TrainConfig {
        &self.settings
    }

    fn origin(&self) -> Origin {
        Origin {
            data_checksum: self.data_checksum.clone(),
            version: self.version.clone(),
            burn_version: self.burn_version.clone(),
            plain: self.instructions.as_deref() == Some("plain"),
        }
    }
}

/// Runs that differ by their seed, and the fold that they hold out, alone. Never empty.
pub struct Group<R> {
    /// What else their results depend on.
    pub(super) origin: Origin,
    /// Units, layers and protocol: [`COMPARED`].
    settings: Table,
    /// By seed and fold, then in the order given.
    pub runs: Vec<R>,
}

impl<R: Run> Group<R> {
    /// The settings of the first run.
    pub(super) fn config(&self) -> &TrainConfig {
        self.runs[0].settings()
    }

    /// The settings without the units, to be compared.
    pub(super) fn all_but_units(&self) -> String {
        all_but_units(self.settings.clone())
    }
}

/// Settings without the units, to be compared.
pub(super) fn all_but_units(mut settings: Table) -> String {
    settings.remove("num-units");
    settings.to_string()
}

/// A setting without runs, as it is grouped and labelled.
pub(super) struct Planned(pub TrainConfig);

impl Run for Planned {
    fn settings(&self) -> &TrainConfig {
        &self.0
    }

    /// All have the same.
    fn origin(&self) -> Origin {
        Origin::default()
    }
}

pub(super) fn runs_in<R>(groups: &[Group<R>]) -> usize {
    groups.iter().map(|group| group.runs.len()).sum()
}

/// Origin and settings, to be compared.
pub(super) type Key = (Origin, String);

/// What two runs have in common if they agree in origin and in all settings with one of these roles.
pub(super) fn key(run: &impl Run, roles: &[Role]) -> Key {
    (run.origin(), run.settings().table_of(roles).to_string())
}

/// Puts runs together that differ by their seed alone. Groups are in the order of units, layers, then the other settings:
/// numbers by size, all else by name.
pub fn group<R: Run>(runs: Vec<R>) -> Vec<Group<R>> {
    let mut found: BTreeMap<Key, Group<R>> = BTreeMap::new();
    for run in runs {
        let (origin, settings) = (run.origin(), run.settings().table_of(&COMPARED));
        let group = found.entry((origin.clone(), settings.to_string()));
        group.or_insert_with(|| Group { origin, settings, runs: Vec::new() }).runs.push(run);
    }
    let mut groups: Vec<Group<R>> = found.into_values().collect();
    groups.iter_mut().for_each(|group| group.runs.sort_by_key(|run| seed_and_fold(run)));
    let varied = varied(&groups);
    groups.sort_by(|a, b| {
        let size = |group: &Group<R>| (group.config().num_units, group.config().num_layers);
        let by_value = varied.iter().map(|key| by_size_or_name(&a.settings[key], &b.settings[key]));
        size(a).cmp(&size(b)).then_with(|| by_value.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then))
    });
    groups
}

/// What distinguishes the runs of a group.
pub(super) fn seed_and_fold(run: &impl Run) -> (u64, usize) {
    (run.settings().seed, run.settings().fold)
}

/// The order of two values of one setting: numbers by size, all else by name.
pub fn by_size_or_name(a: &Value, b: &Value) -> std::cmp::Ordering {
    let number = |value: &Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => value_in_words(a).cmp(&value_in_words(b)),
    }
}

/// The settings, units and layers included, that are not the same in all groups.
fn varied<R>(groups: &[Group<R>]) -> BTreeSet<String> {
    let Some(first) = groups.first() else { return BTreeSet::new() };
    let varies = |key: &&String| groups.iter().any(|group| group.settings[*key] != first.settings[*key]);
    first.settings.keys().filter(varies).cloned().collect()
}

/// What distinguishes each group from the others: every setting that varies; the units if nothing does.
pub fn labels<R: Run>(groups: &[Group<R>]) -> Vec<String> {
    let varied = varied(groups);
    // Timesteps that follow rows say nothing more.
    let follow =
        varied.contains("rows") && groups.iter().all(|group| group.config().timesteps == group.config().rows);
    let label = |group: &Group<R>| {
        let mut parts = Vec::new();
        if varied.contains("num-units") || varied.is_empty() {
            parts.push(typed_count(group.config().num_units, "unit"));
        }
        if varied.contains("num-layers") {
            parts.push(typed_count(group.config().num_layers, "layer"));
        }
        let others = varied.iter().filter(|key| crate::config::role(key) == Role::Protocol);
        for key in others.filter(|key| !(follow && *key == "timesteps")) {
            parts.push(setting_in_words(key, &group.settings[key]));
        }
        parts.join(", ")
    };
    groups.iter().map(label).collect()
}

/// What all groups have in common, in a few words: units that no label has, length, batch size, timesteps, optimiser,
/// images, and every other setting that is not at its default. Empty for no groups.
pub(super) fn common(groups: &[Group<RunResult>]) -> String {
    let Some(first) = groups.first() else { return String::new() };
    let (varied, config) = (varied(groups), first.config());
    let mut shared = first.settings.clone();
    shared.retain(|key, _| !varied.contains(key));
    // Takes a setting out of the shared ones, so that what is left at the end was not named.
    let mut named =
        |key: &str, text: &str| shared.remove(key).map(|value| text.replace('#', &value_in_words(&value)));
    let mut counted = |key: &str, what: &str| {
        let number = named(key, "#")?.parse().ok()?;
        Some(typed_count(number, what))
    };
    let (units, layers) = (counted("num-units", "unit"), counted("num-layers", "layer"));
    let mut parts = vec![units.filter(|_| !varied.is_empty()), layers.filter(|_| config.num_layers > 1)];
    let (epochs, steps) = (counted("epochs", "epoch"), counted("steps", "training step"));
    parts.push(if config.steps == 0 { steps.and(epochs) } else { steps });
    let timesteps = counted("timesteps", "timestep");
    parts.extend([named("batch-size", "batch #"), timesteps]);
    if !varied.contains("rows") && !varied.contains("permute") {
        parts.extend(config.view_in_words().into_iter().map(Some));
        named("rows", "").and(named("permute", ""));
    }
    let optimizer = [named("optimizer", "#"), named("schedule", "#"), named("learning-rate", "to #")];
    let optimizer = optimizer.into_iter().flatten().collect::<Vec<_>>().join(" ");
    parts.push((!optimizer.is_empty()).then_some(optimizer));
    let images = first.runs[0].train_images;
    if groups.iter().all(|group| group.runs[0].train_images == images) {
        parts.push(Some(typed_count(images, "training image")));
        named("train-limit", "");
    }
    if !varied.contains("folds") && config.folds > 0 {
        // There is no other validation with folds.
        named("validation", "");
    }
    let defaults = TrainConfig::default().to_table();
    let unusual = shared
        .iter()
        .filter(|(key, value)| crate::config::role(key) == Role::Protocol && defaults[*key] != **value);
    parts.extend(unusual.map(|(key, value)| Some(setting_in_words(key, value))));
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The value of a setting, text without quotes.
pub fn value_in_words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A setting with its value: "learning-rate 0.01", "2000 images", "all images".
fn setting_in_words(key: &str, value: &Value) -> String {
    match (key, value.as_integer()) {
        ("train-limit", Some(0)) => "all images".into(),
        ("train-limit", Some(limit)) => typed_count(limit.unsigned_abs() as usize, "image"),
        ("folds", Some(0)) => "no folds".into(),
        ("folds", Some(folds)) => format!("{folds} folds"),
        _ => format!("{key} {}", value_in_words(value)),
    }
}
