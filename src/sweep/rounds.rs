//! Which trials a sweep that goes on until its settings are decided trains: rounds of seeds, as a pure function of results.
//!
//! The first round has the plan's seeds for every setting. When each of its trials has ended, the verdict is judged, and the
//! next round adds as many seeds to the settings that it names ([`Verdict::add_seeds_to`]). So any number of processes, in any
//! order, interrupted or not, train the same trials. Reading results is `standing`'s.

use crate::statistics::verdict::{Measured, Missing, Options, Trial as Answered, Verdict, judge};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most seeds of a setting if no other number is named.
pub const MAX_SEEDS: usize = 48;
/// The largest number of seeds of a setting.
pub const MOST_SEEDS: usize = 100_000;

/// When a sweep stops adding seeds: a part of `sweep.json`, fixed when the sweep begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UntilDecided {
    /// Accuracy that may be given up for a smaller network, above 0 and below 1.
    pub margin: f64,
    /// Seeds that each round adds to a setting, the first included; the last round may have fewer.
    pub seeds_per_round: usize,
    /// Most seeds of a setting.
    pub max_seeds: usize,
    /// Most rounds. The probability of error is divided among them.
    pub looks: usize,
}

/// How a trial ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It has not ended.
    Open,
    /// It failed with this error.
    Failed(String),
    Finished(Answered),
}

/// What distinguishes a setting from the others, for the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedSetting {
    pub label: String,
    /// Parameters.
    pub size: usize,
    pub units: usize,
}

/// A trial of the rounds: index of the setting, and seed.
pub type Place = (usize, u64);

/// Where the rounds are.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The trials of each round so far. The last round is under way, or the sweep has ended.
    pub rounds: Vec<Vec<Place>>,
    /// The verdict after the last round that has ended.
    pub verdict: Option<Verdict>,
    /// Whether there is nothing left to train.
    pub ended: bool,
}

impl UntilDecided {
    /// A rule whose rounds add `seeds_per_round` seeds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(margin: f64, seeds_per_round: usize, max_seeds: usize) -> Result<Self, String> {
        let looks = max_seeds.div_ceil(seeds_per_round.max(1));
        let rule = Self { margin, seeds_per_round, max_seeds, looks };
        rule.check().map(|()| rule)
    }

    /// Checks a rule that was stored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { margin, seeds_per_round, max_seeds, looks } = *self;
        if !(margin > 0.0 && margin < 1.0) {
            return Err(format!("margin = {margin}: must be a fraction above 0 and below 1"));
        }
        if seeds_per_round < 2 {
            return Err(format!("seeds = {seeds_per_round}: must be at least 2 in the first round"));
        }
        if max_seeds < seeds_per_round {
            return Err(format!(
                "max-seeds = {max_seeds}: must be at least the {seeds_per_round} seeds of the first round"
            ));
        }
        if max_seeds > MOST_SEEDS {
            return Err(format!("max-seeds = {max_seeds}: must be at most {MOST_SEEDS}"));
        }
        let expected = max_seeds.div_ceil(seeds_per_round);
        if looks != expected {
            return Err(format!("looks = {looks}: must be {expected}, the number of rounds"));
        }
        Ok(())
    }

    /// The margin in percentage points, as it is typed: "0.2".
    pub(super) fn margin_in_points(&self) -> String {
        // 0.07, not 0.07000000000000001.
        ((1e11 * self.margin).round() / 1e9).to_string()
    }

    /// The first difference to another rule: "margin = 0.3, not 0.2" for 0.3 points in `other`.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let difference =
            |key: &str, old: String, new: String| (old != new).then(|| format!("{key} = {new}, not {old}"));
        difference("margin", self.margin_in_points(), other.margin_in_points())
            .or_else(|| difference("max-seeds", self.max_seeds.to_string(), other.max_seeds.to_string()))
            .or_else(|| {
                difference(
                    "seeds per round",
                    self.seeds_per_round.to_string(),
                    other.seeds_per_round.to_string(),
                )
            })
    }

    /// All seeds that a setting may get, in the order of the rounds: those of the plan, and then whole numbers above them.
    pub(super) fn seeds(&self, first: &[u64]) -> Vec<u64> {
        let mut seen = BTreeSet::new();
        let mut seeds: Vec<u64> = first.iter().copied().filter(|seed| seen.insert(*seed)).collect();
        let last = seen.last().copied().unwrap_or(0);
        let more = self.max_seeds.saturating_sub(seeds.len());
        // A setting is a signed number in its file: there are no seeds above that.
        seeds.extend((last..i64::MAX as u64).map(|seed| seed + 1).take(more));
        seeds
    }
}

/// Where the rounds are, by what is known of their trials.
///
/// * `settings`: every setting of the plan.
/// * `seeds`: all seeds, in the order of the rounds.
/// * `folds`: into how many the training images are divided.
/// * `known`: how a trial ended. It is asked once for each trial of the rounds so far.
///
/// # Errors
/// Those of `known`.
pub fn position<E>(
    rule: &UntilDecided,
    settings: &[RankedSetting],
    seeds: &[u64],
    folds: usize,
    mut known: impl FnMut(Place) -> Result<Outcome, E>,
) -> Result<Position, E> {
    let options = Options { margin: rule.margin, looks: rule.looks, folds, ..Options::default() };
    let mut trials: Vec<(Vec<Answered>, Vec<Missing>)> = vec![Default::default(); settings.len()];
    // Seeds that each setting has so far, from the first.
    let mut given = vec![0; settings.len()];
    let mut position = Position { rounds: Vec::new(), verdict: None, ended: false };
    let mut chosen: Vec<usize> = (0..settings.len()).collect();
    for round in 1..=rule.looks {
        let upto = seeds.len().min(round * rule.seeds_per_round);
        // A setting that comes back gets the seeds of the rounds that it was not in, so that pairs have them in common.
        let places: Vec<Place> = chosen
            .iter()
            .flat_map(|&setting| seeds[given[setting]..upto].iter().map(move |&seed| (setting, seed)))
            .collect();
        chosen.iter().for_each(|&setting| given[setting] = upto);
        let mut open = false;
        for &(setting, seed) in &places {
            match known((setting, seed))? {
                Outcome::Open => open = true,
                Outcome::Finished(trial) => trials[setting].0.push(trial),
                Outcome::Failed(error) => {
                    trials[setting].1.push(Missing { seed, reason: format!("failed: {error}") });
                }
            }
        }
        position.rounds.push(places);
        if open {
            return Ok(position);
        }
        let measured: Vec<Measured> = settings
            .iter()
            .zip(&trials)
            .map(|(RankedSetting { label, size, units }, (trials, failed))| {
                let measured = Measured::new(label, *size, *units, trials.clone(), Vec::new());
                measured.with_failed(failed.clone())
            })
            .collect();
        let verdict = judge(&measured, &options);
        chosen.clone_from(&verdict.add_seeds_to);
        position.verdict = Some(verdict);
        if chosen.is_empty() {
            break;
        }
    }
    position.ended = true;
    Ok(position)
}

#[cfg(test)]
mod tests;
