//! The backward pass of one piece of the batch through time.
//!
//! With the records of the forward pass (see [`super::forward_piece`]) and `dh`, `dc` the gradients of the loss by `h_t`
//! and `c_t`, of which `dh` has come together from the outside and from the next timestep,
//!
//! ```text
//! dc      += dh dh_t/dc_t
//! dz_i,f,g = dc dc_t/dz_i,f,g          dz_o = dh dh_t/dz_o
//! dc_{t-1} = dc f                      dh_{t-1} = dz Wh^T         dx_t = dz Wx^T
//! ```
//!
//! `dz` of the last few timesteps is kept, until its share of the weight gradients has been summed.

use super::layout::{GATES, Layout, RECORD};
use super::phase::{Phase, Started};
use super::plan::Piece;
use super::product::{Next, Product};
use super::simd::{Simd, Vectorized};
use super::weight_gradient::{Chunk, chunk_steps};
use super::{Output, Shape};

/// What the backward pass of a piece reads and writes.
pub(crate) struct BackwardPiece<'a> {
    pub shape: Shape,
    pub layout: Layout,
    pub piece: &'a Piece,
    pub x: &'a [f32],
    pub output: Output,
    /// `[B, U]` or `[B, T, U]`
    pub grad_out: &'a [f32],
    /// Transposed panels of the recurrent weights.
    pub transposed: &'a [f32],
    /// Transposed panels of the input weights, where the gradient of the input is wanted.
    pub transposed_input: Option<&'a [f32]>,
    /// Whether the gradient of the initial state is wanted.
    pub want_initial: bool,
    /// Whether the state before the first timestep may be other than zero.
    pub has_initial: bool,
    /// As [`super::forward_piece::ForwardPiece::hidden`], with all timesteps, and so `tape` and `masks`.
    pub hidden: &'a [f32],
    pub tape: &'a [f32],
    pub masks: &'a [u64],
    /// `[dz_slots][J][stride][4 L]`: `dz` of a timestep in the slot of its remainder.
    pub dz: &'a mut [f32],
    /// `[J][stride][L]`: gradient of the cells.
    pub cells: &'a mut [f32],
    /// `[J][stride][L]`: gradient of the output of one timestep.
    pub outside: &'a mut [f32],
    /// `[ceil(n / L)][stride][L]`, for n = U or the larger one of W and U: products, while they are formed.
    pub product: &'a mut [f32],
    /// Gradients of the input of each image, `[T, W]` each, or empty.
    pub input_gradients: Vec<&'a mut [f32]>,
    /// Gradients of the initial hidden and cell state of each image, or empty.
    pub initial_gradients: Vec<(&'a mut [f32], &'a mut [f32])>,
}

/// Some pieces, one after the other, whose weight gradients go into one sum.
pub(crate) struct BackwardBundle<'a> {
    pub pieces: Vec<BackwardPiece<'a>>,
    /// `[J][W + J L + 1][4 L]`
    pub panels: &'a mut [f32],
}

impl Vectorized for BackwardBundle<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for (index, mut piece) in self.pieces.into_iter().enumerate() {
            // SAFETY: the caller vouches for the instructions.
            unsafe { piece.run::<S>(self.panels, index == 0) };
        }
    }
}

/// Timesteps whose `dz` is kept: those of a chunk, and the one that is being computed.
pub(crate) fn dz_slots(piece: &Piece) -> usize {
    chunk_steps(piece) + 1
}

impl BackwardPiece<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&mut self, panels: &mut [f32], first: bool) {
        let slot_len = self.slot_len();
        let timesteps = self.shape.timesteps;
        assert!(
            self.layout.lanes == S::LANES && self.piece.rows.iter().all(|&rows| rows <= self.piece.stride)
        );
        assert!(self.tape.len() >= timesteps * slot_len * RECORD);
        assert!(self.dz.len() == dz_slots(self.piece) * slot_len * GATES);
        assert!(
            self.cells.len() >= slot_len && self.outside.len() >= slot_len && self.product.len() >= slot_len
        );
        assert!(self.transposed.len() >= self.layout.blocks * self.layout.transposed_block_len());
        self.cells[..slot_len].fill(0.0);
        self.gather_outside(timesteps - 1);
        // SAFETY, here and below: the caller vouches for the instructions, the assertions for the buffers.
        unsafe { self.last_step::<S>() };
        let chunk_steps = chunk_steps(self.piece);
        for step in (0..timesteps).rev() {
            if self.transposed_input.is_some() {
                unsafe { self.input_gradient::<S>(step) };
            }
            if step % chunk_steps == 0 {
                let end = timesteps.min(step + chunk_steps);
                unsafe { self.chunk(step..end).add_to_panels::<S>(panels, first && end == timesteps) };
            }
            if step > 0 {
                unsafe { self.previous_step::<S>(step) };
            }
        }
        if self.want_initial {
            unsafe { self.initial_gradient::<S>() };
        }
    }

    /// f32 in the states of one timestep.
    fn slot_len(&self) -> usize {
        self.layout.blocks * self.piece.stride * self.layout.lanes
    }

    /// Where `dz` of `step` begins.
    fn dz_start(&self, step: usize) -> usize {
        step % dz_slots(self.piece) * self.slot_len() * GATES
    }

    fn chunk(&self, steps: std::ops::Range<usize>) -> Chunk<'_> {
        Chunk {
            layout: self.layout,
            piece: self.piece,
            steps,
            timesteps: self.shape.timesteps,
            has_initial: self.has_initial,
            x: self.x,
            masks: self.masks,
            hidden: self.hidden,
            dz: self.dz,
        }
    }

    /// Brings the gradient of the output of `step` into the order of the rows.
    fn gather_outside(&mut self, step: usize) {
        let Layout { lanes, units, .. } = self.layout;
        let (per_image, position) = match self.output {
            Output::Last => (units, 0),
            Output::Sequence => (self.shape.timesteps * units, step * units),
        };
        let (joined, rows) = (self.piece.joined[step], self.piece.rows[step]);
        for block in 0..self.layout.blocks {
            let count = self.layout.units_in(block);
            let outside = &mut self.outside[block * self.piece.stride * lanes..][..rows * lanes];
            outside[joined * lanes..].fill(0.0);
            for (row, &image) in self.piece.images.iter().enumerate() {
                let from = &self.grad_out[image * per_image + position + block * lanes..][..count];
                if row < joined {
                    let to = &mut outside[row * lanes..(row + 1) * lanes];
                    to[..count].copy_from_slice(from);
                    to[count..].fill(0.0);
                } else {
                    // Not joined: its output was the blank row's.
                    let to = &mut outside[joined * lanes..];
                    to.iter_mut().zip(from).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }

    /// `step` as what a product goes on to; `dz` is the beginning of `self.dz`.
    fn next(&mut self, dz: *mut f32, step: usize, has_outside: bool) -> Next {
        Next {
            records: self.tape[step * self.slot_len() * RECORD..].as_ptr(),
            dz: dz.wrapping_add(self.dz_start(step)),
            cells: self.cells.as_mut_ptr(),
            outside: if has_outside { self.outside.as_ptr() } else { std::ptr::null() },
        }
    }

    /// `dz` of the last timestep, which has no next one.
    #[inline(always)]
    unsafe fn last_step<S: Simd>(&mut self) {
        let step = self.shape.timesteps - 1;
        let dz = self.dz.as_mut_ptr();
        let next = self.next(dz, step, true);
        for block in 0..self.layout.blocks {
            for row in 0..self.piece.rows[step] {
                // SAFETY: `run` has checked that the buffers hold all rows of all blocks.
                unsafe { next.apply::<S>(S::zero(), block * self.piece.stride + row) };
            }
        }
    }

    /// From `dz` of `step` to that of the timestep before.
    #[inline(always)]
    unsafe fn previous_step<S: Simd>(&mut self, step: usize) {
        let started = Started::now();
        let backup = self.fold_joined(step);
        let has_outside = self.output == Output::Sequence;
        if has_outside {
            self.gather_outside(step - 1);
        }
        // One pointer for both timesteps, which lie in different slots.
        let dz = self.dz.as_mut_ptr();
        let next = self.next(dz, step - 1, has_outside);
        let product = Product {
            layout: self.layout,
            stride: self.piece.stride,
            rows: self.piece.rows[step - 1],
            blocks: self.layout.blocks,
            dz: dz.wrapping_add(self.dz_start(step)).cast_const(),
            transposed: self.transposed.as_ptr(),
            target: self.product.as_mut_ptr(),
            next: Some(next),
        };
        // SAFETY: `run` has checked that the buffers hold all rows of all blocks of all timesteps.
        unsafe { product.run::<S>() };
        self.restore(step, &backup);
        started.end(Phase::ThroughTime);
    }

    /// Those who joined at `step` all came from the blank row of the timestep before: adds their gradients up in its
    /// place, for the product with the recurrent weights. Returns what was in that place.
    fn fold_joined(&mut self, step: usize) -> Vec<f32> {
        let (lanes, stride) = (self.layout.lanes, self.piece.stride);
        let (first, rows) = (self.piece.joined[step - 1], self.piece.rows[step]);
        if !self.piece.has_blank_row(step - 1) || rows == first + 1 {
            return Vec::new();
        }
        let dz_start = self.dz_start(step);
        let mut backup = Vec::with_capacity(self.layout.blocks * GATES * lanes);
        for block in 0..self.layout.blocks {
            let place = block * stride + first;
            let dz = &mut self.dz[dz_start + place * GATES * lanes..][..(rows - first) * GATES * lanes];
            backup.extend_from_slice(&dz[..GATES * lanes]);
            fold(dz, GATES * lanes);
            fold(&mut self.cells[place * lanes..][..(rows - first) * lanes], lanes);
        }
        backup
    }

    /// Undoes what `fold_joined` did to `dz`.
    fn restore(&mut self, step: usize, backup: &[f32]) {
        let width = GATES * self.layout.lanes;
        let dz_start = self.dz_start(step);
        for (block, values) in backup.chunks_exact(width).enumerate() {
            let place = block * self.piece.stride + self.piece.joined[step - 1];
            self.dz[dz_start + place * width..][..width].copy_from_slice(values);
        }
    }

    /// The product of `dz` of `step` with transposed panels, into `self.product`.
    #[inline(always)]
    unsafe fn plain_product<S: Simd>(&mut self, step: usize, transposed: &[f32], blocks: usize) {
        assert!(transposed.len() >= blocks * self.layout.transposed_block_len());
        assert!(self.product.len() >= blocks * self.piece.stride * self.layout.lanes);
        let product = Product {
            layout: self.layout,
            stride: self.piece.stride,
            rows: self.piece.rows[step],
            blocks,
            dz: self.dz[self.dz_start(step)..].as_ptr(),
            transposed: transposed.as_ptr(),
            target: self.product.as_mut_ptr(),
            next: None,
        };
        // SAFETY: the assertions above and those of `run` cover all that the product touches.
        unsafe { product.run::<S>() };
    }

    #[inline(always)]
    unsafe fn input_gradient<S: Simd>(&mut self, step: usize) {
        let Layout { lanes, inputs, .. } = self.layout;
        let Some(transposed) = self.transposed_input else {
            return;
        };
        // SAFETY: the caller vouches for the instructions.
        unsafe { self.plain_product::<S>(step, transposed, inputs.div_ceil(lanes)) };
        for (row, gradient) in self.input_gradients.iter_mut().enumerate() {
            let gradient = &mut gradient[step * inputs..(step + 1) * inputs];
            copy_row(self.product, self.piece.stride, lanes, row, gradient);
        }
    }

    #[inline(always)]
    unsafe fn initial_gradient<S: Simd>(&mut self) {
        let (stride, lanes) = (self.piece.stride, self.layout.lanes);
        // SAFETY: the caller vouches for the instructions.
        unsafe { self.plain_product::<S>(0, self.transposed, self.layout.blocks) };
        for (row, (hidden, cell)) in self.initial_gradients.iter_mut().enumerate() {
            copy_row(self.product, stride, lanes, row, hidden);
            copy_row(self.cells, stride, lanes, row, cell);
        }
    }
}

/// Adds all rows of `width` to the first one.
fn fold(rows: &mut [f32], width: usize) {
    let (sum, parts) = rows.split_at_mut(width);
    for part in parts.chunks_exact(width) {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
}

/// Row `row` of `[J][stride][L]`, as far as `target` goes.
pub(crate) fn copy_row(states: &[f32], stride: usize, lanes: usize, row: usize, target: &mut [f32]) {
    for (block, target) in target.chunks_mut(lanes).enumerate() {
        let from = (block * stride + row) * lanes;
        target.copy_from_slice(&states[from..from + target.len()]);
    }
}
