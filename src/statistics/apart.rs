//! Which runs a report does not average with the others: other data, other versions, repeats, contradictions.

use super::Apart;
use super::grouping::{Group, Origin, runs_in, seed_and_fold};
use crate::run::RunResult;
use std::collections::BTreeMap;

/// Keeps one run per setting, seed and fold, and of the origins the one with most runs (of several such the last in the order of
/// checksum and version, so that the answer does not depend on the order of the runs).
pub(super) fn set_apart(groups: Vec<Group<RunResult>>) -> (Vec<Group<RunResult>>, Vec<Apart>) {
    let (mut apart, mut repeats) = (Vec::new(), Vec::new());
    let mut origins: BTreeMap<Origin, Vec<Group<RunResult>>> = BTreeMap::new();
    for mut group in groups {
        group.runs = one_per_seed(group.runs, &mut repeats, &mut apart);
        if !group.runs.is_empty() {
            origins.entry(group.origin.clone()).or_default().push(group);
        }
    }
    if !repeats.is_empty() {
        repeats.sort();
        let reason = "repeats of other runs with the same results, counted once".to_string();
        apart.push(Apart { reason, names: repeats });
    }
    let largest = origins.iter().max_by_key(|(_, groups)| runs_in(groups)).map(|(origin, _)| origin.clone());
    let Some((largest, kept)) = largest.and_then(|origin| origins.remove_entry(&origin)) else {
        return (Vec::new(), apart);
    };
    let first = kept.first().map(|group| group.config().data_dir.clone()).unwrap_or_default();
    apart.extend(origins.into_iter().map(|(origin, groups)| {
        let folder = groups.first().map(|group| group.config().data_dir.clone()).unwrap_or_default();
        let reason = largest.differences(&origin, [&first, &folder]).join("; ");
        Apart::new(reason, groups.into_iter().flat_map(|group| group.runs))
    }));
    (kept, apart)
}

/// Of several runs with the same seed and fold keeps one if they measured the same, otherwise none.
fn one_per_seed(runs: Vec<RunResult>, repeats: &mut Vec<String>, apart: &mut Vec<Apart>) -> Vec<RunResult> {
    let mut seeds: BTreeMap<(u64, usize), Vec<RunResult>> = BTreeMap::new();
    for run in runs {
        seeds.entry(seed_and_fold(&run)).or_default().push(run);
    }
    let mut kept = Vec::new();
    for ((seed, _), mut runs) in seeds {
        runs.sort_by(|a, b| a.name.cmp(&b.name));
        let first = runs.remove(0);
        if runs.iter().all(|run| same_result(&first, run)) {
            repeats.extend(runs.into_iter().map(|run| run.name));
            kept.push(first);
            continue;
        }
        let one_machine = runs.iter().all(|run| run.machine == first.machine);
        let machines = if one_machine { "one machine" } else { "different machines" };
        let reason = format!("the same settings and seed {seed}, but different results, on {machines}");
        apart.push(Apart { reason, names: std::iter::once(first).chain(runs).map(|run| run.name).collect() });
    }
    kept
}

/// Whether two runs measured the same, apart from time and memory.
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
