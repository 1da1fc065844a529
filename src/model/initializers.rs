//! How initial weights are drawn. For a layer with W inputs and U units:
//!
//! | name | input weights `[W, 4U]` | recurrent weights `[U, 4U]` | bias `[4U]` | head `[U, C]` and its bias |
//! | --- | --- | --- | --- | --- |
//! | `keras` | uniform, ±√(6/(W+4U)) | orthonormal rows | 0, forget gate 1 | uniform, ±√(6/(U+C)); 0 |
//! | `tensorflow1` | uniform, ±√(6/(W+U+4U)) | the same | 0, forget gate 1 | uniform, ±√(6/(U+C)); 0 |
//! | `tensorflow0` | uniform, ±√(3/(W+U)) | the same | 0, forget gate 1 | uniform, ±√(3/U); 0 |
//! | `pytorch` | uniform, ±1/√U | the same | sum of two uniform, ±1/√U | uniform, ±1/√U, both |
//! | `burn` | normal, σ = √(2/(W+U)) | normal, σ = √(2/2U) | sum of the two normals | uniform, ±1/√U, both |
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
//! (Kaiming uniform with gain 1/√3).

use super::{LayerWeights, ModelShape, ModelWeights};
use crate::config::{HeadInitializerName, InitializerName};
use crate::seeds;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Draws the weights of a network. The same (name, head, shape, seed) gives the same weights on every machine.
///
/// Every tensor has its own generator, so a layer depends neither on other layers nor on the head.
pub fn initial_weights(
    name: InitializerName,
    head: HeadInitializerName,
    shape: ModelShape,
    seed: u64,
) -> ModelWeights {
    let layers = (0..shape.layers).map(|layer| {
        let generator = |tensor: &str| seeds::generator(seed, tensor, &[layer as u64]);
        let inputs = shape.layer_inputs(layer);
        LayerWeights {
            input: input_weights(name, inputs, shape.units, &mut generator("input weights")),
            recurrent: recurrent_weights(name, inputs, shape.units, &mut generator("recurrent weights")),
            bias: bias(name, inputs, shape.units, &mut generator("bias")),
        }
    });
    let layers = layers.collect();
    let (head_weights, head_bias) = head_weights(name, head, shape, seed);
    ModelWeights { shape, layers, head_weights, head_bias }
}

fn head_weights(
    name: InitializerName,
    head: HeadInitializerName,
    shape: ModelShape,
    seed: u64,
) -> (Vec<f32>, Vec<f32>) {
    let count = shape.units * shape.classes;
    let mut weights = seeds::generator(seed, "head weights", &[]);
    let mut bias = seeds::generator(seed, "head bias", &[]);
    match head {
        HeadInitializerName::Same => {
            let (weight_bound, bias_bound) = head_bounds(name, shape);
            (uniform(count, weight_bound, &mut weights), uniform(shape.classes, bias_bound, &mut bias))
        }
        HeadInitializerName::Normal => {
            (normal(count, 1.0, &mut weights), normal(shape.classes, 1.0, &mut bias))
        }
        HeadInitializerName::SmallNormal => (normal(count, 0.01, &mut weights), vec![0.0; shape.classes]),
    }
}

/// The bounds of the head's weights and biases if they are uniform.
fn head_bounds(name: InitializerName, shape: ModelShape) -> (f64, f64) {
    let inverse_root = 1.0 / (shape.units as f64).sqrt();
    match name {
        InitializerName::Keras | InitializerName::Tensorflow1 => {
            (glorot_bound(shape.units, shape.classes), 0.0)
        }
        InitializerName::Tensorflow0 => (unit_scaling_bound(shape.units), 0.0),
        InitializerName::Pytorch | InitializerName::Burn => (inverse_root, inverse_root),
    }
}

fn input_weights(name: InitializerName, inputs: usize, units: usize, generator: &mut impl Rng) -> Vec<f32> {
    let count = inputs * 4 * units;
    match name {
        InitializerName::Keras => uniform(count, glorot_bound(inputs, 4 * units), generator),
        InitializerName::Tensorflow1 => uniform(count, glorot_bound(inputs + units, 4 * units), generator),
        InitializerName::Tensorflow0 => uniform(count, unit_scaling_bound(inputs + units), generator),
        InitializerName::Pytorch => uniform(count, 1.0 / (units as f64).sqrt(), generator),
        InitializerName::Burn => normal(count, glorot_deviation(inputs, units), generator),
    }
}

fn recurrent_weights(
    name: InitializerName,
    inputs: usize,
    units: usize,
    generator: &mut impl Rng,
) -> Vec<f32> {
    let count = units * 4 * units;
    match name {
        InitializerName::Keras => orthonormal_rows(units, 4 * units, generator),
        InitializerName::Tensorflow1 => uniform(count, glorot_bound(inputs + units, 4 * units), generator),
        InitializerName::Tensorflow0 => uniform(count, unit_scaling_bound(inputs + units), generator),
        InitializerName::Pytorch => uniform(count, 1.0 / (units as f64).sqrt(), generator),
        InitializerName::Burn => normal(count, glorot_deviation(units, units), generator),
    }
}

fn bias(name: InitializerName, inputs: usize, units: usize, generator: &mut impl Rng) -> Vec<f32> {
    let sum = |first: Vec<f32>, second: Vec<f32>| first.iter().zip(second).map(|(a, b)| a + b).collect();
    match name {
        InitializerName::Keras | InitializerName::Tensorflow1 | InitializerName::Tensorflow0 => {
            let mut bias = vec![0.0; 4 * units];
            bias[units..2 * units].fill(1.0);
            bias
        }
        InitializerName::Pytorch => {
            let bound = 1.0 / (units as f64).sqrt();
            sum(uniform(4 * units, bound, generator), uniform(4 * units, bound, generator))
        }
        InitializerName::Burn => {
            let input_part = normal(4 * units, glorot_deviation(inputs, units), generator);
            sum(input_part, normal(4 * units, glorot_deviation(units, units), generator))
        }
    }
}

fn glorot_bound(fan_in: usize, fan_out: usize) -> f64 {
    (6.0 / (fan_in + fan_out) as f64).sqrt()
}

fn unit_scaling_bound(fan_in: usize) -> f64 {
    (3.0 / fan_in as f64).sqrt()
}

fn glorot_deviation(fan_in: usize, fan_out: usize) -> f64 {
    (2.0 / (fan_in + fan_out) as f64).sqrt()
}

fn uniform(count: usize, bound: f64, generator: &mut impl Rng) -> Vec<f32> {
    (0..count).map(|_| ((2.0 * generator.random::<f64>() - 1.0) * bound) as f32).collect()
}

fn normal(count: usize, deviation: f64, generator: &mut impl Rng) -> Vec<f32> {
    let mut draw = || -> f64 { StandardNormal.sample(generator) };
    (0..count).map(|_| (draw() * deviation) as f32).collect()
}

/// A uniformly distributed matrix `[rows, columns]`, rows <= columns, with orthonormal rows: modified Gram-Schmidt, in
/// f64, on normal draws. The diagonal of the triangular factor is positive, as Keras makes it, so the distribution is
/// uniform (Mezzadri, How to generate random matrices from the classical compact groups, 2007). Draws of this shape
/// are well conditioned (the ratio of singular values is near 3), so one pass is orthogonal up to rounding.
fn orthonormal_rows(rows: usize, columns: usize, generator: &mut impl Rng) -> Vec<f32> {
    let mut draw = || -> f64 { StandardNormal.sample(generator) };
    let mut matrix: Vec<Vec<f64>> = (0..rows).map(|_| (0..columns).map(|_| draw()).collect()).collect();
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
