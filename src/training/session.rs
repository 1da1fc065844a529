//! One run from its first training step, or from a checkpoint, to its result: epochs, scoring, early stopping, and what
//! is written to the run's folder. The training step itself is `trainer`'s.

use super::Trainer;
use super::observer::{Observer, StepReport};
use crate::config::TrainConfig;
use crate::data::{Dataset, EpochOrder, Images, Split};
use crate::device::device;
use crate::error::TrainError;
use crate::inference::{Evaluation, evaluate};
use crate::machine::{Machine, peak_memory_bytes, thread_count, unix_seconds};
use crate::model::{ModelShape, ModelWeights, RowClassifier};
use crate::run::{BestEpoch, Checkpoint, EpochRecord, FORMAT, Progress, RunFolder, RunResult};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// How a session ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a result, stored in the folder.
    Finished(Box<RunResult>),
    /// On request, with a checkpoint in the folder.
    Interrupted {
        /// Epochs completed.
        epochs_done: usize,
        /// Training steps taken.
        steps_done: usize,
    },
}

/// A training run in progress.
pub struct Session<'a> {
    config: &'a TrainConfig,
    data: &'a Dataset,
    split: Split,
    folder: &'a RunFolder,
    trainer: Trainer<'a>,
    progress: Progress,
    best_weights: Option<ModelWeights>,
    /// Whether the process trains nothing else, so that its memory is the run's.
    alone: bool,
}

impl<'a> Session<'a> {
    /// Prepares a run of validated settings, from its first training step or from a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`].
    pub fn new(
        config: &'a TrainConfig,
        data: &'a Dataset,
        folder: &'a RunFolder,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, TrainError> {
        let split = Split::of(config, data.train.len());
        let (trainer, progress, best_weights) = match checkpoint {
            Some(Checkpoint { progress, weights, best_weights, optimizer }) => {
                (Trainer::restore(config, &weights, optimizer)?, progress, best_weights)
            }
            None => (Trainer::new(config), Progress::default(), None),
        };
        Ok(Self { config, data, split, folder, trainer, progress, best_weights, alone: true })
    }

    /// Leaves the memory out of the result: the process trains other networks too.
    #[must_use]
    pub fn beside_others(mut self) -> Self {
        self.alone = false;
        self
    }

    /// Trains to the end, or until `stop` is set: then the training step in progress is completed and a checkpoint
    /// written.
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

    fn is_done(&self) -> bool {
        self.progress.steps_done >= self.config.total_steps() || self.stopped_early()
    }

    fn stopped_early(&self) -> bool {
        let patience = self.config.early_stopping;
        let best = self.progress.best.as_ref().map_or(self.progress.epochs_done, |best| best.epoch);
        patience > 0 && self.progress.epochs_done - best >= patience
    }

    /// Takes the remaining training steps of the epoch in progress; returns whether it was stopped on request.
    fn train_epoch(&mut self, observer: &mut dyn Observer, stop: &AtomicBool) -> Result<bool, TrainError> {
        let progress = &mut self.progress;
        let epoch = progress.epochs_done;
        let order = EpochOrder::shuffled(self.split.train.iter().copied(), self.config.seed, epoch as u64);
        for indices in order.batches(self.config.batch_size, progress.batches_done) {
            if progress.steps_done >= self.config.total_steps() {
                break;
            }
            // Checked before a training step, so that a request never leaves a whole epoch without its record.
            if stop.load(Ordering::Relaxed) {
                return Ok(true);
            }
            let start = Instant::now();
            let step = self.trainer.step(&self.data.train, indices, epoch, progress.steps_done)?;
            progress.correct += step.correct;
            progress.loss_sum += step.loss * indices.len() as f64;
            progress.images += indices.len();
            progress.learning_rate = step.learning_rate;
            progress.batches_done += 1;
            progress.steps_done += 1;
            progress.epoch_seconds += start.elapsed().as_secs_f64();
            observer.step(&StepReport {
                epoch: epoch + 1,
                step: progress.steps_done,
                mean_loss: progress.loss_sum / progress.images as f64,
                accuracy: progress.correct as f64 / progress.images as f64,
                images: indices.len(),
                correct: step.correct,
                loss: step.loss,
                learning_rate: step.learning_rate,
            });
            observer.weights(&|| self.trainer.weights());
        }
        Ok(false)
    }

    /// Scores the validation images, and stores history, best weights and checkpoint.
    fn end_epoch(&mut self, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let weights = self.trainer.weights();
        let validation = self.score_validation(&weights);
        let progress = &mut self.progress;
        progress.epochs_done += 1;
        let record = EpochRecord {
            epoch: progress.epochs_done,
            steps: progress.steps_done,
            train_loss: progress.loss_sum / progress.images as f64,
            train_accuracy: progress.correct as f64 / progress.images as f64,
            validation_loss: validation.as_ref().map(|scored| scored.loss),
            validation_accuracy: validation.as_ref().map(Evaluation::accuracy),
            learning_rate: progress.learning_rate,
            seconds: progress.epoch_seconds,
        };
        if self.config.early_stopping > 0
            && let Some(scored) = &validation
            && progress.best.as_ref().is_none_or(|best| scored.loss < best.validation_loss)
        {
            progress.best = Some(BestEpoch { epoch: record.epoch, validation_loss: scored.loss });
            self.best_weights = Some(weights);
        }
        let mut history = std::mem::take(&mut progress.history);
        history.push(record.clone());
        *progress = Progress {
            epochs_done: progress.epochs_done,
            steps_done: progress.steps_done,
            learning_rate: progress.learning_rate,
            best: progress.best.take(),
            history,
            ..Progress::default()
        };
        self.checkpoint()?.save(self.folder)?;
        self.folder.write_history(&self.progress.history)?;
        observer.epoch(&record);
        Ok(())
    }

    fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        Ok(Checkpoint {
            progress: self.progress.clone(),
            weights: self.trainer.weights(),
            best_weights: self.best_weights.clone(),
            optimizer: self.trainer.optimizer_state()?,
        })
    }

    fn score_validation(&self, weights: &ModelWeights) -> Option<Evaluation> {
        let held_out = &self.split.validation;
        (!held_out.is_empty()).then(|| self.score(weights, &self.data.train, held_out.iter().copied()))
    }

    /// Scores images with a network of these weights that records no gradients.
    fn score(
        &self,
        weights: &ModelWeights,
        images: &Images,
        indices: impl ExactSizeIterator<Item = usize>,
    ) -> Evaluation {
        let device = device(self.config.backend);
        let model = RowClassifier::new(weights, &device);
        evaluate(&model, images, indices, self.trainer.reading(), &device)
    }

    /// Scores the test images, once, and the validation images, and writes the result.
    fn finish(self) -> Result<RunResult, TrainError> {
        let weights = self.best_weights.clone().unwrap_or_else(|| self.trainer.weights());
        let start = Instant::now();
        let test = self.score(&weights, &self.data.test, 0..self.data.test.len());
        let milliseconds = 1e3 * start.elapsed().as_secs_f64() / test.total() as f64;
        let validation = self.score_validation(&weights);
        let result = RunResult {
            inference_ms_per_image: Some(milliseconds),
            ..self.result(&test, validation.as_ref())
        };
        let validation = validation.map_or_else(Vec::new, |scored| scored.predictions);
        self.folder.finish(&weights, &test.predictions, &validation, &result)?;
        Ok(result)
    }

    fn result(&self, test: &Evaluation, validation: Option<&Evaluation>) -> RunResult {
        let Progress { history, best, epochs_done, steps_done, .. } = &self.progress;
        let train_seconds: f64 = history.iter().map(|record| record.seconds).sum();
        let full = steps_done / self.config.steps_per_epoch() * self.split.train.len();
        let shape = ModelShape::of(self.config);
        let partial = steps_done % self.config.steps_per_epoch() * self.config.batch_size;
        RunResult {
            name: self.folder.name(),
            num_units: self.config.num_units,
            num_layers: self.config.num_layers,
            timesteps: self.config.timesteps,
            parameters: shape.parameters(),
            seed: self.config.seed,
            epochs: *epochs_done,
            steps: *steps_done,
            batch_size: self.config.batch_size,
            train_images: self.split.train.len(),
            kept_epoch: best.as_ref().map_or(*epochs_done, |best| best.epoch),
            train_loss: history.last().map_or(0.0, |record| record.train_loss),
            validation_accuracy: validation.map(Evaluation::accuracy),
            validation_correct: validation.map_or(0, |scored| scored.correct),
            validation_total: self.split.validation.len(),
            test_accuracy: test.accuracy(),
            test_loss: test.loss,
            test_correct: test.correct,
            test_total: test.total(),
            per_class_accuracy: test.per_class_accuracy(),
            confusion_matrix: test.confusion.clone(),
            train_seconds,
            images_per_second: (full + partial) as f64 / train_seconds.max(1e-9),
            inference_ms_per_image: None,
            model_bytes: Some(shape.bytes()),
            multiply_adds: Some(shape.multiply_adds(self.config.timesteps)),
            peak_memory_bytes: peak_memory_bytes().filter(|_| self.alone),
            backend: self.config.backend.to_string(),
            threads: thread_count(self.config.threads),
            instructions: Some(crate::lstm_op::instructions()),
            version: env!("CARGO_PKG_VERSION").to_string(),
            burn_version: crate::BURN_VERSION.to_string(),
            machine: Machine::this(),
            finished_at: unix_seconds(),
            data_checksum: self.data.checksum.clone(),
            identity: self.config.identity(&self.data.checksum),
            protocol: self.config.protocol(&self.data.checksum),
            format: FORMAT,
            settings: self.config.clone(),
        }
    }
}
