//! What is seen of a sweep while it goes on, on stderr.

use super::{colours_wanted, note, sweep::duration};
use crate::run::RunResult;
use crate::sweep::{Cell, CostModel, Events, Schedule};
use crate::training::StepReport;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a cell's bar is drawn anew.
const REFRESH: Duration = Duration::from_millis(200);
/// Networks in the table at most; more would not fit a terminal.
const TABLE_ROWS: usize = 12;

/// No progress at all.
pub struct SweepSilent;

impl Events for SweepSilent {
    fn begun(&self, _: usize, _: &Cell, _: usize) {}
    fn step(&self, _: usize, _: &Cell, _: &StepReport) {}
    fn finished(&self, _: usize, _: &Cell, _: &RunResult) {}
    fn failed(&self, _: usize, _: &Cell, _: &str) {}
}

/// A line for each cell that ends: for a file or a pipe.
pub struct SweepLines {
    ended: Mutex<usize>,
    cells: usize,
}

impl SweepLines {
    /// Lines for so many cells.
    pub fn new(cells: usize) -> Self {
        Self { ended: Mutex::new(0), cells }
    }

    fn count(&self) -> usize {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        *ended += 1;
        *ended
    }
}

impl Events for SweepLines {
    fn begun(&self, _: usize, _: &Cell, _: usize) {}
    fn step(&self, _: usize, _: &Cell, _: &StepReport) {}

    fn finished(&self, _: usize, cell: &Cell, result: &RunResult) {
        note(&format!(
            "{}/{}  {}  test {:.2} %  {:.1} s",
            self.count(),
            self.cells,
            cell.name,
            100.0 * result.test_accuracy,
            result.train_seconds
        ));
    }

    fn failed(&self, _: usize, cell: &Cell, error: &str) {
        note(&format!("{}/{}  {}  failed: {error}", self.count(), self.cells, cell.name));
    }
}

/// Bars for a terminal: the table of accuracies as it fills, all cells by predicted cost, and each cell under way.
pub struct SweepBars {
    all: MultiProgress,
    total: ProgressBar,
    workers: Vec<ProgressBar>,
    rows: BTreeMap<(usize, usize), ProgressBar>,
    /// Predicted milliseconds of each cell.
    costs: HashMap<String, u64>,
    state: Mutex<State>,
}

struct State {
    ended: usize,
    cells: usize,
    /// Predicted milliseconds of the cells that ended.
    done: u64,
    /// The same of the cells under way, as far as they are.
    under_way: Vec<u64>,
    drawn: Vec<Instant>,
    accuracies: BTreeMap<(usize, usize), Vec<f64>>,
}

impl SweepBars {
    /// Bars for the cells that are left; `finished` are results that were there before.
    pub fn new(left: &[Cell], schedule: &Schedule, model: &CostModel, finished: Vec<RunResult>) -> Self {
        let all = MultiProgress::new();
        let mut accuracies: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
        for cell in left {
            accuracies.entry((cell.config.num_layers, cell.config.num_units)).or_default();
        }
        for result in finished {
            accuracies.entry((result.num_layers, result.num_units)).or_default().push(result.test_accuracy);
        }
        let text = ProgressStyle::with_template("{msg}").expect("the template is fixed");
        let row = |key: &(usize, usize)| (*key, all.add(ProgressBar::new(1).with_style(text.clone())));
        let rows = accuracies.keys().take(TABLE_ROWS).map(row).collect();
        let bar = if colours_wanted() { "{wide_bar:.cyan}" } else { "{wide_bar}" };
        let style =
            |template: String| ProgressStyle::with_template(&template).expect("the template is fixed");
        let costs: HashMap<String, u64> = left
            .iter()
            .map(|cell| (cell.name.clone(), (1e3 * model.seconds(cell, schedule.threads)) as u64 + 1))
            .collect();
        let total =
            ProgressBar::new(costs.values().sum()).with_style(style(format!("{{prefix}} {bar} {{msg}}")));
        let total = all.add(total);
        let worker = || {
            let bar = ProgressBar::new(1).with_style(style("{prefix:28} {bar:24} {msg}".to_string()));
            all.add(bar)
        };
        let workers: Vec<ProgressBar> = (0..schedule.jobs).map(|_| worker()).collect();
        let now = Instant::now();
        let state = State {
            ended: 0,
            cells: left.len(),
            done: 0,
            under_way: vec![0; schedule.jobs],
            drawn: vec![now - REFRESH; schedule.jobs],
            accuracies,
        };
        let bars = Self { all, total, workers, rows, costs, state: Mutex::new(state) };
        bars.with_state(|state| bars.draw(state));
        bars
    }

    fn with_state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn draw(&self, state: &State) {
        for (key @ (layers, units), bar) in &self.rows {
            let values = &state.accuracies[key];
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            let accuracy = if values.is_empty() {
                "-".into()
            } else {
                format!("test {:.2} %, {} seed(s)", 100.0 * mean, values.len())
            };
            let layers = if *layers > 1 { format!(", {layers} layers") } else { String::new() };
            bar.set_message(format!("{:<28} {accuracy}", format!("{units} units{layers}")));
        }
        let position = state.done + state.under_way.iter().sum::<u64>();
        self.total.set_position(position);
        self.total.set_prefix(format!("{}/{} cells", state.ended, state.cells));
        // What is left at the pace so far, of which the prediction knows the proportions.
        let elapsed = self.total.elapsed().as_secs_f64();
        let left = self.total.length().unwrap_or(0).saturating_sub(position);
        let seconds = if position > 0 { elapsed * left as f64 / position as f64 } else { left as f64 / 1e3 };
        self.total.set_message(format!("{} left", duration(seconds)));
    }

    fn end(&self, worker: usize, cell: &Cell, accuracy: Option<f64>) {
        self.with_state(|state| {
            state.ended += 1;
            state.done += self.costs.get(&cell.name).copied().unwrap_or(0);
            state.under_way[worker] = 0;
            if let Some(accuracy) = accuracy {
                let key = (cell.config.num_layers, cell.config.num_units);
                state.accuracies.entry(key).or_default().push(accuracy);
            }
            self.draw(state);
        });
    }
}

impl Events for SweepBars {
    fn begun(&self, worker: usize, cell: &Cell, steps_done: usize) {
        let bar = &self.workers[worker];
        bar.set_length(cell.config.total_steps() as u64);
        bar.set_position(steps_done as u64);
        bar.set_prefix(cell.name.clone());
    }

    fn step(&self, worker: usize, cell: &Cell, report: &StepReport) {
        self.with_state(|state| {
            if state.drawn[worker].elapsed() < REFRESH {
                return;
            }
            state.drawn[worker] = Instant::now();
            let share = report.step as f64 / cell.config.total_steps() as f64;
            let cost = self.costs.get(&cell.name).copied().unwrap_or(0);
            state.under_way[worker] = (share * cost as f64) as u64;
            self.workers[worker].set_position(report.step as u64);
            self.workers[worker].set_message(format!("epoch {}, loss {:.4}", report.epoch, report.mean_loss));
            self.draw(state);
        });
    }

    fn finished(&self, worker: usize, cell: &Cell, result: &RunResult) {
        self.end(worker, cell, Some(result.test_accuracy));
    }

    fn failed(&self, worker: usize, cell: &Cell, error: &str) {
        // Nothing is to be done about a terminal that is gone.
        let _ = self.all.println(format!("{} failed: {error}", cell.name));
        self.end(worker, cell, None);
    }
}

impl Drop for SweepBars {
    fn drop(&mut self) {
        let _ = self.all.clear();
    }
}
