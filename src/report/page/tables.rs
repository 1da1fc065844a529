//! The page's tables: every setting, every pair, every run, and what the runs were made with.

use crate::format::{percent, thousands};
use crate::plot::escape;
use crate::plot::page::table;
use crate::run::RunResult;
use crate::statistics::{Report, Setting, Spread};
use std::collections::{BTreeMap, BTreeSet};

/// One row a setting.
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
     deviation is that of the sample, in percentage points. Seconds and images a second are means over the seeds.</p>\n";

fn row_of_setting(setting: &Setting, chosen: bool) -> Vec<String> {
    let dash = || "–".to_string();
    let label = escape(&setting.label) + if chosen { " <span class=\"chosen\">chosen</span>" } else { "" };
    vec![
        label,
        percent(setting.test.mean),
        setting
            .test
            .interval
            .map_or_else(dash, |(low, high)| format!("{} to {}", percent(low), percent(high))),
        setting.test.deviation.map_or_else(dash, |value| format!("{:.2}", 100.0 * value)),
        by_seed(&setting.test, |value| format!("{:.2}", 100.0 * value)),
        setting.validation.as_ref().map_or_else(dash, |spread| percent(spread.mean)),
        format!("{:.1}", setting.train_seconds.mean),
        thousands(setting.images_per_second.mean.max(0.0).round() as usize),
        thousands(setting.parameters),
        setting.num_layers.to_string(),
        setting.timesteps.to_string(),
    ]
}

/// The values alone, in the order of seeds.
fn by_seed(spread: &Spread, format: impl Fn(f64) -> String) -> String {
    spread.values.iter().map(|(_, value)| format(*value)).collect::<Vec<_>>().join("&ensp;")
}

/// One row a pair of neighbouring settings.
pub(super) fn pairs(report: &Report) -> String {
    let heads = ["More units", "Fewer units", "Difference", "95 % interval", "By seed", "p", "p, corrected"];
    let label =
        |index: usize| report.settings.get(index).map_or_else(String::new, |setting| escape(&setting.label));
    let points = |value: f64| format!("{:+.2}", 100.0 * value).replace('-', "−");
    let rows = report.pairs.iter().map(|pair| {
        let dash = || "–".to_string();
        vec![
            label(pair.second),
            label(pair.first),
            points(pair.difference.mean),
            pair.difference
                .interval
                .map_or_else(dash, |(low, high)| format!("{} to {}", points(low), points(high))),
            by_seed(&pair.difference, points),
            pair.p.map_or_else(dash, probability),
            pair.p_corrected.map_or_else(dash, probability),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let note = if rows.is_empty() { "" } else { PAIRS_NOTE };
    table("Neighbouring settings compared", &heads, &[1], rows) + note
}

const PAIRS_NOTE: &str = "<p class=\"note\">Differences of test accuracy in percentage points, paired by seed. p is that \
     of the two-sided paired t test; the last column has Holm's correction for all pairs of the table.</p>\n";

fn probability(p: f64) -> String {
    if p < 0.001 { "&lt; 0.001".into() } else { format!("{p:.3}") }
}

/// One row a run.
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
                run.validation_accuracy.map_or_else(|| "–".into(), percent),
                format!("{:.4}", run.test_loss),
                run.epochs.to_string(),
                run.kept_epoch.to_string(),
                format!("{:.1}", run.train_seconds),
                thousands(run.images_per_second.max(0.0).round() as usize),
                run.peak_memory_bytes
                    .map_or_else(|| "–".into(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6)),
                format!("<code>{}</code>", escape(&run.name)),
            ]
        })
    });
    table("Every run", &heads, &[11], rows.collect())
}

/// Settings and machines of the runs: what they share once, what they do not with every value.
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

/// Every setting, numbers in order, with all its values.
fn shared_settings(runs: &[&RunResult]) -> Vec<(String, String)> {
    // Where files lie changes no result, and a page that is passed on need not tell it.
    let places = ["runs-dir", "out", "data-dir"];
    let mut values: BTreeMap<&str, Vec<&serde_json::Value>> = BTreeMap::new();
    for (name, value) in
        runs.iter().flat_map(|run| &run.settings).filter(|(name, _)| !places.contains(&name.as_str()))
    {
        let known = values.entry(name).or_default();
        if !known.contains(&value) {
            known.push(value);
        }
    }
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let settings = values.into_iter().map(|(name, mut values)| {
        values.sort_by(|a, b| a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(std::cmp::Ordering::Equal));
        (name.to_string(), values.into_iter().map(text).collect::<Vec<_>>().join(", "))
    });
    settings.collect()
}
