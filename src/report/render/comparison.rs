//! Runs side by side, by protocol: for `compare`, and below a training.

use super::Form;
use super::tables::table;
use crate::format::{count, joined, percent_number};
use crate::report::Column;
use crate::run::RunResult;
use crate::statistics::{Protocol, Setting, protocols};

/// Most names of runs in a cell, and lines in the table, that are shown after a training: with all that stands below, it fits
/// the 24 lines of a terminal.
const NAMES: usize = 3;
const LINES: usize = 12;

/// All runs: one table per protocol, that with most runs first; one row per network, all seeds together. Empty for no runs.
pub fn comparison(runs: Vec<RunResult>) -> String {
    let mut text = String::new();
    for protocol in protocols(runs, None) {
        text.push_str(&if text.is_empty() {
            format!("Finished runs of {}:\n", protocol.common)
        } else {
            format!("\n\nAnother protocol than in the first table: {}\n", protocol.differences.join("; "))
        });
        text.push_str(&networks(&protocol.settings, None, usize::MAX));
    }
    text
}

/// The finished runs of the protocol of `current`, one row per network, as many of the newest networks as fit a small
/// terminal; then how many runs have other protocols, if any.
///
/// * `compare`: the command that shows all runs.
pub fn comparison_after(runs: Vec<RunResult>, current: &RunResult, compare: &str) -> String {
    let all = protocols(runs, Some(current));
    let runs_in =
        |protocol: &Protocol| protocol.settings.iter().map(|setting| setting.runs.len()).sum::<usize>();
    let others: usize = all.iter().skip(1).map(runs_in).sum();
    let Some(protocol) = all.into_iter().next() else { return String::new() };
    let networks_in_all = protocol.settings.len();
    let settings = newest(protocol.settings, current);
    let which = if settings.len() < networks_in_all {
        format!("Newest {} of {}", settings.len(), count(networks_in_all, "network"))
    } else {
        "Finished runs".into()
    };
    let table = networks(&settings, Some(current), NAMES);
    let text = format!("{which}, {}:\n{table}\n* this run, seed {}", protocol.common, current.seed);
    if others == 0 {
        return text;
    }
    format!("{text}\n{} of other protocols: {compare}", count(others, "run"))
}

/// The networks that finished last, the current one among them, in their order, in at most [`LINES`] lines.
fn newest(settings: Vec<Setting>, current: &RunResult) -> Vec<Setting> {
    let age = |setting: &Setting| {
        let finished = setting.runs.iter().filter_map(|run| run.finished_at).fold(0.0, f64::max);
        (!is_current(setting, current), -finished)
    };
    let mut order: Vec<usize> = (0..settings.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (age(&settings[*a]), age(&settings[*b]));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let mut left = LINES;
    order.retain(|index| {
        let runs = settings[*index].runs.len();
        // One more line for how many are left out.
        let lines = if runs > NAMES { NAMES + 1 } else { runs };
        let fits = lines <= left;
        left = if fits { left - lines } else { 0 };
        fits
    });
    let kept = |(index, setting)| order.contains(&index).then_some(setting);
    settings.into_iter().enumerate().filter_map(kept).collect()
}

fn is_current(setting: &Setting, current: &RunResult) -> bool {
    setting.runs.iter().any(|run| run.name == current.name)
}

/// One row per network, with at most `most` names of its runs, newest first if there are more.
fn networks(settings: &[Setting], current: Option<&RunResult>, most: usize) -> String {
    let mark = |setting: &Setting| {
        let current = current.is_some_and(|current| is_current(setting, current));
        String::from(if current { "*" } else { "" })
    };
    let names = |setting: &Setting| {
        let mut runs: Vec<&RunResult> = setting.runs.iter().collect();
        let left = runs.len().saturating_sub(most);
        if left > 0 {
            runs.sort_by(|a, b| b.finished_at.unwrap_or(0.0).total_cmp(&a.finished_at.unwrap_or(0.0)));
        }
        let names = joined(runs.iter().take(most), "\n", |run| run.name.clone());
        if left > 0 { format!("{names}\nand {left} more") } else { names }
    };
    let mut columns: Vec<Column<Setting>> = vec![
        ("", &mark),
        ("units", &|setting| setting.num_units.to_string()),
        ("parameters", &|setting| setting.parameters.to_string()),
        ("val. %", &|setting| setting.validation.as_ref().map_or("-".into(), |all| percent_number(all.mean))),
        ("test %", &|setting| percent_number(setting.test.mean)),
        ("seconds", &|setting| format!("{:.1}", setting.train_seconds.mean)),
        ("run", &names),
    ];
    if settings.iter().any(|setting| setting.num_layers > 1) {
        columns.insert(2, ("layers", &|setting| setting.num_layers.to_string()));
    }
    let first = usize::from(current.is_none());
    table::<Setting>(Form::Text, &[columns.len() - 1 - first], settings, &columns[first..])
}
