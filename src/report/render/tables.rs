//! The tables of a report, in lines that are valid Markdown too.

use crate::format::{p_value, percent, points};
use crate::statistics::{Pair, Report, Setting, Spread};
use comfy_table::{Cell, CellAlignment, Table, presets};

/// One row a setting; accuracies are means. `plain` makes a label safe for where the table is read.
pub(super) fn settings(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let header = ["setting", "parameters", "validation", "test", "95 % interval", "deviation"];
    let row = |setting: &Setting| {
        [
            plain(&setting.label),
            setting.parameters.to_string(),
            setting.validation.as_ref().map_or("-".into(), |validation| percent(validation.mean)),
            percent(setting.test.mean),
            interval(&setting.test, |share| format!("{:.2}", 100.0 * share))
                .map_or_else(str::to_string, |it| it + " %"),
            setting.test.deviation.map_or("-".into(), points),
        ]
    };
    table(header, report.settings.iter().map(row))
}

/// Every single test accuracy, and the time that a run took: a table of its own, so that neither is wider than a terminal.
pub(super) fn by_seed(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let row = |setting: &Setting| {
        let values: Vec<_> =
            setting.test.values.iter().map(|(_, value)| percent(*value).replace(" %", "")).collect();
        [
            plain(&setting.label),
            ranges(setting.seeds()),
            values.join(" "),
            format!("{:.1}", setting.train_seconds.mean),
            format!("{:.0}", setting.images_per_second.mean),
        ]
    };
    table(
        ["setting", "seeds", "test accuracy of each, %", "seconds", "images/s"],
        report.settings.iter().map(row),
    )
}

/// One row a pair.
pub(super) fn pairs(report: &Report, plain: impl Fn(&str) -> String) -> String {
    let header = ["from", "to", "seeds", "difference", "95 % interval", "p", "p corrected"];
    let row = |pair: &Pair| {
        let p = |p: Option<f64>| p.map_or_else(|| no_spread(&pair.difference).to_string(), p_value);
        [
            plain(&report.settings[pair.first].label),
            plain(&report.settings[pair.second].label),
            ranges(pair.difference.values.iter().map(|(seed, _)| *seed)),
            signed(pair.difference.mean),
            interval(&pair.difference, signed).unwrap_or_else(str::to_string),
            p(pair.p),
            p(pair.p_corrected),
        ]
    };
    table(header, report.pairs.iter().map(row))
}

/// What the numbers in the table of pairs are.
pub(super) fn about_pairs(report: &Report) -> String {
    match report.pairs.iter().filter(|pair| pair.p.is_some()).count() {
        0 => {
            "No test: it takes two or more seeds in common that do not all differ by the same amount.".into()
        }
        1 => "p: two-sided paired t test over the seeds in common; one test needs no correction.".into(),
        tests => format!(
            "p: two-sided paired t test over the seeds in common; corrected after Holm, because {tests} tests are \
             looked at together."
        ),
    }
}

fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    for row in rows {
        table.add_row(row.map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
    }
    table.to_string()
}

/// "98.85 to 99.02", or why there is none.
fn interval(spread: &Spread, number: impl Fn(f64) -> String) -> Result<String, &'static str> {
    let (low, high) = spread.interval.ok_or_else(|| no_spread(spread))?;
    Ok(format!("{} to {}", number(low), number(high)))
}

/// Why values have no interval and no test.
fn no_spread(spread: &Spread) -> &'static str {
    match spread.values.len() {
        0 | 1 => "one seed",
        _ => "all equal",
    }
}

/// A difference in points with its sign.
fn signed(share: f64) -> String {
    let text = points(share);
    if share > 0.0 { format!("+{text}") } else { text }
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
