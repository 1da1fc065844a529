//! One seed, one setting, equal settings, no errors, uneven folds, thousands of settings: every answer is true and finite.

use super::super::quantiles::Tail;
use super::super::repeated::Repeated;
use super::*;

const FOLDS: usize = 12;

fn classes(verdict: &Verdict) -> Vec<Class> {
    verdict.settings.iter().map(|setting| setting.class).collect()
}

fn close_to(base: usize, seeds: usize) -> Vec<usize> {
    (0..seeds).map(|seed| base + seed % 3).collect()
}

#[test]
fn the_smallest_setting_within_the_margin_is_the_answer() {
    let settings = [
        counted("32 units", 32, &close_to(4900, 12), 5000, FOLDS),
        counted("128 units", 128, &close_to(4949, 12), 5000, FOLDS),
        counted("256 units", 256, &close_to(4950, 12), 5000, FOLDS),
    ];
    let verdict = judge(&settings, &Options::default());
    assert_eq!(classes(&verdict), [Class::Worse, Class::Within, Class::Within]);
    assert_eq!((verdict.answer, verdict.best_seen), (Some(1), Some(2)));
    assert!(verdict.add_seeds_to.is_empty() && verdict.gaps.is_empty());
    assert_eq!(
        verdict.sentences,
        [
            "128 units will do: with 95 % confidence less than 0.20 points below the best of the three.",
            "Not enough: 32 units (0.83 to 1.15 points below).",
        ]
    );
}

#[test]
fn a_setting_that_no_other_reaches_is_the_best() {
    let settings = [
        counted("8 units", 8, &close_to(4000, 5), 5000, FOLDS),
        counted("16 units", 16, &close_to(4500, 5), 5000, FOLDS),
    ];
    let verdict = judge(&settings, &Options::default());
    assert_eq!(verdict.candidates, [1]);
    assert_eq!(verdict.settings[1].below.unwrap().high, 0.0);
    assert_eq!(verdict.sentences[0], "16 units will do: with 95 % confidence the best of the two.");
}

#[test]
fn undecided_settings_name_the_seeds_that_decide_them_or_that_none_do() {
    // A difference of 0.1 points that varies by 0.15 from seed to seed.
    let noise = [-12, 9, 3, -6, 6];
    let varied = |base: usize, scale: isize| -> Vec<usize> {
        noise.iter().map(|step| (base as isize + scale * step) as usize).collect()
    };
    let settings = [
        counted("64 units", 64, &varied(4945, 1), 5000, FOLDS),
        counted("128 units", 128, &[4950; 5], 5000, FOLDS),
    ];
    let options = |margin| Options { margin, ..Options::default() };
    let verdict = judge(&settings, &options(0.0034));
    assert_eq!(classes(&verdict)[0], Class::Undecided);
    let Some(Needed::Seeds(seeds)) = verdict.settings[0].needed else { panic!("{verdict:?}") };
    assert!((6..=FOLDS).contains(&seeds), "{seeds}");
    assert_eq!(verdict.add_seeds_to, [0, 1]);
    let sentences = verdict.sentences.join(" ");
    assert!(sentences.contains(&format!("about {} more seeds would decide it", seeds - 5)), "{sentences}");

    let verdict = judge(&settings, &options(0.0012));
    assert_eq!(verdict.settings[0].needed, Some(Needed::NotExpected));
    // Seven folds are still unread.
    assert_eq!(verdict.add_seeds_to, [0, 1]);
    let sentences = verdict.sentences.join(" ");
    assert!(sentences.contains("no number of seeds is likely to decide it"), "{sentences}");

    let verdict = judge(&settings, &options(0.0001));
    assert!(verdict.add_seeds_to.is_empty());
    assert_eq!(verdict.settings[0].needed, Some(Needed::Images));
    let sentences = verdict.sentences.join(" ");
    let cannot = "more seeds cannot decide it, because 60,000 images are too few for a margin of 0.01 points";
    assert!(sentences.contains(cannot), "{sentences}");
    assert!(sentences.starts_with("No setting is shown"), "{sentences}");
}

#[test]
fn the_seeds_named_are_the_fewest_that_make_the_difference_detectable() {
    let settings = [
        counted("a", 1, &[4930, 4945, 4938, 4951, 4940], 5000, FOLDS),
        counted("b", 2, &[4945, 4948, 4942, 4958, 4956], 5000, FOLDS),
    ];
    let found = held_out_difference(&settings[0], &settings[1], 0.05, FOLDS).unwrap();
    let Some(Needed::Seeds(seeds)) = found.needed else { panic!("{found:?}") };
    let values: Vec<(usize, f64)> =
        [15.0, 3.0, 4.0, 7.0, 16.0].map(|more| more / 5000.0).into_iter().enumerate().collect();
    let repeated = Repeated::new(&values, 1.0 / 11.0, 0.0).unwrap();
    let mut tail = Tail::new(0.025);
    let mut detectable = |seeds: usize| {
        let (error, degrees) = repeated.expected(seeds, FOLDS, repeated.of_one);
        tail.shift(degrees) * error
    };
    assert!(detectable(seeds) <= found.mean && found.mean < detectable(seeds - 1));
    // With the seeds that there are, it is what this design detects.
    assert!((detectable(5) - found.detectable.unwrap()).abs() < 1e-12);
}

#[test]
fn more_seeds_never_bring_the_error_below_what_the_images_leave() {
    let values: Vec<(usize, f64)> = [0.001, 0.003, 0.002, 0.004].into_iter().enumerate().collect();
    let repeated = Repeated::new(&values, 1.0 / 11.0, 0.0).unwrap();
    let (error, _) = repeated.expected(1_000_000, FOLDS, 0.0);
    assert!(error.powi(2) >= repeated.of_one / 11.0);
    let (seeds, images) = repeated.parts(FOLDS, 0.0);
    assert!((seeds + images - repeated.variance()).abs() < 1e-18 && seeds > images);
}

#[test]
fn one_seed_decides_nothing_and_says_so() {
    let settings = [counted("a", 1, &[4900], 5000, FOLDS), counted("b", 2, &[4990], 5000, FOLDS)];
    let verdict = judge(&settings, &Options::default());
    assert_eq!(classes(&verdict), [Class::NotCompared; 2]);
    assert_eq!((verdict.answer, verdict.best_seen), (None, None));
    assert!(verdict.sentences[0].starts_with("Nothing is decided"), "{:?}", verdict.sentences);
    let accuracy = held_out_accuracy(&settings[0], 0.05, FOLDS).unwrap();
    assert_eq!((accuracy.covers, accuracy.parts), (Covers::Images, None));
    assert_eq!(accuracy.interval, crate::statistics::formulas::wilson_interval(4900, 5000));
    let difference = held_out_difference(&settings[0], &settings[1], 0.05, FOLDS).unwrap();
    assert_eq!((difference.covers, difference.detectable), (Covers::Images, None));
    assert!(difference.interval.0 > 0.01 && difference.interval.1 < 0.03);
    assert_eq!(slopes(&settings, 0.05)[0].covers, Covers::Images);
    assert_eq!(reaching(&settings, 0.5, &Options::default()).smallest, None);
}

#[test]
fn several_seeds_on_one_fold_decide_nothing() {
    let settings = [counted("a", 1, &[4900; 4], 5000, 1), counted("b", 2, &[4990; 4], 5000, 1)];
    let verdict = judge(&settings, &Options::default());
    assert_eq!(classes(&verdict), [Class::NotCompared; 2]);
    let found = held_out_accuracy(&settings[0], 0.05, FOLDS).unwrap();
    assert_eq!((found.covers, found.seeds), (Covers::SeedsAndImages, 4));
    assert_eq!(slopes(&settings, 0.05)[0].covers, Covers::SeedsAndImages);
}

#[test]
fn without_predictions_one_seed_may_differ_on_every_image_that_either_gets_wrong() {
    let two = |same: bool| {
        let trial = |wrong: usize| Trial {
            seed: 1,
            fold: 0,
            training_images: 9000,
            held_out: Answers::counted(1000 - wrong, 1000),
            // The images that the second gets wrong are among those of the first.
            test: if same {
                Answers::each((0..1000).map(|image| image >= wrong))
            } else {
                Answers::counted(1000 - wrong, 1000)
            },
        };
        [20, 10].map(|wrong| Measured::new("a", 1, wrong, vec![trial(wrong)], Vec::new()))
    };
    let width = |same| {
        let [first, second] = two(same);
        let (low, high) = test_difference(&first, &second, 0.05).unwrap().interval;
        high - low
    };
    // 12 disagreements and 32, one added on each side, of 1,002.
    assert!((width(true) - 2.0 * 1.96 * (0.012_f64 / 1000.0).sqrt()).abs() < 2e-4, "{}", width(true));
    assert!((width(false) - 2.0 * 1.96 * (0.032_f64 / 1000.0).sqrt()).abs() < 2e-4, "{}", width(false));
    let [first, second] = two(false);
    let (low, high) = slopes(&[second, first], 0.05)[0].change_interval();
    assert!(low < 0.0 && high > 2.0, "twice the errors, or by chance fewer: {low} {high}");
}

#[test]
fn one_setting_or_none_has_nothing_to_compare() {
    let one = judge(&[counted("128 units", 1, &[4900, 4910], 5000, FOLDS)], &Options::default());
    assert_eq!(one.sentences, ["There is one setting, 128 units: nothing to compare."]);
    assert_eq!(judge(&[], &Options::default()).sentences, ["There are no results."]);
    let one_of_two = [counted("a", 1, &[4900, 4910], 5000, FOLDS), counted("b", 2, &[4900], 5000, FOLDS)];
    let verdict = judge(&one_of_two, &Options::default());
    assert!(verdict.sentences[0].starts_with("Only a has trials"), "{:?}", verdict.sentences);
}

#[test]
fn equal_settings_are_within_the_margin_with_room_for_chance() {
    let correct = [4950, 4948, 4953, 4949, 4955, 4950, 4951, 4947, 4952, 4950, 4949, 4951];
    let settings = ["a", "b", "c"].map(|label| counted(label, 7, &correct, 5000, FOLDS));
    let verdict = judge(&settings, &Options::default());
    assert_eq!(classes(&verdict), [Class::Within; 3]);
    // Two images in 5,000, not nothing.
    assert!(verdict.settings.iter().all(|setting| setting.below.unwrap().high > 0.0));
    assert_eq!(verdict.answer, Some(0));
    let found = held_out_difference(&settings[0], &settings[1], 0.05, FOLDS).unwrap();
    assert_eq!((found.mean, found.needed), (0.0, Some(Needed::NotExpected)));
    assert!(found.interval.0 < 0.0 && 0.0 < found.interval.1);
}

#[test]
fn two_seeds_that_happen_to_agree_show_nothing_small() {
    let settings = [counted("a", 1, &[4950, 4940], 5000, FOLDS), counted("b", 2, &[4960, 4950], 5000, FOLDS)];
    let found = held_out_difference(&settings[0], &settings[1], 0.05, FOLDS).unwrap();
    assert!(found.interval.0 < 0.0 && found.interval.1 > 0.004, "{:?}", found.interval);
}

#[test]
fn networks_without_errors_have_finite_bounds() {
    let settings = [counted("a", 1, &[5000; 3], 5000, FOLDS), counted("b", 2, &[5000; 3], 5000, FOLDS)];
    let found = test_accuracy(&settings[0], 0.05).unwrap();
    assert_eq!((found.mean, found.interval.1), (1.0, 1.0));
    assert!(0.999 < found.interval.0 && found.interval.0 < 1.0);
    let slope = slopes(&settings, 0.05)[0];
    assert_eq!(slope.change(), 0.0);
    let (low, high) = slope.change_interval();
    assert!(-1.0 < low && low < -0.9 && high > 10.0 && high.is_finite(), "{low} {high}");
    let worst = [counted("a", 1, &[0; 3], 5000, FOLDS), counted("b", 2, &[5000; 3], 5000, FOLDS)];
    assert_eq!(held_out_accuracy(&worst[0], 0.05, FOLDS).unwrap().interval.0, 0.0);
    let slope = slopes(&worst, 0.05)[0];
    assert!(slope.change_interval().0 >= -1.0 && slope.change_interval().1.is_finite());
    assert_eq!(judge(&worst, &Options::default()).answer, Some(1));
}

#[test]
fn a_halved_error_has_a_slope_of_minus_one() {
    let first: Vec<usize> = (0..12).map(|seed| 4900 - 2 * (seed % 4)).collect();
    let second: Vec<usize> = first.iter().map(|correct| 5000 - (5000 - correct) / 2).collect();
    let settings = [counted("16", 16, &first, 5000, FOLDS), counted("32", 32, &second, 5000, FOLDS)];
    let slope = slopes(&settings, 0.05)[0];
    // Half an error in 1,236 and in 618.
    assert!((slope.per_doubling + 1.0).abs() < 1e-3 && (slope.change() + 0.5).abs() < 1e-3);
    assert!(slope.interval.0 < -1.0 && -1.0 < slope.interval.1);
    let four_times = [settings[0].clone(), counted("64", 64, &second, 5000, FOLDS)];
    assert!((slopes(&four_times, 0.05)[0].per_doubling + 0.5).abs() < 1e-3);
}

#[test]
fn folds_of_unequal_size_are_averaged_as_they_are() {
    let trial = |seed: u64, correct, images| Trial {
        seed,
        fold: seed as usize,
        training_images: 60_000 - images,
        held_out: Answers::counted(correct, images),
        test: None,
    };
    let trials = vec![trial(1, 8571, 8572), trial(2, 8500, 8571), trial(3, 8571, 8571)];
    let setting = Measured::new("a", 1, 1, trials.clone(), Vec::new());
    let found = held_out_accuracy(&setting, 0.05, 7).unwrap();
    let mean = (8571.0 / 8572.0 + 8500.0 / 8571.0 + 1.0) / 3.0;
    assert!((found.mean - mean).abs() < 1e-15);
    // Other sizes under the same seed are not the same images.
    let other = Measured::new("b", 2, 2, vec![trial(1, 8571, 8571), trials[1].clone()], Vec::new());
    assert_eq!(held_out_difference(&setting, &other, 0.05, 7).unwrap().seeds, 1);
}

#[test]
fn a_fold_held_out_often_does_not_count_more() {
    let repeated = |values: &[(usize, f64)]| Repeated::new(values, 0.1, 0.0).unwrap();
    let once = repeated(&[(0, 0.98), (1, 0.99)]);
    let often = repeated(&[(0, 0.98), (0, 0.98), (0, 0.98), (1, 0.99)]);
    assert_eq!((once.mean, once.degrees()), (often.mean, often.degrees()));
    assert_eq!(once.of_fold, often.of_fold);
}

#[test]
fn settings_with_different_seeds_are_compared_over_those_in_common() {
    let mut few = counted("lost", 1, &close_to(4800, 3), 5000, FOLDS);
    few.label = "8 units".into();
    let settings = [few, counted("64 units", 2, &close_to(4950, 12), 5000, FOLDS)];
    let verdict = judge(&settings, &Options::default());
    assert_eq!(classes(&verdict), [Class::Worse, Class::Within]);
    assert_eq!(verdict.gaps.len(), 9);
    let missing = verdict.sentences.last().unwrap();
    assert!(missing.starts_with("9 trials are not counted: 8 units, seed 4 (not trained)"), "{missing}");
    assert!(missing.ends_with("and 3 more."), "{missing}");
}

#[test]
fn settings_without_common_folds_leave_each_other_undecided() {
    let trial = |seed: u64| Trial {
        seed,
        fold: seed as usize,
        training_images: 55_000,
        held_out: Answers::counted(4900 + seed as usize, 5000),
        test: None,
    };
    let settings = [
        Measured::new("a", 1, 1, vec![trial(1), trial(2)], Vec::new()),
        Measured::new("b", 2, 2, vec![trial(3), trial(4)], Vec::new()),
    ];
    let verdict = judge(&settings, &Options::default());
    assert_eq!(classes(&verdict), [Class::Undecided; 2]);
    assert!(verdict.settings.iter().all(|setting| setting.below.unwrap().high == 1.0));
    assert_eq!(verdict.add_seeds_to, [0, 1]);
    assert!(verdict.sentences[1].contains("fewer than two folds in common"), "{:?}", verdict.sentences);
    assert_eq!(held_out_difference(&settings[0], &settings[1], 0.05, FOLDS), None);
    assert!(slopes(&settings, 0.05).is_empty());
}

#[test]
fn two_trials_of_one_seed_are_set_apart_by_name() {
    let one = counted("a", 1, &[4900, 4910, 4905], 5000, FOLDS);
    let mut trials = one.trials().to_vec();
    trials.push(trials[1].clone());
    let verdict = judge(&[Measured::new("a", 1, 1, trials, Vec::new()), one], &Options::default());
    assert_eq!(verdict.gaps, [Gap { setting: 0, seed: 2, reason: "2 trials with this seed".into() }]);
    assert_eq!(verdict.settings[0].seeds, 2);
}

#[test]
fn the_smallest_that_is_shown_to_reach_a_target_is_found() {
    let settings = [
        counted("8", 8, &close_to(4800, 12), 5000, FOLDS),
        counted("16", 16, &close_to(4900, 12), 5000, FOLDS),
        counted("32", 32, &close_to(4990, 12), 5000, FOLDS),
    ];
    let smallest = |target| reaching(&settings, target, &Options::default()).smallest;
    assert_eq!([0.95, 0.97, 0.99, 0.999].map(smallest), [Some(0), Some(1), Some(2), None]);
    // The mean itself is not shown.
    assert_eq!(smallest(0.98), Some(2));
    assert_eq!(reaching(&[], 0.9, &Options::default()).smallest, None);
}

#[test]
fn a_budget_leaves_those_that_it_pays_for() {
    let settings = [
        counted("8", 8, &close_to(4800, 12), 5000, FOLDS),
        counted("16", 16, &close_to(4900, 12), 5000, FOLDS),
        counted("32", 32, &close_to(4990, 12), 5000, FOLDS),
    ];
    let found = within_budget(&settings, &[1.0, 2.0, f64::NAN], 2.0, &Options::default());
    assert_eq!(found.settings, [0, 1]);
    assert_eq!((found.verdict.best_seen, found.verdict.answer), (Some(1), Some(1)));
    let nothing = within_budget(&settings, &[1.0; 3], 0.5, &Options::default());
    assert_eq!(nothing.verdict.sentences, ["There are no results."]);
}

#[test]
fn more_looks_widen_the_bounds() {
    let settings = [
        counted("a", 1, &[4930, 4945, 4938, 4951, 4940], 5000, FOLDS),
        counted("b", 2, &[4945, 4948, 4942, 4958, 4956], 5000, FOLDS),
    ];
    let high = |looks| {
        let verdict = judge(&settings, &Options { looks, ..Options::default() });
        assert_eq!(verdict.sentences.len(), if looks > 1 { 3 } else { 2 });
        verdict.settings[0].below.unwrap().high
    };
    assert!(high(1) < high(2) && high(2) < high(10));
    // A union bound: two looks at 5 % are one at 2.5 %.
    let half = judge(&settings, &Options { alpha: 0.025, ..Options::default() });
    assert_eq!(half.settings[0].below.unwrap().high, high(2));
}

/// What this thread has used, whatever else the machine does; `None` where Linux does not count it.
fn processor_seconds() -> Option<f64> {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(counted.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

#[test]
fn two_thousand_settings_take_less_than_a_second() {
    let correct = |setting: usize| -> Vec<usize> {
        (0..12).map(|seed| 4940 + (setting * 7919 + seed * 104_729) % 23).collect()
    };
    let settings: Vec<Measured> = (0..2000)
        .map(|setting| counted(&setting.to_string(), setting, &correct(setting), 5000, FOLDS))
        .collect();
    let start = processor_seconds();
    let verdict = judge(&settings, &Options::default());
    let taken = start.and_then(|start| Some(processor_seconds()? - start));
    println!("2,000 settings, all of which may be the best: {taken:?} seconds of processor time");
    assert_eq!(verdict.candidates.len(), 2000, "the worst case");
    assert!(cfg!(debug_assertions) || taken.is_none_or(|taken| taken < 1.0), "{taken:?}");
    assert!(verdict.sentences.iter().all(|sentence| sentence.len() < 1000));
}
