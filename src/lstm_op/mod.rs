//! The LSTM operation on tensors: one layer over a whole sequence behind one function.
//!
//! [`lstm_kernel`] computes it on plain slices and has its equations; `backend` makes it one node in burn's autograd graph.

mod backend;

use backend::{LstmBackend, LstmInputs, Output};
use burn::backend::Dispatch;
use burn::tensor::Tensor;

/// The vector instructions that the operation uses in this process: `avx512`, `avx2` or `plain`.
pub fn instructions() -> String {
    format!("{:?}", lstm_kernel::Tier::best()).to_lowercase()
}

/// The weights of one LSTM layer that reads W inputs per timestep with U units; columns are i, f, g, o, each `[U]`.
#[derive(Clone, Debug)]
pub struct LstmWeights {
    /// Wx, `[W, 4U]`.
    pub input: Tensor<2>,
    /// Wh, `[U, 4U]`.
    pub recurrent: Tensor<2>,
    /// b, `[4U]`.
    pub bias: Tensor<1>,
}

/// All hidden states of a layer, from a zero state.
///
/// * `x`: `[B, T, W]`; axis 1 is time.
/// * returns `[B, T, U]`, each value in -1..=1.
///
/// # Panics
///
/// If the shapes do not match.
pub fn hidden_sequence(x: Tensor<3>, weights: LstmWeights) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::lstm(inputs(x, weights), Output::Sequence))
}

/// The hidden state after the last timestep; arguments and panics as for [`hidden_sequence`], and faster.
///
/// * returns `[B, U]`, each value in -1..=1.
pub fn last_hidden_state(x: Tensor<3>, weights: LstmWeights) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::lstm(inputs(x, weights), Output::Last))
}

fn inputs(x: Tensor<3>, weights: LstmWeights) -> LstmInputs<Dispatch> {
    LstmInputs {
        x: x.into_dispatch(),
        input: weights.input.into_dispatch(),
        recurrent: weights.recurrent.into_dispatch(),
        bias: weights.bias.into_dispatch(),
    }
}
