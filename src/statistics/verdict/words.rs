//! The verdict in sentences.

use super::judge::{Class, Judgement, Verdict};
use super::paired::Needed;
use super::trials::{Gap, Measured, NOT_TRAINED};
use crate::format::{count, list, points};

/// At most so many settings, or trials, are named in a sentence.
const NAMED: usize = 6;
/// Numbers up to this are written out.
const WRITTEN: [&str; 11] =
    ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

pub(super) fn sentences(settings: &[Measured], verdict: &Verdict) -> Vec<String> {
    let mut sentences = Vec::new();
    let compared = of_class(verdict, |judgement| judgement.class != Class::NotCompared);
    if compared.is_empty() {
        sentences.push(nothing_compared(verdict));
    } else {
        sentences.push(answer(verdict, compared.len()));
        let worse = of_class(verdict, |judgement| judgement.class == Class::Worse);
        if !worse.is_empty() {
            sentences.push(format!("Not enough: {}.", named(&worse, bounds)));
        }
        sentences.extend(verdict.undecided.iter().cloned());
        let apart = of_class(verdict, |judgement| judgement.class == Class::NotCompared);
        if !apart.is_empty() {
            let text = |judgement: &Judgement| count(judgement.folds, "fold");
            sentences.push(format!(
                "Not compared, because two different folds are needed: {}.",
                named(&apart, text)
            ));
        }
        if verdict.options.looks > 1 {
            sentences.push(format!(
                "The confidence holds for all {} planned looks at growing results together.",
                verdict.options.looks
            ));
        }
    }
    sentences.extend(missing(settings, verdict));
    sentences
}

fn of_class(verdict: &Verdict, class: impl Fn(&Judgement) -> bool) -> Vec<&Judgement> {
    verdict.settings.iter().filter(|judgement| class(judgement)).collect()
}

/// "128 units will do: with 95 % confidence less than 0.20 points below the best of the six."
fn answer(verdict: &Verdict, compared: usize) -> String {
    let (confidence, margin) = (confidence(verdict.options.alpha), points(verdict.options.margin));
    let compared = in_words(compared);
    let Some(index) = verdict.answer else {
        return format!(
            "No setting is shown, with {confidence} confidence, to be less than {margin} points below the best of the \
             {compared}."
        );
    };
    let judgement = &verdict.settings[index];
    if judgement.below.is_some_and(|below| below.high == 0.0) {
        return format!(
            "{} will do: with {confidence} confidence the best of the {compared}.",
            judgement.label
        );
    }
    format!(
        "{} will do: with {confidence} confidence less than {margin} points below the best of the {compared}.",
        judgement.label
    )
}

/// "0.50 to 0.70 points below"
fn bounds(judgement: &Judgement) -> String {
    match judgement.below {
        Some(below) if below.high >= 1.0 => "no bound".into(),
        Some(below) if below.low == 0.0 => format!("at most {} points below", points(below.high)),
        Some(below) => format!("{} to {} points below", points(below.low), points(below.high)),
        None => "no bound".into(),
    }
}

/// A sentence for each of the things that may decide a setting.
pub(super) fn undecided(settings: &[Measured], verdict: &Verdict) -> Vec<String> {
    let images = settings.iter().flat_map(Measured::held_out);
    let images = images.map(|(trial, held)| trial.training_images + held.images()).max().unwrap_or(0);
    let of = |needed: fn(Option<Needed>) -> bool| {
        of_class(verdict, |judgement| {
            judgement.class == Class::Undecided && !judgement.failed && needed(judgement.needed)
        })
    };
    let kinds = [
        (of(|needed| matches!(needed, Some(Needed::Seeds(_)))), String::new()),
        (
            of(|needed| needed == Some(Needed::NotExpected)),
            ", and no number of seeds is likely to decide it if differences are as they look".into(),
        ),
        (
            of(|needed| needed == Some(Needed::Images)),
            format!(
                ", and more seeds cannot decide it, because {} are too few for a margin of {} points",
                count(images, "image"),
                points(verdict.options.margin)
            ),
        ),
        (
            of(|needed| needed.is_none()),
            ", with fewer than two folds in common with a setting that may be the best".into(),
        ),
        (
            of_class(verdict, |judgement| judgement.class == Class::Undecided && judgement.failed),
            ", because a trial failed".into(),
        ),
    ];
    let kinds = kinds.into_iter().filter(|(judgements, _)| !judgements.is_empty());
    kinds
        .map(|(judgements, why)| format!("Undecided{why}: {}.", named(&judgements, bounds_and_seeds)))
        .collect()
}

/// "at most 0.31 points below; about 20 more seeds would decide it"
fn bounds_and_seeds(judgement: &Judgement) -> String {
    match judgement.needed {
        // As many as there are would mostly have been enough.
        Some(Needed::Seeds(seeds)) if seeds <= judgement.seeds => {
            format!("{}; a few more seeds are likely to decide it", bounds(judgement))
        }
        Some(Needed::Seeds(seeds)) => {
            let more = count(seeds - judgement.seeds, "more seed");
            format!("{}; about {more} would decide it", bounds(judgement))
        }
        _ => bounds(judgement),
    }
}

fn nothing_compared(verdict: &Verdict) -> String {
    let measured = of_class(verdict, |judgement| judgement.folds >= 2);
    match (verdict.settings.len(), measured.as_slice()) {
        (0, _) => "There are no results.".into(),
        (1, _) => format!("There is one setting, {}: nothing to compare.", verdict.settings[0].label),
        (_, [only]) => format!(
            "Only {} has trials that hold out at least two different folds: nothing to compare.",
            only.label
        ),
        _ => "Nothing is decided: each setting needs trials that hold out at least two different folds, because one \
              does not show how results vary with seeds and images."
            .into(),
    }
}

/// "32 units (0.50 to 0.70 points below), 64 units (...) and 3 more"
fn named(judgements: &[&Judgement], text: impl Fn(&Judgement) -> String) -> String {
    let shown = judgements.iter().take(NAMED).map(|one| format!("{} ({})", one.label, text(one)));
    with_rest(shown.collect(), judgements.len())
}

fn with_rest(mut shown: Vec<String>, all: usize) -> String {
    if all > shown.len() {
        shown.push(format!("{} more", all - shown.len()));
    }
    list(&shown)
}

/// "2 trials are not counted: 32 units, seed 4 (failed) and 64 units, seed 5 (not trained)."
fn missing(settings: &[Measured], verdict: &Verdict) -> Option<String> {
    // While seeds are added only where they are needed, settings have different seeds by design.
    let named = |gap: &&Gap| verdict.options.looks == 1 || gap.reason != NOT_TRAINED;
    let gaps: Vec<&Gap> = verdict.gaps.iter().filter(named).collect();
    let shown: Vec<String> = gaps
        .iter()
        .take(NAMED)
        .map(|gap| format!("{}, seed {} ({})", settings[gap.setting].label, gap.seed, gap.reason))
        .collect();
    let number = gaps.len();
    let are = if number == 1 { "is" } else { "are" };
    (number > 0)
        .then(|| format!("{} {are} not counted: {}.", count(number, "trial"), with_rest(shown, number)))
}

/// 0.05: "95 %".
pub(in crate::statistics) fn confidence(alpha: f64) -> String {
    let percent = 100.0 * (1.0 - alpha);
    // 99.9 %, but not 94.99999999999999 %.
    format!("{} %", (percent * 1e6).round() / 1e6)
}

fn in_words(number: usize) -> String {
    WRITTEN.get(number).map_or_else(|| count(number, "setting"), |word| word.to_string())
}
