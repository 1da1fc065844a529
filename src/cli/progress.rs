//! Progress of a training run, on stderr.

use super::terminal::{bar_style, bars, clear_bars, note};
use crate::config::TrainConfig;
use crate::run::EpochRecord;
use crate::training::{Observer, StepReport};
use indicatif::ProgressBar;
use std::time::{Duration, Instant};

/// Time between two updates of the text beside a bar.
const REFRESH: Duration = Duration::from_millis(100);

/// A bar over all training steps, and a line above it per epoch: for a terminal.
pub struct Bars {
    bar: ProgressBar,
    epochs: usize,
    images: usize,
    since: Instant,
    shown: Option<Instant>,
}

impl Bars {
    /// A bar for a run that has made `done` training steps before.
    pub fn new(config: &TrainConfig, done: usize) -> Self {
        let style = bar_style("{prefix} {wide_bar} {pos}/{len} {msg}, {eta} left");
        let bar = ProgressBar::new(config.total_steps() as u64).with_style(style).with_position(done as u64);
        let bar = bars().add(bar);
        bar.reset_eta();
        bar.set_prefix(format!("epoch 1/{}", config.total_epochs()));
        Self { bar, epochs: config.total_epochs(), images: 0, since: Instant::now(), shown: None }
    }
}

impl Observer for Bars {
    fn step(&mut self, report: &StepReport) {
        self.images += report.images;
        self.bar.set_position(report.step as u64);
        if self.shown.is_some_and(|shown| shown.elapsed() < REFRESH) {
            return;
        }
        self.shown = Some(Instant::now());
        let rate = self.images as f64 / self.since.elapsed().as_secs_f64().max(1e-9);
        self.bar.set_prefix(format!("epoch {}/{}", report.epoch, self.epochs));
        self.bar.set_message(format!(
            "loss {:.4}, {:.2} %, {rate:.0} images/s",
            report.mean_loss,
            100.0 * report.accuracy
        ));
    }

    fn epoch(&mut self, record: &EpochRecord) {
        note(&line(record, self.epochs));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        clear_bars();
    }
}

/// A line per epoch: for a file or a pipe.
pub struct Lines {
    pub epochs: usize,
}

impl Observer for Lines {
    fn step(&mut self, _: &StepReport) {}

    fn epoch(&mut self, record: &EpochRecord) {
        note(&line(record, self.epochs));
    }
}

/// At most 80 columns, so that it is one line in every terminal; the run's history has the learning rate too.
fn line(record: &EpochRecord, epochs: usize) -> String {
    let width = epochs.to_string().len();
    let mut text = format!(
        "epoch {:>width$}/{epochs}  loss {:.4}  {:6.2} %",
        record.epoch,
        record.train_loss,
        100.0 * record.train_accuracy
    );
    if let (Some(loss), Some(accuracy)) = (record.validation_loss, record.validation_accuracy) {
        text.push_str(&format!("  validation loss {loss:.4}  {:6.2} %", 100.0 * accuracy));
    }
    text + &format!("  {:.1} s", record.seconds)
}
