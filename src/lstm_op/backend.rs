//! The LSTM operation as a burn backend extension: one node in the graph of gradients, the CPU kernel on the backends
//! whose tensors are in this process's memory, ordinary tensor operations on any other.

use super::reference;
use crate::device::NdArray;
use crate::host::HostFloats;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, TensorMetadata, backend_extension};
use lstm_kernel::{Initial, Kernel, Saved, Shape as Sizes, Wants, Weights};
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
    /// The state before the first timestep.
    #[extension_type]
    pub initial: InitialState<B>,
}

/// The state before the first timestep.
#[derive(Clone, Debug, ExtensionType)]
pub enum InitialState<B: Backend> {
    /// Zeros.
    Zero,
    /// h and c, `[B, U]` each.
    Given(FloatTensor<B>, FloatTensor<B>),
}

/// The LSTM operation of a backend.
#[cfg_attr(feature = "flex", backend_extension(Autodiff, NdArray, Flex))]
#[cfg_attr(not(feature = "flex"), backend_extension(Autodiff, NdArray))]
pub trait LstmBackend: Backend {
    /// The hidden states that `output` asks for.
    fn lstm(#[extension_type] inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        reference::lstm::<Self>(inputs, output)
    }

    /// The same in ordinary tensor operations on every backend, for tests.
    fn lstm_reference(#[extension_type] inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        reference::lstm::<Self>(inputs, output)
    }
}

impl LstmBackend for NdArray {
    fn lstm(inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        infer(inputs, output)
    }
}

#[cfg(feature = "flex")]
impl LstmBackend for burn::backend::Flex {
    fn lstm(inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        infer(inputs, output)
    }
}

impl<B: LstmBackend + HostFloats, C: CheckpointStrategy> LstmBackend for Autodiff<B, C> {
    fn lstm(inputs: LstmInputs<Self>, output: Output) -> FloatTensor<Self> {
        let LstmInputs { x, input, recurrent, bias, initial } = inputs;
        let wants = Wants {
            input: is_tracked::<B, C>(&x),
            initial: match &initial {
                InitialState::Zero => false,
                InitialState::Given(hidden, cell) => is_tracked::<B, C>(hidden) || is_tracked::<B, C>(cell),
            },
        };
        let nodes = [x.node(), input.node(), recurrent.node(), bias.node()];
        let inner = |initial| LstmInputs::<B> {
            x: x.primitive().clone(),
            input: input.primitive().clone(),
            recurrent: recurrent.primitive().clone(),
            bias: bias.primitive().clone(),
            initial,
        };
        match initial {
            InitialState::Zero => {
                record::<B, C, 4>(LstmBackward::<4>, nodes, inner(InitialState::Zero), output, wants)
            }
            InitialState::Given(hidden, cell) => {
                let [x_node, input_node, recurrent_node, bias_node] = nodes;
                let nodes = [x_node, input_node, recurrent_node, bias_node, hidden.node(), cell.node()];
                let given = InitialState::Given(hidden.into_primitive(), cell.into_primitive());
                record::<B, C, 6>(LstmBackward::<6>, nodes, inner(given), output, wants)
            }
        }
    }
}

/// The operation without gradients: nothing is saved.
fn infer<B: LstmBackend + HostFloats>(inputs: LstmInputs<B>, output: Output) -> FloatTensor<B> {
    let sizes = sizes(&inputs);
    let device = inputs.x.device();
    let mut out = vec![0.0; output.len(sizes)];
    with_slices(&inputs, |x, weights, initial| {
        Kernel::default().infer(sizes, x, &weights, initial, output, &mut out, None);
    });
    B::of_values(out, output_shape(sizes, output), &device)
}

/// Whether gradients flow to a tensor. Its node keeps that to itself, but the preparation of an operation on it tells.
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

/// What the forward pass leaves for the backward pass.
#[derive(Clone)]
struct Remembered<B: Backend> {
    inputs: LstmInputs<B>,
    /// Shared, because burn wants states to be cloneable.
    saved: Arc<Saved>,
}

impl<B: Backend> fmt::Debug for Remembered<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Remembered").finish_non_exhaustive()
    }
}

/// The operation with gradients: computes it and puts its node, with N parents, into the graph.
fn record<B: LstmBackend + HostFloats, C: CheckpointStrategy, const N: usize>(
    backward: LstmBackward<N>,
    nodes: [NodeGuard; N],
    inputs: LstmInputs<B>,
    output: Output,
    wants: Wants,
) -> FloatTensor<Autodiff<B, C>>
where
    LstmBackward<N>: Backward<B, N, State = Remembered<B>>,
{
    match backward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prepared) => prepared.finish(infer(inputs, output)),
        OpsKind::Tracked(prepared) => {
            let sizes = sizes(&inputs);
            let device = inputs.x.device();
            let mut out = vec![0.0; output.len(sizes)];
            let saved = with_slices(&inputs, |x, weights, initial| {
                Kernel::default().forward(sizes, x, &weights, initial, output, wants, &mut out)
            });
            let remembered = Remembered { inputs, saved: Arc::new(saved) };
            prepared.finish(remembered, B::of_values(out, output_shape(sizes, output), &device))
        }
    }
}

/// The backward pass with N parents: x, Wx, Wh, b, and with a given initial state h and c.
#[derive(Debug)]
struct LstmBackward<const N: usize>;

impl<B: HostFloats, const N: usize> Backward<B, N> for LstmBackward<N> {
    type State = Remembered<B>;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let Remembered { inputs, saved } = ops.state;
        let sizes = sizes(&inputs);
        let device = inputs.x.device();
        let out = grads.consume::<B>(&ops.node);
        let gradients = B::with_values(&out, |out| {
            with_slices(&inputs, |x, weights, _| Kernel::default().backward(x, &weights, &saved, out))
        });
        let Sizes { batch, timesteps, inputs: width, units } = sizes;
        let (hidden, cell) = gradients.initial.unzip();
        let all = [
            (gradients.input, vec![batch, timesteps, width]),
            (Some(gradients.input_weights), vec![width, 4 * units]),
            (Some(gradients.recurrent_weights), vec![units, 4 * units]),
            (Some(gradients.bias), vec![4 * units]),
            (hidden, vec![batch, units]),
            (cell, vec![batch, units]),
        ];
        for (parent, (values, shape)) in ops.parents.into_iter().zip(all) {
            if let Some(parent) = parent {
                let values = values.expect("the forward pass knew which gradients are wanted");
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
fn with_slices<B: HostFloats, R>(
    inputs: &LstmInputs<B>,
    work: impl FnOnce(&[f32], Weights<'_>, Option<Initial<'_>>) -> R,
) -> R {
    B::with_values(&inputs.x, |x| {
        B::with_values(&inputs.input, |input| {
            B::with_values(&inputs.recurrent, |recurrent| {
                B::with_values(&inputs.bias, |bias| {
                    let weights = Weights { input, recurrent, bias };
                    match &inputs.initial {
                        InitialState::Zero => work(x, weights, None),
                        InitialState::Given(hidden, cell) => B::with_values(hidden, |hidden| {
                            B::with_values(cell, |cell| work(x, weights, Some(Initial { hidden, cell })))
                        }),
                    }
                })
            })
        })
    })
}
