//! The operations as a burn backend extension, one node each. CPU only, like [`HostFloats`].

use crate::host::HostFloats;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, TensorMetadata, backend_extension};
use lstm_kernel::{DenseGradients, Kernel, Targets};
use std::sync::Arc;

/// The operations of a backend; shapes and panics as for the functions of the same names in [`super`].
#[cfg_attr(feature = "flex", backend_extension(Autodiff, NdArray, Flex))]
#[cfg_attr(not(feature = "flex"), backend_extension(Autodiff, NdArray))]
pub trait HeadBackend: Backend {
    /// `x` times a mask, value by value.
    fn masked(x: FloatTensor<Self>, mask: Arc<Vec<f32>>) -> FloatTensor<Self>;

    /// The logits of a dense layer.
    fn dense(
        hidden: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// The mean cross-entropy.
    fn cross_entropy(logits: FloatTensor<Self>, targets: Targets) -> FloatTensor<Self>;
}

impl<B: HostFloats> HeadBackend for B {
    fn masked(x: FloatTensor<Self>, mask: Arc<Vec<f32>>) -> FloatTensor<Self> {
        masked::<Self>(&x, &mask)
    }

    fn dense(
        hidden: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        dense::<Self>(&hidden, &weights, &bias)
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: Targets) -> FloatTensor<Self> {
        cross_entropy::<Self>(&logits, &targets).0
    }
}

impl<B: HostFloats, C: CheckpointStrategy> HeadBackend for Autodiff<B, C> {
    fn masked(x: FloatTensor<Self>, mask: Arc<Vec<f32>>) -> FloatTensor<Self> {
        let node = x.node();
        let product = masked::<B>(&x.into_primitive(), &mask);
        match Backward::<B, 1>::prepare::<C>(MaskedBackward, [node]).compute_bound().stateful() {
            OpsKind::UnTracked(prepared) => prepared.finish(product),
            OpsKind::Tracked(prepared) => prepared.finish(mask, product),
        }
    }

    fn dense(
        hidden: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [hidden.node(), weights.node(), bias.node()];
        let (hidden, weights, bias) =
            (hidden.into_primitive(), weights.into_primitive(), bias.into_primitive());
        let logits = dense::<B>(&hidden, &weights, &bias);
        match Backward::<B, 3>::prepare::<C>(DenseBackward, nodes).compute_bound().stateful() {
            OpsKind::UnTracked(prepared) => prepared.finish(logits),
            OpsKind::Tracked(prepared) => prepared.finish((hidden, weights), logits),
        }
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: Targets) -> FloatTensor<Self> {
        let node = logits.node();
        let (loss, gradient) = cross_entropy::<B>(&logits.into_primitive(), &targets);
        match Backward::<B, 1>::prepare::<C>(CrossEntropyBackward, [node]).compute_bound().stateful() {
            OpsKind::UnTracked(prepared) => prepared.finish(loss),
            OpsKind::Tracked(prepared) => prepared.finish((Arc::new(gradient), targets.labels.len()), loss),
        }
    }
}

fn masked<B: HostFloats>(x: &FloatTensor<B>, mask: &[f32]) -> FloatTensor<B> {
    let product = B::with_values(x, |x| x.iter().zip(mask).map(|(x, mask)| x * mask).collect());
    B::of_values(product, x.shape().to_vec(), &x.device())
}

fn dense<B: HostFloats>(
    hidden: &FloatTensor<B>,
    weights: &FloatTensor<B>,
    bias: &FloatTensor<B>,
) -> FloatTensor<B> {
    let ([batch, _], [classes]) = (hidden.shape().dims(), bias.shape().dims());
    let logits = B::with_values(hidden, |hidden| {
        B::with_values(weights, |weights| {
            B::with_values(bias, |bias| Kernel::default().dense(hidden, weights, bias))
        })
    });
    B::of_values(logits, vec![batch, classes], &hidden.device())
}

/// The loss, and its gradient with respect to the logits.
fn cross_entropy<B: HostFloats>(logits: &FloatTensor<B>, targets: &Targets) -> (FloatTensor<B>, Vec<f32>) {
    let (loss, gradient) = B::with_values(logits, |logits| lstm_kernel::cross_entropy(logits, targets));
    (B::of_values(vec![loss], vec![1], &logits.device()), gradient)
}

/// The backward pass of the mask; its parent is `x`.
#[derive(Debug)]
struct MaskedBackward;

impl<B: HostFloats> Backward<B, 1> for MaskedBackward {
    /// The mask. Shared, because burn requires states to be cloneable.
    type State = Arc<Vec<f32>>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, masked::<B>(&gradient, &ops.state));
        }
    }
}

/// The backward pass of the dense layer; its parents are hidden states, weights and bias.
#[derive(Debug)]
struct DenseBackward;

impl<B: HostFloats> Backward<B, 3> for DenseBackward {
    /// Hidden states and weights.
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (hidden, weights) = ops.state;
        let ([batch, units], [_, classes]) = (hidden.shape().dims(), weights.shape().dims());
        let device = hidden.device();
        let gradient = grads.consume::<B>(&ops.node);
        let DenseGradients { hidden, weights, bias } = B::with_values(&gradient, |gradient| {
            B::with_values(&hidden, |hidden| {
                B::with_values(&weights, |weights| {
                    Kernel::default().dense_backward(hidden, weights, gradient, classes)
                })
            })
        });
        let all = [(hidden, vec![batch, units]), (weights, vec![units, classes]), (bias, vec![classes])];
        for (parent, (values, shape)) in ops.parents.into_iter().zip(all) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, B::of_values(values, shape, &device));
            }
        }
    }
}

/// The backward pass of the loss; its parent is the logits.
#[derive(Debug)]
struct CrossEntropyBackward;

impl<B: HostFloats> Backward<B, 1> for CrossEntropyBackward {
    /// The gradient with respect to the logits, shared for the same reason, and the number of images.
    type State = (Arc<Vec<f32>>, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (gradient, batch) = ops.state;
        let outer = grads.consume::<B>(&ops.node);
        let device = outer.device();
        let outer = B::with_values(&outer, |outer| outer[0]);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            let values: Vec<f32> = gradient.iter().map(|value| outer * value).collect();
            let shape = vec![batch, values.len() / batch];
            grads.register::<B>(parent.id, B::of_values(values, shape, &device));
        }
    }
}
