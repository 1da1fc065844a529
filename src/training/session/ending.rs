//! What a session keeps at the end of an epoch, when it is interrupted, and at its end.

use super::Session;
use crate::device::device;
use crate::error::TrainError;
use crate::inference::{Evaluation, evaluate};
use crate::machine::Machine;
use crate::machine::thread_count;
use crate::model::{ModelShape, ModelWeights, RowClassifier};
use crate::run::{BestEpoch, Checkpoint, EpochRecord, Progress, RunResult};
use crate::training::observer::Observer;

impl Session<'_> {
    /// Scores the validation images, and keeps history, best weights and checkpoint.
    pub(super) fn end_epoch(&mut self, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let weights = self.model().to_weights();
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
        let history = [std::mem::take(&mut progress.history), vec![record.clone()]].concat();
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

    fn score_validation(&self, weights: &ModelWeights) -> Option<Evaluation> {
        let device = device(self.config.backend);
        let range = self.split.validation.clone();
        let score = || {
            let model = RowClassifier::new(weights, &device);
            evaluate(&model, &self.data.train, range.clone(), &self.reading, &device)
        };
        (!range.is_empty()).then(score)
    }

    pub(super) fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        Ok(Checkpoint {
            progress: self.progress.clone(),
            weights: self.model().to_weights(),
            best_weights: self.best_weights.clone(),
            optimizer: self.optimizer.state()?,
        })
    }

    /// Scores the test images, once, and writes the result.
    pub(super) fn finish(self) -> Result<RunResult, TrainError> {
        let weights = self.best_weights.clone().unwrap_or_else(|| self.model().to_weights());
        let device = device(self.config.backend);
        let model = RowClassifier::new(&weights, &device);
        let test = evaluate(&model, &self.data.test, 0..self.data.test.len(), &self.reading, &device);
        let validation = self.score_validation(&weights);
        let result = self.result(&test, validation.as_ref());
        self.folder.finish(&weights, &test.predictions, &result)?;
        Ok(result)
    }

    fn result(&self, test: &Evaluation, validation: Option<&Evaluation>) -> RunResult {
        let Progress { history, best, epochs_done, steps_done, .. } = &self.progress;
        let train_seconds: f64 = history.iter().map(|record| record.seconds).sum();
        let full = steps_done / self.config.steps_per_epoch() * self.split.train.len();
        let partial = steps_done % self.config.steps_per_epoch() * self.config.batch_size;
        RunResult {
            name: self.folder.name(),
            num_units: self.config.num_units,
            num_layers: self.config.num_layers,
            timesteps: self.config.timesteps,
            parameters: ModelShape::of(self.config).parameters(),
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
            peak_memory_bytes: crate::machine::peak_memory_bytes(),
            backend: self.config.backend.to_string(),
            threads: thread_count(self.config.threads),
            version: env!("CARGO_PKG_VERSION").to_string(),
            burn_version: crate::BURN_VERSION.to_string(),
            machine: Machine::this(),
            data_checksum: self.data.checksum.clone(),
            identity: self.config.identity(&self.data.checksum),
            protocol: self.config.protocol(&self.data.checksum),
            format: crate::run::FORMAT,
            settings: self.config.clone(),
        }
    }
}
