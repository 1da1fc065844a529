use super::*;
use crate::statistics::Report;
use crate::statistics::testing::run;
use crate::statistics::verdict::{Answers, Trial};

/// Settings whose networks read these numbers of 5,000 held-out images, a few more or fewer by seed, in `folds` folds.
fn measured(settings: &[Setting], correct: &[usize], folds: u64) -> Vec<Measured> {
    let of = |(setting, correct): (&Setting, &usize)| {
        let trial = |seed: u64| Trial {
            seed,
            fold: (seed % folds) as usize + 1,
            training_images: 55_000,
            held_out: Answers::counted(correct + (seed % 3) as usize, 5000),
            test: None,
        };
        Measured::new(
            &setting.label,
            setting.parameters,
            setting.num_units,
            (1..=24).map(trial).collect(),
            vec![],
        )
    };
    settings.iter().zip(correct).map(of).collect()
}

/// 8, 16 and 64 units, which train for as many seconds and score an image in as many microseconds.
fn settings() -> Vec<Setting> {
    Report::new([8, 16, 64].map(|units| run(units, 1, 9000)).to_vec(), Vec::new()).settings
}

fn found(correct: &[usize], folds: u64, question: Question) -> Findings {
    let settings = settings();
    Findings::new(&settings, &measured(&settings, correct, folds), 12, &question)
}

fn budget(limit: Budget) -> Findings {
    found(&[4600, 4900, 4940], 12, Question { budget: Some(limit), ..Question::default() })
}

#[test]
fn the_margin_decides_what_is_good_enough() {
    let answer =
        |margin| found(&[4600, 4900, 4940], 12, Question { margin, ..Question::default() }).verdict.answer;
    assert_eq!([answer(0.003), answer(0.02), answer(0.2)], [Some(2), Some(1), Some(0)]);
}

#[test]
fn the_error_changes_from_one_unit_count_to_the_next() {
    let changes = found(&[4600, 4900, 4940], 12, Question::default()).error_changes;
    let ends: Vec<(usize, usize, f64)> =
        changes.iter().map(|change| (change.slope.from, change.slope.to, change.slope.doublings)).collect();
    assert_eq!(ends, [(0, 1, 1.0), (1, 2, 2.0)]);
    // One error fewer per trial on average than 400, 100 and 60; half an error more counts in 120,000.
    for (change, expected) in changes.iter().zip([99.0 / 399.0 - 1.0, 59.0 / 99.0 - 1.0]) {
        assert!((change.change - expected).abs() < 1e-3, "{} {expected}", change.change);
        assert!(change.change_interval.0 < change.change && change.change < change.change_interval.1);
    }
}

#[test]
fn a_target_names_the_smallest_that_is_shown_to_reach_it() {
    let sentence = |target, folds| {
        let question = Question { target: Some(target), ..Question::default() };
        found(&[4600, 4900, 4940], folds, question).target.unwrap().sentence
    };
    let reached = sentence(0.97, 12);
    assert!(
        reached.starts_with(
            "The smallest setting shown to reach 97.00 % is 16 units: with 95 % confidence at least 97."
        ),
        "{reached}"
    );
    let not = sentence(0.995, 12);
    assert!(
        not.starts_with("No setting is shown to reach 99.50 %;") && not.ends_with(" for 64 units."),
        "{not}"
    );
    assert!(sentence(0.9, 1).starts_with("Nothing is shown about reaching 90.00 %"), "one fold");
}

#[test]
fn a_budget_names_the_best_that_it_allows() {
    let two = budget(Budget::TrainSeconds(20.0)).budget.unwrap();
    assert_eq!((two.settings, two.best_seen, two.candidates), (vec![0, 1], Some(1), vec![1]));
    assert_eq!(
        two.sentence,
        "Of 2 settings that take at most 20 s of training, the highest held-out accuracy is that of 16 units; it is shown to \
         be the best of them."
    );
    let one = budget(Budget::InferenceMsPerImage(0.01)).budget.unwrap().sentence;
    assert_eq!(one, "One setting takes at most 0.01 ms per image: 8 units.");
    let none = budget(Budget::TrainSeconds(0.5)).budget.unwrap().sentence;
    assert_eq!(
        none,
        "No setting takes at most 0.5 s of training: the least is 8 s of training, for 8 units."
    );
    let alike = found(
        &[4900, 4900, 4900],
        12,
        Question { budget: Some(Budget::TrainSeconds(100.0)), ..Question::default() },
    );
    let alike = alike.budget.unwrap().sentence;
    assert!(alike.ends_with("is that of 8 units; 16 units and 64 units may be as good."), "{alike}");
    let question = Question { budget: Some(Budget::TrainSeconds(100.0)), ..Question::default() };
    let apart = found(&[4900, 4900, 4900], 1, question).budget.unwrap().sentence;
    assert!(apart.starts_with("3 settings take at most 100 s of training. They are not compared"), "{apart}");
}

#[test]
fn sentences_are_the_verdict_then_target_then_budget() {
    let question =
        Question { target: Some(0.97), budget: Some(Budget::TrainSeconds(20.0)), ..Question::default() };
    let found = found(&[4600, 4900, 4940], 12, question);
    let sentences: Vec<&str> = found.sentences().collect();
    let number = found.verdict.sentences.len();
    assert_eq!(sentences[..number], found.verdict.sentences);
    assert!(sentences[number].contains("97.00 %") && sentences[number + 1].contains("20 s of training"));
}
