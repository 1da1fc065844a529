//! What a training run reports while it goes on.

use crate::model::ModelWeights;
use crate::run::EpochRecord;

/// A training step just taken.
#[derive(Clone, Copy, Debug)]
pub struct StepReport {
    /// The epoch in progress, counted from 1.
    pub epoch: usize,
    /// Training steps since the run began, this one included.
    pub step: usize,
    /// Mean training loss of the epoch so far.
    pub mean_loss: f64,
    /// Fraction of the epoch's images classified correctly so far.
    pub accuracy: f64,
    /// Images in this step.
    pub images: usize,
    /// How many of them were classified correctly.
    pub correct: usize,
    /// Mean loss of these images, before the weights changed.
    pub loss: f64,
    /// Learning rate of this step.
    pub learning_rate: f64,
}

/// Watches a training run. Called between training steps, on the thread that trains.
pub trait Observer {
    /// A training step was taken.
    fn step(&mut self, report: &StepReport);
    /// An epoch was completed and, if there are validation images, scored.
    fn epoch(&mut self, record: &EpochRecord);
    /// Called after each training step: `now` copies the weights, for an observer that wants them.
    fn weights(&mut self, _now: &dyn Fn() -> ModelWeights) {}
}

/// Two observers of one run, called in this order.
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

    fn weights(&mut self, now: &dyn Fn() -> ModelWeights) {
        self.0.weights(now);
        self.1.weights(now);
    }
}

/// An observer that does nothing.
pub struct Silent;

impl Observer for Silent {
    fn step(&mut self, _: &StepReport) {}
    fn epoch(&mut self, _: &EpochRecord) {}
}
