//! What is averaged, what is not, what is compared and what is chosen.

use super::differences as differences_of;
use super::*;
use crate::statistics::testing::{run, with};

fn report(runs: Vec<RunResult>) -> Report {
    Report::new(runs, Vec::new())
}

fn labels(report: &Report) -> Vec<&str> {
    report.settings.iter().map(|setting| setting.label.as_str()).collect()
}

/// Three sizes, three seeds.
fn sweep() -> Vec<RunResult> {
    let correct = [(32, [9866, 9867, 9857]), (64, [9893, 9893, 9906]), (128, [9909, 9910, 9908])];
    correct
        .iter()
        .flat_map(|(units, correct)| (1..).zip(correct).map(|(seed, c)| run(*units, seed, *c)))
        .collect()
}

#[test]
fn seeds_of_a_setting_are_summed_up_in_any_order() {
    let mut runs = sweep();
    runs.reverse();
    let report = report(runs);
    assert_eq!(labels(&report), ["32 units", "64 units", "128 units"]);
    let test = &report.settings[2].test;
    assert_eq!(test.values, [(1, 0.9909), (2, 0.991), (3, 0.9908)]);
    assert!((test.mean - 0.9909).abs() < 1e-15); // one rounding
    assert!((test.deviation.unwrap() - 0.0001).abs() < 1e-15);
    let (low, high) = test.interval.unwrap();
    assert!(low < test.mean && test.mean < high);
    assert_eq!(report.settings[2].runs.iter().map(|run| run.seed).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(
        report.protocol,
        "10 epochs, batch 128, 28 timesteps, adam one-cycle to 0.008, 55000 training images"
    );
    assert!(report.apart.is_empty());
}

#[test]
fn one_seed_has_no_interval_and_no_test() {
    let report = report(vec![run(32, 1, 9866), run(64, 1, 9893)]);
    assert_eq!((report.settings[0].test.deviation, report.settings[0].test.interval), (None, None));
    let pair = &report.pairs[0];
    assert_eq!((pair.p, pair.p_corrected, pair.difference.interval), (None, None, None));
    assert!((pair.difference.mean - 0.0027).abs() < 1e-15);
}

#[test]
fn settings_that_vary_are_named_and_threads_and_folders_do_not_matter() {
    let mut other = with(run(32, 2, 9000), "threads", 7);
    other = with(with(other, "runs-dir", "elsewhere"), "data-dir", "copy");
    let report = report(vec![
        run(32, 1, 9001),
        other,
        with(run(32, 1, 9002), "batch-size", 1024),
        with(run(32, 1, 9003), "learning-rate", 0.05),
    ]);
    assert_eq!(
        labels(&report),
        [
            "batch-size 128, learning-rate 0.008",
            "batch-size 128, learning-rate 0.05",
            "batch-size 1024, learning-rate 0.008",
        ]
    );
    assert_eq!(report.settings[0].runs.len(), 2);
    assert_eq!(report.protocol, "32 units, 10 epochs, 28 timesteps, adam one-cycle, 55000 training images");
    assert!(report.pairs.is_empty(), "no two of them have other units");
}

#[test]
fn layers_and_timesteps_are_named_when_they_vary() {
    let (deep, long) = (with(run(32, 1, 9000), "num-layers", 2), with(run(64, 1, 9000), "timesteps", 56));
    let report = report(vec![long, deep, run(32, 1, 9000)]);
    assert_eq!(
        labels(&report),
        [
            "32 units, 1 layer, timesteps 28",
            "32 units, 2 layers, timesteps 28",
            "64 units, 1 layer, timesteps 56"
        ]
    );
    assert!(report.pairs.is_empty(), "more units, but other timesteps");
}

#[test]
fn timesteps_that_follow_the_rows_are_not_named() {
    let of_rows = |rows: i64| with(with(run(32, 1, 9000), "rows", rows), "timesteps", rows);
    let few = report(vec![of_rows(7), of_rows(14), run(32, 1, 9000)]);
    assert_eq!(labels(&few), ["rows 7", "rows 14", "rows 28"]);
    let both = report(vec![of_rows(14), with(run(32, 1, 9000), "timesteps", 14)]);
    assert_eq!(labels(&both), ["rows 14", "rows 28"], "rows distinguish them");
}

#[test]
fn settings_that_are_not_at_their_defaults_are_part_of_what_is_common() {
    let unusual = |seed| {
        let run = with(with(run(32, seed, 9000), "augment", "shift:1"), "clip-norm", 0.0);
        with(with(with(run, "rows", 14), "timesteps", 14), "steps", 99)
    };
    assert_eq!(
        report(vec![unusual(1), unusual(2)]).protocol,
        "99 training steps, batch 128, 14 timesteps, the middle 14 rows, adam one-cycle to 0.008, 55000 training \
         images, augment shift:1, clip-norm 0.0"
    );
    let both = report(vec![unusual(1), with(unusual(1), "permute", 3)]);
    assert!(both.protocol.ends_with(", clip-norm 0.0, rows 14"), "{}", both.protocol);
}

#[test]
fn protocols_are_those_of_the_current_run_first_and_say_in_what_they_differ() {
    let smooth = |units, seed| with(run(units, seed, 9000), "label-smoothing", 0.1);
    let mut other = run(32, 5, 100);
    other.data_checksum = "0123456789".into();
    let runs = vec![run(64, 1, 9000), run(32, 2, 9000), smooth(32, 1), run(32, 1, 9100), other];
    let found = protocols(runs.clone(), Some(&runs[2]));
    let sizes = |protocol: &Protocol| -> Vec<(String, usize)> {
        protocol.settings.iter().map(|setting| (setting.label.clone(), setting.runs.len())).collect()
    };
    assert_eq!(sizes(&found[0]), [("32 units".to_string(), 1)]);
    assert_eq!(sizes(&found[1]), [("32 units".to_string(), 2), ("64 units".to_string(), 1)]);
    assert!(found[0].differences.is_empty() && found[0].common.ends_with("label-smoothing 0.1"));
    assert_eq!(found[1].differences, ["label-smoothing 0.0, not 0.1"]);
    assert_eq!(
        found[2].differences,
        ["data MNIST (01234567…, not e9914cff…)", "label-smoothing 0.0, not 0.1"]
    );
    assert_eq!(protocols(runs, None)[0].settings.len(), 2, "most runs come first");
}

#[test]
fn other_data_and_other_versions_stand_apart() {
    let mut runs = sweep();
    let mut other_data = run(32, 4, 100);
    other_data.data_checksum = "0123456789".into();
    let mut other_version = run(32, 5, 100);
    (other_version.version, other_version.burn_version) = ("0.2.0".into(), "0.23.0".into());
    let mut plain = run(32, 7, 100);
    plain.instructions = Some("plain".into());
    runs.extend([other_data, other_version, plain]);
    let mut fashion = with(run(32, 6, 100), "data-dir", "sets/fashion");
    (fashion.name, fashion.data_checksum) = ("u32-l1-s6".into(), "f".into());
    runs.push(fashion);
    let report = report(runs);
    assert_eq!(report.settings[0].runs.len(), 3);
    let apart: Vec<_> =
        report.apart.iter().map(|apart| (apart.reason.as_str(), apart.names.join(" "))).collect();
    assert_eq!(
        apart,
        [
            ("data MNIST (01234567…, not e9914cff…)", "u32-l1-s4".to_string()),
            ("without AVX2", "u32-l1-s7".to_string()),
            ("version 0.2.0, not 0.1.0; burn 0.23.0, not 0.22.1", "u32-l1-s5".to_string()),
            ("data fashion, not MNIST", "u32-l1-s6".to_string()),
        ]
    );
}

#[test]
fn a_run_made_twice_counts_once() {
    let mut again = run(32, 1, 9866);
    (again.name, again.train_seconds, again.threads) = ("again".into(), 99.0, 1);
    let report = report(vec![run(32, 1, 9866), again, run(32, 2, 9867)]);
    assert_eq!(report.settings[0].test.values, [(1, 0.9866), (2, 0.9867)]);
    assert_eq!(report.apart.len(), 1);
    assert!(report.apart[0].reason.starts_with("repeats"), "{:?}", report.apart);
}

#[test]
fn runs_that_should_agree_and_do_not_are_both_apart() {
    let mut other = run(32, 1, 9866);
    (other.name, other.test_loss, other.machine.cores) = ("other".into(), 0.05, 64);
    let report = report(vec![run(32, 1, 9866), other, run(32, 2, 9867)]);
    assert_eq!(report.settings[0].test.values, [(2, 0.9867)]);
    assert_eq!(report.apart[0].names, ["other", "u32-l1-s1"]);
    let reason = "the same settings and seed 1, but different results, on different machines";
    assert_eq!(report.apart[0].reason, reason);
}

#[test]
fn neighbours_are_paired_by_common_seeds_and_corrected_together() {
    let mut runs = sweep();
    runs.push(run(128, 9, 9999)); // no other setting has this seed
    let report = report(runs);
    let pairs: Vec<_> = report.pairs.iter().map(|pair| (pair.first, pair.second)).collect();
    assert_eq!(pairs, [(0, 1), (1, 2)]);
    assert_eq!(
        report.pairs[1].difference.values.iter().map(|(seed, _)| *seed).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let p: Vec<f64> = report.pairs.iter().map(|pair| pair.p.unwrap()).collect();
    // The same values as in the golden file's first pair.
    assert!((p[1] - 0.137_575_183_886_337_33).abs() < 1e-12);
    let corrected: Vec<f64> = report.pairs.iter().map(|pair| pair.p_corrected.unwrap()).collect();
    assert_eq!(corrected, super::formulas::holm(&p));
}

#[test]
fn the_same_difference_for_every_seed_has_no_p_and_no_interval() {
    let report = report(
        [(8, 1000), (8, 2000), (8, 7000), (16, 3000), (16, 4000), (16, 9000)]
            .into_iter()
            .zip([1, 2, 3, 1, 2, 3])
            .map(|((units, correct), seed)| run(units, seed, correct))
            .collect(),
    );
    let pair = &report.pairs[0];
    assert_eq!((pair.p, pair.difference.interval, pair.difference.deviation), (None, None, Some(0.0)));
}

#[test]
fn folds_of_one_seed_are_averaged_and_paired_fold_by_fold() {
    let of = |units, correct: [usize; 3]| {
        (1..).zip(correct).map(move |(fold, correct)| {
            let run = with(with(run(units, 1, correct), "folds", 3), "validation", 0);
            with(run, "fold", fold)
        })
    };
    let report = report(of(8, [9000, 9300, 9100]).chain(of(16, [9010, 9320, 9130])).collect());
    assert_eq!((labels(&report), report.apart.len()), (vec!["8 units", "16 units"], 0));
    assert!((report.settings[0].test.mean - 2.74 / 3.0).abs() < 1e-15); // one rounding
    let differences: Vec<f64> =
        report.pairs[0].difference.values.iter().map(|(_, value)| (value * 1e4).round()).collect();
    assert_eq!(differences, [10.0, 20.0, 30.0]);
    assert!(report.protocol.ends_with("3 folds"), "{}", report.protocol);
    let whole = differences_of(&report.settings[0].runs[0], &run(8, 1, 9000));
    assert_eq!(whole, ["no folds, not 3 folds"]);
}

#[test]
fn neighbours_without_common_seeds_are_no_pair() {
    assert!(report(vec![run(32, 1, 9866), run(64, 2, 9893)]).pairs.is_empty());
}

#[test]
fn the_smallest_within_one_standard_error_is_chosen() {
    // Validation accuracies 0.99 and 0.992 of 128 units: mean 0.991, standard error 0.001.
    let runs = |small: usize| {
        vec![
            run(128, 1, 9900),
            run(128, 2, 9920),
            run(64, 1, small),
            run(64, 2, small),
            run(8, 1, 9000),
            run(8, 2, 9000),
        ]
    };
    let within = report(runs(9902)).choice.unwrap();
    assert_eq!((within.best, within.chosen), (2, 1));
    assert!((within.threshold - 0.99).abs() < 1e-12);
    assert_eq!(
        within.sentence,
        "64 units: the smallest network whose validation accuracy (99.02 %) is within one standard error (0.10 points) \
         of the best (128 units, 99.10 %)."
    );
    assert!(within.caveats.iter().any(|caveat| caveat == "The choice does not use test accuracy."));
    assert!(within.caveats.iter().any(|caveat| caveat == "Each setting was trained with 2 seeds."));
    assert!(within.caveats.iter().any(|caveat| caveat.starts_with("The rule favours small networks")));
    assert!(
        within.caveats.iter().any(|caveat| caveat.starts_with("The best network is the largest one tried"))
    );
    let beyond = report(runs(9898)).choice.unwrap();
    assert!(!beyond.caveats.iter().any(|caveat| caveat.starts_with("The rule favours small networks")));
    assert_eq!((beyond.best, beyond.chosen), (2, 2));
    assert!(
        beyond
            .sentence
            .starts_with("128 units: the best validation accuracy (99.10 %), and no smaller network")
    );
}

#[test]
fn of_equally_large_networks_none_is_called_the_largest_or_the_smallest() {
    let runs = |timesteps: i64, correct: usize| {
        (1..=2).map(move |seed| with(run(64, seed, correct), "timesteps", timesteps))
    };
    let choice = report(runs(7, 9000).chain(runs(14, 9500)).collect()).choice.unwrap();
    assert!(
        choice.sentence.ends_with("All settings have the same number of parameters."),
        "{}",
        choice.sentence
    );
    assert!(!choice.caveats.iter().any(|caveat| caveat.contains("largest")), "{:?}", choice.caveats);
}

#[test]
fn with_one_seed_the_standard_error_is_binomial() {
    let report = report(vec![run(64, 1, 9888), run(128, 1, 9900)]);
    let choice = report.choice.unwrap();
    let error = (0.99 * 0.01 / 5000.0_f64).sqrt();
    assert!((choice.threshold - (0.99 - error)).abs() < 1e-15);
    assert_eq!((choice.best, choice.chosen), (1, 0));
    assert!(choice.caveats.iter().any(|caveat| caveat.contains("binomial, over 5000 validation images")));
}

#[test]
fn test_accuracy_does_not_move_the_choice() {
    let mut runs = sweep();
    let before = report(runs.clone()).choice.unwrap();
    for run in &mut runs {
        run.test_accuracy = 1.0 - run.test_accuracy;
    }
    let after = report(runs).choice.unwrap();
    assert_eq!((before.best, before.chosen, before.sentence), (after.best, after.chosen, after.sentence));
}

#[test]
fn nothing_is_chosen_without_validation_or_among_one() {
    assert!(report(vec![run(64, 1, 9888)]).choice.is_none());
    let mut runs = sweep();
    runs.iter_mut().for_each(|run| run.validation_accuracy = None);
    let report = report(runs);
    assert!(report.choice.is_none());
    assert!(report.settings[0].validation.is_none());
}

#[test]
fn what_limits_a_comparison_is_noted() {
    assert_eq!(report(sweep()).notes().len(), 1, "that intervals are over seeds");
    let mut runs = sweep();
    runs[0].threads = 1;
    runs.pop();
    let notes = report(runs).notes().join(" ");
    assert!(notes.contains("different seeds") && notes.contains("numbers of threads"), "{notes}");
}

#[test]
fn the_limits_of_the_choice_are_stated() {
    let mut runs = sweep();
    runs.pop();
    runs[0].validation_total = 100;
    runs.push(with(run(8, 1, 9000), "validation", 0));
    runs.last_mut().unwrap().validation_accuracy = None;
    let missing = vec![Unfinished { name: "u8".into(), state: "missing".into(), settings: None }];
    let caveats = Report::new(runs, missing).choice.unwrap().caveats.join(" ");
    for part in [
        "trained with 2 to 3 seeds",
        "different numbers of validation images",
        "1 setting without validation images cannot be chosen",
        "The choice may change: 1 run not finished.",
    ] {
        assert!(caveats.contains(part), "{part} is missing in {caveats}");
    }
}

#[test]
fn no_runs_make_an_empty_report() {
    let report = Report::new(
        Vec::new(),
        vec![Unfinished { name: "u8".into(), state: "missing".into(), settings: None }],
    );
    assert!(report.settings.is_empty() && report.pairs.is_empty() && report.choice.is_none());
    assert_eq!((report.protocol.as_str(), report.unfinished.len()), ("", 1));
}

#[test]
fn ten_thousand_runs_are_grouped() {
    let rates = [0.001, 0.002, 0.004, 0.008];
    let mut runs = Vec::new();
    for units in 1..=250 {
        for rate in rates {
            runs.extend(
                (1..=10)
                    .map(|seed| with(run(units, seed, 9000 + units + seed as usize), "learning-rate", rate)),
            );
        }
    }
    assert_eq!(runs.len(), 10_000);
    let report = report(runs);
    assert_eq!(report.settings.len(), 1000);
    assert!(report.settings.iter().all(|setting| setting.runs.len() == 10));
    assert_eq!(report.pairs.len(), 4 * 249);
}

#[test]
fn with_folds_the_standard_error_includes_the_images_and_no_caveat_denies_it() {
    let with_folds = |run: RunResult| {
        let fold = run.seed as i64;
        with(with(with(run, "validation", 0), "folds", 12), "fold", fold)
    };
    let caveats = |runs: Vec<RunResult>| report(runs).choice.unwrap().caveats.join(" ");
    let denied = "does not include the variation between validation images";
    assert!(caveats(sweep()).contains(denied));
    let folds = caveats(sweep().into_iter().map(with_folds).collect());
    assert!(!folds.contains(denied) && folds.contains("share most of their training images"), "{folds}");
}
