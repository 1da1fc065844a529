//! Adam and AdamW in one pass over memory, as a burn optimiser.
//!
//! burn's own Adam makes a pass with a new buffer for each of its operations. This one changes weights and moments where
//! they are; for burn's arithmetic it differs by rounding alone.

use crate::host::{from_values, into_values};
use burn::optim::{AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// Added to the root of the second moment; what Kingma and Ba give.
pub(super) const EPSILON: f32 = 1e-8;

/// Weights that a thread is given at a time: 64 KiB, many times the work of handing it over.
const CHUNK: usize = 1 << 14;

/// Adam (Kingma and Ba, 2015) with weight decay added to the gradient, or AdamW (Loshchilov and Hutter, 2019) with
/// decoupled weight decay:
///
/// ```text
/// g += decay w  (Adam)          w -= rate decay w  (AdamW)
/// m = 0.9 m + 0.1 g             v = 0.999 v + 0.001 g g
/// w -= rate (m / (1 - 0.9^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8)
/// ```
#[derive(Clone, Debug)]
pub(super) struct Adam {
    /// Weight decay; 0 for none.
    pub weight_decay: f32,
    /// Whether weight decay acts on the weights themselves (AdamW).
    pub decoupled: bool,
}

/// The factors of one update, the same for every weight.
#[derive(Clone, Copy)]
struct Factors {
    /// What the gradient gains of the weight.
    coupled_decay: f32,
    /// What is left of the weight after decoupled decay.
    shrink: f32,
    /// rate / (1 - 0.9^t)
    rate: f32,
    /// 1 / sqrt(1 - 0.999^t)
    second_correction: f32,
}

impl Factors {
    /// `time` counts updates from 1.
    fn new(adam: &Adam, rate: f64, time: usize) -> Self {
        let time = i32::try_from(time).unwrap_or(i32::MAX);
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(time);
        Self {
            coupled_decay: if adam.decoupled { 0.0 } else { adam.weight_decay },
            shrink: if adam.decoupled { (1.0 - rate * f64::from(adam.weight_decay)) as f32 } else { 1.0 },
            rate: (rate / correction(BETA_1)) as f32,
            second_correction: (1.0 / correction(BETA_2).sqrt()) as f32,
        }
    }

    fn update(self, weights: &mut [f32], gradients: &[f32], first: &mut [f32], second: &mut [f32]) {
        for (((w, g), m), v) in weights.iter_mut().zip(gradients).zip(first).zip(second) {
            let g = g + self.coupled_decay * *w;
            *m = BETA_1 * *m + (1.0 - BETA_1) * g;
            *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
            *w = self.shrink * *w - self.rate * *m / (v.sqrt() * self.second_correction + EPSILON);
        }
    }
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
        let (shape, device) = (weights.dims(), weights.device());
        let (time, mut first, mut second) = match state {
            Some(state) => (state.time + 1, into_values(state.moment_1), into_values(state.moment_2)),
            None => (1, vec![0.0; shape.iter().product()], vec![0.0; shape.iter().product()]),
        };
        let (mut weights, gradient) = (into_values(weights), into_values(gradient));
        let factors = Factors::new(self, learning_rate, time);
        if weights.len() <= CHUNK {
            factors.update(&mut weights, &gradient, &mut first, &mut second);
        } else {
            let moments = first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK));
            let values = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
            values.zip(moments).for_each(|((w, g), (m, v))| factors.update(w, g, m, v));
        }
        let tensor = |values| from_values(values, shape, &device);
        let state = AdaptiveMomentumState::new(time, tensor(first), tensor(second));
        (tensor(weights), Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}
