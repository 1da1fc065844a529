//! Adam, AdamW, RMSprop and SGD on plain slices, each in one pass over memory that changes weights and state in place.
//!
//! burn's own optimisers make a pass with a new buffer for each elementwise operation. RMSprop and SGD are bit-identical
//! with burn's; Adam and AdamW differ from burn's by rounding. Which rule a run uses, with which constants, is
//! `optimizer`'s.

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// Added to the root of the second moment, as in Kingma and Ba.
const EPSILON: f32 = 1e-8;
/// Smoothing of RMSprop, as in Hinton's lecture (Neural Networks for Machine Learning, 6e, 2012) and Keras.
const SMOOTHING: f32 = 0.9;

/// Weights per task of the thread pool: 64 KiB, far more work than scheduling a task costs.
const CHUNK: usize = 1 << 14;

/// How gradients change weights. In the equations `w` are the weights, `g` the gradient, `a` the learning rate, `d` the
/// weight decay and `t` the number of the step, from 1 on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Adam (Kingma and Ba, 2015) with weight decay added to the gradient, or AdamW (Loshchilov and Hutter, 2019) with
    /// decoupled weight decay. The state is m and v.
    ///
    /// ```text
    /// g += d w  (Adam)              w -= a d w  (AdamW)
    /// m = 0.9 m + 0.1 g             v = 0.999 v + 0.001 g g
    /// w -= a (m / (1 - 0.9^t)) / (sqrt(v / (1 - 0.999^t)) + 1e-8)
    /// ```
    Adam { weight_decay: f32, decoupled: bool },
    /// RMSprop (Hinton, 2012), neither centred nor with momentum. The state is v.
    ///
    /// ```text
    /// g += d w
    /// v = 0.9 v + 0.1 g g
    /// w -= a g / (sqrt(v) + 1e-8)
    /// ```
    RmsProp { weight_decay: f32 },
    /// Stochastic gradient descent with momentum p as in PyTorch. The state is v; without momentum there is none.
    ///
    /// ```text
    /// g += d w
    /// v = g  (first step)           v = g + p v  (later)
    /// w -= a v
    /// ```
    Sgd { weight_decay: f32, momentum: f32 },
}

impl Rule {
    /// Vectors of state, each as long as the weights, zeros before the first step.
    pub(super) fn vectors(self) -> usize {
        match self {
            Self::Adam { .. } => 2,
            Self::RmsProp { .. } => 1,
            Self::Sgd { momentum, .. } => usize::from(momentum > 0.0),
        }
    }

    /// Changes weights and state by one step along `scale * gradient`.
    ///
    /// * `time`: the number of the step, from 1 on.
    /// * `state`: [`Self::vectors`] vectors.
    pub(super) fn step(
        self,
        time: u64,
        learning_rate: f64,
        scale: f32,
        weights: &mut [f32],
        gradient: &[f32],
        state: &mut [Vec<f32>],
    ) {
        let rate = learning_rate as f32;
        match self {
            Self::Adam { weight_decay, decoupled } => {
                let exponent = i32::try_from(time).unwrap_or(i32::MAX);
                let correction = |beta: f32| 1.0 - f64::from(beta).powi(exponent);
                let (coupled, decoupled) = if decoupled { (0.0, weight_decay) } else { (weight_decay, 0.0) };
                let shrink = (1.0 - learning_rate * f64::from(decoupled)) as f32;
                let step_size = (learning_rate / correction(BETA_1)) as f32;
                let second_correction = (1.0 / correction(BETA_2).sqrt()) as f32;
                in_chunks(weights, gradient, slices(state), &|weights, gradient, [first, second]| {
                    for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
                        let g = scale * g + coupled * *w;
                        *m = BETA_1 * *m + (1.0 - BETA_1) * g;
                        *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
                        *w = shrink * *w - step_size * *m / (v.sqrt() * second_correction + EPSILON);
                    }
                });
            }
            Self::RmsProp { weight_decay } => {
                in_chunks(weights, gradient, slices(state), &|weights, gradient, [average]| {
                    for ((w, g), v) in weights.iter_mut().zip(gradient).zip(average) {
                        let g = decayed(*w, scale * g, weight_decay);
                        *v = *v * SMOOTHING + g * g * (1.0 - SMOOTHING);
                        *w -= g / (v.sqrt() + EPSILON) * rate;
                    }
                });
            }
            Self::Sgd { weight_decay, momentum } if momentum > 0.0 => {
                in_chunks(weights, gradient, slices(state), &|weights, gradient, [velocity]| {
                    for ((w, g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
                        let g = decayed(*w, scale * g, weight_decay);
                        *v = if time == 1 { g } else { g + *v * momentum };
                        *w -= *v * rate;
                    }
                });
            }
            Self::Sgd { weight_decay, .. } => in_chunks(weights, gradient, [], &|weights, gradient, []| {
                for (w, g) in weights.iter_mut().zip(gradient) {
                    *w -= decayed(*w, scale * g, weight_decay) * rate;
                }
            }),
        }
    }
}

fn slices<const N: usize>(state: &mut [Vec<f32>]) -> [&mut [f32]; N] {
    let mut vectors = state.iter_mut();
    std::array::from_fn(|_| vectors.next().expect("a rule has all its vectors of state").as_mut_slice())
}

/// The gradient with weight decay; without it the gradient as it is, signs of zeros included.
#[inline(always)]
fn decayed(weight: f32, gradient: f32, decay: f32) -> f32 {
    if decay > 0.0 { weight * decay + gradient } else { gradient }
}

/// Applies `rule` to weights, gradient and state, chunk by chunk on the current thread pool. A rule works element by
/// element, so the result does not depend on the chunks.
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
