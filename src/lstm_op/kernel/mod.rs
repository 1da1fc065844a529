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
//! # How it is fast
//!
//! The batch is cut into pieces by shape alone; one thread takes a piece through all timesteps, so that threads meet once
//! in the forward and two or three times in the backward pass. Weights are packed once a step, so that a micro-tile has
//! all four gates of its units in registers and goes on to activations and cell update there. Saved are not the gates
//! but the derivatives that the backward pass needs, so that it is a few products for each unit. Leading blank timesteps
//! are computed once for all images ([`plan`]), zero inputs are skipped ([`forward`], [`weight_gradient`]). Fusing the
//! activations into the product and keeping the weights packed over all timesteps follows Banerjee et al., "Optimizing
//! Deep Learning RNN Topologies on Intel Architecture", 2019.
//!
//! Results are the same bits for any number of threads: sums run in an order that the shape alone decides (and which
//! images begin with how many blank timesteps). An image's states and outputs do not depend on the batch it is in.
//! Between tiers, results differ by rounding.
//!
//! # Memory
//!
//! With `J` blocks of `L` lanes for the units, a training step holds about `28 (T B) (J L)` bytes from forward to
//! backward (six f32 of records and one of hidden state a unit and timestep), 8 B T `ceil(W / 64)` bytes of masks,
//! and in passing the packed weights and one or, for few units, a few sums of their gradients. Buffers come from a pool
//! and stay there for the next step.

mod activation;
mod backward;
mod forward;
mod layout;
pub mod phase;
mod plan;
mod simd;
mod weight_gradient;
mod workspace;

#[cfg(test)]
mod tests;

use rayon::prelude::*;

use backward::BackwardPiece;
use forward::{ForwardPiece, mask_words};
use layout::{Layout, RECORD};
use phase::{Phase, Started};
use plan::Piece;
use weight_gradient::{Chunk, PieceStates};
use workspace::Buffer;

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
        let mut hidden = Buffer::take(pieces_len(&pieces, layout, shape.timesteps + 1));
        let mut tape = Buffer::take(pieces_len(&pieces, layout, shape.timesteps * RECORD));
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
    pub fn backward(&self, x: &[f32], weights: &Weights<'_>, saved: Saved, grad_out: &[f32]) -> Gradients {
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

/// f32 of one piece in a buffer with `per_slot` vectors for every row and block.
fn piece_len(piece: &Piece, layout: Layout, vectors: usize) -> usize {
    vectors * layout.blocks * piece.stride * layout.lanes
}

fn pieces_len(pieces: &[Piece], layout: Layout, vectors: usize) -> usize {
    pieces.iter().map(|piece| piece_len(piece, layout, vectors)).sum()
}

fn masks(pieces: &[Piece], shape: Shape, slots: usize) -> Vec<Vec<u64>> {
    pieces.iter().map(|piece| vec![0; slots * piece.stride * mask_words(shape.inputs)]).collect()
}

/// Cuts a buffer into the parts of the pieces.
fn split<'a>(
    pieces: &[Piece],
    layout: Layout,
    vectors: usize,
    mut buffer: &'a mut [f32],
) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (part, rest) = buffer.split_at_mut(piece_len(piece, layout, vectors));
        parts.push(part);
        buffer = rest;
    }
    parts
}

/// Hands each piece the parts of `[B, n]` that belong to its images.
fn deal<'a>(pieces: &[Piece], batch: usize, values: &'a mut [f32]) -> Vec<Vec<&'a mut [f32]>> {
    let per_image = values.len() / batch;
    let mut rows: Vec<Option<&mut [f32]>> = values.chunks_exact_mut(per_image.max(1)).map(Some).collect();
    let mut row = |image: &usize| rows[*image].take().expect("an image is in one piece");
    pieces.iter().map(|piece| piece.images.iter().map(&mut row).collect()).collect()
}

/// Calls `work` for every item, on the current thread pool if there is more than one thread.
fn for_each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().for_each(work);
    } else {
        items.into_par_iter().with_max_len(1).for_each(work);
    }
}

/// f32 that are packed or summed faster than another thread can be woken for it.
const WORTH_A_THREAD: usize = 1 << 15;

/// As [`for_each`], for light work on `len` f32.
fn for_each_light<T: Send>(len: usize, items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if len < WORTH_A_THREAD {
        items.into_iter().for_each(work);
    } else {
        for_each(items, work);
    }
}

/// A forward pass: what its pieces share.
struct ForwardPass<'a> {
    tier: Tier,
    shape: Shape,
    layout: Layout,
    pieces: &'a [Piece],
    x: &'a [f32],
    weights: &'a Weights<'a>,
    initial: Option<Initial<'a>>,
    output: Output,
}

impl ForwardPass<'_> {
    fn run<const SAVE: bool>(
        &self,
        hidden: &mut [f32],
        tape: &mut [f32],
        masks: &mut [Vec<u64>],
        out: &mut [f32],
        last_cells: Option<&mut [f32]>,
    ) {
        let &ForwardPass { tier, shape, layout, pieces, x, weights, initial, output } = self;
        assert_eq!(out.len(), output.len(shape), "the output has room for {output:?} of {shape:?}");
        let mut panels = Buffer::take(layout.panels_len());
        let work = panels.chunks_exact_mut(layout.panel_len()).enumerate().collect();
        for_each_light(layout.panels_len(), work, |(block, panel)| {
            let started = Started::now();
            layout.pack_panel(weights, block, panel);
            started.end(Phase::Pack);
        });

        let mut cells = Buffer::take(pieces_len(pieces, layout, 1));
        let slots = if SAVE { shape.timesteps + 1 } else { 2 };
        let mut hidden = split(pieces, layout, slots, hidden).into_iter();
        let mut tape =
            split(pieces, layout, if SAVE { shape.timesteps * RECORD } else { 0 }, tape).into_iter();
        let mut cells = split(pieces, layout, 1, &mut cells).into_iter();
        let mut out = deal(pieces, shape.batch, out).into_iter();
        let mut last_cells = last_cells.map(|cells| {
            assert_eq!(
                cells.len(),
                shape.batch * shape.units,
                "the last cell states are [B, U] for {shape:?}"
            );
            deal(pieces, shape.batch, cells).into_iter()
        });
        let each = "a part for each piece";
        let work: Vec<_> = pieces
            .iter()
            .zip(masks)
            .map(|(piece, masks)| ForwardPiece::<SAVE> {
                layout,
                piece,
                timesteps: shape.timesteps,
                x,
                panels: &panels,
                initial,
                hidden: hidden.next().expect(each),
                cells: cells.next().expect(each),
                tape: tape.next().expect(each),
                masks,
                output,
                out: out.next().expect(each),
                last_cells: last_cells.as_mut().map(|cells| cells.next().expect(each)).unwrap_or_default(),
            })
            .collect();
        for_each(work, |piece| tier.run(piece));
    }
}

/// f32 of panels up to which each piece sums its own weight gradients, while `dz` is in its cache. Larger ones would
/// push everything else out of the cache; there, threads share the blocks of units once all pieces are through.
const OWN_PANELS: usize = 100_000;

/// A backward pass: what its pieces share.
struct BackwardPass<'a> {
    tier: Tier,
    x: &'a [f32],
    weights: &'a Weights<'a>,
    grad_out: &'a [f32],
}

impl BackwardPass<'_> {
    fn run(&self, mut saved: Saved) -> Gradients {
        let (shape, layout) = (saved.shape, saved.layout);
        let pieces = saved.pieces.clone();
        let own = layout.panels_len() <= OWN_PANELS;
        let mut panels = Buffer::take(layout.panels_len() * if own { pieces.len() } else { 1 });
        let mut input = saved.wants.input.then(|| vec![0.0; self.x.len()]);
        let state_len = shape.batch * shape.units;
        let mut initial = saved.wants.initial.then(|| (vec![0.0; state_len], vec![0.0; state_len]));
        let chunks = self.through_time(
            &mut saved,
            own.then_some(&mut *panels),
            input.as_deref_mut(),
            initial.as_mut(),
        );
        if !own {
            self.weight_panels(&saved, &chunks, &mut panels);
        }
        let parts: Vec<&[f32]> = panels.chunks_exact(layout.panels_len()).collect();
        debug_assert!(parts.len() == if own { pieces.len() } else { 1 });
        let columns = 4 * shape.units;
        let sum_rows = |rows: usize, first: usize| {
            let started = Started::now();
            let mut target = vec![0.0; rows * columns];
            let rows = target.chunks_exact_mut(columns).enumerate().collect();
            for_each_light(layout.panels_len(), rows, |(row, target)| {
                layout.sum_row(&parts, first + row, target)
            });
            started.end(Phase::Unpack);
            target
        };
        let input_weights = sum_rows(shape.inputs, 0);
        let recurrent_weights = sum_rows(shape.units, shape.inputs);
        let bias = sum_rows(1, layout.panel_rows - 1);
        Gradients { input_weights, recurrent_weights, bias, input, initial }
    }

    /// All pieces from the last timestep to the first. Returns what is left to do for the weight gradients: for each
    /// piece, its chunks, where `panels` is `None`.
    fn through_time(
        &self,
        saved: &mut Saved,
        panels: Option<&mut [f32]>,
        input: Option<&mut [f32]>,
        initial: Option<&mut (Vec<f32>, Vec<f32>)>,
    ) -> Vec<Vec<Chunk>> {
        let Saved { shape, layout, output, wants, has_initial, ref pieces, .. } = *saved;
        let transposed = self.transpose(layout, self.weights.recurrent);
        let transposed_input = wants.input.then(|| self.transpose(layout, self.weights.input));
        let mut cells = Buffer::take(pieces_len(pieces, layout, 1));
        let mut outside = Buffer::take(pieces_len(pieces, layout, 1));
        let columns = if wants.input { shape.inputs.max(shape.units) } else { shape.units };
        let product_rows =
            if wants == Wants::default() { 0 } else { layout.transposed_panels(columns) * 2 * layout.lanes };
        let mut product = Buffer::take(pieces.iter().map(|piece| product_rows * piece.stride).sum());

        let mut tape = split(pieces, layout, shape.timesteps * RECORD, &mut saved.tape).into_iter();
        let mut cells = split(pieces, layout, 1, &mut cells).into_iter();
        let mut outside = split(pieces, layout, 1, &mut outside).into_iter();
        let mut product: &mut [f32] = &mut product;
        let mut hidden: &[f32] = &saved.hidden;
        let mut panels = panels.map(|panels| panels.chunks_exact_mut(layout.panels_len()));
        let mut input = input.map(|input| deal(pieces, shape.batch, input).into_iter());
        let mut initial = initial.map(|(hidden, cell)| {
            deal(pieces, shape.batch, hidden).into_iter().zip(deal(pieces, shape.batch, cell))
        });
        let each = "a part for each piece";
        let mut chunks: Vec<Vec<Chunk>> = pieces.iter().map(|_| Vec::new()).collect();
        let work: Vec<_> = pieces
            .iter()
            .zip(&saved.masks)
            .zip(&mut chunks)
            .map(|((piece, masks), chunks)| {
                let (own_product, rest) =
                    std::mem::take(&mut product).split_at_mut(product_rows * piece.stride);
                product = rest;
                let (own_hidden, rest) = hidden.split_at(piece_len(piece, layout, shape.timesteps + 1));
                hidden = rest;
                BackwardPiece {
                    shape,
                    layout,
                    piece,
                    x: self.x,
                    output,
                    grad_out: self.grad_out,
                    transposed: &transposed,
                    transposed_input: transposed_input.as_deref(),
                    want_initial: wants.initial,
                    has_initial,
                    hidden: own_hidden,
                    tape: tape.next().expect(each),
                    masks,
                    cells: cells.next().expect(each),
                    outside: outside.next().expect(each),
                    product: own_product,
                    input_gradients: input
                        .as_mut()
                        .map(|parts| parts.next().expect(each))
                        .unwrap_or_default(),
                    initial_gradients: initial
                        .as_mut()
                        .map(|parts| parts.next().expect(each))
                        .map(|(hidden, cell)| hidden.into_iter().zip(cell).collect())
                        .unwrap_or_default(),
                    panels: panels.as_mut().map(|panels| panels.next().expect(each)),
                    chunks,
                }
            })
            .collect();
        for_each(work, |piece| self.tier.run(piece));
        chunks
    }

    /// The transposed panels of `[rows, 4U]`.
    fn transpose(&self, layout: Layout, matrix: &[f32]) -> Buffer {
        let len = layout.transposed_len();
        let panels = layout.transposed_panels(matrix.len() / (4 * layout.units));
        let mut buffer = Buffer::take(panels * len);
        let work = buffer.chunks_exact_mut(len).enumerate().collect();
        for_each_light(panels * len, work, |(index, panel)| {
            let started = Started::now();
            layout.pack_transposed(matrix, index, panel);
            started.end(Phase::Transpose);
        });
        buffer
    }

    /// The panels of the weight gradients, each summed over all pieces by one thread.
    fn weight_panels(&self, saved: &Saved, chunks: &[Vec<Chunk>], panels: &mut [f32]) {
        let layout = saved.layout;
        let mut states = Vec::with_capacity(chunks.len());
        let (mut hidden, mut tape): (&[f32], &[f32]) = (&saved.hidden, &saved.tape);
        for piece in &saved.pieces {
            let (own_hidden, rest) = hidden.split_at(piece_len(piece, layout, saved.shape.timesteps + 1));
            hidden = rest;
            let (own_tape, rest) = tape.split_at(piece_len(piece, layout, saved.shape.timesteps * RECORD));
            tape = rest;
            states.push(PieceStates { stride: piece.stride, hidden: own_hidden, tape: own_tape });
        }
        let group = layout.blocks.div_ceil(8);
        let work = panels.chunks_mut(group * layout.panel_len()).enumerate().collect();
        for_each(work, |(index, panels): (usize, &mut [f32])| {
            let first_block = index * group;
            self.tier.run(weight_gradient::PanelGroup {
                layout,
                states: &states,
                chunks,
                first_block,
                panels,
            });
        });
    }
}
