//! The verdict of a report: its options, and the answers of the runs, which are read from their folders.

use super::terminal::{bar_style, bars, clear_bars, note};
use super::usage_error;
use crate::data::Dataset;
use crate::statistics::Report;
use crate::statistics::findings::{Budget, Findings, Question};
use crate::statistics::measured::{Read, measured, stored};
use crate::statistics::verdict::Options;
use crate::sweep::UntilDecided;
use indicatif::ProgressBar;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Reading that takes longer has a bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most warnings about stored predictions that are printed one by one.
const WARNINGS: usize = 5;

/// What the verdict is asked for.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct VerdictOptions {
    /// Percentage points of accuracy that may be given up for a smaller network, above 0 and below 100 [default: 0.2]
    #[arg(long, value_name = "POINTS", value_parser = margin, allow_negative_numbers = true)]
    margin: Option<f64>,
    /// Name the smallest network shown to reach this accuracy in percent, such as 98.5
    #[arg(long, value_name = "PERCENT", value_parser = target, allow_negative_numbers = true)]
    target: Option<f64>,
    /// Name the best network within a training time (30s, 5min, 2h) or a time per image (0.5ms)
    #[arg(long, value_name = "TIME", value_parser = budget, allow_negative_numbers = true)]
    budget: Option<Budget>,
}

impl VerdictOptions {
    /// * `rule`: of a sweep that goes on until its settings are decided. Its margin is the default, and its looks count.
    fn question(&self, rule: Option<&UntilDecided>) -> Question {
        let usual = Question::default();
        let (margin, looks) = rule.map_or((usual.margin, usual.looks), |rule| (rule.margin, rule.looks));
        Question { margin: self.margin.unwrap_or(margin), looks, target: self.target, budget: self.budget }
    }

    /// The first option that was typed.
    fn typed(&self) -> Option<&'static str> {
        let options = [
            (self.margin.is_some(), "--margin"),
            (self.target.is_some(), "--target"),
            (self.budget.is_some(), "--budget"),
        ];
        options.into_iter().find(|(typed, _)| *typed).map(|(_, name)| name)
    }
}

fn margin(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(points) if points > 0.0 && points < 100.0 => Ok(points / 100.0),
        _ => Err("must be percentage points above 0 and below 100, such as 0.2".into()),
    }
}

fn target(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').trim_end().parse::<f64>() {
        Ok(percent) if percent > 1.0 && percent < 100.0 => Ok(percent / 100.0),
        Ok(fraction) if fraction > 0.0 && fraction < 1.0 => {
            let percent = crate::format::plain(100.0 * fraction);
            Err(format!("must be an accuracy in percent: type {percent} for the fraction {text}"))
        }
        _ => Err("must be an accuracy in percent, above 1 and below 100, such as 98.5".into()),
    }
}

fn budget(text: &str) -> Result<Budget, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let amount = number.trim().parse::<f64>().ok().filter(|amount| *amount > 0.0 && amount.is_finite());
    match (amount, unit) {
        (Some(seconds), "s") => Ok(Budget::TrainSeconds(seconds)),
        (Some(minutes), "min") => Ok(Budget::TrainSeconds(60.0 * minutes)),
        (Some(hours), "h") => Ok(Budget::TrainSeconds(3600.0 * hours)),
        (Some(milliseconds), "ms") => Ok(Budget::InferenceMsPerImage(milliseconds)),
        _ => {
            Err("must be a training time, such as 30s, 5min or 2h, or a time per image, such as 0.5ms".into())
        }
    }
}

/// Adds the verdict to a report of runs with folds. Without folds there is none.
///
/// * `folder`: holds the folders of the runs.
/// * `rule`: of the sweep, if it goes on until its settings are decided.
/// * `data`: of the runs, or why it cannot be had; called only if predictions are stored.
///
/// # Errors
///
/// If an option was typed that only runs with folds answer.
pub fn add<'a>(
    report: &mut Report,
    folder: &Path,
    options: &VerdictOptions,
    rule: Option<&UntilDecided>,
    data: impl FnOnce() -> Result<&'a Dataset, &'a str>,
) -> anyhow::Result<()> {
    let Some(folds) = report.folds() else {
        return match options.typed() {
            Some(name) if !report.settings.is_empty() => usage_error(format!(
                "{name}: needs runs that hold out different folds, as those of `rowlstm sweep` do; these have no folds, or \
                 different numbers of them"
            )),
            _ => Ok(()),
        };
    };
    let data = if stored(&report.settings, folder) {
        data().map_err(|problem| {
            note(&format!("warning: {problem}; intervals are wider without the answers to each image"));
        })
    } else {
        Err(())
    };
    let (begun, read, bar) = (Instant::now(), AtomicU64::new(0), OnceLock::new());
    let runs: usize = report.settings.iter().map(|setting| setting.runs.len()).sum();
    let Read { settings, problems } = measured(&report.settings, report.missing(), folder, data.ok(), || {
        let read = 1 + read.fetch_add(1, Ordering::Relaxed);
        if begun.elapsed() >= PATIENCE {
            let style = || bar_style("reading predictions {wide_bar} {pos}/{len}");
            let new = || bars().add(ProgressBar::new(runs as u64).with_style(style()));
            bar.get_or_init(new).set_position(read);
        }
    });
    if bar.get().is_some() {
        clear_bars();
    }
    for problem in problems.iter().take(WARNINGS) {
        note(&format!("warning: {problem}; only its count of correct answers is used"));
    }
    if problems.len() > WARNINGS {
        note(&format!("warning: {} more files of predictions cannot be used", problems.len() - WARNINGS));
    }
    if let Some(tuning) = &mut report.tuning {
        // Without warnings: the runs that were chosen, which the verdict is of, have had theirs.
        let every = measured(&tuning.every, &[], folder, data.ok(), || {}).settings;
        tuning.compare(&settings, &every, Options::default().alpha, folds);
    }
    report.verdict = Some(Findings::new(&report.settings, &settings, folds, &options.question(rule)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_points_percent_and_times() {
        assert_eq!(margin("0.2"), Ok(0.2 / 100.0));
        assert_eq!((target("98.5"), target("98.5 %")), (Ok(98.5 / 100.0), Ok(98.5 / 100.0)));
        assert_eq!(budget("30s"), Ok(Budget::TrainSeconds(30.0)));
        assert_eq!(budget("1.5 min"), Ok(Budget::TrainSeconds(90.0)));
        assert_eq!(budget("2h"), Ok(Budget::TrainSeconds(7200.0)));
        assert_eq!(budget("0.5ms"), Ok(Budget::InferenceMsPerImage(0.5)));
    }

    #[test]
    fn wrong_options_are_answered_with_what_to_type() {
        for wrong in ["0", "-1", "100", "NaN", "inf", "two", ""] {
            assert!(margin(wrong).unwrap_err().ends_with("such as 0.2"), "{wrong}");
        }
        assert_eq!(
            target("0.985").unwrap_err(),
            "must be an accuracy in percent: type 98.5 for the fraction 0.985"
        );
        for wrong in ["0", "100", "NaN", "x", "-3"] {
            assert!(target(wrong).unwrap_err().ends_with("such as 98.5"), "{wrong}");
        }
        for wrong in ["30", "0s", "-1s", "s", "5m", "infs", "NaNs", "1us"] {
            assert!(budget(wrong).unwrap_err().starts_with("must be a training time"), "{wrong}");
        }
    }
}
