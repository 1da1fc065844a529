//! Everything an LSTM layer does with one image: gates, cell and hidden state at every timestep, in plain f64 arithmetic.
//!
//! The fused operation keeps no gates, so they are computed here from the weights, by the equations as they stand in
//! [`lstm_op`](crate::lstm_op): for timestep t with input x_t, and h and c zero before the first,
//!
//! ```text
//! z_t = x_t Wx + h_{t-1} Wh + b              [4U], blocks of U: i, f, g, o
//! i = sigmoid(z_i)   f = sigmoid(z_f)   g = tanh(z_g)   o = sigmoid(z_o)
//! c_t = f c_{t-1} + i g
//! h_t = o tanh(c_t)
//! ```
//!
//! and the hidden states of a layer are what the next one reads. Tests hold the hidden states against the network's own.

use crate::model::{LayerWeights, ModelWeights};

/// What one layer does with one image; each field is `[T, U]`, timestep by timestep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerTrace {
    /// Units U.
    pub units: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// Input gate i, in 0..=1: how much of the candidate is let in.
    pub input: Vec<f32>,
    /// Forget gate f, in 0..=1: how much of the cell is kept.
    pub forget: Vec<f32>,
    /// Candidate g, in -1..=1: what could be added to the cell.
    pub candidate: Vec<f32>,
    /// Output gate o, in 0..=1: how much of the cell is shown.
    pub output: Vec<f32>,
    /// Cell state c, in -T..=T.
    pub cell: Vec<f32>,
    /// Hidden state h, in -1..=1.
    pub hidden: Vec<f32>,
}

/// Traces layer `layer` (from 0) of the network over one image.
///
/// * `sequence`: `[T, W]`, timestep by timestep, as the network reads it.
///
/// # Panics
/// When the network has no such layer, or the sequence is not of whole timesteps.
pub fn trace(weights: &ModelWeights, sequence: &[f32], layer: usize) -> LayerTrace {
    let (top, below) =
        weights.layers[..=layer].split_last().expect("a range up to and with an index has an end");
    let mut sequence = sequence.to_vec();
    for (index, lower) in below.iter().enumerate() {
        sequence = trace_layer(lower, &sequence, weights.shape.layer_inputs(index)).hidden;
    }
    trace_layer(top, &sequence, weights.shape.layer_inputs(layer))
}

fn trace_layer(weights: &LayerWeights, sequence: &[f32], inputs: usize) -> LayerTrace {
    assert!(sequence.len().is_multiple_of(inputs), "a sequence is of timesteps of {inputs} values");
    let (timesteps, units) = (sequence.len() / inputs, weights.bias.len() / 4);
    let mut trace = LayerTrace { units, timesteps, ..LayerTrace::default() };
    let (mut hidden, mut cell) = (vec![0.0; units], vec![0.0; units]);
    for step in sequence.chunks_exact(inputs) {
        let mut z: Vec<f64> = weights.bias.iter().copied().map(f64::from).collect();
        add_product(&mut z, step.iter().copied().map(f64::from), &weights.input);
        add_product(&mut z, hidden.iter().copied(), &weights.recurrent);
        for unit in 0..units {
            let gate = |block: usize| z[block * units + unit];
            let (input, forget, output) = (logistic(gate(0)), logistic(gate(1)), logistic(gate(3)));
            let candidate = gate(2).tanh();
            cell[unit] = forget * cell[unit] + input * candidate;
            hidden[unit] = output * cell[unit].tanh();
            trace.input.push(input as f32);
            trace.forget.push(forget as f32);
            trace.candidate.push(candidate as f32);
            trace.output.push(output as f32);
        }
        trace.cell.extend(cell.iter().map(|value| *value as f32));
        trace.hidden.extend(hidden.iter().map(|value| *value as f32));
    }
    trace
}

/// Adds the product of a row of values and the matrix `[values, z]`, row by row, to z.
fn add_product(z: &mut [f64], values: impl Iterator<Item = f64>, matrix: &[f32]) {
    for (value, row) in values.zip(matrix.chunks_exact(z.len())) {
        if value != 0.0 {
            z.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * f64::from(*weight));
        }
    }
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HeadInitializerName, InitializerName};
    use crate::device::{BUILT_IN, device};
    use crate::model::{ModelShape, RowClassifier, initializers::initial_weights};
    use burn::tensor::{Tensor, TensorData};

    fn weights(layers: usize) -> ModelWeights {
        let shape = ModelShape { inputs: 7, units: 33, layers, classes: 10 };
        initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 3)
    }

    /// 28 timesteps of 7 values in 0..1, many of them 0 as in an image.
    fn sequence() -> Vec<f32> {
        (0..28 * 7).map(|index| ((index * 37 % 101) as f32 / 50.0 - 1.0).max(0.0)).collect()
    }

    #[test]
    fn hidden_states_of_every_layer_are_those_of_the_network_on_every_backend() {
        for &backend in BUILT_IN {
            let device = device(backend);
            for layers in 1..=3 {
                // The states of layer k of a network are the last ones of its first k layers.
                let mut weights = weights(3);
                weights.layers.truncate(layers);
                weights.shape.layers = layers;
                let x = Tensor::from_data(TensorData::new(sequence(), [1, 28, 7]), &device);
                let states = RowClassifier::new(&weights, &device).hidden_states(x);
                let found: Vec<f32> = states.into_data().try_into_vec().unwrap();
                let traced = trace(&weights, &sequence(), layers - 1);
                assert_eq!((traced.timesteps, traced.units), (28, 33));
                for (index, (found, traced)) in found.iter().zip(&traced.hidden).enumerate() {
                    // Sums of 41 products in f32 and an exponential exact to 2.5e-8, over 28 timesteps in three layers.
                    assert!(
                        (found - traced).abs() < 2e-6,
                        "layer {layers}, value {index}: {found}, {traced}"
                    );
                }
            }
        }
    }

    #[test]
    fn cell_and_hidden_state_follow_from_the_gates() {
        let trace = trace(&weights(2), &sequence(), 1);
        for at in 0..28 * 33 {
            let before = if at < 33 { 0.0 } else { trace.cell[at - 33] };
            let cell = trace.forget[at] * before + trace.input[at] * trace.candidate[at];
            // Each value was rounded to f32 once.
            assert!((cell - trace.cell[at]).abs() < 1e-6, "{at}");
            assert!((trace.output[at] * trace.cell[at].tanh() - trace.hidden[at]).abs() < 1e-6, "{at}");
        }
        let gates = [&trace.input, &trace.forget, &trace.output];
        assert!(gates.into_iter().flatten().all(|gate| (0.0..=1.0).contains(gate)));
        assert!(
            trace.hidden.iter().any(|value| *value < 0.0) && trace.hidden.iter().any(|value| *value > 0.0)
        );
    }

    #[test]
    fn a_gate_that_is_shut_lets_nothing_through() {
        let mut weights = weights(1);
        weights.layers[0].bias[..33].fill(-1e4);
        let trace = trace(&weights, &sequence(), 0);
        assert!([&trace.input, &trace.cell, &trace.hidden].into_iter().flatten().all(|value| *value == 0.0));
        assert!(trace.candidate.iter().any(|value| *value != 0.0));
    }
}
