//! The LSTM operation on tensors: a whole layer over a whole sequence behind one function.
//!
//! For x_t the input of timestep t, h and c the hidden and cell state (zero before the first timestep), `*` the
//! elementwise product:
//!
//! ```text
//! z_t = x_t Wx + h_{t-1} Wh + b              [B, 4U], blocks of U columns: i, f, g, o
//! i = sigmoid(z_i)   f = sigmoid(z_f)   g = tanh(z_g)   o = sigmoid(z_o)
//! c_t = f * c_{t-1} + i * g
//! h_t = o * tanh(c_t)
//! ```
//!
//! The equations are those of Hochreiter and Schmidhuber (Long Short-Term Memory, Neural Computation 9(8), 1997) with
//! the forget gate of Gers, Schmidhuber and Cummins (Learning to Forget, Neural Computation 12(10), 2000) and without
//! peepholes; the order of the gates is that of Keras and PyTorch.
//!
//! [`kernel`] computes them on the CPU and knows no tensors; `backend` makes of it one node in burn's graph of
//! gradients; `reference` is the same in ordinary tensor operations.

mod backend;

mod reference;

use backend::{InitialState, LstmBackend, LstmInputs, Output};
use burn::backend::Dispatch;
use burn::tensor::Tensor;

/// The weights of one LSTM layer that reads W inputs a timestep with U units.
#[derive(Clone, Debug)]
pub struct LstmWeights {
    /// Wx, `[W, 4U]`.
    pub input: Tensor<2>,
    /// Wh, `[U, 4U]`.
    pub recurrent: Tensor<2>,
    /// b, `[4U]`.
    pub bias: Tensor<1>,
}

/// The state before the first timestep; `None` is zero.
pub type Initial = Option<(Tensor<2>, Tensor<2>)>;

/// All hidden states of a layer.
///
/// * `x`: `[B, T, W]`; axis 1 is time.
/// * `initial`: h and c before the first timestep, `[B, U]` each; zero if not given.
/// * returns `[B, T, U]`, each value in -1..=1.
///
/// # Panics
/// When the shapes do not fit together.
pub fn hidden_sequence(x: Tensor<3>, weights: LstmWeights, initial: Initial) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::lstm(inputs(x, weights, initial), Output::Sequence))
}

/// The hidden state after the last timestep; arguments and panics as [`hidden_sequence`], and cheaper.
///
/// * returns `[B, U]`, each value in -1..=1.
pub fn last_hidden_state(x: Tensor<3>, weights: LstmWeights, initial: Initial) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::lstm(inputs(x, weights, initial), Output::Last))
}

/// [`hidden_sequence`] in ordinary tensor operations, on any backend: what tests hold the kernel against.
pub fn reference_hidden_sequence(x: Tensor<3>, weights: LstmWeights, initial: Initial) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::lstm_reference(inputs(x, weights, initial), Output::Sequence))
}

/// [`last_hidden_state`] in ordinary tensor operations, on any backend.
pub fn reference_last_hidden_state(x: Tensor<3>, weights: LstmWeights, initial: Initial) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::lstm_reference(inputs(x, weights, initial), Output::Last))
}

fn inputs(x: Tensor<3>, weights: LstmWeights, initial: Initial) -> LstmInputs<Dispatch> {
    LstmInputs {
        x: x.into_dispatch(),
        input: weights.input.into_dispatch(),
        recurrent: weights.recurrent.into_dispatch(),
        bias: weights.bias.into_dispatch(),
        initial: match initial {
            None => InitialState::Zero,
            Some((hidden, cell)) => InitialState::Given(hidden.into_dispatch(), cell.into_dispatch()),
        },
    }
}
