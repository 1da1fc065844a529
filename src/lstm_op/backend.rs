//! The LSTM operation as a burn backend extension: one node in the autograd graph, computed by [`lstm_kernel`].
//!
//! CPU only: the kernel reads tensors as slices of host memory, which [`HostFloats`] gives for every backend of this program.

use crate::host::HostFloats;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, TensorMetadata, backend_extension};
use lstm_kernel::{Kernel, Saved, Shape as Sizes, Weights};
use std::fmt;
use std::sync::Arc;

pub use lstm_kernel::Output;

/// What the operation reads.
#[derive(Clone, Debug, ExtensionType)]
pub struct LstmInputs<B: Backend> {
    /// `[B, T, W]`; axis 1 is time.
    pub x: FloatTensor<B>,
    /// Wx, `[W, 4U]`.
    pub input: FloatTensor<B>,
    /// Wh, `[U, 4U]`.
    pub recurrent: FloatTensor<B>,
    /// b, `[4U]`.
    pub bias: FloatTensor<B>,
}

/// The LSTM operation of a backend.
#[cfg_attr(feature = "flex", backend_extension(Autodiff, NdArray, Flex))]
#[cfg_attr(not(feature = "flex"), backend_extension(Autodiff, NdArray))]
pub trait LstmBackend: Backend {
    /// The hidden states that `output` selects.
    fn lstm(#[extension_type] inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self>;
}

impl<B: HostFloats> LstmBackend for B {
    /// Without gradients: nothing is saved.
    fn lstm(inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        let sizes = sizes(&inputs);
        let mut out = vec![0.0; output.len(sizes)];
        with_slices(&inputs, |x, weights| Kernel::default().infer(sizes, x, &weights, output, &mut out));
        B::of_values(out, output_shape(sizes, output), &inputs.x.device())
    }
}

impl<B: HostFloats, C: CheckpointStrategy> LstmBackend for Autodiff<B, C> {
    fn lstm(inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        let LstmInputs { x, input, recurrent, bias } = inputs;
        let input_gradient = is_tracked::<B, C>(&x);
        let nodes = [x.node(), input.node(), recurrent.node(), bias.node()];
        let inputs = LstmInputs::<B> {
            x: x.into_primitive(),
            input: input.into_primitive(),
            recurrent: recurrent.into_primitive(),
            bias: bias.into_primitive(),
        };
        match Backward::<B, 4>::prepare::<C>(LstmBackward, nodes).compute_bound().stateful() {
            OpsKind::UnTracked(prepared) => prepared.finish(B::lstm(inputs, output)),
            OpsKind::Tracked(prepared) => {
                let sizes = sizes(&inputs);
                let device = inputs.x.device();
                let mut out = vec![0.0; output.len(sizes)];
                let saved = with_slices(&inputs, |x, weights| {
                    Kernel::default().forward(sizes, x, &weights, output, input_gradient, &mut out)
                });
                let remembered = Remembered { inputs, saved: Arc::new(saved) };
                prepared.finish(remembered, B::of_values(out, output_shape(sizes, output), &device))
            }
        }
    }
}

/// Whether a tensor needs a gradient. Its node does not show that, but preparing an operation on it does.
fn is_tracked<B: Backend, C: CheckpointStrategy>(tensor: &FloatTensor<Autodiff<B, C>>) -> bool {
    #[derive(Debug)]
    struct Probe;
    impl<B: Backend> Backward<B, 1> for Probe {
        type State = ();
        fn backward(self, _: Ops<(), 1>, _: &mut Gradients, _: &mut Checkpointer) {}
    }
    let prepared = Backward::<B, 1>::prepare::<C>(Probe, [tensor.node()]);
    matches!(prepared.compute_bound().stateful(), OpsKind::Tracked(_))
}

/// What the forward pass keeps for the backward pass.
#[derive(Clone)]
struct Remembered<B: Backend> {
    inputs: LstmInputs<B>,
    /// Shared, because burn requires states to be cloneable.
    saved: Arc<Saved>,
}

impl<B: Backend> fmt::Debug for Remembered<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Remembered").finish_non_exhaustive()
    }
}

/// The backward pass; its parents are x, Wx, Wh and b.
#[derive(Debug)]
struct LstmBackward;

impl<B: HostFloats> Backward<B, 4> for LstmBackward {
    type State = Remembered<B>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let Remembered { inputs, saved } = ops.state;
        let Sizes { batch, timesteps, inputs: width, units } = sizes(&inputs);
        let device = inputs.x.device();
        let out = grads.consume::<B>(&ops.node);
        let gradients = B::with_values(&out, |out| {
            with_slices(&inputs, |x, weights| Kernel::default().backward(x, &weights, &saved, out))
        });
        let all = [
            (gradients.input, vec![batch, timesteps, width]),
            (Some(gradients.input_weights), vec![width, 4 * units]),
            (Some(gradients.recurrent_weights), vec![units, 4 * units]),
            (Some(gradients.bias), vec![4 * units]),
        ];
        for (parent, (values, shape)) in ops.parents.into_iter().zip(all) {
            if let Some(parent) = parent {
                let values = values.expect("the forward pass announced the gradient of the input");
                grads.register::<B>(parent.id, B::of_values(values, shape, &device));
            }
        }
    }
}

fn sizes<B: Backend>(inputs: &LstmInputs<B>) -> Sizes {
    let [batch, timesteps, width] = inputs.x.shape().dims();
    let [units, _] = inputs.recurrent.shape().dims();
    Sizes { batch, timesteps, inputs: width, units }
}

fn output_shape(sizes: Sizes, output: Output) -> Vec<usize> {
    match output {
        Output::Last => vec![sizes.batch, sizes.units],
        Output::Sequence => vec![sizes.batch, sizes.timesteps, sizes.units],
    }
}

/// Calls `work` with the inputs as slices.
fn with_slices<B: HostFloats, R>(inputs: &LstmInputs<B>, work: impl FnOnce(&[f32], Weights<'_>) -> R) -> R {
    B::with_values(&inputs.x, |x| {
        B::with_values(&inputs.input, |input| {
            B::with_values(&inputs.recurrent, |recurrent| {
                B::with_values(&inputs.bias, |bias| work(x, Weights { input, recurrent, bias }))
            })
        })
    })
}
