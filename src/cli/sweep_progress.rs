//! Progress of a sweep on stderr.

use super::terminal::{bar_style, bars, clear_bars, duration, note};
use crate::format::{count, percent};
use crate::run::RunResult;
use crate::statistics::{group, labels};
use crate::sweep::{CostModel, Events, JobSchedule, Trial};
use crate::training::StepReport;
use indicatif::ProgressBar;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two updates of a trial's bar.
const REFRESH: Duration = Duration::from_millis(200);
/// Most networks in the table, so that it fits a terminal.
const TABLE_ROWS: usize = 12;

/// No progress.
impl Events for () {}

/// One line per trial that ends, for a file or a pipe.
pub struct SweepLines {
    pub trials: usize,
    pub ended: AtomicUsize,
    /// What it was last said to wait for.
    pub waits_for: Mutex<String>,
}

impl SweepLines {
    fn line(&self, trial: &Trial, what: &str) {
        let ended = 1 + self.ended.fetch_add(1, Ordering::Relaxed);
        note(&format!("{ended}/{}  {}  {what}", self.trials, trial.name));
    }
}

impl Events for SweepLines {
    fn finished(&self, _: usize, trial: &Trial, result: &RunResult) {
        let accuracy = percent(result.test_accuracy);
        self.line(trial, &format!("test {accuracy}  {:.1} s", result.train_seconds));
    }

    fn failed(&self, _: usize, trial: &Trial, error: &str) {
        self.line(trial, &format!("failed: {error}"));
    }

    fn waiting(&self, _: usize, trial: &Trial, holder: &str) {
        let text = format!("waiting for {}: running on {holder}", trial.name);
        let mut last = self.waits_for.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            note(&text);
            *last = text;
        }
    }
}

/// Bars for a terminal: accuracies so far, all trials by predicted time, and each running trial.
pub struct SweepBars {
    total: ProgressBar,
    workers: Vec<ProgressBar>,
    /// Label and bar of the first settings.
    rows: Vec<(String, ProgressBar)>,
    /// For each trial the number of its setting.
    settings: HashMap<String, usize>,
    /// Predicted milliseconds of each trial.
    costs: HashMap<String, u64>,
    state: Mutex<State>,
}

struct State {
    ended: usize,
    /// Predicted milliseconds of the ended trials.
    done: u64,
    /// The same of the running trials, up to where they are.
    under_way: Vec<u64>,
    drawn: Vec<Instant>,
    /// Of each setting.
    accuracies: Vec<Vec<f64>>,
}

impl SweepBars {
    /// Bars for the trials that are left; `finished` are earlier results of the others among `trials`.
    pub fn new(
        trials: &[Trial],
        left: &[Trial],
        schedule: &JobSchedule,
        model: &CostModel,
        finished: &[RunResult],
    ) -> Self {
        let all = bars();
        let groups = group(trials.to_vec());
        let named = groups.iter().enumerate();
        let settings: HashMap<String, usize> = named
            .flat_map(|(index, group)| group.runs.iter().map(move |trial| (trial.name.clone(), index)))
            .collect();
        let mut accuracies = vec![Vec::new(); groups.len()];
        for result in finished {
            if let Some(setting) = settings.get(&result.name) {
                accuracies[*setting].push(result.test_accuracy);
            }
        }
        let cost = |trial: &Trial| (1e3 * model.seconds(trial, schedule.threads)) as u64 + 1;
        let costs: HashMap<String, u64> =
            left.iter().map(|trial| (trial.name.clone(), cost(trial))).collect();
        let bar = |length, style| all.add(ProgressBar::new(length).with_style(bar_style(style)));
        let rows =
            labels(&groups).into_iter().take(TABLE_ROWS).map(|label| (label, bar(1, "{msg}"))).collect();
        let total = bar(costs.values().sum(), "{prefix} {wide_bar} {msg}");
        let workers = (0..schedule.jobs).map(|_| bar(1, "{prefix:28} {bar:24} {msg}")).collect();
        let state = State {
            ended: 0,
            done: 0,
            under_way: vec![0; schedule.jobs],
            drawn: vec![Instant::now() - REFRESH; schedule.jobs],
            accuracies,
        };
        let bars = Self { total, workers, rows, settings, costs, state: Mutex::new(state) };
        bars.draw(&bars.state());
        bars
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cost(&self, trial: &Trial) -> u64 {
        self.costs.get(&trial.name).copied().unwrap_or(0)
    }

    fn draw(&self, state: &State) {
        for ((label, bar), values) in self.rows.iter().zip(&state.accuracies) {
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            let accuracy = if values.is_empty() {
                "-".into()
            } else {
                format!("test {}, {}", percent(mean), count(values.len(), "seed"))
            };
            bar.set_message(format!("{label:<28} {accuracy}"));
        }
        let position = state.done + state.under_way.iter().sum::<u64>();
        self.total.set_position(position);
        self.total.set_prefix(format!("{}/{}", state.ended, count(self.costs.len(), "trial")));
        // The time left at the pace so far, in the predicted proportions.
        let elapsed = self.total.elapsed().as_secs_f64();
        let left = self.total.length().unwrap_or(0).saturating_sub(position);
        let seconds = if position > 0 { elapsed * left as f64 / position as f64 } else { left as f64 / 1e3 };
        self.total.set_message(format!("{} left", duration(seconds)));
    }

    fn end(&self, worker: usize, trial: &Trial, accuracy: Option<f64>) {
        let mut state = self.state();
        state.ended += 1;
        state.done += self.cost(trial);
        state.under_way[worker] = 0;
        if let (Some(accuracy), Some(setting)) = (accuracy, self.settings.get(&trial.name)) {
            state.accuracies[*setting].push(accuracy);
        }
        self.draw(&state);
    }
}

impl Events for SweepBars {
    fn begun(&self, worker: usize, trial: &Trial, steps_done: usize) {
        let bar = &self.workers[worker];
        bar.set_length(trial.config.total_steps() as u64);
        bar.set_position(steps_done as u64);
        bar.set_prefix(trial.name.clone());
    }

    fn step(&self, worker: usize, trial: &Trial, report: &StepReport) {
        let mut state = self.state();
        if state.drawn[worker].elapsed() < REFRESH {
            return;
        }
        state.drawn[worker] = Instant::now();
        let fraction = report.step as f64 / trial.config.total_steps() as f64;
        state.under_way[worker] = (fraction * self.cost(trial) as f64) as u64;
        self.workers[worker].set_position(report.step as u64);
        self.workers[worker].set_message(format!("epoch {}, loss {:.4}", report.epoch, report.mean_loss));
        self.draw(&state);
    }

    fn finished(&self, worker: usize, trial: &Trial, result: &RunResult) {
        self.end(worker, trial, Some(result.test_accuracy));
    }

    fn failed(&self, worker: usize, trial: &Trial, error: &str) {
        note(&format!("{} failed: {error}", trial.name));
        self.end(worker, trial, None);
    }

    fn waiting(&self, worker: usize, trial: &Trial, holder: &str) {
        let bar = &self.workers[worker];
        bar.set_prefix(trial.name.clone());
        bar.set_message(format!("waiting: running on {holder}"));
    }
}

impl Drop for SweepBars {
    fn drop(&mut self) {
        clear_bars();
    }
}
