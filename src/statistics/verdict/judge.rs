//! The verdict: which settings are good enough, which are not, and what would decide the others.

use super::accuracy::held_out_accuracy;
use super::best::{Below, Best, Bound, compare};
use super::paired::Needed;
use super::quantiles::Tail;
use super::trials::{Gap, Measured, gaps};
use super::words;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a verdict is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Options {
    /// Accuracy that may be given up for a smaller network, above 0: 0.002 is 0.2 percentage points.
    pub margin: f64,
    /// The probability that any statement of any look is false, at most: above 0, at most 0.5.
    pub alpha: f64,
    /// How many times the verdict is looked at while seeds are added, this time included, at least 1. Each look takes
    /// alpha / looks (union bound), so it does not matter what was decided at the others.
    pub looks: usize,
    /// Into how many folds the training images are divided, at least 2.
    pub folds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { margin: 0.002, alpha: 0.05, looks: 1, folds: 12 }
    }
}

impl Options {
    /// The probability of error of one look.
    pub(super) fn alpha_of_one_look(&self) -> f64 {
        self.alpha / self.looks.max(1) as f64
    }
}

/// What was shown of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// At most the margin below the best.
    Within,
    /// At least the margin below the best.
    Worse,
    /// Neither is shown, or a trial failed ([`Measured::with_failed`]).
    Undecided,
    /// Its trials hold out fewer than two folds, or no other setting has more.
    NotCompared,
}

impl Class {
    /// "within the margin"
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Within => "within the margin",
            Self::Worse => "worse",
            Self::Undecided => "undecided",
            Self::NotCompared => "not compared",
        }
    }
}

/// The verdict on one setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    pub label: String,
    pub class: Class,
    /// Held-out accuracy over all trials of the setting; none without any.
    pub accuracy: Option<f64>,
    /// Seeds with held-out images.
    pub seeds: usize,
    /// Folds that they hold out.
    pub folds: usize,
    /// Whether a trial failed, so that it stays undecided.
    pub failed: bool,
    /// None if it was not compared.
    pub below: Option<Below>,
    /// What would decide it; none if it is decided, not compared, has a failed trial, or has too few folds in common with another
    /// setting.
    pub needed: Option<Needed>,
}

/// The verdict on all settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub options: Options,
    /// In the order given.
    pub settings: Vec<Judgement>,
    /// Index of the smallest setting within the margin; none if no setting is.
    pub answer: Option<usize>,
    /// Index of the setting with the highest accuracy; none if nothing was compared. Not shown to be the best.
    pub best_seen: Option<usize>,
    /// Indices of the settings that may be the best, in order.
    pub candidates: Vec<usize>,
    /// Indices of the settings that a sweep adds seeds to, in order: the undecided that seeds can decide, and what they are
    /// compared with. Empty if seeds can decide nothing more.
    pub add_seeds_to: Vec<usize>,
    /// What is undecided and why, a sentence for each reason: a part of `sentences`.
    pub undecided: Vec<String>,
    /// Trials that are not counted.
    pub gaps: Vec<Gap>,
    /// The verdict in words.
    pub sentences: Vec<String>,
}

/// Compares settings by their held-out accuracy. With probability 1 - `alpha` every class and every bound is true, for new
/// seeds, new training images and new images to read.
///
/// Settings may have different seeds: a pair is compared over the seeds and folds that both have. The order of trials does
/// not matter, and that of settings only for the indices.
pub fn judge(settings: &[Measured], options: &Options) -> Verdict {
    let folds_of =
        |setting: &Measured| -> BTreeSet<usize> { setting.held_out().map(|(trial, _)| trial.fold).collect() };
    let mut judgements: Vec<Judgement> = settings
        .iter()
        .map(|setting| Judgement {
            label: setting.label.clone(),
            class: Class::NotCompared,
            accuracy: held_out_accuracy(setting, options.alpha, options.folds).map(|found| found.mean),
            seeds: setting.held_out().count(),
            folds: folds_of(setting).len(),
            failed: setting.has_failed(),
            below: None,
            needed: None,
        })
        .collect();
    let compared: Vec<usize> = (0..settings.len()).filter(|&index| judgements[index].folds >= 2).collect();
    let mut verdict = Verdict {
        options: *options,
        settings: Vec::new(),
        answer: None,
        best_seen: None,
        candidates: Vec::new(),
        add_seeds_to: Vec::new(),
        undecided: Vec::new(),
        gaps: gaps(settings),
        sentences: Vec::new(),
    };
    if compared.len() >= 2 {
        let means: Vec<(&Measured, f64)> = compared
            .iter()
            .map(|&index| (&settings[index], judgements[index].accuracy.unwrap_or(0.0)))
            .collect();
        let (Best { seen, candidates, bounds }, mut tail) = compare(&means, options.alpha_of_one_look());
        for (&index, bound) in compared.iter().zip(bounds) {
            let judgement = &mut judgements[index];
            judgement.class = class(&bound.below, options.margin);
            judgement.below = Some(bound.below);
            if judgement.class == Class::Undecided {
                judgement.needed = needed(&bound, options, &mut tail);
            }
        }
        verdict.best_seen = Some(compared[seen]);
        verdict.candidates = candidates.into_iter().map(|candidate| compared[candidate]).collect();
        // Seeds are added as if no trial had failed; what they show of a setting with a failed one does not count.
        verdict.add_seeds_to = add_seeds_to(&judgements, &verdict.candidates, options.folds);
        for judgement in judgements.iter_mut().filter(|one| one.failed && one.class != Class::NotCompared) {
            (judgement.class, judgement.needed) = (Class::Undecided, None);
        }
        verdict.answer = answer(settings, &judgements);
    }
    verdict.settings = judgements;
    verdict.undecided = words::undecided(settings, &verdict);
    verdict.sentences = words::sentences(settings, &verdict);
    verdict
}

fn class(below: &Below, margin: f64) -> Class {
    if below.high <= margin {
        Class::Within
    } else if below.low >= margin {
        Class::Worse
    } else {
        Class::Undecided
    }
}

/// What would show what is seen: that the setting is within the margin, or that it is not.
fn needed(bound: &Bound, options: &Options, tail: &mut Tail) -> Option<Needed> {
    let (margin, seen) = (options.margin, bound.below.seen);
    let pair = if seen < margin { bound.high } else { bound.seen }?;
    Some(match pair.needed((margin - seen).abs(), options.folds, tail) {
        Some(seeds) => Needed::Seeds(seeds),
        None if pair.never(margin.max((margin - seen).abs()), options.folds, tail) => Needed::Images,
        None => Needed::NotExpected,
    })
}

/// The smallest setting within the margin; of several that small the most accurate, then the first by label.
fn answer(settings: &[Measured], judgements: &[Judgement]) -> Option<usize> {
    let within = (0..settings.len()).filter(|&index| judgements[index].class == Class::Within);
    within.min_by(|&a, &b| {
        let accuracy = |index: usize| judgements[index].accuracy.unwrap_or(0.0);
        (settings[a].size.cmp(&settings[b].size))
            .then(accuracy(b).total_cmp(&accuracy(a)))
            .then_with(|| settings[a].label.cmp(&settings[b].label))
    })
}

fn add_seeds_to(judgements: &[Judgement], candidates: &[usize], folds: usize) -> Vec<usize> {
    let open = |judgement: &Judgement| {
        judgement.class == Class::Undecided
            && match judgement.needed {
                // None: too few folds in common.
                Some(Needed::Seeds(_)) | None => true,
                // Folds that are still to be read may move the difference away from the margin.
                Some(Needed::NotExpected) => judgement.folds < folds,
                Some(Needed::Images) => false,
            }
    };
    let mut indices: BTreeSet<usize> =
        (0..judgements.len()).filter(|&index| open(&judgements[index])).collect();
    if !indices.is_empty() {
        indices.extend(candidates);
    }
    indices.into_iter().collect()
}
