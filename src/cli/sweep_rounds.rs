//! `rowlstm sweep --until-decided`: its options, and what it prints about rounds.

use super::whole;
use crate::format::{count, list, points};
use crate::sweep::{Asked, MOST_SEEDS, Standing};

/// When to stop adding seeds.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Until decided")]
pub struct UntilDecidedOptions {
    /// Add seeds in rounds until it is decided which settings are within the margin of the best, and only where it is not. The
    /// first round has the given seeds [default: one for each fold], and each later round as many more
    #[arg(long)]
    until_decided: bool,
    /// Percentage points of accuracy that may be given up for a smaller network, above 0 and below 100 [default: 0.2]
    #[arg(long, value_name = "POINTS", requires = "until_decided", value_parser = margin)]
    margin: Option<f64>,
    /// Most seeds of a setting [default: 48]
    #[arg(long, value_name = "N", requires = "until_decided", value_parser = whole(2..=MOST_SEEDS as u64))]
    max_seeds: Option<usize>,
}

impl UntilDecidedOptions {
    /// `None` without the option.
    pub fn asked(&self) -> Option<Asked> {
        self.until_decided.then_some(Asked { margin: self.margin, max_seeds: self.max_seeds })
    }
}

/// Most settings that a line names.
const NAMED: usize = 8;

/// Where the sweep is, and what is undecided: a line, and below it the reasons.
///
/// "round 2 of 4: seeds up to 24 for 32 units and 64 units; 3 of 6 settings are undecided"
pub fn round_text(standing: &Standing) -> String {
    let Standing { rule, verdict, ended, settings, .. } = standing;
    let round = format!("round {} of {}", standing.round(), rule.looks);
    let Some(verdict) = verdict else {
        let trials = count(standing.trials().len(), "trial");
        return format!("{round}: {trials} of {}, nothing is decided yet", count(settings.len(), "setting"));
    };
    let all = count(verdict.settings.len(), "setting");
    let (undecided, number) = match standing.undecided() {
        undecided if undecided.is_empty() => (format!("all of {all} are decided"), 0),
        undecided => {
            (format!("{} of {all} undecided: {}", undecided.len(), named(&undecided)), undecided.len())
        }
    };
    let what = match ended {
        true => format!("ended after {round}"),
        false => {
            let labels: Vec<&str> = settings.iter().map(String::as_str).collect();
            let seeds = rule.max_seeds.min(standing.round() * rule.seeds_per_round);
            format!("{round}: up to {} for {}", count(seeds, "seed"), named(&labels))
        }
    };
    let reasons = verdict.undecided.iter().filter(|_| number > 0).map(|reason| format!("\n  {reason}"));
    format!("{what}; {undecided}{}", reasons.collect::<String>())
}

/// "8 units, 16 units and 3 more"
fn named(labels: &[&str]) -> String {
    let mut shown: Vec<String> = labels.iter().take(NAMED).map(ToString::to_string).collect();
    if labels.len() > NAMED {
        shown.push(format!("{} more", labels.len() - NAMED));
    }
    list(&shown)
}

/// The verdict in words, and how many trials it took.
pub fn verdict_text(standing: &Standing) -> String {
    let sentences = standing.verdict.as_ref().map_or(&[][..], |verdict| &verdict.sentences);
    let (trials, most) = (standing.all_trials().len(), count(standing.most_trials, "trial"));
    let (rounds, margin) =
        (format!("{} of {}", standing.round(), standing.rule.looks), points(standing.rule.margin));
    format!(
        "{}\n{trials} of {most} in {rounds} rounds, with a margin of {margin} points.",
        sentences.join("\n")
    )
}

/// How a round continues whose other trials are left to the other shards.
///
/// * `standing`: after this shard's part of `round`.
pub fn shard_text(standing: &Standing, round: usize) -> String {
    if standing.round() > round {
        return format!(
            "round {round} has ended: run the command of every shard again, for round {} of at most {}",
            standing.round(),
            standing.rule.looks
        );
    }
    format!(
        "this shard of round {round} has ended: when the others have, run the command of every shard again, for the next round"
    )
}

/// Percentage points as a fraction.
fn margin(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(points) if points > 0.0 && points < 100.0 => Ok(points / 100.0),
        _ => Err("must be percentage points above 0 and below 100, such as 0.2".into()),
    }
}
