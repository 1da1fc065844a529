//! Tables of settings, of pairs, and of all runs by protocol, in lines that are valid Markdown too.

use crate::format::{interval, p_value, percent, percent_number, points, signed_points, text_table};
use crate::run::RunResult;
use crate::statistics::{Pair, Protocol, Report, Setting, Spread, protocols};
use std::collections::BTreeSet;

/// One row per setting; accuracies are means. `plain` escapes the markup in a label.
pub(super) fn settings(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let header = ["setting", "parameters", "validation", "test", "95 % interval", "deviation"];
    let row = |setting: &Setting| {
        [
            plain(&setting.label),
            setting.parameters.to_string(),
            setting.validation.as_ref().map_or("-".into(), |validation| percent(validation.mean)),
            percent(setting.test.mean),
            interval_of(&setting.test, percent_number).map_or_else(str::to_string, |ends| ends + " %"),
            setting.test.deviation.map_or("-".into(), points),
        ]
    };
    text_table(header, report.settings.iter().map(row))
}

/// Test accuracies by seed, and times: a second table, so that neither is wider than a terminal.
pub(super) fn by_seed(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let row = |setting: &Setting| {
        [
            plain(&setting.label),
            ranges(setting.seeds()),
            by_seed_of(setting, percent_number),
            format!("{:.1}", setting.train_seconds.mean),
            format!("{:.0}", setting.images_per_second.mean),
        ]
    };
    text_table(
        ["setting", "seeds", "test accuracy by seed, %", "seconds", "images/s"],
        report.settings.iter().map(row),
    )
}

/// One row per pair.
pub(super) fn pairs(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let header = ["from", "to", "seeds", "difference", "95 % interval", "p", "p corrected"];
    let row = |pair: &Pair| {
        let p = |p: Option<f64>| p.map_or_else(|| no_spread(&pair.difference).to_string(), p_value);
        [
            plain(&report.settings[pair.first].label),
            plain(&report.settings[pair.second].label),
            ranges(pair.difference.values.iter().map(|(seed, _)| *seed)),
            signed_points(pair.difference.mean),
            interval_of(&pair.difference, signed_points).unwrap_or_else(str::to_string),
            p(pair.p),
            p(pair.p_corrected),
        ]
    };
    text_table(header, report.pairs.iter().map(row))
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
    let text = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// A value of each run of a setting, by seed.
fn by_seed_of(setting: &Setting, number: impl Fn(f64) -> String) -> String {
    setting.test.values.iter().map(|(_, value)| number(*value)).collect::<Vec<_>>().join(" ")
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
    let header = [
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
    ];
    let row = |setting: &Setting| {
        let is_current = current.is_some_and(|run| setting.runs.iter().any(|other| other.name == run.name));
        [
            if is_current { "*".into() } else { String::new() },
            setting.num_units.to_string(),
            setting.num_layers.to_string(),
            setting.parameters.to_string(),
            distinct(setting.runs.iter().map(|run| run.epochs)),
            distinct(setting.seeds()),
            setting.validation.as_ref().map_or("-".into(), |validation| percent(validation.mean)),
            percent(setting.test.mean),
            by_seed_of(setting, percent),
            format!("{:.1}", setting.train_seconds.mean),
        ]
    };
    text_table(header, protocol.settings.iter().map(row))
}

/// The distinct values, in order.
fn distinct(values: impl Iterator<Item = impl ToString + Ord>) -> String {
    let distinct: BTreeSet<_> = values.collect();
    distinct.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
