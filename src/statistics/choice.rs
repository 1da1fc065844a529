//! The smallest sufficient network: the one-standard-error rule on validation accuracy.

use super::formulas::standard_error;
use super::{Choice, Setting, Spread};
use crate::format::{count, percent, points};

/// Means that differ by less count as equal: the difference is rounding.
const ROUNDING: f64 = 1e-12;
/// With fewer seeds the standard error is itself uncertain.
const FEW_SEEDS: usize = 5;

/// A setting with validation accuracy: its index, itself, its validation accuracy.
type Candidate<'a> = (usize, &'a Setting, &'a Spread);

/// `None` with fewer than two settings that have validation accuracies.
///
/// * `unfinished`: planned runs without a result, for the caveats.
pub(super) fn choose(settings: &[Setting], unfinished: usize) -> Option<Choice> {
    let all = settings.iter().enumerate();
    let candidates: Vec<Candidate> =
        all.filter_map(|(index, setting)| Some((index, setting, setting.validation.as_ref()?))).collect();
    if candidates.len() < 2 {
        return None;
    }
    let by_accuracy = |a: &&Candidate, b: &&Candidate| b.2.mean.total_cmp(&a.2.mean);
    let by_size = |a: &&Candidate, b: &&Candidate| a.1.parameters.cmp(&b.1.parameters);
    // Ties go to the smallest network, as the rule intends, and then to the first.
    let best = *candidates.iter().min_by(|a, b| by_accuracy(a, b).then(by_size(a, b)))?;
    let error = error_of(best);
    let threshold = best.2.mean - error;
    let within = candidates.iter().filter(|candidate| candidate.2.mean >= threshold - ROUNDING);
    // Ties go to the most accurate, and then to the first.
    let chosen = *within.min_by(|a, b| by_size(a, b).then(by_accuracy(a, b)))?;
    Some(Choice {
        best: best.0,
        chosen: chosen.0,
        threshold,
        sentence: sentence(best, chosen, error, all_equally_large(&candidates)),
        caveats: caveats(best, chosen, &candidates, settings.len(), unfinished),
    })
}

/// The standard error of the best setting's mean over seeds; for one seed, of its accuracy over validation images.
fn error_of((_, setting, validation): Candidate) -> f64 {
    let values: Vec<f64> = validation.values.iter().map(|(_, value)| *value).collect();
    standard_error(&values).unwrap_or_else(|| {
        let (accuracy, images) = (validation.mean, setting.runs[0].validation_total.max(1) as f64);
        (accuracy * (1.0 - accuracy) / images).max(0.0).sqrt()
    })
}

fn sentence(best: Candidate, chosen: Candidate, error: f64, all_equally_large: bool) -> String {
    let (label, error, accuracy) = (&chosen.1.label, points(error), percent(chosen.2.mean));
    if best.0 != chosen.0 {
        let (best, most) = (&best.1.label, percent(best.2.mean));
        return format!(
            "{label}: the smallest network whose validation accuracy ({accuracy}) is within one standard error ({error} \
             points) of the best ({best}, {most})."
        );
    }
    let others = if all_equally_large {
        ". All settings have the same number of parameters.".into()
    } else {
        format!(", and no smaller network is within one standard error ({error} points) of it.")
    };
    format!("{label}: the best validation accuracy ({accuracy}){others}")
}

fn all_equally_large(candidates: &[Candidate]) -> bool {
    candidates.windows(2).all(|pair| pair[0].1.parameters == pair[1].1.parameters)
}

fn caveats(
    best: Candidate,
    chosen: Candidate,
    candidates: &[Candidate],
    settings: usize,
    unfinished: usize,
) -> Vec<String> {
    let mut caveats = vec!["The choice does not use test accuracy.".to_string()];
    if best.0 != chosen.0 {
        caveats.push(
            "The rule favours small networks. The chosen network is within one standard error of the best on these \
             validation images; that does not show that they are equally accurate."
                .into(),
        );
    }
    if candidates.iter().all(|candidate| candidate.1.parameters <= best.1.parameters)
        && !all_equally_large(candidates)
    {
        caveats.push("The best network is the largest one tried: a larger one may be better.".into());
    }
    let seeds = |candidate: &Candidate| candidate.1.runs.len();
    let fewest = candidates.iter().map(seeds).min().unwrap_or(0);
    let most = candidates.iter().map(seeds).max().unwrap_or(0);
    caveats.push(match (fewest, most) {
        (1, 1) => "Each setting was trained with one seed: with another seed the choice may differ.".into(),
        _ if fewest == most => format!("Each setting was trained with {fewest} seeds."),
        _ => format!(
            "The settings were trained with {fewest} to {most} seeds, so their means are not equally precise."
        ),
    });
    caveats.push(match seeds(&best) {
        1 => format!(
            "The best setting has one seed: the standard error is binomial, over {} validation images, and does not \
             include the variation between seeds.",
            best.1.runs[0].validation_total
        ),
        number => {
            let few = if number < FEW_SEEDS { ", so it is itself uncertain" } else { "" };
            let limit = match best.1.runs[0].settings.folds {
                0 => "It does not include the variation between validation images.",
                // Each seed has validation images of its own.
                _ => "It takes the trials to be independent, but they share most of their training images.",
            };
            format!("The standard error is over {number} seeds{few}. {limit}")
        }
    });
    if best.2.deviation == Some(0.0) {
        caveats.push(
            "All seeds of the best setting have the same accuracy: a standard error of 0 is a coincidence."
                .into(),
        );
    }
    let totals = |candidate: &Candidate| candidate.1.runs[0].validation_total;
    if candidates.iter().any(|candidate| totals(candidate) != totals(&best)) {
        caveats.push("The settings have different numbers of validation images.".into());
    }
    if candidates.len() < settings {
        let number = count(settings - candidates.len(), "setting");
        caveats.push(format!("{number} without validation images cannot be chosen."));
    }
    if unfinished > 0 {
        caveats.push(format!("The choice may change: {} not finished.", count(unfinished, "run")));
    }
    caveats
}
