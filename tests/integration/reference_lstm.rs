//! One LSTM layer in burn's tensor operations, which the kernel is tested and measured against.

use burn::tensor::{Tensor, activation::sigmoid};
use rowlstm::lstm_op::LstmWeights;

/// The hidden state after each timestep, `[B, U]`, of a layer that reads `x`, `[B, T, W]`: one matrix product for the
/// inputs of all timesteps, one per timestep for the hidden states.
pub fn hidden_states(x: Tensor<3>, weights: LstmWeights) -> Vec<Tensor<2>> {
    let [batch, timesteps, inputs] = x.dims();
    let [units, gates] = weights.recurrent.dims();
    let rows = x.swap_dims(0, 1).reshape([timesteps * batch, inputs]); // [T B, W]
    let projected = rows.matmul(weights.input) + weights.bias.unsqueeze(); // [T B, 4U]
    let mut hidden = Tensor::<2>::zeros([batch, units], &projected.device());
    let mut cell = hidden.clone();
    let mut step = |t: usize| {
        let past = hidden.clone().matmul(weights.recurrent.clone());
        let z = projected.clone().slice([t * batch..(t + 1) * batch, 0..gates]) + past; // [B, 4U]
        let block = |gate: usize| z.clone().slice([0..batch, gate * units..(gate + 1) * units]); // [B, U]
        cell = sigmoid(block(1)) * cell.clone() + sigmoid(block(0)) * block(2).tanh();
        hidden = sigmoid(block(3)) * cell.clone().tanh();
        hidden.clone()
    };
    (0..timesteps).map(&mut step).collect()
}
