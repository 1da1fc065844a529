//! The page's tables: every setting, every pair, every run, and the conditions of the runs.

use crate::config::Role;
use crate::format::{
    interval, joined, p_value, percent, percent_number, signed_points, thousands, typed_count,
};
use crate::model::ModelShape;
use crate::plot::escape;
use crate::plot::page::table;
use crate::report::factors::{Level, effects_of, range};
use crate::report::{Column, rows};
use crate::run::RunResult;
use crate::statistics::{Pair, Report, Setting, Spread, by_size_or_name, value_in_words};
use std::collections::{BTreeMap, BTreeSet};

/// A table with one row per item; `words` lists the columns that hold words instead of numbers. With the note below it,
/// if there is a row.
pub(super) fn html<'a, T: 'a>(
    name: &str,
    words: &[usize],
    note: &str,
    items: impl IntoIterator<Item = &'a T>,
    columns: &[Column<T>],
) -> String {
    let (heads, rows) = rows(items, columns);
    let note = if rows.is_empty() || note.is_empty() {
        String::new()
    } else {
        format!("<p class=\"note\">{note}</p>\n")
    };
    table(name, &heads, words, rows) + &note
}

/// One row per setting.
pub(super) fn settings(report: &Report) -> String {
    let chosen = report.choice.as_ref().and_then(|choice| report.settings.get(choice.chosen));
    let label = |setting: &Setting| {
        let is_chosen = chosen.is_some_and(|chosen| std::ptr::eq(chosen, setting));
        escape(&setting.label) + if is_chosen { " <span class=\"chosen\">chosen</span>" } else { "" }
    };
    html::<Setting>(
        "Every setting",
        &[],
        "Intervals are of the mean over seeds, by Student's t distribution; the deviation is the sample standard deviation in \
         percentage points. Seconds and images/s are means over seeds.",
        &report.settings,
        &[
            ("Setting", &label),
            ("Test, mean", &|setting| percent(setting.test.mean)),
            ("95 % interval", &|setting| or_dash(setting.test.interval, |ends| interval(ends, percent))),
            ("Deviation", &|setting| or_dash(setting.test.deviation, percent_number)),
            ("Test by seed", &|setting| by_seed(&setting.test, percent_number)),
            ("Validation, mean", &|setting| {
                or_dash(setting.validation.as_ref(), |spread| percent(spread.mean))
            }),
            ("Seconds", &|setting| format!("{:.1}", setting.train_seconds.mean)),
            ("Images/s", &|setting| whole(setting.images_per_second.mean)),
            ("Parameters", &|setting| thousands(setting.parameters)),
            ("Bytes", &|setting| of_first(setting, |run| ModelShape::of(&run.settings).bytes())),
            ("Multiply-adds", &|setting| {
                of_first(setting, |run| ModelShape::of(&run.settings).multiply_adds(run.timesteps))
            }),
            ("Layers", &|setting| setting.num_layers.to_string()),
            ("Timesteps", &|setting| setting.timesteps.to_string()),
        ],
    )
}

/// The value as text, or a dash.
pub(super) fn or_dash<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "–".to_string(), text)
}

/// A number that is the same for all runs of a setting.
fn of_first(setting: &Setting, number: impl Fn(&RunResult) -> usize) -> String {
    or_dash(setting.runs.first(), |run| thousands(number(run)))
}

fn whole(value: f64) -> String {
    thousands(value.max(0.0).round() as usize)
}

/// The values alone, in the order of seeds.
fn by_seed(spread: &Spread, number: impl Fn(f64) -> String) -> String {
    joined(&spread.values, "&ensp;", |(_, value)| number(*value))
}

/// One row per setting that varies, if several do.
pub(super) fn effects(report: &Report) -> String {
    let effects = effects_of(&report.settings);
    if effects.len() < 2 {
        return String::new();
    }
    html::<(String, Vec<Level>)>(
        "The effect of each setting",
        &[1],
        "Mean test accuracy at each value of a setting, over all combinations of the others that were trained at every value \
         of it. The range is between the best and the worst value, in percentage points.",
        &effects,
        &[
            ("Setting", &|(name, _)| escape(name)),
            ("Test accuracy by value", &|(_, levels)| {
                joined(levels, ", ", |level| format!("{}: {}", escape(&level.name), percent(level.mean)))
            }),
            ("Range", &|(_, levels)| percent_number(range(levels))),
        ],
    )
}

/// One row per pair of neighbouring settings.
pub(super) fn pairs(report: &Report) -> String {
    let label =
        |index: usize| report.settings.get(index).map_or_else(String::new, |setting| escape(&setting.label));
    let points = |value: f64| signed_points(value).replace('-', "−");
    let probability = |p: f64| escape(&p_value(p));
    html::<Pair>(
        "Neighbouring settings compared",
        &[1],
        "Differences of test accuracy in percentage points, paired by seed. p is from the two-sided paired t test; the last \
         column has Holm's correction for all pairs of the table.",
        &report.pairs,
        &[
            ("More units", &|pair| label(pair.second)),
            ("Fewer units", &|pair| label(pair.first)),
            ("Difference", &|pair| points(pair.difference.mean)),
            ("95 % interval", &|pair| or_dash(pair.difference.interval, |ends| interval(ends, points))),
            ("By seed", &|pair| by_seed(&pair.difference, points)),
            ("p", &|pair| or_dash(pair.p, probability)),
            ("p, corrected", &|pair| or_dash(pair.p_corrected, probability)),
        ],
    )
}

/// One row per run.
pub(super) fn runs(report: &Report) -> String {
    let runs =
        report.every_setting().iter().flat_map(|setting| setting.runs.iter().map(move |run| (setting, run)));
    html::<(&Setting, &RunResult)>(
        "Every run",
        &[11],
        "",
        &runs.collect::<Vec<_>>(),
        &[
            ("Setting", &|(setting, _)| escape(&setting.label)),
            ("Seed", &|(_, run)| run.seed.to_string()),
            ("Test", &|(_, run)| percent(run.test_accuracy)),
            ("Test images right", &|(_, run)| {
                format!("{} of {}", thousands(run.test_correct), thousands(run.test_total))
            }),
            ("Validation", &|(_, run)| or_dash(run.validation_accuracy, percent)),
            ("Test loss", &|(_, run)| format!("{:.4}", run.test_loss)),
            ("Epochs", &|(_, run)| run.epochs.to_string()),
            ("Kept", &|(_, run)| run.kept_epoch.to_string()),
            ("Seconds", &|(_, run)| format!("{:.1}", run.train_seconds)),
            ("Images/s", &|(_, run)| whole(run.images_per_second)),
            ("ms/image", &|(_, run)| {
                or_dash(run.inference_ms_per_image, |milliseconds| format!("{milliseconds:.4}"))
            }),
            ("Run", &|(_, run)| format!("<code>{}</code>", escape(&run.name))),
        ],
    )
}

/// Machines and settings of the runs, each with all its values.
pub(super) fn conditions(report: &Report) -> String {
    let runs: Vec<&RunResult> = report.settings.iter().flat_map(|setting| &setting.runs).collect();
    if runs.is_empty() {
        return String::new();
    }
    let facts: [Column<RunResult>; 5] = [
        ("Processor", &|run| {
            format!("{}, {}", run.machine.processor, typed_count(run.machine.cores, "core"))
        }),
        ("System", &|run| run.machine.system.clone()),
        ("Computed by", &|run| format!("rowlstm {} on burn {}", run.version, run.burn_version)),
        ("Backend", &|run| format!("{} on {}", run.backend, typed_count(run.threads, "thread"))),
        ("Data", &|run| format!("SHA-256 {}", run.data_checksum)),
    ];
    let entry = |name: &str, value: &str| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    let facts = joined(&facts, "", |(name, value)| {
        let values: BTreeSet<String> = runs.iter().map(|run| value(run)).collect();
        entry(name, &joined(values, "; ", |value| value)) + "\n"
    });
    let settings =
        joined(shared_settings(&runs), "", |(name, value)| format!("<div>{}</div>\n", entry(&name, &value)));
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
        (key, joined(&values, ", ", value_in_words))
    });
    settings.collect()
}
