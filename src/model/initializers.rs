//! How initial weights are drawn. For a layer with W inputs and U units:
//!
//! | name | input weights `[W, 4U]` | recurrent weights `[U, 4U]` | bias `[4U]` | head `[U, C]` and its bias |
//! | --- | --- | --- | --- | --- |
//! | `keras` | uniform, ±√(6/(W+4U)) | orthonormal rows | 0, forget gate 1 | uniform, ±√(6/(U+C)); 0 |
//! | `tensorflow1` | uniform, ±√(6/(W+U+4U)) | the same | 0, forget gate 1 | uniform, ±√(6/(U+C)); 0 |
//! | `tensorflow0` | uniform, ±√(3/(W+U)) | the same | 0, forget gate 1 | uniform, ±√(3/U); 0 |
//! | `pytorch` | uniform, ±1/√U | the same | sum of two uniform, ±1/√U | uniform, ±1/√U, both |
//! | `burn` | normal, σ = √(2/(W+U)) | normal, σ = √(2/2U) | sum of the two normals | uniform, ±1/√U, both |
//! | `chrono` | as `keras` | as `keras` | 0; forget gate ln u, u uniform in 1 to T - 1; input gate the negative of that | as `keras` |
//!
//! Other initial values of the head: `normal`, weights and biases from N(0, 1); `small-normal`, weights from N(0, 0.01²),
//! biases 0.
//!
//! Sources: `keras`, the defaults of keras.layers.LSTM and Dense in Keras 3 (glorot_uniform, orthogonal, zeros,
//! unit_forget_bias; Glorot and Bengio 2010, Saxe et al. 2013, Jozefowicz et al. 2015). `tensorflow1`, BasicLSTMCell of
//! TensorFlow 1.x, whose one matrix `[W+U, 4U]` has get_variable's default, Glorot uniform, and which adds
//! forget_bias = 1 to the forget gate at each step: here that 1 is in the bias. `tensorflow0`, the same cell before 1.0, when
//! get_variable's default was uniform_unit_scaling_initializer. `pytorch`, torch.nn.LSTM and Linear
//! (reset_parameters), whose two biases per gate have an effect only as their sum. `burn`, burn-nn 0.22.1's LstmConfig (Xavier
//! normal with gain 1 for each gate's `[W, U]` and `[U, U]`, applied to its two biases as well) and LinearConfig
//! (Kaiming uniform with gain 1/√3). `chrono`, Tallec and Ollivier, Can recurrent neural networks warp time?, 2018, section 2:
//! a cell whose forget gate is sigmoid(ln u) keeps its state for about u timesteps, of T in a sequence.

use super::{LayerWeights, ModelShape, ModelWeights};
use crate::config::{HeadInitializerName, InitializerName, TrainConfig};
use crate::seeds;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// The weights with which a run of these settings begins.
pub fn weights_of(config: &TrainConfig) -> ModelWeights {
    let &TrainConfig { initializer, head_initializer, timesteps, seed, .. } = config;
    initial_weights(initializer, head_initializer, ModelShape::of(config), timesteps, seed)
}

/// Draws the weights of a network. The same arguments give the same weights on every machine.
///
/// * `timesteps`: T, which only [`InitializerName::Chrono`] depends on.
///
/// Every tensor has its own generator, so a layer depends neither on other layers nor on the head.
pub fn initial_weights(
    name: InitializerName,
    head: HeadInitializerName,
    shape: ModelShape,
    timesteps: usize,
    seed: u64,
) -> ModelWeights {
    let ModelShape { units, classes, .. } = shape;
    let layers = (0..shape.layers).map(|layer| {
        let generator = |tensor: &str| seeds::generator(seed, tensor, &[layer as u64]);
        let inputs = shape.layer_inputs(layer);
        let [input, recurrent] = layer_draws(name, inputs, units);
        LayerWeights {
            input: input.values([inputs, 4 * units], &mut generator("input weights")),
            recurrent: recurrent.values([units, 4 * units], &mut generator("recurrent weights")),
            bias: bias(name, [input, recurrent], units, timesteps, &mut generator("bias")),
        }
    });
    let layers = layers.collect();
    let [weights, bias] = head_draws(name, head, units, classes);
    ModelWeights {
        shape,
        layers,
        head_weights: weights.values([units, classes], &mut seeds::generator(seed, "head weights", &[])),
        head_bias: bias.values([1, classes], &mut seeds::generator(seed, "head bias", &[])),
    }
}

/// What the input weights and the recurrent weights of a layer are drawn from.
fn layer_draws(name: InitializerName, inputs: usize, units: usize) -> [Draw; 2] {
    match name {
        InitializerName::Keras | InitializerName::Chrono => {
            [Draw::glorot_uniform(inputs, 4 * units), Draw::OrthonormalRows]
        }
        InitializerName::Tensorflow1 => [Draw::glorot_uniform(inputs + units, 4 * units); 2],
        InitializerName::Tensorflow0 => [Draw::unit_scaling(inputs + units); 2],
        InitializerName::Pytorch => [Draw::inverse_root(units); 2],
        InitializerName::Burn => [inputs, units].map(|fan_in| Draw::glorot_normal(fan_in, units)),
    }
}

fn bias(
    name: InitializerName,
    draws: [Draw; 2],
    units: usize,
    timesteps: usize,
    generator: &mut impl Rng,
) -> Vec<f32> {
    match name {
        InitializerName::Keras | InitializerName::Tensorflow1 | InitializerName::Tensorflow0 => {
            let mut bias = vec![0.0; 4 * units];
            bias[units..2 * units].fill(1.0);
            bias
        }
        InitializerName::Pytorch | InitializerName::Burn => {
            let [first, second] = draws.map(|draw| draw.values([1, 4 * units], generator));
            first.iter().zip(second).map(|(a, b)| a + b).collect()
        }
        InitializerName::Chrono => {
            let longest = timesteps.saturating_sub(1).max(1) as f64;
            let mut bias = vec![0.0; 4 * units];
            for unit in 0..units {
                let remembered = 1.0 + (longest - 1.0) * generator.random::<f64>();
                bias[units + unit] = libm::log(remembered) as f32;
                bias[unit] = -bias[units + unit];
            }
            bias
        }
    }
}

/// What the weights and the bias of the head are drawn from.
fn head_draws(name: InitializerName, head: HeadInitializerName, units: usize, classes: usize) -> [Draw; 2] {
    match (head, name) {
        (HeadInitializerName::Normal, _) => [Draw::Normal(1.0); 2],
        (HeadInitializerName::SmallNormal, _) => [Draw::Normal(0.01), Draw::Zeros],
        (
            HeadInitializerName::Same,
            InitializerName::Keras | InitializerName::Tensorflow1 | InitializerName::Chrono,
        ) => [Draw::glorot_uniform(units, classes), Draw::Uniform(0.0)],
        (HeadInitializerName::Same, InitializerName::Tensorflow0) => {
            [Draw::unit_scaling(units), Draw::Uniform(0.0)]
        }
        (HeadInitializerName::Same, InitializerName::Pytorch | InitializerName::Burn) => {
            [Draw::inverse_root(units); 2]
        }
    }
}

/// What the values of a tensor are drawn from.
#[derive(Clone, Copy)]
enum Draw {
    /// Uniformly up to this bound, either way. A bound of 0 gives zeros of either sign.
    Uniform(f64),
    /// From a normal distribution around 0 with this standard deviation.
    Normal(f64),
    OrthonormalRows,
    Zeros,
}

impl Draw {
    fn glorot_uniform(fan_in: usize, fan_out: usize) -> Self {
        Self::Uniform((6.0 / (fan_in + fan_out) as f64).sqrt())
    }

    fn glorot_normal(fan_in: usize, fan_out: usize) -> Self {
        Self::Normal((2.0 / (fan_in + fan_out) as f64).sqrt())
    }

    fn unit_scaling(fan_in: usize) -> Self {
        Self::Uniform((3.0 / fan_in as f64).sqrt())
    }

    fn inverse_root(fan_in: usize) -> Self {
        Self::Uniform(1.0 / (fan_in as f64).sqrt())
    }

    /// A matrix `[rows, columns]`, row by row.
    fn values(self, [rows, columns]: [usize; 2], generator: &mut impl Rng) -> Vec<f32> {
        let places = 0..rows * columns;
        match self {
            Self::Uniform(bound) => {
                places.map(|_| ((2.0 * generator.random::<f64>() - 1.0) * bound) as f32).collect()
            }
            Self::Normal(deviation) => {
                places.map(|_| (standard_normal(generator) * deviation) as f32).collect()
            }
            Self::OrthonormalRows => orthonormal_rows(rows, columns, generator),
            Self::Zeros => vec![0.0; rows * columns],
        }
    }
}

fn standard_normal(generator: &mut impl Rng) -> f64 {
    StandardNormal.sample(generator)
}

/// A uniformly distributed matrix `[rows, columns]`, rows <= columns, with orthonormal rows: modified Gram-Schmidt, in
/// f64, on normal draws. The diagonal of the triangular factor is positive, as Keras makes it, so the distribution is
/// uniform (Mezzadri, How to generate random matrices from the classical compact groups, 2007). Draws of this shape
/// are well conditioned (the ratio of singular values is near 3), so one pass is orthogonal up to rounding.
fn orthonormal_rows(rows: usize, columns: usize, generator: &mut impl Rng) -> Vec<f32> {
    let mut row = || (0..columns).map(|_| standard_normal(generator)).collect();
    let mut matrix: Vec<Vec<f64>> = (0..rows).map(|_| row()).collect();
    for row in 0..rows {
        let (done, rest) = matrix.split_at_mut(row + 1);
        let pivot = &mut done[row];
        let norm = pivot.iter().map(|value| value * value).sum::<f64>().sqrt();
        pivot.iter_mut().for_each(|value| *value /= norm);
        rest.par_iter_mut().for_each(|other| {
            let overlap: f64 = other.iter().zip(pivot.iter()).map(|(a, b)| a * b).sum();
            other.iter_mut().zip(pivot.iter()).for_each(|(a, b)| *a -= overlap * b);
        });
    }
    matrix.into_iter().flatten().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests;
