//! The operations of the network besides the LSTM, on tensors: dropout masks, the dense head and the loss on its logits,
//! each one node in burn's autograd graph.
//!
//! In burn the head and the loss are a dozen small operations, each with its node, its buffers and its backward pass, which
//! take a large part of a training step of few units. [`lstm_kernel`] computes them on
//! plain slices, `backend` makes the nodes.

mod backend;

use backend::HeadBackend;
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use std::sync::Arc;

pub use lstm_kernel::Targets;

/// `x` times a mask that needs no gradient, value by value.
///
/// * `x`: a tensor of f32 of any shape.
/// * `mask`: a factor for each value of `x`, in row-major order.
///
/// # Panics
///
/// If the length of the mask is not the number of values of `x`.
pub fn masked<const D: usize>(x: Tensor<D>, mask: Vec<f32>) -> Tensor<D> {
    let shape = x.dims();
    assert_eq!(
        mask.len(),
        shape.iter().product::<usize>(),
        "the mask must have one value for each of {shape:?}"
    );
    Tensor::from_dispatch(Dispatch::masked(x.into_dispatch(), Arc::new(mask)))
}

/// The logits of a dense layer.
///
/// * `hidden`: `[B, U]`.
/// * `weights`: `[U, C]`.
/// * `bias`: `[C]`.
/// * returns `hidden weights + bias`, `[B, C]`, before softmax.
///
/// # Panics
///
/// If the shapes do not match.
pub fn dense(hidden: Tensor<2>, weights: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    let [(_, units), (rows, classes), (_, biases)] =
        [(hidden.dims()[0], hidden.dims()[1]), (weights.dims()[0], weights.dims()[1]), (1, bias.dims()[0])];
    assert!(
        units == rows && classes == biases,
        "the shapes do not match: [B, {units}] times [{rows}, {classes}] plus [{biases}]"
    );
    Tensor::from_dispatch(Dispatch::dense(
        hidden.into_dispatch(),
        weights.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// The cross-entropy between the softmax of `logits` and the targets, averaged over the images.
///
/// * `logits`: `[B, C]`, before softmax.
/// * `targets`: those of B images.
/// * returns `[1]`, at least 0.
///
/// # Panics
///
/// If there are not B targets, or one is not in 0..C.
pub fn cross_entropy(logits: Tensor<2>, targets: Targets) -> Tensor<1> {
    let [batch, classes] = logits.dims();
    targets.check(batch, classes);
    Tensor::from_dispatch(Dispatch::cross_entropy(logits.into_dispatch(), targets))
}

#[cfg(test)]
mod tests;
