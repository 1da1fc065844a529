use super::*;
use crate::statistics::Report;
use crate::statistics::testing::{run, with};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A run that holds out a fold of 100, 600 images, and counted 500 of them right.
fn held_out(units: usize, seed: u64) -> RunResult {
    let mut run = with(with(run(units, seed, 9000), "validation", 0), "folds", 100);
    run = with(run, "fold", seed as i64);
    (run.validation_correct, run.validation_total, run.validation_accuracy) = (500, 600, Some(500.0 / 600.0));
    run
}

fn planned(units: usize, seed: u64, state: &str) -> Unfinished {
    Unfinished { name: "n".into(), state: state.into(), settings: Some(held_out(units, seed).settings) }
}

#[test]
fn trials_are_counted_where_nothing_is_stored_and_the_missing_are_named() {
    let runs = [(8, 1), (8, 2), (16, 2)].map(|(units, seed)| held_out(units, seed)).to_vec();
    let report = Report::new(runs, Vec::new());
    let unfinished = [
        planned(16, 1, "failed: no space"),
        planned(32, 2, "missing"),
        planned(32, 1, "running: a, process 1"),
    ];
    let read = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    assert!(!stored(&report.settings, folder.path()));
    let found = measured(&report.settings, &unfinished, folder.path(), None, || {
        read.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!((read.into_inner(), found.problems.len()), (3, 0));
    let labels: Vec<&str> = found.settings.iter().map(|one| one.label.as_str()).collect();
    assert_eq!(labels, ["8 units", "16 units", "32 units"]);
    let trial = &found.settings[0].trials()[1];
    assert_eq!((trial.seed, trial.fold, trial.training_images), (2, 2, 55_000));
    assert_eq!(trial.held_out, Answers::counted(500, 600));
    assert_eq!(trial.test, Answers::counted(9000, 10_000));
    assert_eq!(found.settings[2].size, ModelShape::of(&held_out(32, 1).settings).parameters());
    let gaps = crate::statistics::verdict::judge(&found.settings, &Default::default()).gaps;
    let gaps: Vec<(usize, u64, &str)> =
        gaps.iter().map(|gap| (gap.setting, gap.seed, gap.reason.as_str())).collect();
    assert_eq!(gaps, [(1, 1, "failed"), (2, 1, "running"), (2, 2, "not trained")]);
}
