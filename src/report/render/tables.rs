//! Tables of settings, of pairs, and of all runs by protocol, in lines that are valid Markdown too.

use crate::format::{interval, joined, p_value, percent, percent_number, points, signed_points, text_table};
use crate::report::{Column, rows};
use crate::run::RunResult;
use crate::statistics::{Pair, Protocol, Report, Setting, Spread, protocols};
use std::collections::BTreeSet;

/// A table with one row per item.
fn table<'a, T: 'a>(items: impl IntoIterator<Item = &'a T>, columns: &[Column<T>]) -> String {
    let (heads, rows) = rows(items, columns);
    text_table(heads, rows)
}

/// One row per setting; accuracies are means. `plain` escapes the markup in a label.
pub(super) fn settings(report: &Report, plain: impl Fn(&str) -> String) -> String {
    table::<Setting>(
        &report.settings,
        &[
            ("setting", &|setting| plain(&setting.label)),
            ("parameters", &|setting| setting.parameters.to_string()),
            ("validation", &validation),
            ("test", &|setting| percent(setting.test.mean)),
            ("95 % interval", &|setting| {
                interval_of(&setting.test, percent_number).map_or_else(str::to_string, |ends| ends + " %")
            }),
            ("deviation", &|setting| setting.test.deviation.map_or("-".into(), points)),
        ],
    )
}

/// Test accuracies by seed, and times: a second table, so that neither is wider than a terminal.
pub(super) fn by_seed(report: &Report, plain: impl Fn(&str) -> String) -> String {
    table::<Setting>(
        &report.settings,
        &[
            ("setting", &|setting| plain(&setting.label)),
            ("seeds", &|setting| ranges(setting.seeds())),
            ("test accuracy by seed, %", &|setting| by_seed_of(setting, percent_number)),
            ("seconds", &|setting| format!("{:.1}", setting.train_seconds.mean)),
            ("images/s", &|setting| format!("{:.0}", setting.images_per_second.mean)),
        ],
    )
}

/// One row per pair.
pub(super) fn pairs(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let p = |pair: &Pair, p: Option<f64>| p.map_or_else(|| no_spread(&pair.difference).to_string(), p_value);
    table::<Pair>(
        &report.pairs,
        &[
            ("from", &|pair| plain(&report.settings[pair.first].label)),
            ("to", &|pair| plain(&report.settings[pair.second].label)),
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

/// Runs side by side: one table per protocol, the protocol of `current` first with its row marked; one row per network, all
/// seeds together. Empty for no runs.
pub fn comparison(runs: Vec<RunResult>, current: Option<&RunResult>) -> String {
    let current = current.filter(|run| runs.iter().any(|other| other.name == run.name));
    let mut text = String::new();
    for protocol in protocols(runs, current) {
        text.push_str(&if text.is_empty() {
            format!("Finished runs of {}:\n", protocol.common)
        } else {
            format!("\n\nNot comparable with the runs above: {}\n", protocol.differences.join("; "))
        });
        text.push_str(&networks(&protocol, current));
    }
    if let Some(run) = current {
        text.push_str(&format!("\n* this run, seed {}", run.seed));
    }
    text
}

fn networks(protocol: &Protocol, current: Option<&RunResult>) -> String {
    let mark = |setting: &Setting| {
        let is_current = current.is_some_and(|run| setting.runs.iter().any(|other| other.name == run.name));
        if is_current { "*".into() } else { String::new() }
    };
    table::<Setting>(
        &protocol.settings,
        &[
            ("", &mark),
            ("units", &|setting| setting.num_units.to_string()),
            ("layers", &|setting| setting.num_layers.to_string()),
            ("parameters", &|setting| setting.parameters.to_string()),
            ("epochs", &|setting| distinct(setting.runs.iter().map(|run| run.epochs))),
            ("seeds", &|setting| distinct(setting.seeds())),
            ("validation", &validation),
            ("test", &|setting| percent(setting.test.mean)),
            ("test by seed", &|setting| by_seed_of(setting, percent)),
            ("seconds", &|setting| format!("{:.1}", setting.train_seconds.mean)),
        ],
    )
}

/// The distinct values, in order.
fn distinct(values: impl Iterator<Item = impl ToString + Ord>) -> String {
    joined(values.collect::<BTreeSet<_>>(), " ", |value| value.to_string())
}
