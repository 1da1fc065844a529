//! One run from its first update, or from a checkpoint, to its result.

mod ending;

use super::Schedule;
use super::observer::{Observer, StepReport};
use super::optimizer::{Optimizer, clip_by_global_norm};
use crate::config::TrainConfig;
use crate::data::{Augmenter, Batch, CLASSES, Dataset, EpochOrder, Reading, Split};
use crate::device::device;
use crate::error::TrainError;
use crate::head_op::{Targets, cross_entropy};
use crate::host::into_values;
use crate::inference::{highest, pieces};
use crate::model::{DropoutMasks, ModelShape, ModelWeights, RowClassifier, initializers};
use crate::run::{Checkpoint, Progress, RunFolder, RunResult};
use burn::optim::GradientsParams;
use burn::tensor::Device;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const HELD: &str = "between updates a session holds its model";

/// How a session ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a result, stored in the folder.
    Finished(Box<RunResult>),
    /// On request, with a checkpoint in the folder.
    Interrupted {
        /// Epochs completed.
        epochs_done: usize,
        /// Updates made.
        steps_done: usize,
    },
}

/// A training run under way.
pub struct Session<'a> {
    config: &'a TrainConfig,
    data: &'a Dataset,
    split: Split,
    /// What is read of every image, in training, validation and test.
    reading: Reading,
    folder: &'a RunFolder,
    /// The device that records gradients.
    device: Device,
    schedule: Schedule,
    /// Away only while the optimiser changes it, which needs it for itself.
    model: Option<RowClassifier>,
    optimizer: Optimizer,
    progress: Progress,
    best_weights: Option<ModelWeights>,
    batch: Batch,
}

impl<'a> Session<'a> {
    /// Prepares a run of validated settings, from its first update or from a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::Data`] when the settings ask for more images than there are, [`TrainError::OptimizerState`].
    pub fn new(
        config: &'a TrainConfig,
        data: &'a Dataset,
        folder: &'a RunFolder,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, TrainError> {
        let limit = (config.train_limit > 0).then_some(config.train_limit);
        let split = Split::new(data.train.len(), config.validation, limit)?;
        let device = device(config.backend).autodiff();
        let mut optimizer = Optimizer::new(config);
        let (weights, progress, best_weights) = match checkpoint {
            Some(checkpoint) => {
                optimizer = optimizer.restore(checkpoint.optimizer)?;
                (checkpoint.weights, checkpoint.progress, checkpoint.best_weights)
            }
            None => {
                let shape = ModelShape::of(config);
                let weights = initializers::initial_weights(
                    config.initializer,
                    config.head_initializer,
                    shape,
                    config.seed,
                );
                (weights, Progress::default(), None)
            }
        };
        let model = Some(RowClassifier::new(&weights, &device));
        let (schedule, batch) = (Schedule::new(config), Batch::default());
        Ok(Self {
            config,
            data,
            split,
            reading: Reading::new(config),
            folder,
            device,
            schedule,
            model,
            optimizer,
            progress,
            best_weights,
            batch,
        })
    }

    /// Trains to the end, or until `stop` is set: then the update under way is finished and a checkpoint written.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] when the loss or the gradient is no longer finite; nothing is written then.
    /// [`TrainError::Run`] when the folder cannot be written; the last checkpoint stays.
    pub fn run(mut self, observer: &mut dyn Observer, stop: &AtomicBool) -> Result<Outcome, TrainError> {
        // A history that was written after the checkpoint, or torn, is brought back to it.
        self.folder.write_history(&self.progress.history)?;
        while !self.is_done() {
            if self.train_epoch(observer, stop)? {
                self.checkpoint()?.save(self.folder)?;
                let Progress { epochs_done, steps_done, .. } = self.progress;
                return Ok(Outcome::Interrupted { epochs_done, steps_done });
            }
            self.end_epoch(observer)?;
        }
        self.finish().map(|result| Outcome::Finished(Box::new(result)))
    }

    /// Makes `count` updates with shuffled batches of full size, as in training, and tells how long each took. Nothing
    /// is stored; the session is for timing only from then on.
    ///
    /// # Errors
    /// [`TrainError::Diverged`].
    pub fn time_updates(&mut self, count: usize) -> Result<Vec<Duration>, TrainError> {
        let order = EpochOrder::shuffled(self.split.train.clone(), self.config.seed, 0);
        let batches = order.indices().chunks_exact(self.config.batch_size);
        let first = self.progress.batches_done % batches.len();
        let time = |indices: &[u32]| {
            let start = Instant::now();
            self.update(indices).map(|_| start.elapsed())
        };
        batches.cycle().skip(first).take(count).map(time).collect()
    }

    /// Mean training loss of the epoch under way.
    pub fn mean_loss(&self) -> f64 {
        self.progress.loss_sum / self.progress.images.max(1) as f64
    }

    fn is_done(&self) -> bool {
        self.progress.steps_done >= self.config.total_steps() || self.stopped_early()
    }

    fn stopped_early(&self) -> bool {
        let patience = self.config.early_stopping;
        let best = self.progress.best.as_ref().map_or(self.progress.epochs_done, |best| best.epoch);
        patience > 0 && self.progress.epochs_done - best >= patience
    }

    /// Makes the remaining updates of the epoch under way; returns whether it was stopped on request.
    fn train_epoch(&mut self, observer: &mut dyn Observer, stop: &AtomicBool) -> Result<bool, TrainError> {
        let order = EpochOrder::shuffled(
            self.split.train.clone(),
            self.config.seed,
            self.progress.epochs_done as u64,
        );
        for indices in order.batches(self.config.batch_size, self.progress.batches_done) {
            if self.progress.steps_done >= self.config.total_steps() {
                break;
            }
            // Asked before an update, so that a request never leaves a whole epoch without its record.
            if stop.load(Ordering::Relaxed) {
                return Ok(true);
            }
            let start = Instant::now();
            let loss = self.update(indices)?;
            self.progress.epoch_seconds += start.elapsed().as_secs_f64();
            observer.step(&StepReport {
                epoch: self.progress.epochs_done + 1,
                step: self.progress.steps_done,
                mean_loss: self.progress.loss_sum / self.progress.images as f64,
                accuracy: self.progress.correct as f64 / self.progress.images as f64,
                images: indices.len(),
                loss,
                learning_rate: self.progress.learning_rate,
            });
        }
        Ok(false)
    }

    /// One update: forward, loss, backward, clipping, step. Returns the mean loss of its images.
    fn update(&mut self, indices: &[u32]) -> Result<f64, TrainError> {
        let epoch = self.progress.epochs_done as u64;
        let augmenter = Augmenter::new(self.config.augment, self.config.seed, epoch);
        self.batch.fill_augmented(&self.data.train, indices, &augmenter);
        let rows = pieces(&mut self.batch, &self.reading, &self.device); // [B, T, W]
        let logits = self.model().forward_with(rows.clone(), self.dropout_masks()); // [B, C]
        let labels = self.batch.labels.clone();
        let targets = Targets { labels, smoothing: self.config.label_smoothing };
        let loss = cross_entropy(logits.clone(), targets);
        let loss_value = f64::from(loss.clone().into_scalar::<f32>());
        self.check_finite("loss", loss_value)?;

        let mut gradients = GradientsParams::from_grads(loss.backward(), self.model());
        let norm = clip_by_global_norm(&mut gradients, self.model(), self.config.clip_norm);
        self.check_finite("gradient's norm", norm)?;
        let learning_rate = self.schedule.learning_rate(self.progress.steps_done);
        let model = self.model.take().expect(HELD);
        self.model = Some(self.optimizer.step(learning_rate, model, gradients));

        self.batch.pixels = into_values(rows.inner());
        let scores = into_values(logits.inner());
        let right = scores.chunks_exact(CLASSES).zip(&self.batch.labels);
        self.progress.correct += right.filter(|(row, label)| highest(row) == **label as usize).count();
        self.progress.loss_sum += loss_value * indices.len() as f64;
        self.progress.images += indices.len();
        self.progress.learning_rate = learning_rate;
        self.progress.batches_done += 1;
        self.progress.steps_done += 1;
        Ok(loss_value)
    }

    fn model(&self) -> &RowClassifier {
        self.model.as_ref().expect(HELD)
    }

    fn check_finite(&self, quantity: &'static str, value: f64) -> Result<(), TrainError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(TrainError::Diverged {
            step: self.progress.steps_done + 1,
            epoch: self.progress.epochs_done + 1,
            quantity,
            value,
            learning_rate: self.schedule.learning_rate(self.progress.steps_done),
            clip_norm: self.config.clip_norm,
        })
    }

    fn dropout_masks(&self) -> Option<DropoutMasks> {
        let step = self.progress.steps_done as u64;
        let shape = ModelShape::of(self.config);
        (self.config.dropout > 0.0).then(|| {
            let size = [self.batch.len(), self.config.timesteps];
            DropoutMasks::draw(self.config.dropout, shape, size, (self.config.seed, step))
        })
    }
}
