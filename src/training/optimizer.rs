//! burn's optimisers by name, with every constant stated, and clipping by the norm of the whole gradient. Adam is our
//! own, in burn's form.

use super::adam::{Adam, EPSILON};
use crate::config::{OptimizerName, TrainConfig};
use crate::error::TrainError;
use crate::host::{from_values, into_values};
use crate::model::RowClassifier;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::{Bytes, Tensor};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Smoothing of RMSprop, of Hinton's lecture (Neural Networks for Machine Learning, 6e, 2012) and Keras.
const RMSPROP_SMOOTHING: f32 = 0.9;

/// Turns gradients into new weights, and remembers what it needs for that.
pub struct Optimizer {
    inner: ModuleOptimizer,
}

impl Optimizer {
    /// The optimiser that the settings ask for, with no memory yet.
    pub fn new(config: &TrainConfig) -> Self {
        let penalty = config.weight_decay as f32;
        let decay = (penalty > 0.0).then(|| WeightDecayConfig::new(penalty));
        let inner = match config.optimizer {
            OptimizerName::Adam => Adam { weight_decay: penalty, decoupled: false }.into(),
            OptimizerName::Adamw => Adam { weight_decay: penalty, decoupled: true }.into(),
            OptimizerName::Rmsprop => RmsPropConfig::new()
                .with_alpha(RMSPROP_SMOOTHING)
                .with_momentum(0.0)
                .with_epsilon(EPSILON)
                .with_weight_decay(decay)
                .init(),
            OptimizerName::Sgd => SgdConfig::new()
                .with_momentum(
                    (config.momentum > 0.0)
                        .then(|| MomentumConfig::new().with_momentum(config.momentum).with_dampening(0.0)),
                )
                .with_weight_decay(decay)
                .init(),
        };
        Self { inner }
    }

    /// Makes one update.
    pub fn step(
        &mut self,
        learning_rate: f64,
        model: RowClassifier,
        gradients: GradientsParams,
    ) -> RowClassifier {
        self.inner.step(learning_rate, model, gradients)
    }

    /// What the optimiser remembers, as bytes.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`].
    pub fn state(&self) -> Result<Vec<u8>, TrainError> {
        let bytes = self.inner.into_bytes();
        bytes.map(|bytes| bytes.to_vec()).map_err(|error| state_error(error.to_string()))
    }

    /// Takes over what [`Self::state`] gave.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`] when the bytes are no state of this optimiser.
    pub fn restore(self, state: Vec<u8>) -> Result<Self, TrainError> {
        // The bytes have passed a checksum; should burn still stumble over them, the person gets the message.
        let restored = catch_unwind(AssertUnwindSafe(|| self.inner.from_bytes(Bytes::from_bytes_vec(state))));
        let inner = restored.map_err(|_| state_error("it is not a state of this optimizer".into()))?;
        Ok(Self { inner: inner.map_err(|error| state_error(error.to_string()))? })
    }
}

fn state_error(detail: String) -> TrainError {
    TrainError::OptimizerState { detail }
}

/// Scales the whole gradient down so that its Euclidean norm is at most `limit` (Pascanu, Mikolov and Bengio, On the
/// difficulty of training recurrent neural networks, 2013); a `limit` of 0 leaves it as it is.
///
/// Returns the norm before scaling; it is not finite when a gradient is not.
pub fn clip_by_global_norm(gradients: &mut GradientsParams, model: &RowClassifier, limit: f64) -> f64 {
    let mut sum = SquareSum { gradients, sum: 0.0 };
    model.visit(&mut sum);
    let norm = sum.sum.sqrt();
    if limit > 0.0 && norm.is_finite() && norm > limit {
        model.visit(&mut Scale { gradients, factor: (limit / norm) as f32 });
    }
    norm
}

/// Changes the gradient of a parameter where it is.
fn with_gradient<const D: usize>(
    gradients: &mut GradientsParams,
    param: &Param<Tensor<D>>,
    work: impl FnOnce(&mut [f32]),
) {
    // Taken out, so that nobody else holds it and its memory is handed over instead of copied.
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
