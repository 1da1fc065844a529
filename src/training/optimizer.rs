//! The optimiser that the settings ask for, its state as bytes, and clipping by the norm of the whole gradient. The
//! arithmetic is `rules`'s.

use super::rules::{Adam, RmsProp, Sgd};
use crate::config::{OptimizerName, TrainConfig};
use crate::error::TrainError;
use crate::host::{from_values, into_values};
use crate::model::RowClassifier;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Bytes, Tensor};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Turns gradients into new weights, and holds the state that this needs.
pub struct Optimizer {
    inner: ModuleOptimizer,
}

impl Optimizer {
    /// The optimiser that the settings ask for, before its first step.
    pub fn new(config: &TrainConfig) -> Self {
        let weight_decay = config.weight_decay as f32;
        let inner = match config.optimizer {
            OptimizerName::Adam => Adam { weight_decay, decoupled: false }.into(),
            OptimizerName::Adamw => Adam { weight_decay, decoupled: true }.into(),
            OptimizerName::Rmsprop => RmsProp { weight_decay }.into(),
            OptimizerName::Sgd => Sgd { weight_decay, momentum: config.momentum as f32 }.into(),
        };
        Self { inner }
    }

    /// Changes the weights by one step along the gradients.
    pub fn step(
        &mut self,
        learning_rate: f64,
        model: RowClassifier,
        gradients: GradientsParams,
    ) -> RowClassifier {
        self.inner.step(learning_rate, model, gradients)
    }

    /// The optimiser's state, as burn serialises it.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`].
    pub fn state(&self) -> Result<Vec<u8>, TrainError> {
        let bytes = self.inner.into_bytes();
        bytes.map(|bytes| bytes.to_vec()).map_err(|error| state_error(error.to_string()))
    }

    /// Restores what [`Self::state`] returned.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`] when the bytes are not a state of this optimiser.
    pub fn restore(self, state: Vec<u8>) -> Result<Self, TrainError> {
        // The bytes have passed a checksum. Should burn still panic on them, the user gets a message.
        let restored = catch_unwind(AssertUnwindSafe(|| self.inner.from_bytes(Bytes::from_bytes_vec(state))));
        let inner = restored.map_err(|_| state_error("it is not a state of this optimizer".into()))?;
        Ok(Self { inner: inner.map_err(|error| state_error(error.to_string()))? })
    }
}

fn state_error(detail: String) -> TrainError {
    TrainError::OptimizerState { detail }
}

/// Scales the whole gradient down so that its Euclidean norm is at most `limit` (Pascanu, Mikolov and Bengio, On the
/// difficulty of training recurrent neural networks, 2013). A `limit` of 0 leaves it as it is.
///
/// Returns the norm before scaling, which is not finite when a gradient is not.
pub fn clip_by_global_norm(gradients: &mut GradientsParams, model: &RowClassifier, limit: f64) -> f64 {
    let mut sum = SquareSum { gradients, sum: 0.0 };
    model.visit(&mut sum);
    let norm = sum.sum.sqrt();
    if limit > 0.0 && norm.is_finite() && norm > limit {
        model.visit(&mut Scale { gradients, factor: (limit / norm) as f32 });
    }
    norm
}

/// Changes the gradient of a parameter in place.
fn with_gradient<const D: usize>(
    gradients: &mut GradientsParams,
    param: &Param<Tensor<D>>,
    work: impl FnOnce(&mut [f32]),
) {
    // Taken out, so that this is its only holder and its memory is moved instead of copied.
    if let Some(gradient) = gradients.remove::<D>(param.id) {
        let (shape, device) = (gradient.dims(), gradient.device());
        let mut values = into_values(gradient);
        work(&mut values);
        gradients.register(param.id, from_values(values, shape, &device));
    }
}

struct SquareSum<'a> {
    gradients: &'a mut GradientsParams,
    sum: f64,
}

impl ModuleVisitor for SquareSum<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let sum = &mut self.sum;
        with_gradient(self.gradients, param, |values| *sum += square_sum(values));
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: f32,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let factor = self.factor;
        with_gradient(self.gradients, param, |values| values.iter_mut().for_each(|value| *value *= factor));
    }
}

/// The sum of squares in f64, in an order that the length alone decides: eight sums side by side, then their sum.
fn square_sum(values: &[f32]) -> f64 {
    let mut sums = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*value) * f64::from(*value);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>()
}
