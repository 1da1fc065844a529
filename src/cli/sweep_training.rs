//! Trains a sweep's trials in this process, with progress, and prints what they show.

use super::Interrupted;
use super::report::of_sweep;
use super::sweep_progress::{SweepBars, SweepLines};
use super::sweep_rounds::{round_text, shard_text, verdict_text};
use super::terminal::{duration, note, print};
use super::verdict::{self, VerdictOptions};
use crate::data::Dataset;
use crate::format::count;
use crate::report::render;
use crate::run::RunFolder;
use crate::statistics::Report;
use crate::sweep::{
    CostModel, Events, JobSchedule, Runner, Shard, Standing, SweepFolder, Trial, TrialState, best_schedule,
};
use crate::tensorboard::EventLog;
use std::collections::HashSet;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, Ordering};

/// A sweep to train, and how.
pub struct Training<'a> {
    pub folder: &'a SweepFolder,
    pub data: &'a Dataset,
    /// Trials at a time; `None`: as predicted to finish soonest.
    pub jobs: Option<usize>,
    pub cores: usize,
    /// The part that this process trains; `None` for all.
    pub shard: Option<Shard>,
    /// Whether trials that failed before are trained again.
    pub retry_failed: bool,
    /// Whether trials write event files for TensorBoard.
    pub tensorboard: bool,
    pub quiet: bool,
    /// Stops the sweep.
    pub stop: &'a AtomicBool,
}

impl Training<'_> {
    /// Trains these trials, this shard's part of a sweep with a fixed number of seeds.
    pub fn all(&self, trials: Vec<Trial>) -> anyhow::Result<()> {
        let failed = self.train(&trials, trials.clone(), self.retry_failed)?;
        print_report(self.folder, &trials, Some(self.data))?;
        fail_if(failed, self.folder)
    }

    /// Trains rounds until nothing is left to decide; a shard trains its part of one round.
    pub fn rounds(&self) -> anyhow::Result<()> {
        let Self { folder, data, .. } = *self;
        // Failed trials are trained again once, and all rounds are then as the results say.
        let mut retry = self.retry_failed;
        while let Some(standing) = folder.standing(data)? {
            if standing.ended && !retry {
                return end_of_rounds(folder, &standing);
            }
            if !self.quiet {
                note(&round_text(&standing));
            }
            let all = standing.all_trials();
            let trials = if retry { all.clone() } else { standing.trials().to_vec() };
            self.train(&all, part(trials, self.shard), retry)?;
            retry = false;
            if self.shard.is_some()
                && let Some(now) = folder.standing(data)?
                && !now.ended
            {
                if !self.quiet {
                    note(&shard_text(&now, standing.round()));
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Trains those of some trials that are not finished; returns how many failed.
    ///
    /// * `all`: the trials that are shown.
    /// * `left`: those of them that this process trains.
    fn train(&self, all: &[Trial], mut left: Vec<Trial>, retry_failed: bool) -> anyhow::Result<usize> {
        let Self { folder, data, cores, jobs, quiet, stop, .. } = *self;
        let mut finished = Vec::new();
        for trial in all {
            if let TrialState::Finished(result) = folder.state(trial) {
                if self.tensorboard {
                    EventLog::complete(&RunFolder::at(folder.trial_path(trial)), &result)?;
                }
                finished.push(*result);
            }
        }
        let names: HashSet<&str> = finished.iter().map(|result| result.name.as_str()).collect();
        left.retain(|trial| !names.contains(trial.name.as_str()));
        // Timing training steps takes seconds, so only if the prediction is used.
        let shown = !quiet && stderr().is_terminal();
        let model = match jobs {
            Some(_) if !shown => CostModel::uncalibrated(cores),
            _ => CostModel::calibrate(data, cores)?,
        };
        let (left, schedule) = schedule(left, &model, cores, jobs);
        if !quiet {
            let time = match model.error {
                error if error.is_nan() => String::new(),
                _ => format!(", about {} left", duration(schedule.seconds)),
            };
            note(&format!(
                "{}: {} of {} finished{time}; {} at a time with {} each",
                folder.path().display(),
                finished.len(),
                count(all.len(), "trial"),
                schedule.jobs,
                count(schedule.threads, "thread")
            ));
        }
        let events: Box<dyn Events> = if quiet {
            Box::new(())
        } else if stderr().is_terminal() {
            Box::new(SweepBars::new(all, &left, &schedule, &model, &finished))
        } else {
            Box::new(SweepLines { trials: left.len(), ended: 0.into(), waits_for: String::new().into() })
        };
        let runner = Runner {
            folder,
            data,
            jobs: schedule.jobs.min(left.len()).max(1),
            threads: schedule.threads,
            retry_failed,
            tensorboard: self.tensorboard,
            stop,
            events: events.as_ref(),
        };
        let outcome = runner.run(left)?;
        drop(events);
        if stop.load(Ordering::Relaxed) && outcome.left > 0 {
            note(&format!(
                "interrupted with {} left; resume with\n  rowlstm sweep --out {}",
                count(outcome.left, "trial"),
                folder.path().display()
            ));
            return Err(Interrupted.into());
        }
        Ok(outcome.failed)
    }
}

/// The part of some trials that a shard trains.
pub fn part(trials: Vec<Trial>, shard: Option<Shard>) -> Vec<Trial> {
    match shard {
        Some(shard) => shard.part(trials),
        None => trials,
    }
}

/// The trials with the costliest first, and their schedule on so many cores.
pub fn schedule(
    mut trials: Vec<Trial>,
    model: &CostModel,
    cores: usize,
    jobs: Option<usize>,
) -> (Vec<Trial>, JobSchedule) {
    trials.sort_by(|a, b| {
        model.seconds(b, 1).total_cmp(&model.seconds(a, 1)).then_with(|| a.name.cmp(&b.name))
    });
    let schedule = best_schedule(model, &trials, cores, jobs);
    (trials, schedule)
}

/// Prints what a sweep found whose rounds have ended.
fn end_of_rounds(folder: &SweepFolder, standing: &Standing) -> anyhow::Result<()> {
    let trials = standing.all_trials();
    // Its verdict follows: that of all looks.
    print_report(folder, &trials, None)?;
    print(&format!("\n{}", verdict_text(standing)))?;
    let failed = trials.iter().filter(|trial| matches!(folder.state(trial), TrialState::Failed(_)));
    fail_if(failed.count(), folder)
}

/// Prints the report of some trials, with a verdict if there are data to read its answers with.
fn print_report(folder: &SweepFolder, trials: &[Trial], data: Option<&Dataset>) -> anyhow::Result<()> {
    let names: HashSet<&str> = trials.iter().map(|trial| trial.name.as_str()).collect();
    let (runs, mut unfinished) = of_sweep(folder)?;
    // Trials of other shards are left to their processes.
    unfinished.retain(|trial| names.contains(trial.name.as_str()));
    if !runs.is_empty() {
        let mut report = Report::with_tuned(runs, unfinished, folder.tune().as_ref());
        if let Some(data) = data {
            verdict::add(&mut report, folder.path(), &VerdictOptions::default(), None, || Ok(data))?;
        }
        print(render::text(&report).trim_end())?;
    }
    Ok(())
}

/// The error of failed trials.
fn fail_if(failed: usize, folder: &SweepFolder) -> anyhow::Result<()> {
    if failed > 0 {
        let path = folder.path().display();
        anyhow::bail!(
            "{} failed: `rowlstm sweep status {path}` shows the errors, `rowlstm sweep --out {path} --retry-failed` \
             trains them again",
            count(failed, "trial")
        );
    }
    Ok(())
}
