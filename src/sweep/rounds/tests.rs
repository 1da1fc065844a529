use super::*;
use crate::statistics::verdict::{Answers, Class};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FOLDS: usize = 12;
const IMAGES: usize = 5000;
/// Two that have clearly lost, and three that are hard to distinguish.
const ACCURACIES: [f64; 5] = [0.60, 0.95, 0.988, 0.989, 0.990];

fn rule() -> UntilDecided {
    UntilDecided::new(0.002, 4, 14).unwrap()
}

fn settings() -> Vec<RankedSetting> {
    let setting = |units| RankedSetting { label: format!("{units} units"), size: 100 * units, units };
    (1..=ACCURACIES.len()).map(setting).collect()
}

/// A trial of a made-up sweep: folds and seeds differ by as much as on MNIST.
fn trained((setting, seed): Place) -> Outcome {
    let spread = |number: u64, places: u64| (number * 7919 % places) as f64 - (places - 1) as f64 / 2.0;
    let of_fold = spread(seed, 13);
    let of_trial = spread(31 * seed + 17 * setting as u64, 11);
    let correct = IMAGES as f64 * ACCURACIES[setting] + of_fold + of_trial;
    Outcome::Finished(Answered {
        seed,
        fold: (seed as usize - 1) % FOLDS + 1,
        training_images: 60_000 - IMAGES,
        held_out: Answers::counted(correct as usize, IMAGES),
        test: None,
    })
}

/// Where the rounds are if these trials have ended.
fn by(known: &BTreeMap<Place, Outcome>) -> Position {
    let rule = rule();
    let known = |place| Ok::<_, ()>(known.get(&place).cloned().unwrap_or(Outcome::Open));
    position(&rule, &settings(), &rule.seeds(&[1, 2, 3, 4]), FOLDS, known).unwrap()
}

/// Trains every trial of every round, one by one, as `outcome` says.
fn whole(outcome: impl Fn(Place) -> Outcome) -> (BTreeMap<Place, Outcome>, Position) {
    let mut known = BTreeMap::new();
    loop {
        let position = by(&known);
        if position.ended {
            return (known, position);
        }
        let open: Vec<Place> =
            position.rounds.concat().into_iter().filter(|place| !known.contains_key(place)).collect();
        assert!(!open.is_empty(), "a sweep that has not ended has something to train");
        known.insert(open[0], outcome(open[0]));
    }
}

fn classes(position: &Position) -> Vec<Class> {
    position.verdict.as_ref().unwrap().settings.iter().map(|judgement| judgement.class).collect()
}

#[test]
fn settings_that_have_lost_get_no_more_seeds() {
    let (known, end) = whole(trained);
    let seeds = |setting: usize| known.keys().filter(|place| place.0 == setting).count();
    assert_eq!(end.rounds[0].len(), 4 * ACCURACIES.len());
    assert!(end.rounds.len() > 1 && end.rounds.len() <= rule().looks, "{}", end.rounds.len());
    assert_eq!([0, 1].map(seeds), [4, 4]);
    assert_eq!(classes(&end)[..2], [Class::Worse, Class::Worse]);
    assert!(seeds(4) > 4 && known.len() < 14 * ACCURACIES.len());
    let verdict = end.verdict.unwrap();
    assert_eq!((verdict.options.looks, verdict.options.margin), (4, 0.002));
    assert!(
        !verdict.sentences.iter().any(|sentence| sentence.contains("not counted")),
        "{:?}",
        verdict.sentences
    );
}

#[test]
fn a_round_is_judged_when_its_last_trial_has_ended() {
    let mut known = BTreeMap::new();
    let first = by(&known);
    let all = first.rounds[0].clone();
    known.extend(all[1..].iter().map(|&place| (place, trained(place))));
    assert_eq!(by(&known), first, "one is open");
    assert!(first.verdict.is_none() && !first.ended);
    known.insert(all[0], trained(all[0]));
    let second = by(&known);
    assert_eq!((second.rounds.len(), second.verdict.is_some()), (2, true));
}

#[test]
fn a_failed_trial_leaves_its_setting_undecided_by_name_and_trained_again_decides_it() {
    let fails = |of: usize| {
        move |place: Place| match place {
            (setting, 2) if setting == of => Outcome::Failed("it broke".into()),
            place => trained(place),
        }
    };
    let (_, sound) = whole(trained);
    for of in 0..ACCURACIES.len() {
        let (mut known, end) = whole(fails(of));
        let verdict = end.verdict.clone().unwrap();
        assert_eq!(verdict.settings[of].class, Class::Undecided);
        assert_ne!(verdict.answer, Some(of));
        let text = verdict.sentences.join("\n");
        assert!(text.contains("because a trial failed: "), "{text}");
        assert!(
            text.contains(&format!("1 trial is not counted: {} units, seed 2 (failed: it broke)", of + 1)),
            "{text}"
        );
        known.insert((of, 2), trained((of, 2)));
        // What is missing then is trained, and the verdict is that of a sweep in which nothing failed.
        loop {
            let now = by(&known);
            let open: Vec<Place> =
                now.rounds.concat().into_iter().filter(|place| !known.contains_key(place)).collect();
            if open.is_empty() {
                assert_eq!(now, sound);
                break;
            }
            known.extend(open.into_iter().map(|place| (place, trained(place))));
        }
    }
}

#[test]
fn seeds_of_later_rounds_follow_those_of_the_plan() {
    let seeds = |first: &[u64]| UntilDecided::new(0.002, 3, 6).unwrap().seeds(first);
    assert_eq!(seeds(&[1, 2, 3]), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seeds(&[9, 4, 9, 7]), [9, 4, 7, 10, 11, 12]);
    let last = i64::MAX as u64;
    assert_eq!(seeds(&[1, 2, last - 1]), [1, 2, last - 1, last], "there are no more");
}

#[test]
fn a_wrong_rule_is_refused_with_what_must_be() {
    for (margin, seeds, most, words) in [
        (0.0, 4, 8, "margin = 0: must be a fraction above 0"),
        (f64::NAN, 4, 8, "margin = NaN: must be"),
        (1.0, 4, 8, "margin = 1: must be"),
        (0.002, 1, 8, "seeds = 1: must be at least 2 in the first round"),
        (0.002, 0, 8, "seeds = 0: must be at least 2"),
        (0.002, 12, 8, "max-seeds = 8: must be at least the 12 seeds of the first round"),
        // Of a damaged file: the list of the seeds would not fit into memory.
        (0.002, 12, 10_000_000_000, "max-seeds = 10000000000: must be at most 100000"),
    ] {
        let problem = UntilDecided::new(margin, seeds, most).unwrap_err();
        assert!(problem.contains(words), "{problem}");
    }
    assert_eq!(
        [(12, 48), (12, 49), (4, 4)].map(|(seeds, most)| UntilDecided::new(0.1, seeds, most).unwrap().looks),
        [4, 5, 1]
    );
    assert!(UntilDecided { looks: 3, ..rule() }.check().unwrap_err().contains("looks = 3: must be 4"));
    assert_eq!(UntilDecided { margin: 0.0007, ..rule() }.margin_in_points(), "0.07");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each process knows the rounds as it last read them. A step is a process that looks again, or ends a trial of those it knows.
    #[test]
    fn any_number_of_processes_in_any_order_train_the_same_trials(
        processes in 1..5_usize,
        steps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 400),
    ) {
        let (expected, end) = whole(trained);
        let mut known = BTreeMap::new();
        let mut views: Vec<Position> = vec![by(&known); processes];
        for (process, trial, looks) in &steps {
            let view = &mut views[process.index(processes)];
            let places = view.rounds.concat();
            let open: Vec<Place> = places.into_iter().filter(|place| !known.contains_key(place)).collect();
            if *looks || open.is_empty() {
                *view = by(&known);
            } else {
                let place = open[trial.index(open.len())];
                known.insert(place, trained(place));
            }
        }
        prop_assert!(known.keys().all(|place| expected.contains_key(place)));
        let now = by(&known);
        let agrees = now.rounds.iter().zip(&end.rounds).all(|(now, end)| now == end);
        prop_assert!(agrees, "a round differs");
        // What is left is trained by one more process.
        let mut now = now;
        while !now.ended {
            known.extend(now.rounds.concat().into_iter().map(|place| (place, trained(place))));
            now = by(&known);
        }
        prop_assert_eq!(&now, &end);
        prop_assert!(known.keys().eq(expected.keys()));
    }

    #[test]
    fn a_setting_has_all_seeds_up_to_its_last(accuracies in proptest::collection::vec(0.97..0.99_f64, 5)) {
        let outcome = |(setting, seed): Place| match trained((setting, seed)) {
            Outcome::Finished(trial) => {
                let shift = (IMAGES as f64 * (accuracies[setting] - ACCURACIES[setting])) as isize;
                let correct = trial.held_out.as_ref().unwrap().correct().saturating_add_signed(shift).min(IMAGES);
                Outcome::Finished(Answered { held_out: Answers::counted(correct, IMAGES), ..trial })
            }
            other => other,
        };
        let (known, end) = whole(outcome);
        for setting in 0..5 {
            let seeds: Vec<u64> = known.keys().filter(|place| place.0 == setting).map(|place| place.1).collect();
            prop_assert!(seeds.iter().copied().eq(1..=seeds.len() as u64), "{:?}", seeds);
        }
        let mut all = end.rounds.concat();
        all.sort_unstable();
        prop_assert!(all.iter().eq(known.keys()));
    }
}
