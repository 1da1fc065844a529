//! What a training run tells while it goes on.

use crate::run::EpochRecord;

/// One update, just made.
#[derive(Clone, Copy, Debug)]
pub struct StepReport {
    /// The epoch under way, counted from 1.
    pub epoch: usize,
    /// Updates made since the run began, this one included.
    pub step: usize,
    /// Mean training loss of the epoch so far.
    pub mean_loss: f64,
    /// Share of the epoch's images scored right so far.
    pub accuracy: f64,
    /// Images in this update.
    pub images: usize,
    /// Mean loss of these images, before the update.
    pub loss: f64,
    /// Learning rate of this update.
    pub learning_rate: f64,
}

/// Watches a training run. Called between updates, on the thread that trains.
pub trait Observer {
    /// An update was made.
    fn step(&mut self, report: &StepReport);
    /// An epoch was completed and, with validation images, scored.
    fn epoch(&mut self, record: &EpochRecord);
}

/// Two observers of one run; the first is told first.
pub struct Both<'a>(pub &'a mut dyn Observer, pub &'a mut dyn Observer);

impl Observer for Both<'_> {
    fn step(&mut self, report: &StepReport) {
        self.0.step(report);
        self.1.step(report);
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.0.epoch(record);
        self.1.epoch(record);
    }
}

/// An observer that looks away.
pub struct Silent;

impl Observer for Silent {
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, _: &EpochRecord) {}
}
