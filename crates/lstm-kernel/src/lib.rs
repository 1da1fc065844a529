//! One LSTM layer on the CPU, on plain slices: forward pass, forward pass for training, backward pass. With it, the
//! dense head and the loss.
//!
//! Owns the arithmetic and the memory that it works in. Knows nothing of tensors, modules or optimisers: the caller
//! passes slices and shapes.
//!
//! ```
//! use lstm_kernel::{Kernel, Output, Shape, Weights};
//!
//! let shape = Shape { batch: 2, timesteps: 28, inputs: 28, units: 3 };
//! let (x, input, recurrent, bias) = (vec![0.5; 2 * 28 * 28], vec![0.1; 28 * 12], vec![0.1; 3 * 12], vec![0.0; 12]);
//! let weights = Weights { input: &input, recurrent: &recurrent, bias: &bias };
//! let mut hidden = vec![0.0; Output::Last.len(shape)]; // [B, U]
//! let kernel = Kernel::default();
//! let saved = kernel.forward(shape, &x, &weights, Output::Last, false, &mut hidden);
//! let gradients = kernel.backward(&x, &weights, &saved, &[1.0; 6]);
//! assert_eq!(gradients.recurrent_weights.len(), 3 * 12);
//! ```
//!
//! # Equations
//!
//! For each image and timestep `t`, with `x_t` of W inputs, and hidden state `h` and cell state `c` of U units, both zero
//! before the first timestep. Products of states are elementwise. The columns of the weights are in the order input gate,
//! forget gate, candidate, output gate (that of Keras and PyTorch):
//!
//! ```text
//! z = x_t Wx + h_{t-1} Wh + b                   [4U]: z_i, z_f, z_g, z_o, each [U]
//! i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o)          g = tanh(z_g)
//! c_t = f c_{t-1} + i g                                       h_t = o tanh(c_t)
//! sigmoid(v) = 1 / (1 + exp(-v))
//! ```
//!
//! The LSTM is that of Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997, with the
//! forget gate of Gers, Schmidhuber and Cummins, "Learning to Forget: Continual Prediction with LSTM", Neural Computation
//! 12(10), 2000, without peepholes. A constant that is added to the forget gate is part of the bias.
//!
//! The backward pass sets gradients of `h` and `c` below 2^-90 to 0 (`matmul.rs` explains why).
//!
//! # How it is fast
//!
//! * The work is cut by images and by blocks of units (`plan.rs`), among threads that wait for blocks of each other where
//!   both meet (`team.rs`).
//! * Weights are packed once per training step, so that a micro-tile of the matrix product holds all four gates of its
//!   units in registers. The activations and the cell update follow there, before anything is stored (`gates.rs`).
//! * The forward pass saves not the gates but the derivatives that the backward pass multiplies with (`forward_steps.rs`).
//! * Leading blank timesteps are computed once for all images of a shard (`plan.rs`). Inputs that are zero are skipped
//!   (`gates.rs`, `weight_gradient.rs`).
//!
//! Fusing the activations into the matrix product and keeping the weights packed over all timesteps follows Banerjee et
//! al., "Optimizing Deep Learning RNN Topologies on Intel Architecture", 2019.
//!
//! # Repeatability
//!
//! Results are bit-identical for any number of threads, and on AVX2 and AVX-512: the order of every sum depends only on the
//! shape and on how many blank timesteps each image begins with. An image's states and outputs do not depend on the other
//! images of the batch. The plain tier differs by rounding, because it does not fuse multiply-adds.
//!
//! # Memory
//!
//! A training step keeps `28 T (J L)` bytes per image from the forward to the backward pass, with `J` blocks of `L` lanes
//! for the units: per unit and timestep six f32 of derivatives and one of hidden state. A mask of the inputs adds
//! `8 ceil(W / 64)` bytes per image and timestep. Within a pass, the kernel holds the packed weights, and in the backward
//! pass also the weight gradients and `dz` of a few timesteps (`memory.rs` has the sizes). All buffers
//! except the returned gradients come from a pool of the process and stay there for the next step.

mod activation;
mod backward;
mod backward_steps;
mod forward;
mod forward_steps;
mod gates;
mod head;
mod layout;
mod matmul;
mod memory;
mod peak;
pub mod phase;
mod plan;
mod simd;
mod team;
mod weight_gradient;
mod workspace;

#[cfg(test)]
mod tests;

use backward::BackwardPass;
use forward::ForwardPass;
use layout::PackedLayout;
use memory::{BackwardSizes, SavedSizes};
use plan::Rows;
use workspace::Buffer;

pub use head::{DenseGradients, Targets, cross_entropy};
pub use peak::multiply_add_peak;
pub use simd::{Tier, prefetch};
pub use team::on_this_thread;

/// Sizes of an LSTM operation, all at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// B, images.
    pub batch: usize,
    /// T.
    pub timesteps: usize,
    /// W, inputs per timestep.
    pub inputs: usize,
    /// U.
    pub units: usize,
}

/// The parameters of an LSTM layer, row-major; columns are i, f, g, o, each `[U]`.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// Wx, `[W, 4U]`.
    pub input: &'a [f32],
    /// Wh, `[U, 4U]`.
    pub recurrent: &'a [f32],
    /// b, `[4U]`.
    pub bias: &'a [f32],
}

/// Which hidden states an operation returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Those after the last timestep, `[B, U]`.
    Last,
    /// All, `[B, T, U]`.
    Sequence,
}

impl Output {
    /// f32 in the output of an operation of this shape.
    pub fn len(self, shape: Shape) -> usize {
        match self {
            Output::Last => shape.batch * shape.units,
            Output::Sequence => shape.batch * shape.timesteps * shape.units,
        }
    }
}

/// Gradients of a loss.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// With respect to Wx, `[W, 4U]`.
    pub input_weights: Vec<f32>,
    /// With respect to Wh, `[U, 4U]`.
    pub recurrent_weights: Vec<f32>,
    /// With respect to b, `[4U]`.
    pub bias: Vec<f32>,
    /// With respect to x, `[B, T, W]`, if the forward pass announced it.
    pub input: Option<Vec<f32>>,
}

/// What the forward pass of a training step keeps for the backward pass.
pub struct Saved {
    shape: Shape,
    layout: PackedLayout,
    output: Output,
    input_gradient: bool,
    rows: Rows,
    masks: Vec<u64>,
    hidden: Buffer,
    tape: Buffer,
}

impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Saved")
            .field("shape", &self.shape)
            .field("output", &self.output)
            .field("input_gradient", &self.input_gradient)
            .finish_non_exhaustive()
    }
}

/// The LSTM operation on one tier of vector instructions.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    tier: Tier,
}

impl Default for Kernel {
    /// On the fastest tier of this processor.
    fn default() -> Kernel {
        Kernel { tier: Tier::best() }
    }
}

impl Kernel {
    /// On the given tier, or `None` if this processor lacks it.
    pub fn on(tier: Tier) -> Option<Kernel> {
        tier.is_available().then_some(Kernel { tier })
    }

    /// The tier that this kernel runs on.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Computes the output and keeps nothing.
    ///
    /// * `x`: `[B, T, W]`
    /// * `out`: `[B, U]` for [`Output::Last`], `[B, T, U]` for [`Output::Sequence`]
    ///
    /// # Panics
    ///
    /// If the length of a slice does not match its shape, or a size is zero.
    pub fn infer(&self, shape: Shape, x: &[f32], weights: &Weights<'_>, output: Output, out: &mut [f32]) {
        check(shape, x, weights);
        let layout = PackedLayout::new(shape, self.tier);
        let rows = Rows::new(shape, x, true);
        let sizes = SavedSizes::new(&rows, layout, shape.timesteps, 2);
        let mut hidden = Buffer::take(sizes.hidden);
        let mut masks = vec![0; sizes.masks];
        let pass = ForwardPass { tier: self.tier, shape, layout, rows: &rows, x, weights, output };
        pass.run::<false>(&mut hidden, &mut [], &mut masks, out);
    }

    /// Computes the output and keeps what the backward pass needs. Arguments as for [`Kernel::infer`].
    ///
    /// * `input_gradient`: whether the backward pass shall return the gradient with respect to `x`, as for a layer that
    ///   reads another layer. Leading blank timesteps are then computed separately for each image, which takes longer.
    ///
    /// # Panics
    ///
    /// If the length of a slice does not match its shape, or a size is zero.
    pub fn forward(
        &self,
        shape: Shape,
        x: &[f32],
        weights: &Weights<'_>,
        output: Output,
        input_gradient: bool,
        out: &mut [f32],
    ) -> Saved {
        check(shape, x, weights);
        let layout = PackedLayout::new(shape, self.tier);
        let rows = Rows::new(shape, x, !input_gradient);
        let sizes = SavedSizes::new(&rows, layout, shape.timesteps, shape.timesteps);
        let (mut hidden, mut tape) = (Buffer::take(sizes.hidden), Buffer::take(sizes.tape));
        let mut masks = vec![0; sizes.masks];
        let pass = ForwardPass { tier: self.tier, shape, layout, rows: &rows, x, weights, output };
        pass.run::<true>(&mut hidden, &mut tape, &mut masks, out);
        Saved { shape, layout, output, input_gradient, rows, masks, hidden, tape }
    }

    /// The gradients of a loss, given its gradient with respect to the output.
    ///
    /// * `x` and `weights`: the same as in the forward pass
    /// * `saved`: what [`Kernel::forward`] of the same tier returned
    /// * `grad_out`: `[B, U]` or `[B, T, U]`, like `out`
    ///
    /// # Panics
    ///
    /// If the length of a slice does not match its shape, or `saved` comes from another tier.
    pub fn backward(&self, x: &[f32], weights: &Weights<'_>, saved: &Saved, grad_out: &[f32]) -> Gradients {
        check(saved.shape, x, weights);
        let Saved { shape, output, .. } = saved;
        assert_eq!(
            grad_out.len(),
            output.len(*shape),
            "the gradient of the output must have the shape of {output:?} of {shape:?}"
        );
        assert_eq!(saved.layout.lanes, self.tier.lanes(), "both passes must run on the same tier");
        BackwardPass { tier: self.tier, x, weights, grad_out }.run(saved)
    }

    /// Bytes that a training step of this shape keeps from the forward to the backward pass. They do not depend on the
    /// images.
    pub fn saved_bytes(&self, shape: Shape) -> usize {
        let (rows, layout) = self.rows(shape);
        SavedSizes::new(&rows, layout, shape.timesteps, shape.timesteps).bytes()
    }

    /// Bytes that the backward pass of a training step works in, without what was saved and the gradients that it returns.
    pub fn backward_bytes(&self, shape: Shape, input_gradient: bool) -> usize {
        let (rows, layout) = self.rows(shape);
        BackwardSizes::new(&rows, layout, shape.timesteps, input_gradient).bytes()
    }

    /// Units that the kernel computes for `units`: whole vectors of this tier.
    pub fn padded_units(&self, units: usize) -> usize {
        units.next_multiple_of(self.tier.lanes())
    }

    /// The rows of a batch without blank timesteps; any other batch has as many.
    fn rows(&self, shape: Shape) -> (Rows, PackedLayout) {
        (Rows::new(shape, &[], false), PackedLayout::new(shape, self.tier))
    }
}

/// Panics unless every slice has the length that its shape says.
fn check(shape: Shape, x: &[f32], weights: &Weights<'_>) {
    let Shape { batch, timesteps, inputs, units } = shape;
    assert!(
        batch > 0 && timesteps > 0 && inputs > 0 && units > 0,
        "every size must be at least 1: {shape:?}"
    );
    memory::check_size(shape);
    assert_eq!(x.len(), batch * timesteps * inputs, "the input must be [B, T, W] of {shape:?}");
    assert_eq!(weights.input.len(), inputs * 4 * units, "the input weights must be [W, 4U] of {shape:?}");
    assert_eq!(
        weights.recurrent.len(),
        units * 4 * units,
        "the recurrent weights must be [U, 4U] of {shape:?}"
    );
    assert_eq!(weights.bias.len(), 4 * units, "the bias must be [4U] of {shape:?}");
}
