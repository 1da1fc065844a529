//! The CPU kernel of the LSTM operation, on plain slices.
//!
//! Owns the arithmetic of one LSTM layer: forward, forward for training, backward. Knows nothing of tensors, modules or
//! optimisers; those who do hand it slices.
//!
//! # Equations
//!
//! For each image and timestep `t`, with `x_t` of W inputs, states `h` and `c` of U units, and columns of the weights
//! in the order input gate, forget gate, candidate, output gate (that of Keras and PyTorch):
//!
//! ```text
//! z = x_t Wx + h_{t-1} Wh + b                                   z = (z_i, z_f, z_g, z_o), each of U
//! i, f, o = 1 / (1 + exp(-z_i,f,o))        g = tanh(z_g)
//! c_t = f c_{t-1} + i g                    h_t = o tanh(c_t)
//! ```
//!
//! (Gers, Schmidhuber and Cummins, "Learning to Forget: Continual Prediction with LSTM", 2000, without peepholes.) An
//! offset of the forget gate is part of the bias.
//!
//! The backward pass takes gradients of `h` and `c` below 2^-90 as 0 (`product.rs` says why).
//!
//! # How it is fast
//!
//! The batch is cut into pieces by shape alone; one thread takes a piece through all timesteps, so that threads meet once
//! in the forward and three times in the backward pass. Weights are packed once a step, so that a micro-tile has
//! all four gates of its units in registers and goes on to activations and cell update there. Saved are not the gates
//! but the derivatives that the backward pass needs, so that it is a few products for each unit. Leading blank timesteps
//! are computed once for all images (`plan.rs`), zero inputs are passed over (`gates.rs`, `weight_gradient.rs`). Fusing the
//! activations into the product and keeping the weights packed over all timesteps follows Banerjee et al., "Optimizing
//! Deep Learning RNN Topologies on Intel Architecture", 2019.
//!
//! Results are the same bits for any number of threads: sums run in an order that the shape alone decides (and which
//! images begin with how many blank timesteps). An image's states and outputs do not depend on the batch it is in.
//! Between tiers, results differ by rounding.
//!
//! # Memory
//!
//! With `J` blocks of `L` lanes for the units, a training step keeps 28 bytes for each unit and timestep of an image from
//! the forward to the backward pass, `28 T (J L)` an image: six f32 of derivatives and one of hidden state
//! (`forward_piece.rs`), and `8 ceil(W / 64)` bytes of mask for each timestep. Within a pass it holds the packed
//! weights, and in the backward pass up to eight sums of the weight gradients and `dz` of a few timesteps. All but the
//! gradients that are returned comes from a pool of the process and stays there for the next step. `memory.rs` has the
//! sizes.

mod activation;
mod backward;
mod backward_piece;
mod forward;
mod forward_piece;
mod gates;
mod layout;
mod memory;
mod parts;
mod peak;
pub mod phase;
mod plan;
mod product;
mod simd;
mod weight_gradient;
mod workspace;

#[cfg(test)]
mod tests;

use backward::BackwardPass;
use forward::ForwardPass;
use layout::Layout;
use memory::SavedSizes;
use parts::{masks, pieces_len};
use plan::Piece;
use workspace::Buffer;

pub use peak::multiply_add_peak;
pub use simd::Tier;

/// Sizes of an LSTM operation, all at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// B, images.
    pub batch: usize,
    /// T.
    pub timesteps: usize,
    /// W, inputs a timestep.
    pub inputs: usize,
    /// U.
    pub units: usize,
}

/// The parameters of an LSTM layer, row-major; columns are i, f, g, o, each of U.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// Wx, `[W, 4U]`.
    pub input: &'a [f32],
    /// Wh, `[U, 4U]`.
    pub recurrent: &'a [f32],
    /// b, `[4U]`.
    pub bias: &'a [f32],
}

/// The state before the first timestep.
#[derive(Clone, Copy, Debug)]
pub struct Initial<'a> {
    /// h, `[B, U]`.
    pub hidden: &'a [f32],
    /// c, `[B, U]`.
    pub cell: &'a [f32],
}

/// Which hidden states are handed out.
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

/// Which gradients besides those of the weights a training step will ask for. Either one has the leading blank
/// timesteps computed for each image by itself, which takes longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// That of the input, for a layer that stands on another one.
    pub input: bool,
    /// That of the state before the first timestep, given or zero.
    pub initial: bool,
}

/// Gradients of a loss.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// By Wx, `[W, 4U]`.
    pub input_weights: Vec<f32>,
    /// By Wh, `[U, 4U]`.
    pub recurrent_weights: Vec<f32>,
    /// By b, `[4U]`.
    pub bias: Vec<f32>,
    /// By x, `[B, T, W]`, if wanted.
    pub input: Option<Vec<f32>>,
    /// By the initial h and c, `[B, U]` each, if wanted.
    pub initial: Option<(Vec<f32>, Vec<f32>)>,
}

/// What a training step's forward pass leaves for its backward pass.
pub struct Saved {
    shape: Shape,
    layout: Layout,
    output: Output,
    wants: Wants,
    has_initial: bool,
    pieces: Vec<Piece>,
    masks: Vec<Vec<u64>>,
    hidden: Buffer,
    tape: Buffer,
}

impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Saved { shape, output, wants, has_initial, .. } = self;
        f.debug_struct("Saved")
            .field("shape", shape)
            .field("output", output)
            .field("wants", wants)
            .field("has_initial", has_initial)
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
    /// On a tier of one's choice, or `None` where the processor lacks it.
    pub fn on(tier: Tier) -> Option<Kernel> {
        tier.is_available().then_some(Kernel { tier })
    }

    /// The tier it runs on.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Computes the output and keeps nothing.
    ///
    /// * `x`: `[B, T, W]`
    /// * `out`: `[B, U]` or `[B, T, U]`, as `output` says
    /// * `last_cells`: c after the last timestep, `[B, U]`, where wanted
    ///
    /// # Panics
    ///
    /// If a slice has another length than its shape says, or a size is zero.
    #[allow(clippy::too_many_arguments)]
    pub fn infer(
        &self,
        shape: Shape,
        x: &[f32],
        weights: &Weights<'_>,
        initial: Option<Initial<'_>>,
        output: Output,
        out: &mut [f32],
        last_cells: Option<&mut [f32]>,
    ) {
        check(shape, x, weights, initial);
        let layout = Layout::new(shape, self.tier.lanes());
        let pieces = plan::pieces(shape, x, initial.is_none());
        let mut masks = masks(&pieces, shape, 1);
        let mut hidden = Buffer::take(pieces_len(&pieces, layout, 2));
        let pass =
            ForwardPass { tier: self.tier, shape, layout, pieces: &pieces, x, weights, initial, output };
        pass.run::<false>(&mut hidden, &mut [], &mut masks, out, last_cells);
    }

    /// Computes the output and keeps what the backward pass needs. Arguments as for [`Kernel::infer`]; `wants` says
    /// which gradients the backward pass is to give.
    ///
    /// # Panics
    ///
    /// If a slice has another length than its shape says, or a size is zero.
    #[allow(clippy::too_many_arguments)]
    pub fn forward(
        &self,
        shape: Shape,
        x: &[f32],
        weights: &Weights<'_>,
        initial: Option<Initial<'_>>,
        output: Output,
        wants: Wants,
        out: &mut [f32],
    ) -> Saved {
        check(shape, x, weights, initial);
        let layout = Layout::new(shape, self.tier.lanes());
        let share_blank = initial.is_none() && wants == Wants::default();
        let pieces = plan::pieces(shape, x, share_blank);
        let mut masks = masks(&pieces, shape, shape.timesteps);
        let sizes = SavedSizes::new(&pieces, layout, shape.timesteps);
        let (mut hidden, mut tape) = (Buffer::take(sizes.hidden), Buffer::take(sizes.tape));
        let pass =
            ForwardPass { tier: self.tier, shape, layout, pieces: &pieces, x, weights, initial, output };
        pass.run::<true>(&mut hidden, &mut tape, &mut masks, out, None);
        let has_initial = initial.is_some();
        Saved { shape, layout, output, wants, has_initial, pieces, masks, hidden, tape }
    }

    /// The gradients of a loss, given its gradient by the output.
    ///
    /// * `x` and `weights`: as they were for the forward pass
    /// * `saved`: what [`Kernel::forward`] of the same kernel returned
    /// * `grad_out`: `[B, U]` or `[B, T, U]`, as `out` was
    ///
    /// # Panics
    ///
    /// If a slice has another length than its shape says, or `saved` is from another tier.
    pub fn backward(&self, x: &[f32], weights: &Weights<'_>, saved: &Saved, grad_out: &[f32]) -> Gradients {
        check(saved.shape, x, weights, None);
        assert_eq!(grad_out.len(), saved.output.len(saved.shape), "the gradient of the output has its shape");
        assert_eq!(saved.layout.lanes, self.tier.lanes(), "one tier computes both passes");
        BackwardPass { tier: self.tier, x, weights, grad_out }.run(saved)
    }
}

/// Panics unless every slice has the length that the shape says.
fn check(shape: Shape, x: &[f32], weights: &Weights<'_>, initial: Option<Initial<'_>>) {
    let Shape { batch, timesteps, inputs, units } = shape;
    assert!(batch > 0 && timesteps > 0 && inputs > 0 && units > 0, "every size is at least 1: {shape:?}");
    assert_eq!(x.len(), batch * timesteps * inputs, "the input is [B, T, W] for {shape:?}");
    assert_eq!(weights.input.len(), inputs * 4 * units, "the input weights are [W, 4U] for {shape:?}");
    assert_eq!(weights.recurrent.len(), units * 4 * units, "the recurrent weights are [U, 4U] for {shape:?}");
    assert_eq!(weights.bias.len(), 4 * units, "the bias is [4U] for {shape:?}");
    if let Some(initial) = initial {
        assert_eq!(initial.hidden.len(), batch * units, "the initial hidden state is [B, U] for {shape:?}");
        assert_eq!(initial.cell.len(), batch * units, "the initial cell state is [B, U] for {shape:?}");
    }
}
