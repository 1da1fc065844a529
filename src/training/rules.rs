//! Adam, AdamW, RMSprop and SGD, each in one pass over memory, as burn optimisers.
//!
//! burn's own optimisers make a pass with a new buffer for each elementwise operation. These change weights and state
//! in place. RMSprop and SGD are bit-identical with burn's; Adam and AdamW differ from burn's by rounding. Their state
//! is serialised under burn's names, so a checkpoint can be read by either. Which rule a run uses, with which
//! constants, is
//! `optimizer`'s.

use crate::host::{from_values, into_values};
use burn::optim::{
    AdaptiveMomentumState, CenteredState, LearningRate, Optimizer, RecordState, RmsPropState, SquareAvgState,
    StateSink, StateSource,
};
use burn::tensor::{Device, Tensor};

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// Added to the root of the second moment, as in Kingma and Ba.
const EPSILON: f32 = 1e-8;
/// Smoothing of RMSprop, as in Hinton's lecture (Neural Networks for Machine Learning, 6e, 2012) and Keras.
const SMOOTHING: f32 = 0.9;

/// Weights per task of the thread pool: 64 KiB, far more work than scheduling a task costs.
const CHUNK: usize = 1 << 14;

/// Adam (Kingma and Ba, 2015) with weight decay added to the gradient, or AdamW (Loshchilov and Hutter, 2019) with
/// decoupled weight decay. With learning rate a and weight decay d:
///
/// ```text
/// g += d w  (Adam)              w -= a d w  (AdamW)
/// m = 0.9 m + 0.1 g             v = 0.999 v + 0.001 g g
/// w -= a (m / (1 - 0.9^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8)
/// ```
#[derive(Clone, Debug)]
pub(super) struct Adam {
    /// Weight decay d; 0 for none.
    pub weight_decay: f32,
    /// Whether weight decay acts on the weights themselves (AdamW).
    pub decoupled: bool,
}

impl Optimizer for Adam {
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (time, moments) = match state {
            Some(state) => (state.time + 1, [Some(state.moment_1), Some(state.moment_2)]),
            None => (1, [None, None]),
        };
        let exponent = i32::try_from(time).unwrap_or(i32::MAX);
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(exponent);
        let decay = f64::from(self.weight_decay);
        let (coupled, shrink) =
            if self.decoupled { (0.0, 1.0 - learning_rate * decay) } else { (self.weight_decay, 1.0) };
        let shrink = shrink as f32;
        let step_size = (learning_rate / correction(BETA_1)) as f32;
        let second_correction = (1.0 / correction(BETA_2).sqrt()) as f32;

        let (weights, [first, second]) =
            one_pass(weights, gradient, moments, |weights, gradient, [first, second]| {
                for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
                    let g = g + coupled * *w;
                    *m = BETA_1 * *m + (1.0 - BETA_1) * g;
                    *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
                    *w = shrink * *w - step_size * *m / (v.sqrt() * second_correction + EPSILON);
                }
            });
        (weights, Some(AdaptiveMomentumState::new(time, first, second)))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}

/// RMSprop (Hinton, 2012), neither centred nor with momentum. With learning rate a and weight decay d:
///
/// ```text
/// g = d w + g
/// v = 0.9 v + 0.1 g g
/// w -= a g / (sqrt(v) + 1e-8)
/// ```
#[derive(Clone, Debug)]
pub(super) struct RmsProp {
    /// Weight decay d; 0 for none.
    pub weight_decay: f32,
}

impl Optimizer for RmsProp {
    type State<const D: usize> = RmsPropState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (decay, learning_rate) = (self.weight_decay, learning_rate as f32);
        // The state holds this average twice. The second copy is dropped here, so that the first is changed in place.
        let average = state.map(|state| state.square_avg.square_avg);
        let (weights, [average]) = one_pass(weights, gradient, [average], |weights, gradient, [average]| {
            for ((w, g), v) in weights.iter_mut().zip(gradient).zip(average) {
                let g = decayed(*w, *g, decay);
                *v = *v * SMOOTHING + g * g * (1.0 - SMOOTHING);
                *w -= g / (v.sqrt() + EPSILON) * learning_rate;
            }
        });
        let centered = CenteredState::new(None, average.clone());
        (weights, Some(RmsPropState::new(SquareAvgState::new(average), centered, None)))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        RmsPropState::new(state.square_avg.to_device(device), state.centered.to_device(device), None)
    }
}

/// Stochastic gradient descent with momentum as in PyTorch. With learning rate a, momentum p and weight decay d:
///
/// ```text
/// g = d w + g
/// v = g  (first step)           v = g + p v  (later)
/// w -= a v
/// ```
#[derive(Clone, Debug)]
pub(super) struct Sgd {
    /// Weight decay d; 0 for none.
    pub weight_decay: f32,
    /// Momentum p; 0 for none, which keeps no velocity.
    pub momentum: f32,
}

/// The velocity v of [`Sgd`]; `None` without momentum.
#[derive(Clone)]
pub(super) struct SgdState<const D: usize> {
    velocity: Option<Tensor<D>>,
}

/// The name in burn's `SgdState`.
const VELOCITY: &str = "momentum.velocity";

// By hand, because burn's derive macro works only inside burn.
impl<const D: usize> RecordState for SgdState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        if let Some(velocity) = &self.velocity {
            out.push_tensor(prefix, VELOCITY, velocity.to_data());
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let velocity = source.take_tensor(prefix, VELOCITY);
        Some(Self { velocity: velocity.map(|data| Tensor::from_data(data, device)) })
    }
}

impl Optimizer for Sgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (decay, momentum, learning_rate) = (self.weight_decay, self.momentum, learning_rate as f32);
        if momentum == 0.0 {
            let (weights, []) = one_pass(weights, gradient, [], |weights, gradient, []| {
                for (w, g) in weights.iter_mut().zip(gradient) {
                    *w -= decayed(*w, *g, decay) * learning_rate;
                }
            });
            return (weights, Some(SgdState { velocity: None }));
        }
        let velocity = state.and_then(|state| state.velocity);
        let is_first = velocity.is_none();
        let (weights, [velocity]) =
            one_pass(weights, gradient, [velocity], |weights, gradient, [velocity]| {
                for ((w, g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
                    let g = decayed(*w, *g, decay);
                    *v = if is_first { g } else { g + *v * momentum };
                    *w -= *v * learning_rate;
                }
            });
        (weights, Some(SgdState { velocity: Some(velocity) }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        SgdState { velocity: state.velocity.map(|velocity| velocity.to_device(device)) }
    }
}

/// The gradient with weight decay; without it the gradient as it is, signs of zeros included.
#[inline(always)]
fn decayed(weight: f32, gradient: f32, decay: f32) -> f32 {
    if decay > 0.0 { weight * decay + gradient } else { gradient }
}

/// Applies `rule` to weights, gradient and state, chunk by chunk on the current thread pool. The weights and the state,
/// zeros where there is none yet, are changed in place and returned. A rule works element by element, so the result
/// does not depend on the chunks.
fn one_pass<const D: usize, const N: usize>(
    weights: Tensor<D>,
    gradient: Tensor<D>,
    state: [Option<Tensor<D>>; N],
    rule: impl Fn(&mut [f32], &[f32], [&mut [f32]; N]) + Sync,
) -> (Tensor<D>, [Tensor<D>; N]) {
    let (shape, device) = (weights.dims(), weights.device());
    let (mut weights, gradient) = (into_values(weights), into_values(gradient));
    let mut state = state.map(|tensor| tensor.map_or_else(|| vec![0.0; weights.len()], into_values));
    in_chunks(&mut weights, &gradient, state.each_mut().map(Vec::as_mut_slice), &rule);
    let tensor = |values| from_values(values, shape, &device);
    (tensor(weights), state.map(tensor))
}

fn in_chunks<const N: usize>(
    weights: &mut [f32],
    gradient: &[f32],
    state: [&mut [f32]; N],
    rule: &(impl Fn(&mut [f32], &[f32], [&mut [f32]; N]) + Sync),
) {
    if weights.len() <= CHUNK {
        return rule(weights, gradient, state);
    }
    let middle = (weights.len() / 2).next_multiple_of(CHUNK);
    let (weights, more_weights) = weights.split_at_mut(middle);
    let (gradient, more_gradient) = gradient.split_at(middle);
    let mut halves = state.map(|values| values.split_at_mut(middle));
    let state = halves.each_mut().map(|(half, _)| std::mem::take(half));
    let more_state = halves.map(|(_, half)| half);
    rayon::join(
        || in_chunks(weights, gradient, state, rule),
        || in_chunks(more_weights, more_gradient, more_state, rule),
    );
}

#[cfg(test)]
mod tests;
