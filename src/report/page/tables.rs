//! The page's tables: every setting, every pair, every run, and the conditions of the runs.

use crate::config::Role;
use crate::format::{interval, p_value, percent, percent_number, signed_points, thousands};
use crate::plot::escape;
use crate::plot::page::table;
use crate::run::RunResult;
use crate::statistics::{Report, Setting, Spread, by_size_or_name, value_in_words};
use std::collections::{BTreeMap, BTreeSet};

/// One row per setting.
pub(super) fn settings(report: &Report) -> String {
    let heads = [
        "Setting",
        "Test, mean",
        "95 % interval",
        "Deviation",
        "Test by seed",
        "Validation, mean",
        "Seconds",
        "Images/s",
        "Parameters",
        "Layers",
        "Timesteps",
    ];
    let rows = report.settings.iter().enumerate().map(|(index, setting)| {
        let chosen = report.choice.as_ref().is_some_and(|choice| choice.chosen == index);
        row_of_setting(setting, chosen)
    });
    let rows: Vec<_> = rows.collect();
    let note = if rows.is_empty() { "" } else { SETTINGS_NOTE };
    table("Every setting", &heads, &[], rows) + note
}

const SETTINGS_NOTE: &str = "<p class=\"note\">Intervals are of the mean over seeds, by Student's t distribution; the \
     deviation is the sample standard deviation in percentage points. Seconds and images/s are means over seeds.</p>\n";

fn row_of_setting(setting: &Setting, chosen: bool) -> Vec<String> {
    let label = escape(&setting.label) + if chosen { " <span class=\"chosen\">chosen</span>" } else { "" };
    vec![
        label,
        percent(setting.test.mean),
        or_dash(setting.test.interval, |ends| interval(ends, percent)),
        or_dash(setting.test.deviation, percent_number),
        by_seed(&setting.test, percent_number),
        or_dash(setting.validation.as_ref(), |spread| percent(spread.mean)),
        format!("{:.1}", setting.train_seconds.mean),
        thousands(setting.images_per_second.mean.max(0.0).round() as usize),
        thousands(setting.parameters),
        setting.num_layers.to_string(),
        setting.timesteps.to_string(),
    ]
}

/// The value as text, or a dash.
fn or_dash<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "–".to_string(), text)
}

/// The values alone, in the order of seeds.
fn by_seed(spread: &Spread, format: impl Fn(f64) -> String) -> String {
    spread.values.iter().map(|(_, value)| format(*value)).collect::<Vec<_>>().join("&ensp;")
}

/// One row per pair of neighbouring settings.
pub(super) fn pairs(report: &Report) -> String {
    let heads = ["More units", "Fewer units", "Difference", "95 % interval", "By seed", "p", "p, corrected"];
    let label =
        |index: usize| report.settings.get(index).map_or_else(String::new, |setting| escape(&setting.label));
    let points = |value: f64| signed_points(value).replace('-', "−");
    let probability = |p: f64| escape(&p_value(p));
    let rows = report.pairs.iter().map(|pair| {
        vec![
            label(pair.second),
            label(pair.first),
            points(pair.difference.mean),
            or_dash(pair.difference.interval, |ends| interval(ends, points)),
            by_seed(&pair.difference, points),
            or_dash(pair.p, probability),
            or_dash(pair.p_corrected, probability),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let note = if rows.is_empty() { "" } else { PAIRS_NOTE };
    table("Neighbouring settings compared", &heads, &[1], rows) + note
}

const PAIRS_NOTE: &str = "<p class=\"note\">Differences of test accuracy in percentage points, paired by seed. p is \
     from the two-sided paired t test; the last column has Holm's correction for all pairs of the table.</p>\n";

/// One row per run.
pub(super) fn runs(report: &Report) -> String {
    let heads = [
        "Setting",
        "Seed",
        "Test",
        "Test images right",
        "Validation",
        "Test loss",
        "Epochs",
        "Kept",
        "Seconds",
        "Images/s",
        "Memory",
        "Run",
    ];
    let rows = report.settings.iter().flat_map(|setting| {
        setting.runs.iter().map(|run| {
            vec![
                escape(&setting.label),
                run.seed.to_string(),
                percent(run.test_accuracy),
                format!("{} of {}", thousands(run.test_correct), thousands(run.test_total)),
                or_dash(run.validation_accuracy, percent),
                format!("{:.4}", run.test_loss),
                run.epochs.to_string(),
                run.kept_epoch.to_string(),
                format!("{:.1}", run.train_seconds),
                thousands(run.images_per_second.max(0.0).round() as usize),
                or_dash(run.peak_memory_bytes, |bytes| format!("{:.0} MB", bytes as f64 / 1e6)),
                format!("<code>{}</code>", escape(&run.name)),
            ]
        })
    });
    table("Every run", &heads, &[11], rows.collect())
}

/// Machines and settings of the runs, each with all its values.
pub(super) fn conditions(report: &Report) -> String {
    let runs: Vec<&RunResult> = report.settings.iter().flat_map(|setting| &setting.runs).collect();
    if runs.is_empty() {
        return String::new();
    }
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |name: &str, value: &dyn Fn(&RunResult) -> String| {
        let values: BTreeSet<String> = runs.iter().map(|run| value(run)).collect();
        facts.push((name.into(), values.into_iter().collect::<Vec<_>>().join("; ")));
    };
    fact("Processor", &|run| format!("{}, {} cores", run.machine.processor, run.machine.cores));
    fact("System", &|run| run.machine.system.clone());
    fact("Computed by", &|run| format!("rowlstm {} on burn {}", run.version, run.burn_version));
    fact("Backend", &|run| format!("{} on {} threads", run.backend, run.threads));
    fact("Data", &|run| format!("SHA-256 {}", run.data_checksum));
    let entry =
        |(name, value): &(String, String)| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    let facts: String = facts.iter().map(|fact| entry(fact) + "\n").collect();
    let settings = shared_settings(&runs);
    let settings: String =
        settings.iter().map(|setting| format!("<div>{}</div>\n", entry(setting))).collect();
    format!("<dl>\n{facts}</dl>\n<dl class=\"columns\">\n{settings}</dl>\n")
}

/// Every setting with all its values, numbers in order.
fn shared_settings(runs: &[&RunResult]) -> Vec<(String, String)> {
    // Paths change no result, and a page that is passed on should not reveal them.
    let shown = [Role::Size, Role::Protocol, Role::Seed];
    let mut values: BTreeMap<String, Vec<toml::Value>> = BTreeMap::new();
    for (key, value) in runs.iter().flat_map(|run| run.settings.table_of(&shown)) {
        let known = values.entry(key).or_default();
        if !known.contains(&value) {
            known.push(value);
        }
    }
    let settings = values.into_iter().map(|(key, mut values)| {
        values.sort_by(by_size_or_name);
        (key, values.iter().map(value_in_words).collect::<Vec<_>>().join(", "))
    });
    settings.collect()
}
