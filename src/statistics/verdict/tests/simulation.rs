//! Trials drawn from a known truth: intervals must contain it, and verdicts agree with it, as often as they say.
//!
//! `cargo test --release --lib verdict::tests::simulation -- --nocapture` prints the figures of docs/statistics.md.

mod images;
mod tuned;

use super::super::quantiles::{detectable_shift, t_quantile};
use super::*;
use crate::seeds::generator;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const FOLDS: usize = 12;
const IMAGES: usize = 5000;
/// The correlation between trials that the corrected variance assumes: held-out images over all.
const R: f64 = 1.0 / FOLDS as f64;
/// As measured near 99 %: seeds, the images of a fold in all settings alike, and in one setting alone (0.13 points for the
/// difference of two). Fractions.
const SEED: f64 = 0.000_7;
const FOLD: f64 = 0.001_4;
const OWN: f64 = 0.000_92;
const CORRELATIONS: [(&str, f64); 3] = [("0", 0.0), ("r", R), ("2r", 2.0 * R)];

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Settings with these true accuracies, whose trials have a correlation of `rho`.
struct Truth {
    accuracies: Vec<f64>,
    rho: f64,
    /// What all trials of a setting, of a fold of a setting, and of a fold have in common.
    own: Vec<f64>,
    own_fold: Vec<Vec<f64>>,
    fold: Vec<f64>,
    rng: ChaCha8Rng,
}

impl Truth {
    fn new(accuracies: &[f64], rho: f64, purpose: &str, index: usize) -> Self {
        let mut rng = generator(1, purpose, &[index as u64]);
        let (shared, rest) = (rho.sqrt(), (1.0 - rho).sqrt());
        let everyone = shared * FOLD * normal(&mut rng);
        let own = |rng: &mut ChaCha8Rng| everyone + shared * (OWN * OWN + SEED * SEED).sqrt() * normal(rng);
        Self {
            own: accuracies.iter().map(|_| own(&mut rng)).collect(),
            own_fold: accuracies
                .iter()
                .map(|_| (0..FOLDS).map(|_| rest * OWN * normal(&mut rng)).collect())
                .collect(),
            fold: (0..FOLDS).map(|_| rest * FOLD * normal(&mut rng)).collect(),
            accuracies: accuracies.to_vec(),
            rho,
            rng,
        }
    }

    fn trial(&mut self, setting: usize, seed: u64) -> Trial {
        let fold = (seed as usize - 1) % FOLDS;
        let noise = (1.0 - self.rho).sqrt() * SEED * normal(&mut self.rng);
        let accuracy = self.accuracies[setting]
            + self.own[setting]
            + self.own_fold[setting][fold]
            + self.fold[fold]
            + noise;
        let correct = (accuracy * IMAGES as f64).round().clamp(0.0, IMAGES as f64) as usize;
        Trial {
            seed,
            fold,
            training_images: IMAGES * (FOLDS - 1),
            held_out: Answers::counted(correct, IMAGES),
            test: None,
        }
    }

    fn measured(&mut self, setting: usize, seeds: usize) -> Measured {
        let trials = (1..=seeds as u64).map(|seed| self.trial(setting, seed)).collect();
        Measured::new(format!("{setting}"), setting + 1, setting + 1, trials, Vec::new())
    }

    fn all(&mut self, seeds: usize) -> Vec<Measured> {
        (0..self.accuracies.len()).map(|setting| self.measured(setting, seeds)).collect()
    }
}

/// How often something happens in `number` trials.
fn fraction(number: usize, happens: impl FnMut(&usize) -> bool) -> f64 {
    (0..number).filter(happens).count() as f64 / number as f64
}

/// 95 % less three standard errors of the fraction of `number`.
fn at_least_95(number: usize) -> f64 {
    0.95 - 3.0 * (0.95 * 0.05 / number as f64).sqrt()
}

fn contains((low, high): (f64, f64), value: f64) -> bool {
    low <= value && value <= high
}

#[test]
fn intervals_contain_the_truth_in_95_of_100_experiments() {
    let number = 2000;
    for (name, rho) in CORRELATIONS {
        for seeds in [2, 5, 12, 24] {
            let accuracies = [0.98, 0.99];
            let (mut accuracy, mut difference, mut slope) = (0, 0, 0);
            for index in 0..number {
                let settings = Truth::new(&accuracies, rho, "intervals", index).all(seeds);
                let found = held_out_accuracy(&settings[1], 0.05, FOLDS).unwrap();
                accuracy += usize::from(contains(found.interval, 0.99));
                let found = held_out_difference(&settings[0], &settings[1], 0.05, FOLDS).unwrap();
                difference += usize::from(contains(found.interval, 0.01));
                slope += usize::from(contains(slopes(&settings, 0.05)[0].change_interval(), -0.5));
            }
            let [accuracy, difference, slope] =
                [accuracy, difference, slope].map(|times| times as f64 / number as f64);
            println!(
                "correlation {name:>2}, {seeds:>2} seeds: accuracy {:.1} %, difference {:.1} %, slope {:.1} %",
                100.0 * accuracy,
                100.0 * difference,
                100.0 * slope
            );
            if rho <= R {
                assert!(accuracy.min(difference).min(slope) >= at_least_95(number));
            }
        }
    }
}

/// A ladder like that of units 16 to 512; equal settings; one best and all others a little more, or less, than the margin
/// below it, where it is easiest to be wrong.
const TRUTHS: [(&str, [f64; 6]); 4] = [
    ("ladder", [0.965, 0.98, 0.988, 0.99, 0.991, 0.991_2]),
    ("equal", [0.99; 6]),
    ("below the margin", [0.987_999, 0.987_999, 0.987_999, 0.987_999, 0.987_999, 0.99]),
    ("above the margin", [0.988_001, 0.988_001, 0.988_001, 0.988_001, 0.988_001, 0.99]),
];

/// Whether a class, and whether a class or a bound, is false.
fn wrong(verdict: &Verdict, accuracies: &[f64], options: &Options) -> (bool, bool) {
    let best = accuracies.iter().copied().fold(0.0, f64::max);
    let (mut class, mut bound) = (false, false);
    for (judgement, accuracy) in verdict.settings.iter().zip(accuracies) {
        let below = best - accuracy;
        class |= match judgement.class {
            Class::Within => below > options.margin,
            Class::Worse => below < options.margin,
            Class::Undecided | Class::NotCompared => false,
        };
        bound |= judgement.below.is_some_and(|found| !contains((found.low, found.high), below));
    }
    (class, class || bound)
}

#[test]
fn false_verdicts_are_at_most_5_in_100() {
    let (number, options) = (700, Options::default());
    for (truth, accuracies) in TRUTHS {
        for (name, rho) in CORRELATIONS {
            for seeds in [5, 12] {
                let (mut classes, mut bounds, mut answers) = (0, 0, 0);
                for index in 0..number {
                    let settings = Truth::new(&accuracies, rho, "verdicts", index).all(seeds);
                    let verdict = judge(&settings, &options);
                    let (class, bound) = wrong(&verdict, &accuracies, &options);
                    classes += usize::from(class);
                    bounds += usize::from(bound);
                    answers += usize::from(verdict.answer.is_some());
                }
                let percent = |times: usize| 100.0 * times as f64 / number as f64;
                println!(
                    "{truth}, correlation {name:>2}, {seeds:>2} seeds: a false class {:.1} %, a false bound {:.1} %, \
                     an answer {:.1} %",
                    percent(classes),
                    percent(bounds),
                    percent(answers)
                );
                if rho <= R {
                    assert!(1.0 - bounds as f64 / number as f64 >= at_least_95(number));
                }
            }
        }
    }
}

#[test]
fn looking_several_times_while_seeds_are_added_keeps_the_confidence() {
    let (number, options) = (500, Options { looks: 3, ..Options::default() });
    for (truth, accuracies) in TRUTHS {
        for (name, rho) in CORRELATIONS {
            let (mut trained, mut decided) = (0, 0);
            let false_any = fraction(number, |&index| {
                let mut world = Truth::new(&accuracies, rho, "looks", index);
                let mut seeds = [4_usize; 6];
                let mut trials: Vec<Vec<Trial>> =
                    (0..6).map(|setting| (1..=4).map(|seed| world.trial(setting, seed)).collect()).collect();
                let mut false_here = false;
                for look in 1..=3 {
                    let settings: Vec<Measured> = trials
                        .iter()
                        .enumerate()
                        .map(|(size, trials)| {
                            Measured::new(format!("{size}"), size + 1, 1, trials.clone(), Vec::new())
                        })
                        .collect();
                    let verdict = judge(&settings, &options);
                    false_here |= wrong(&verdict, &accuracies, &options).1;
                    if look == 3 || verdict.add_seeds_to.is_empty() {
                        decided += usize::from(verdict.answer.is_some());
                        break;
                    }
                    for setting in verdict.add_seeds_to {
                        // All seeds that the others have, so that pairs have them in common.
                        for seed in seeds[setting] + 1..=4 * (look + 1) {
                            trials[setting].push(world.trial(setting, seed as u64));
                        }
                        seeds[setting] = 4 * (look + 1);
                    }
                }
                trained += seeds.iter().sum::<usize>();
                false_here
            });
            println!(
                "{truth}, correlation {name:>2}, 3 looks: a false class or bound {:.1} %, an answer {:.1} %, {:.0} of 72 \
                 trials trained",
                100.0 * false_any,
                100.0 * decided as f64 / number as f64,
                trained as f64 / number as f64
            );
            if rho <= R {
                assert!(1.0 - false_any >= at_least_95(number));
            }
        }
    }
}

#[test]
fn a_detectable_difference_is_detected_in_80_of_100_experiments() {
    let number = 4000;
    let variance = 2.0 * (OWN * OWN + SEED * SEED);
    for seeds in [3, 5, 12] {
        let degrees = seeds as f64 - 1.0;
        let error = (variance * (1.0 - R) * (1.0 / seeds as f64 + 1.0 / (FOLDS as f64 - 1.0))).sqrt();
        let detectable = detectable_shift(degrees, t_quantile(degrees, 0.025)) * error;
        let detected = fraction(number, |&index| {
            let settings = Truth::new(&[0.98, 0.98 + detectable], R, "power", index).all(seeds);
            held_out_difference(&settings[0], &settings[1], 0.05, FOLDS).unwrap().interval.0 > 0.0
        });
        println!("{seeds} seeds: {:.2} points are detected in {:.1} %", 100.0 * detectable, 100.0 * detected);
        // Three standard errors of the fraction; the correlation is the one that the variance assumes, so power is exact.
        assert!((detected - 0.8).abs() < 3.0 * (0.16 / number as f64).sqrt());
    }
}

#[test]
fn lower_bounds_for_targets_hold_together() {
    let number = 2000;
    let accuracies = [0.988, 0.989, 0.99, 0.99, 0.99, 0.99];
    let hold = fraction(number, |&index| {
        let settings = Truth::new(&accuracies, R, "targets", index).all(5);
        let found = reaching(&settings, 0.985, &Options::default());
        found.at_least.iter().zip(accuracies).all(|(bound, accuracy)| bound.unwrap() <= accuracy)
    });
    println!("all 6 lower bounds hold in {:.1} %", 100.0 * hold);
    assert!(hold >= at_least_95(number));
}
