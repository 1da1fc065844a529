//! The LSTM operation in ordinary tensor operations, for any backend: one product for the input projection of all
//! timesteps, one for all four gates of a timestep. The body of the operation where there is no kernel, and what the
//! kernel is tested against.

use super::backend::{InitialState, LstmInputs, Output};
use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn::tensor::{FloatDType, Shape, Slice};

/// The hidden states that `output` asks for; shapes as in [`LstmInputs`].
pub(super) fn lstm<B: Backend>(inputs: LstmInputs<B>, output: Output) -> FloatTensor<B> {
    let [batch, timesteps, width] = inputs.x.shape().dims();
    let [units, gates] = inputs.recurrent.shape().dims();
    let device = inputs.x.device();
    let time_major = B::float_swap_dims(inputs.x, 0, 1); // [T, B, W]
    let rows = B::float_reshape(time_major, Shape::new([timesteps * batch, width])); // [T B, W]
    let bias = B::float_reshape(inputs.bias, Shape::new([1, gates]));
    let projected = B::float_add(B::float_matmul(rows, inputs.input), bias); // [T B, 4U]

    let mut states: Vec<FloatTensor<B>> = Vec::with_capacity(timesteps);
    let (mut hidden, mut cell) = match inputs.initial {
        InitialState::Given(hidden, cell) => (hidden, cell),
        InitialState::Zero => {
            let zeros = || B::float_zeros(Shape::new([batch, units]), &device, FloatDType::F32);
            (zeros(), zeros())
        }
    };
    for t in 0..timesteps {
        let past = B::float_matmul(hidden, inputs.recurrent.clone()); // [B, 4U]
        let z = B::float_add(columns::<B>(projected.clone(), t * batch..(t + 1) * batch, 0..gates), past);
        let block = |gate: usize| columns::<B>(z.clone(), 0..batch, gate * units..(gate + 1) * units); // [B, U]
        let candidate = B::float_mul(B::sigmoid(block(0)), B::float_tanh(block(2)));
        cell = B::float_add(B::float_mul(B::sigmoid(block(1)), cell), candidate);
        hidden = B::float_mul(B::sigmoid(block(3)), B::float_tanh(cell.clone()));
        states.push(hidden.clone());
    }
    match output {
        Output::Last => hidden,
        Output::Sequence => {
            let step = |state| B::float_reshape(state, Shape::new([batch, 1, units]));
            B::float_cat(states.into_iter().map(step).collect(), 1) // [B, T, U]
        }
    }
}

fn columns<B: Backend>(
    matrix: FloatTensor<B>,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> FloatTensor<B> {
    B::float_slice(matrix, &[Slice::from(rows), Slice::from(columns)])
}
