//! The end of the network on tensors: the dense head and the loss on its logits, each one node in burn's graph of
//! gradients.
//!
//! burn has both as a dozen small operations, each with its node, its buffers and its way back: a good part of a step of
//! few units. `arithmetic` computes them on plain slices, `backend` makes nodes of that.

mod arithmetic;
mod backend;

use backend::HeadBackend;
use burn::backend::Dispatch;
use burn::tensor::Tensor;

pub use arithmetic::Targets;

/// The logits of a dense layer.
///
/// * `hidden`: `[B, U]`.
/// * `weights`: `[U, C]`.
/// * `bias`: `[C]`.
/// * returns `hidden weights + bias`, `[B, C]`, before softmax.
///
/// # Panics
/// When the shapes do not fit together.
pub fn dense(hidden: Tensor<2>, weights: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    let [(_, units), (rows, classes), (_, biases)] =
        [(hidden.dims()[0], hidden.dims()[1]), (weights.dims()[0], weights.dims()[1]), (1, bias.dims()[0])];
    assert!(units == rows && classes == biases, "[B, {units}] times [{rows}, {classes}] plus [{biases}]");
    Tensor::from_dispatch(Dispatch::dense(
        hidden.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// The mean over the images of the cross-entropy between the softmax of `logits` and the targets.
///
/// * `logits`: `[B, C]`, before softmax.
/// * `targets`: of B images.
/// * returns `[1]`, at least 0.
///
/// # Panics
/// When there are not B targets, or one is not in 0..C.
pub fn cross_entropy(logits: Tensor<2>, targets: Targets) -> Tensor<1> {
    let [batch, classes] = logits.dims();
    targets.check(batch, classes);
    Tensor::from_dispatch(Dispatch::cross_entropy(logits.into_dispatch(), targets))
}

#[cfg(test)]
mod tests;
