//! A network in training, one step at a time: batch, forward, loss, backward, clipping, optimiser. Epochs, scoring and
//! files are `session`'s.

use super::Schedule;
use super::optimizer::{Optimizer, ParameterGradients, clip_factor};
use crate::config::TrainConfig;
use crate::data::{Augmenter, Batch, CLASSES, Images, Reading};
use crate::device::device;
use crate::error::TrainError;
use crate::head_op::{Targets, cross_entropy};
use crate::host::into_values;
use crate::inference::{highest, with_sequences};
use crate::model::{DropoutMasks, ModelShape, ModelWeights, RowClassifier, initializers};
use burn::tensor::Device;

const HELD: &str = "between training steps a trainer holds its model";

/// A network, its optimiser, and the batch that it reads.
pub struct Trainer<'a> {
    config: &'a TrainConfig,
    reading: Reading,
    schedule: Schedule,
    /// The device that records gradients.
    device: Device,
    /// `None` only while the optimiser changes it, which takes it by value.
    model: Option<RowClassifier>,
    optimizer: Optimizer,
    batch: Batch,
}

/// What one training step computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Mean loss of the step's images, before the weights changed.
    pub loss: f64,
    /// How many of them were classified correctly.
    pub correct: usize,
    /// Learning rate of the step.
    pub learning_rate: f64,
}

impl<'a> Trainer<'a> {
    /// A trainer with the initial weights of validated settings.
    pub fn new(config: &'a TrainConfig) -> Self {
        Self::with(config, &initializers::weights_of(config), Optimizer::new(config))
    }

    /// A trainer with weights and the optimiser's state out of a checkpoint.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`].
    pub fn restore(
        config: &'a TrainConfig,
        weights: &ModelWeights,
        optimizer: Vec<u8>,
    ) -> Result<Self, TrainError> {
        Ok(Self::with(config, weights, Optimizer::restore(config, optimizer)?))
    }

    fn with(config: &'a TrainConfig, weights: &ModelWeights, optimizer: Optimizer) -> Self {
        let device = device(config.backend).autodiff();
        Self {
            config,
            reading: Reading::new(config),
            schedule: Schedule::new(config),
            model: Some(RowClassifier::new(weights, &device)),
            device,
            optimizer,
            batch: Batch::default(),
        }
    }

    /// One training step on the images at `indices`.
    ///
    /// * `epoch`: the epoch under way, counted from 0; it decides the augmentation.
    /// * `step`: the number of the step in the run, counted from 0; it decides learning rate and dropout.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] when the loss or the gradient is not finite; the weights are unchanged then.
    pub fn step(
        &mut self,
        images: &Images,
        indices: &[u32],
        epoch: usize,
        step: usize,
    ) -> Result<Step, TrainError> {
        let Self { config, reading, schedule, device, model, optimizer, batch } = self;
        let learning_rate = schedule.learning_rate(step);
        let check_finite = |quantity, value: f64| {
            let (step, epoch, clip_norm) = (step + 1, epoch + 1, config.clip_norm);
            let diverged = TrainError::Diverged { step, epoch, quantity, value, learning_rate, clip_norm };
            if value.is_finite() { Ok(()) } else { Err(diverged) }
        };
        let masks = (config.dropout > 0.0).then(|| {
            let size = [indices.len(), config.timesteps];
            let source = (config.seed, step as u64);
            DropoutMasks::draw(config.dropout, ModelShape::of(config), size, source)
        });
        batch.fill_augmented(images, indices, &Augmenter::new(config.augment, config.seed, epoch as u64));
        with_sequences(batch, reading, device, |labels, rows| {
            let network = model.as_ref().expect(HELD);
            let logits = network.forward_with(rows, masks); // [B, C]
            let targets = Targets { labels: labels.to_vec(), smoothing: config.label_smoothing };
            let loss = cross_entropy(logits.clone(), targets);
            let loss_value = f64::from(loss.clone().into_scalar::<f32>());
            check_finite("loss", loss_value)?;

            let gradients = ParameterGradients::take(loss.backward(), network);
            let norm = gradients.norm();
            check_finite("gradient's norm", norm)?;
            let (network, scale) = (model.take().expect(HELD), clip_factor(norm, config.clip_norm));
            *model = Some(optimizer.step(learning_rate, scale, network, &gradients));

            let scores = into_values(logits.inner());
            let rows = scores.chunks_exact(CLASSES).zip(labels);
            let correct = rows.filter(|(row, label)| highest(row) == **label as usize).count();
            Ok(Step { loss: loss_value, correct, learning_rate })
        })
    }

    /// The weights as they are now.
    pub fn weights(&self) -> ModelWeights {
        self.model.as_ref().expect(HELD).to_weights()
    }

    /// The optimiser's state, as a checkpoint stores it.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`].
    pub fn optimizer_state(&self) -> Result<Vec<u8>, TrainError> {
        self.optimizer.state()
    }

    /// What the network reads of every image.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }
}
