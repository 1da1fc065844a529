use super::*;
use crate::statistics::Report;
use crate::statistics::testing::{run, with};
use crate::statistics::verdict::held_out_difference;
use serde_json::Value as Json;

/// `tests/golden/tuning.json`; tests/golden/README.md has the command that made it.
#[test]
fn values_are_chosen_as_by_an_independent_program() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../../../tests/golden/tuning.json")).unwrap();
    let (mut checked, mut chosen_values) = (0, BTreeSet::new());
    for case in &cases {
        let number = case["values"].as_u64().unwrap() as usize;
        let mut race = Race { folds: BTreeMap::new(), values: vec![BTreeMap::new(); number] };
        for trial in case["trials"].as_array().unwrap() {
            let [seed, fold, value] = [0, 1, 2].map(|place| trial[place].as_u64().unwrap());
            race.folds.insert(seed, fold as usize);
            let outcome = match &trial[3] {
                Json::Array(result) => {
                    let [correct, images] = [0, 1].map(|place| result[place].as_u64().unwrap() as usize);
                    Outcome::Scored { correct, images }
                }
                Json::String(_) => Outcome::Failed,
                _ => continue,
            };
            race.values[value as usize].insert(seed, outcome);
        }
        for (fold, expected) in case["chosen"].as_object().unwrap() {
            let found = race.choose(fold.parse().unwrap());
            assert_eq!(found, expected.as_u64().map(|value| value as usize), "fold {fold} of {case}");
            checked += 1;
            chosen_values.insert(found);
        }
    }
    assert!(checked > 300 && chosen_values.len() == 6, "{checked} {chosen_values:?}");
}

/// A run that holds out the fold of its seed, 5,000 images of 60,000, and read so many of them.
fn held_out(units: usize, seed: u64, rate: f64, correct: usize) -> RunResult {
    let mut run = with(with(run(units, seed, 9000), "validation", 0), "folds", 12);
    run = with(with(run, "fold", seed as i64), "learning-rate", rate);
    (run.validation_correct, run.validation_accuracy) = (correct, Some(correct as f64 / 5000.0));
    run.test_correct = 9000 + correct % 100;
    run.test_accuracy = run.test_correct as f64 / 10_000.0;
    run
}

fn tune() -> Tune {
    Tune { setting: "learning-rate".into(), values: vec![0.008.into(), 0.002.into(), 0.03.into()] }
}

/// Two sizes, three values, three seeds. The table of correct answers is worked out by hand:
///
/// * 8 units: without fold 1 the sums are 8010, 8030, 8010: 0.002. Without fold 2: 8020, 8020, 8010:
///   untuned. Without fold 3: 8010, 8010, 8040: 0.03.
/// * 16 units: the untuned value is the best everywhere.
const CORRECT: [(usize, [[usize; 3]; 3]); 2] = [
    (8, [[4010, 4000, 4010], [4000, 4010, 4020], [4020, 4020, 4010 - 20]]),
    (16, [[4500, 4500, 4500], [4400, 4400, 4400], [4300, 4300, 4300]]),
];

fn runs() -> Vec<RunResult> {
    let mut runs = Vec::new();
    for (units, by_value) in CORRECT {
        for (rate, by_seed) in [0.008, 0.002, 0.03].into_iter().zip(by_value) {
            runs.extend((1..=3).zip(by_seed).map(|(seed, correct)| held_out(units, seed, rate, correct)));
        }
    }
    runs
}

fn chosen(tuned: &TunedSetting) -> Vec<(f64, Vec<usize>)> {
    tuned.chosen.iter().map(|one| (one.value.as_float().unwrap(), one.folds.clone())).collect()
}

#[test]
fn each_fold_gets_the_value_that_is_best_on_the_others() {
    let report = Report::with_tuned(runs(), Vec::new(), Some(&tune()));
    let tuning = report.tuning.as_ref().unwrap();
    let labels: Vec<&str> = report.settings.iter().map(|setting| setting.label.as_str()).collect();
    assert_eq!(labels, ["8 units", "16 units"]);
    assert!(report.protocol.ends_with(", learning-rate tuned"), "{}", report.protocol);
    assert_eq!(chosen(&tuning.settings[0]), [(0.008, vec![2]), (0.002, vec![1]), (0.03, vec![3])]);
    assert_eq!(chosen(&tuning.settings[1]), [(0.008, vec![1, 2, 3])]);
    let correct: Vec<usize> = report.settings[0].runs.iter().map(|run| run.validation_correct).collect();
    assert_eq!(correct, [4000, 4000, 3990], "fold 1 with 0.002, fold 2 untuned, fold 3 with 0.03");
    assert_eq!((report.every_setting().len(), report.pairs.len()), (6, 1));
    assert_eq!((tuning.notes.len(), tuning.gaps.len()), (0, 0));
    assert_eq!(tune().option(), "--tune learning-rate=0.008,0.002,0.03");
}

fn unfinished(units: usize, seed: u64, rate: f64, state: &str) -> Unfinished {
    let settings = Some(held_out(units, seed, rate, 1).settings);
    Unfinished { name: format!("u{units} {seed} {rate}"), state: state.into(), settings }
}

/// The report without the trials of these units, seeds and rates.
fn without(missing: &[(usize, u64, f64, &str)]) -> Report {
    let mut runs = runs();
    runs.retain(|run| {
        let of = (run.num_units, run.seed, run.settings.learning_rate);
        !missing.iter().any(|one| (one.0, one.1, one.2) == of)
    });
    let unfinished =
        missing.iter().map(|&(units, seed, rate, state)| unfinished(units, seed, rate, state)).collect();
    Report::with_tuned(runs, unfinished, Some(&tune()))
}

#[test]
fn a_value_that_failed_on_another_fold_is_not_chosen_and_is_named() {
    let report = without(&[(8, 3, 0.002, "failed: diverged")]);
    let tuning = report.tuning.as_ref().unwrap();
    // Without fold 3 nothing has failed, so 0.03 is chosen as before. For fold 1, 0.002 failed with seed 3, and of the others,
    // 8010 both, the untuned value is the first.
    assert_eq!(chosen(&tuning.settings[0]), [(0.008, vec![1, 2]), (0.03, vec![3])]);
    assert_eq!(
        tuning.notes,
        [
            "8 units, learning-rate 0.002 failed with seed 3: it is not chosen for a fold if it failed on another fold."
        ]
    );
    assert!(tuning.gaps.is_empty());
    // Chosen for its own fold, as the other folds cannot know: the trial is missing, and no other takes its place.
    let report = without(&[(8, 3, 0.03, "failed: diverged")]);
    let tuning = report.tuning.as_ref().unwrap();
    assert_eq!(chosen(&tuning.settings[0]), [(0.008, vec![2]), (0.002, vec![1]), (0.03, vec![3])]);
    let gap = &tuning.gaps[0];
    assert_eq!((gap.state.as_str(), gap.settings.as_ref().unwrap().seed), ("learning-rate 0.03 failed", 3));
    assert_eq!(report.settings[0].runs.len(), 2);
    let folder = tempfile::tempdir().unwrap();
    let measured =
        crate::statistics::measured::measured(&report.settings, report.missing(), folder.path(), None, || {});
    let verdict = crate::statistics::verdict::judge(&measured.settings, &Default::default());
    assert!(
        verdict
            .sentences
            .contains(&"1 trial is not counted: 8 units, seed 3 (learning-rate 0.03 failed).".to_string()),
        "{:?}",
        verdict.sentences
    );
}

#[test]
fn a_seed_without_a_result_of_a_value_chooses_nothing() {
    let report = without(&[(8, 2, 0.03, "missing")]);
    let tuning = report.tuning.as_ref().unwrap();
    // Fold 1 by seed 3 alone: 4010, 4020, 3990. Fold 2 by seeds 1 and 3 as before. Fold 3 by seed 1: 4010, 4000, 4020.
    assert_eq!(chosen(&tuning.settings[0]), [(0.008, vec![2]), (0.002, vec![1]), (0.03, vec![3])]);
    assert_eq!(
        tuning.notes,
        [
            "8 units, learning-rate 0.03 has no result with seed 2: until it has, no value of 8 units is chosen by this seed."
        ]
    );
    // The same if nothing is known of the missing trial.
    let mut runs = runs();
    runs.retain(|run| (run.num_units, run.seed, run.settings.learning_rate) != (8, 2, 0.03));
    let unknown = Report::with_tuned(runs, Vec::new(), Some(&tune()));
    assert_eq!(unknown.tuning.unwrap().notes, tuning.notes);
    // A value without any result leaves nothing to choose by, and the setting is named.
    let all = [1, 2, 3].map(|seed| (16, seed, 0.002, "missing"));
    let report = without(&all);
    let tuning = report.tuning.as_ref().unwrap();
    assert_eq!(report.settings.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["8 units"]);
    assert_eq!(tuning.settings[1].not_chosen, [1, 2, 3]);
    assert!(tuning.gaps.iter().all(|gap| gap.state == "no learning-rate is chosen"));
}

#[test]
fn gains_are_tuned_less_untuned() {
    let mut report = Report::with_tuned(runs(), Vec::new(), Some(&tune()));
    let folder = tempfile::tempdir().unwrap();
    let read = |settings: &[Setting]| {
        crate::statistics::measured::measured(settings, &[], folder.path(), None, || {}).settings
    };
    let mut tuning = report.tuning.take().unwrap();
    let every = read(&tuning.every);
    tuning.compare(&read(&report.settings), &every, 0.05, 12);
    let [first, second] = [0, 1].map(|index| &tuning.settings[index]);
    // Of 15,000: 11,990 tuned, and 12,020 untuned: nothing was gained on the folds that did not choose.
    assert!((first.gain.unwrap().mean + 30.0 / 15_000.0).abs() < 1e-12);
    assert!((first.untuned.held_out.unwrap().mean - 12_020.0 / 15_000.0).abs() < 1e-12);
    assert!((first.tuned.held_out.unwrap().mean - 11_990.0 / 15_000.0).abs() < 1e-12);
    // Test images read: 9000 and the last two digits, so 0, 0 and 90 more tuned, and 10, 0 and 10 untuned.
    assert!((first.test_gain.unwrap() - 70.0 / 30_000.0).abs() < 1e-12, "{:?}", first.test_gain);
    // Nothing but the untuned value was chosen; its distance to the others is known no better for that.
    let of_other = held_out_difference(&every[3], &every[4], 0.05, 12).unwrap();
    let gain = second.gain.unwrap();
    assert_eq!((gain.mean, second.test_gain.unwrap()), (0.0, 0.0));
    assert!(gain.interval.1 >= of_other.interval.1 - of_other.mean - 1e-12, "{gain:?} {of_other:?}");
}

#[test]
fn timesteps_follow_the_rows_that_are_tuned() {
    let rows = |rows: i64| with(with(held_out(8, 1, 0.008, 1), "rows", rows), "timesteps", rows).settings;
    let tune = Tune { setting: "rows".into(), values: vec![28.into(), 14.into()] };
    assert_eq!(tune.untuned(&rows(14)).unwrap(), (rows(28), 1));
    assert_eq!(tune.untuned(&rows(7)), None);
}

#[test]
fn the_gain_is_judged_by_the_values_that_were_chosen_or_by_the_best_of_the_others() {
    let means = [Some(0.9), Some(0.8), None, Some(0.85), Some(0.1)];
    assert_eq!(rivals(&[1, 0, 4], &means), [1, 4]);
    assert_eq!(rivals(&[0], &means), [3]);
    assert_eq!(rivals(&[], &[Some(0.9), None]), Vec::<usize>::new());
}
