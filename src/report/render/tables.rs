//! Tables of settings, of effects and of pairs.

use super::Form;
use crate::format::{
    interval, joined, narrow_table, p_value, percent, percent_number, points, signed_points, text_table,
    typed_count,
};
use crate::report::factors::{Level, effects_of, range};
use crate::report::{Column, rows};
use crate::statistics::{Pair, Report, Setting, Spread};

/// Length of the longest label that leaves room for all columns.
pub(super) const SHORT_LABEL: usize = 10;

/// A table with one row per item. In a terminal, cells of the columns in `wrapped` are broken where they do not fit.
pub(super) fn table<'a, T: 'a>(
    form: Form,
    wrapped: &[usize],
    items: impl IntoIterator<Item = &'a T>,
    columns: &[Column<T>],
) -> String {
    let (heads, rows) = rows(items, columns);
    match form {
        Form::Text => narrow_table(heads, rows, wrapped),
        Form::Markdown => text_table(heads, rows),
    }
}

/// One row per setting; accuracies are means. In a terminal, long labels take the place of the parameters.
pub(super) fn settings(report: &Report, form: Form) -> String {
    let label = |setting: &Setting| form.plain(&setting.label);
    let mut columns: Vec<Column<Setting>> = vec![
        ("setting", &label),
        ("parameters", &|setting| setting.parameters.to_string()),
        ("validation", &validation),
        ("test", &|setting| percent(setting.test.mean)),
        ("95 % interval", &|setting| {
            interval_of(&setting.test, percent_number).unwrap_or_else(str::to_string)
        }),
        ("deviation", &|setting| setting.test.deviation.map_or("-".into(), points)),
    ];
    if form == Form::Text && report.settings.iter().any(|setting| setting.label.len() > SHORT_LABEL) {
        columns.remove(1);
    }
    table::<Setting>(form, &[0], &report.settings, &columns)
}

/// Test accuracies by seed, and times: a second table, so that neither is wider than a terminal.
pub(super) fn by_seed(report: &Report, form: Form) -> String {
    table::<Setting>(
        form,
        &[0, 1, 2],
        &report.settings,
        &[
            ("setting", &|setting| form.plain(&setting.label)),
            ("seeds", &|setting| ranges(setting.seeds())),
            ("test accuracy by seed, %", &|setting| by_seed_of(setting, percent_number)),
            ("seconds", &|setting| format!("{:.1}", setting.train_seconds.mean)),
            ("images/s", &|setting| format!("{:.0}", setting.images_per_second.mean)),
        ],
    )
}

/// One row per pair: two networks that differ in their units alone.
pub(super) fn pairs(report: &Report, form: Form) -> String {
    let name = |pair: &Pair| {
        let (first, second) = (&report.settings[pair.first], &report.settings[pair.second]);
        let units = typed_count(second.num_units, "unit");
        let both = format!("{} to {}", first.num_units, second.num_units);
        let label = second.label.replacen(&units, &both, 1);
        form.plain(&label)
    };
    let p = |pair: &Pair, p: Option<f64>| p.map_or_else(|| no_spread(&pair.difference).to_string(), p_value);
    table::<Pair>(
        form,
        &[0, 1],
        &report.pairs,
        &[
            ("units", &name),
            ("seeds", &|pair| ranges(pair.difference.values.iter().map(|(seed, _)| *seed))),
            ("difference", &|pair| signed_points(pair.difference.mean)),
            ("95 % interval", &|pair| {
                interval_of(&pair.difference, signed_points).unwrap_or_else(str::to_string)
            }),
            ("p", &|pair| p(pair, pair.p)),
            ("p corrected", &|pair| p(pair, pair.p_corrected)),
        ],
    )
}

/// One row per setting that varies, if several do: its values with their accuracies, and the greatest difference.
pub(super) fn effects(report: &Report, form: Form) -> String {
    let effects = effects_of(&report.settings);
    if effects.len() < 2 {
        return String::new();
    }
    table::<(String, Vec<Level>)>(
        form,
        &[1],
        &effects,
        &[
            ("setting", &|(name, _)| form.plain(name)),
            ("test accuracy by value, %", &|(_, levels)| {
                let level = |level: &Level| format!("{}: {}", level.name, percent_number(level.mean));
                form.plain(&joined(levels, ", ", level))
            }),
            ("range, points", &|(_, levels)| points(range(levels))),
        ],
    )
}

/// What the numbers in the table of pairs are.
pub(super) fn about_pairs(report: &Report) -> String {
    match report.pairs.iter().filter(|pair| pair.p.is_some()).count() {
        0 => "No test: it needs two or more common seeds with different differences.".into(),
        1 => "p: two-sided paired t test over common seeds; a single test needs no correction.".into(),
        tests => {
            format!("p: two-sided paired t test over common seeds, with Holm's correction for {tests} tests.")
        }
    }
}

/// "98.85 to 99.02", or why there is none.
fn interval_of(spread: &Spread, number: impl Fn(f64) -> String) -> Result<String, &'static str> {
    spread.interval.map(|ends| interval(ends, number)).ok_or_else(|| no_spread(spread))
}

/// Why values have no interval and no test.
fn no_spread(spread: &Spread) -> &'static str {
    match spread.values.len() {
        0 | 1 => "one seed",
        _ => "all equal",
    }
}

/// "1-3 7" for the seeds 1, 2, 3 and 7, which are given in order.
fn ranges(seeds: impl Iterator<Item = u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seed in seeds {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(seed) => *last = seed,
            _ => ranges.push((seed, seed)),
        }
    }
    joined(ranges, " ", |range| match range {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    })
}

/// A value of each run of a setting, by seed.
fn by_seed_of(setting: &Setting, number: impl Fn(f64) -> String) -> String {
    joined(&setting.test.values, " ", |(_, value)| number(*value))
}

/// The mean validation accuracy.
fn validation(setting: &Setting) -> String {
    setting.validation.as_ref().map_or("-".into(), |validation| percent(validation.mean))
}
