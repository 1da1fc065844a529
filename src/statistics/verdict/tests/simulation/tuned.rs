//! Two sizes whose trials were made with four values of one more setting, of which each fold gets the best on the others.

use super::*;
use crate::statistics::tuning::{Outcome, Race, rivals};
use std::collections::BTreeMap;

/// Values per size, the untuned one first.
const VALUES: usize = 4;
/// Accuracies of two sizes with every value: differences between values as small as those of seeds, and none, where a choice
/// finds luck alone.
const TRUTHS: [(&str, [f64; 2 * VALUES]); 2] = [
    ("small differences", [0.98, 0.980_4, 0.980_8, 0.980_2, 0.989_5, 0.989_1, 0.990_1, 0.989_9]),
    ("none", [0.98, 0.98, 0.98, 0.98, 0.99, 0.99, 0.99, 0.99]),
];

/// A size whose trials have the chosen values.
struct TunedSize {
    measured: Measured,
    /// The mean of the true accuracies of the chosen values.
    truth: f64,
    /// How much higher the best mean over all trials is than the true accuracy of that value: what a choice by the same trials
    /// promises too much.
    naive: f64,
    /// The values that the variance of the gain is taken from.
    rivals: Vec<usize>,
}

/// Chooses among the values of a size.
///
/// * `values`: with their true accuracies `accuracies`.
fn tuned(values: &[Measured], accuracies: &[f64]) -> TunedSize {
    let trials: Vec<BTreeMap<u64, &Trial>> =
        values.iter().map(|one| one.trials().iter().map(|trial| (trial.seed, trial)).collect()).collect();
    let outcome = |trial: &Trial| {
        let answers = trial.held_out.as_ref().unwrap();
        Outcome::Scored { correct: answers.correct(), images: answers.images() }
    };
    let race = Race {
        folds: trials[0].iter().map(|(&seed, trial)| (seed, trial.fold)).collect(),
        values: trials
            .iter()
            .map(|trials| trials.iter().map(|(&seed, trial)| (seed, outcome(trial))).collect())
            .collect(),
    };
    let chosen: Vec<Option<usize>> = (0..FOLDS).map(|fold| race.choose(fold)).collect();
    let (mut picked, mut truth) = (Vec::new(), 0.0);
    for (seed, fold) in &race.folds {
        let value = chosen[*fold].unwrap();
        picked.push(trials[value][seed].clone());
        truth += accuracies[value] / race.folds.len() as f64;
    }
    let mean = |value: &Measured| held_out_accuracy(value, 0.05, FOLDS).unwrap().mean;
    let means: Vec<f64> = values.iter().map(mean).collect();
    let best = (0..values.len()).max_by(|&a, &b| means[a].total_cmp(&means[b])).unwrap();
    TunedSize {
        measured: Measured::new("", 1, 1, picked, Vec::new()),
        truth,
        naive: means[best] - accuracies[best],
        rivals: rivals(
            &chosen.into_iter().flatten().collect::<Vec<_>>(),
            &means.into_iter().map(Some).collect::<Vec<_>>(),
        ),
    }
}

#[test]
fn intervals_of_tuned_settings_contain_the_truth_in_95_of_100_experiments() {
    let number = 1000;
    for (truth, accuracies) in TRUTHS {
        for (name, rho) in CORRELATIONS {
            for seeds in [5, 12, 24] {
                let (mut found, mut expected) = (Vec::new(), [0.0; 3]);
                let (mut optimism, mut naive) = (0.0, 0.0);
                for index in 0..number {
                    let values = Truth::new(&accuracies, rho, "tuned", index).all(seeds);
                    let [small, large] = [0, VALUES].map(|first| {
                        tuned(&values[first..first + VALUES], &accuracies[first..first + VALUES])
                    });
                    let accuracy = held_out_accuracy(&large.measured, 0.05, FOLDS).unwrap();
                    let difference = |first: &Measured| {
                        held_out_difference(first, &large.measured, 0.05, FOLDS).unwrap().interval
                    };
                    let others: Vec<&Measured> =
                        large.rivals.iter().map(|&value| &values[VALUES + value]).collect();
                    let gain = held_out_gain(&values[VALUES], &large.measured, &others, 0.05, FOLDS).unwrap();
                    let intervals = [accuracy.interval, difference(&small.measured), gain.interval];
                    let truths = [large.truth, large.truth - small.truth, large.truth - accuracies[VALUES]];
                    expected.iter_mut().zip(truths).for_each(|(sum, truth)| *sum += truth / number as f64);
                    found.push((intervals, truths));
                    optimism += (accuracy.mean - large.truth) / number as f64;
                    naive += large.naive / number as f64;
                }
                let holds = |kind: usize, truth: &dyn Fn(usize) -> f64| {
                    fraction(number, |&index| contains(found[index].0[kind], truth(index)))
                };
                // Of the values that were chosen here, and of the procedure: to choose, and to train with what was chosen.
                let here = [0, 1, 2].map(|kind| holds(kind, &|index| found[index].1[kind]));
                let procedure = [0, 1, 2].map(|kind| holds(kind, &|_| expected[kind]));
                let percent = |parts: [f64; 3]| parts.map(|part| format!("{:.1} %", 100.0 * part)).join(", ");
                let best = accuracies[VALUES..].iter().copied().fold(0.0, f64::max);
                println!(
                    "{truth}, correlation {name:>2}, {seeds:>2} seeds: accuracy, difference, gain {}; of the procedure {}; too \
                     high by {:.3} points, by {:.3} if chosen by the same trials; {:.3} points below the best value",
                    percent(here),
                    percent(procedure),
                    100.0 * optimism,
                    100.0 * naive,
                    100.0 * (best - expected[0]),
                );
                if rho <= R {
                    assert!(here.iter().all(|&part| part >= at_least_95(number)), "{here:?}");
                }
            }
        }
    }
}
