//! What must hold for any trials.

use super::*;
use proptest::prelude::*;

const FOLDS: usize = 4;

/// Answers of a trial: image by image, counted, or none.
fn answers() -> impl Strategy<Value = Option<Answers>> {
    prop_oneof![
        4 => prop::collection::vec(prop::bool::weighted(0.9), 20..24).prop_map(Answers::each),
        2 => (0_usize..=20, 20_usize..24).prop_map(|(correct, images)| Answers::counted(correct, images)),
        1 => Just(Answers::counted(20, 20)),
        1 => Just(None),
    ]
}

fn trials() -> impl Strategy<Value = Vec<Trial>> {
    prop::collection::vec((answers(), answers(), 1_u64..9), 0..9).prop_map(|found| {
        let trial = |(held_out, test, seed): (_, _, u64)| Trial {
            seed,
            fold: seed as usize % FOLDS,
            training_images: 60,
            held_out,
            test,
        };
        found.into_iter().map(trial).collect()
    })
}

fn measured(all: Vec<Vec<Trial>>) -> Vec<Measured> {
    let setting =
        |(index, trials)| Measured::new(format!("setting {index}"), index % 3, index + 1, trials, Vec::new());
    all.into_iter().enumerate().map(setting).collect()
}

fn options() -> impl Strategy<Value = Options> {
    (0.001..0.3, 0.001..0.5, 1_usize..5).prop_map(|(margin, alpha, looks)| Options {
        margin,
        alpha,
        looks,
        folds: FOLDS,
    })
}

/// Finite, around the value, and within the range.
fn check_interval((low, high): (f64, f64), value: f64, range: (f64, f64)) -> Result<(), TestCaseError> {
    prop_assert!(low.is_finite() && high.is_finite() && value.is_finite());
    prop_assert!(range.0 <= low && low <= value + 1e-12 && value <= high + 1e-12 && high <= range.1);
    Ok(())
}

proptest! {
    #[test]
    fn every_number_is_finite_and_in_its_range(
        all in prop::collection::vec(trials(), 0..5),
        options in options(),
        costs in prop::collection::vec(0.0..2.0, 5),
    ) {
        let settings = measured(all);
        let verdict = judge(&settings, &options);
        for setting in &verdict.settings {
            prop_assert_eq!(setting.below.is_some(), setting.class != Class::NotCompared);
            if let Some(below) = setting.below {
                prop_assert!(0.0 <= below.low && below.low <= below.high && below.high <= 1.0);
                prop_assert!(below.seen.is_finite());
                let class = match setting.class {
                    Class::Within => below.high <= options.margin,
                    Class::Worse => below.low >= options.margin,
                    _ => below.low < options.margin && options.margin < below.high,
                };
                prop_assert!(class);
            }
        }
        if let Some(answer) = verdict.answer {
            prop_assert_eq!(verdict.settings[answer].class, Class::Within);
            let smaller = |index: usize| settings[index].size < settings[answer].size;
            prop_assert!((0..settings.len())
                .all(|index| !smaller(index) || verdict.settings[index].class != Class::Within));
        }
        prop_assert!(!verdict.sentences.is_empty());
        prop_assert!(verdict.sentences.iter().all(|text| !text.contains("NaN") && !text.contains("inf ")));
        for setting in &settings {
            let held_out = held_out_accuracy(setting, options.alpha, FOLDS);
            for found in [held_out, test_accuracy(setting, options.alpha)].into_iter().flatten() {
                check_interval(found.interval, found.mean, (0.0, 1.0))?;
                let parts = found.parts.map_or([0.0; 2], |parts| [parts.more_seeds, parts.more_images]);
                prop_assert!(parts.iter().all(|part| part.is_finite() && *part >= 0.0));
            }
        }
        for two in settings.windows(2) {
            let held_out = held_out_difference(&two[0], &two[1], options.alpha, FOLDS);
            for found in [held_out, test_difference(&two[0], &two[1], options.alpha)].into_iter().flatten() {
                check_interval(found.interval, found.mean, (-1.0, 1.0))?;
                prop_assert!(found.interval.0 < found.interval.1);
                prop_assert!(found.correlation.is_none_or(|value| value.abs() <= 1.0));
                prop_assert!(found.detectable.is_none_or(|value| value > 0.0 && value <= 1.0));
            }
        }
        for slope in slopes(&settings, options.alpha) {
            check_interval(slope.change_interval(), slope.change(), (-1.0, f64::MAX))?;
            check_interval(slope.interval, slope.per_doubling, (f64::MIN, f64::MAX))?;
        }
        let bounds = reaching(&settings, 0.5, &options).at_least;
        prop_assert!(bounds.into_iter().flatten().all(|bound| (0.0..=1.0).contains(&bound)));
        within_budget(&settings, &costs[..settings.len()], 1.0, &options);
    }

    #[test]
    fn the_order_of_trials_changes_nothing(
        all in prop::collection::vec(trials(), 1..4),
        options in options(),
        turn in 0_usize..9,
    ) {
        let turned = all.iter().map(|trials| {
            let mut trials: Vec<Trial> = trials.iter().rev().cloned().collect();
            let middle = turn % trials.len().max(1);
            trials.rotate_left(middle);
            trials
        });
        let turned = measured(turned.collect());
        let settings = measured(all);
        prop_assert_eq!(judge(&settings, &options), judge(&turned, &options));
        prop_assert_eq!(slopes(&settings, options.alpha), slopes(&turned, options.alpha));
        for (a, b) in settings.iter().zip(&turned) {
            prop_assert_eq!(test_accuracy(a, 0.05), test_accuracy(b, 0.05));
        }
    }

    #[test]
    fn the_order_of_settings_changes_only_indices(
        all in prop::collection::vec(trials(), 1..5),
        options in options(),
    ) {
        let settings = measured(all);
        let last = settings.len() - 1;
        let reversed: Vec<Measured> = settings.iter().rev().cloned().collect();
        let (found, turned) = (judge(&settings, &options), judge(&reversed, &options));
        prop_assert!(found.settings.iter().eq(turned.settings.iter().rev()));
        prop_assert_eq!(found.answer, turned.answer.map(|index| last - index));
        prop_assert_eq!(found.best_seen, turned.best_seen.map(|index| last - index));
        prop_assert!(found.add_seeds_to.into_iter().eq(turned.add_seeds_to.into_iter().rev().map(|index| last - index)));
    }

    #[test]
    fn a_missing_trial_is_named(
        all in prop::collection::vec(trials(), 2..4),
        options in options(),
        which in any::<prop::sample::Index>(),
    ) {
        let before = measured(all);
        let held_out: Vec<(usize, u64)> = before
            .iter()
            .enumerate()
            .flat_map(|(setting, one)| one.held_out().map(move |(trial, _)| (setting, trial.seed)))
            .collect();
        prop_assume!(!held_out.is_empty());
        let (setting, seed) = held_out[which.index(held_out.len())];
        let others = before.iter().enumerate().filter(|(index, _)| *index != setting);
        let elsewhere = others.flat_map(|(_, one)| one.held_out()).any(|(trial, _)| trial.seed == seed);
        let after = |missing: Vec<Missing>| -> Vec<Measured> {
            let mut settings = before.clone();
            let one = &before[setting];
            let kept = one.trials().iter().filter(|trial| trial.seed != seed).cloned().collect();
            settings[setting] = Measured::new(one.label.clone(), one.size, one.units, kept, missing);
            settings
        };
        let named = |settings: &[Measured]| {
            judge(settings, &options).gaps.iter().any(|gap| (gap.setting, gap.seed) == (setting, seed))
        };
        prop_assert!(!named(&before));
        let failed = after(vec![Missing { seed, reason: "failed".into() }]);
        prop_assert!(named(&failed));
        // Also if it is not said, as long as another setting has the seed.
        prop_assert_eq!(named(&after(Vec::new())), elsewhere);
    }

    #[test]
    fn a_wider_margin_turns_no_good_setting_bad(
        all in prop::collection::vec(trials(), 2..5),
        options in options(),
        wider in 0.0..0.2,
    ) {
        let settings = measured(all);
        let more = judge(&settings, &Options { margin: options.margin + wider, ..options });
        for (a, b) in judge(&settings, &options).settings.iter().zip(&more.settings) {
            prop_assert!(a.class != Class::Within || b.class == Class::Within);
            prop_assert!(b.class != Class::Worse || a.class == Class::Worse);
        }
    }
}
