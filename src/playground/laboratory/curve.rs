//! The curve of a run's training: loss and accuracy on the images since the point before.

use crate::run::EpochRecord;
use crate::training::StepReport;
use serde::Serialize;

/// Most points of a run.
const MOST_POINTS: usize = 240;

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The epoch in which it lies, counted from 1.
    pub epoch: usize,
    /// Training steps since the run began.
    pub step: usize,
    /// Mean training loss of the images since the point before, each before the step that it is part of.
    pub train_loss: f64,
    /// Fraction of these images that were classified correctly.
    pub train_accuracy: f64,
}

/// A curve that grows step by step.
#[derive(Clone, Debug)]
pub struct Curve {
    pub points: Vec<Point>,
    /// Training steps from one point to the next.
    every: usize,
    images: usize,
    correct: usize,
    loss_sum: f64,
}

impl Curve {
    /// The curve of a run of so many steps that has these epochs behind it.
    pub fn new(total_steps: usize, history: &[EpochRecord]) -> Self {
        let points = history.iter().map(|record| Point {
            epoch: record.epoch,
            step: record.steps,
            train_loss: record.train_loss,
            train_accuracy: record.train_accuracy,
        });
        Self {
            points: points.collect(),
            every: total_steps.div_ceil(MOST_POINTS).max(1),
            images: 0,
            correct: 0,
            loss_sum: 0.0,
        }
    }

    /// Adds a training step; returns whether the curve has a new point.
    pub fn add(&mut self, report: &StepReport) -> bool {
        self.images += report.images;
        self.correct += report.correct;
        self.loss_sum += report.loss * report.images as f64;
        if !report.step.is_multiple_of(self.every) {
            return false;
        }
        self.points.push(Point {
            epoch: report.epoch,
            step: report.step,
            train_loss: self.loss_sum / self.images as f64,
            train_accuracy: self.correct as f64 / self.images as f64,
        });
        (self.images, self.correct, self.loss_sum) = (0, 0, 0.0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_mean_of_the_images_since_the_point_before() {
        let mut curve = Curve::new(480, &[]);
        let report = |step, images, correct, loss| StepReport {
            epoch: 1,
            step,
            mean_loss: 0.0,
            accuracy: 0.0,
            images,
            correct,
            loss,
            learning_rate: 0.1,
        };
        assert!(!curve.add(&report(1, 30, 3, 2.0)));
        assert!(curve.add(&report(2, 10, 5, 1.0)));
        let point = Point { epoch: 1, step: 2, train_loss: 1.75, train_accuracy: 0.2 };
        assert_eq!(curve.points, [point]);
        curve.add(&report(3, 10, 10, 0.5));
        curve.add(&report(4, 10, 10, 0.5));
        assert_eq!(curve.points[1].train_accuracy, 1.0);
    }
}
