//! The backward pass of one shard of the batch through time.
//!
//! `dh` and `dc` are the gradients of the loss with respect to `h_t` and `c_t`; `dh` is the sum of the gradient of the output
//! and of what the next timestep passes back. With the records of the forward pass (see [`super::forward_shard`]):
//!
//! ```text
//! dc      += dh dh_t/dc_t
//! dz_i,f,g = dc dc_t/dz_i,f,g          dz_o = dh dh_t/dz_o
//! dc_{t-1} = dc f                      dh_{t-1} = dz Wh^T         dx_t = dz Wx^T
//! ```
//!
//! `dz` of a few timesteps is kept until it has been added to the weight gradients.

use super::layout::{GATES, PackedLayout, RECORD};
use super::matmul::{Matmul, Next};
use super::phase::{Phase, Started};
use super::plan::Shard;
use super::simd::{Simd, Vectorized};
use super::weight_gradient::{Chunk, chunk_steps};
use super::{Output, Shape};

/// What the backward pass of a shard reads and writes.
pub(crate) struct BackwardShard<'a> {
    pub shape: Shape,
    pub layout: PackedLayout,
    pub shard: &'a Shard,
    pub x: &'a [f32],
    pub output: Output,
    /// `[B, U]` or `[B, T, U]`
    pub grad_out: &'a [f32],
    /// Transposed panels of the recurrent weights.
    pub transposed: &'a [f32],
    /// Transposed panels of the input weights, if the gradient of the input is wanted.
    pub transposed_input: Option<&'a [f32]>,
    /// As [`super::forward_shard::ForwardShard::hidden`], for all timesteps; likewise `tape` and `masks`.
    pub hidden: &'a [f32],
    pub tape: &'a [f32],
    pub masks: &'a [u64],
    /// `[dz_slots][J][stride][4 L]`: `dz` of timestep `t` in slot `t % dz_slots`.
    pub dz: &'a mut [f32],
    /// `[J][stride][L]`: gradient of the cell states.
    pub cells: &'a mut [f32],
    /// `[J][stride][L]`: gradient of the output of one timestep.
    pub outside: &'a mut [f32],
    /// `[ceil(n / L)][stride][L]`: a matrix product while it is computed; n = U, or max(W, U) if the gradient of the input
    /// is wanted.
    pub product: &'a mut [f32],
    /// The gradient of the input of each image, `[T, W]`, or empty.
    pub input_gradients: Vec<&'a mut [f32]>,
}

/// Shards that one thread computes one after the other, with one sum of their weight gradients.
pub(crate) struct BackwardBundle<'a> {
    pub shards: Vec<BackwardShard<'a>>,
    /// `[J][W + J L + 1][4 L]`
    pub panels: &'a mut [f32],
}

impl Vectorized for BackwardBundle<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for (index, mut shard) in self.shards.into_iter().enumerate() {
            // SAFETY: the caller vouches for the instructions.
            unsafe { shard.run::<S>(self.panels, index == 0) };
        }
    }
}

/// Timesteps whose `dz` is kept: those of a chunk, and the one that is computed next.
pub(crate) fn dz_slots(shard: &Shard) -> usize {
    chunk_steps(shard) + 1
}

impl BackwardShard<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&mut self, panels: &mut [f32], first: bool) {
        let slot_len = self.slot_len();
        let timesteps = self.shape.timesteps;
        assert!(
            self.layout.lanes == S::LANES && self.shard.rows.iter().all(|&rows| rows <= self.shard.stride)
        );
        assert!(self.tape.len() >= timesteps * slot_len * RECORD);
        assert!(self.dz.len() == dz_slots(self.shard) * slot_len * GATES);
        assert!(
            self.cells.len() >= slot_len && self.outside.len() >= slot_len && self.product.len() >= slot_len
        );
        assert!(self.transposed.len() >= self.layout.blocks * self.layout.transposed_block_len());
        self.cells[..slot_len].fill(0.0);
        self.gather_outside(timesteps - 1);
        // SAFETY, here and below: the caller vouches for the instructions, the assertions for the buffers.
        unsafe { self.last_step::<S>() };
        let chunk_steps = chunk_steps(self.shard);
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
    }

    /// f32 in the states of one timestep.
    fn slot_len(&self) -> usize {
        self.layout.blocks * self.shard.stride * self.layout.lanes
    }

    /// Where `dz` of `step` begins.
    fn dz_start(&self, step: usize) -> usize {
        step % dz_slots(self.shard) * self.slot_len() * GATES
    }

    fn chunk(&self, steps: std::ops::Range<usize>) -> Chunk<'_> {
        Chunk {
            layout: self.layout,
            shard: self.shard,
            steps,
            timesteps: self.shape.timesteps,
            x: self.x,
            masks: self.masks,
            hidden: self.hidden,
            dz: self.dz,
        }
    }

    /// Copies the gradient of the output of `step` into the order of the rows.
    fn gather_outside(&mut self, step: usize) {
        let PackedLayout { lanes, units, .. } = self.layout;
        let (per_image, position) = match self.output {
            Output::Last => (units, 0),
            Output::Sequence => (self.shape.timesteps * units, step * units),
        };
        let (joined, rows) = (self.shard.joined[step], self.shard.rows[step]);
        for block in 0..self.layout.blocks {
            let count = self.layout.units_in(block);
            let outside = &mut self.outside[block * self.shard.stride * lanes..][..rows * lanes];
            outside[joined * lanes..].fill(0.0);
            for (row, &image) in self.shard.images.iter().enumerate() {
                let from = &self.grad_out[image * per_image + position + block * lanes..][..count];
                if row < joined {
                    let to = &mut outside[row * lanes..(row + 1) * lanes];
                    to[..count].copy_from_slice(from);
                    to[count..].fill(0.0);
                } else {
                    // It has not joined: its output was that of the blank row.
                    let to = &mut outside[joined * lanes..];
                    to.iter_mut().zip(from).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }

    /// `step` as the timestep that a matrix product continues with; `dz` points to the start of `self.dz`.
    fn next(&mut self, dz: *mut f32, step: usize, has_outside: bool) -> Next {
        Next {
            records: self.tape[step * self.slot_len() * RECORD..].as_ptr(),
            dz: dz.wrapping_add(self.dz_start(step)),
            cells: self.cells.as_mut_ptr(),
            outside: if has_outside { self.outside.as_ptr() } else { std::ptr::null() },
        }
    }

    /// `dz` of the last timestep, which no next timestep adds to.
    #[inline(always)]
    unsafe fn last_step<S: Simd>(&mut self) {
        let step = self.shape.timesteps - 1;
        let dz = self.dz.as_mut_ptr();
        let next = self.next(dz, step, true);
        for block in 0..self.layout.blocks {
            for row in 0..self.shard.rows[step] {
                // SAFETY: `run` has checked that the buffers hold all rows of all blocks.
                unsafe { next.apply::<S>(S::zero(), block * self.shard.stride + row) };
            }
        }
    }

    /// From `dz` of `step` to `dz` of the timestep before.
    #[inline(always)]
    unsafe fn previous_step<S: Simd>(&mut self, step: usize) {
        let started = Started::now();
        let backup = self.fold_joined(step);
        let has_outside = self.output == Output::Sequence;
        if has_outside {
            self.gather_outside(step - 1);
        }
        // One pointer for both timesteps, whose slots differ.
        let dz = self.dz.as_mut_ptr();
        let next = self.next(dz, step - 1, has_outside);
        let product = Matmul {
            layout: self.layout,
            stride: self.shard.stride,
            rows: self.shard.rows[step - 1],
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

    /// The images that joined at `step` all came from the blank row of the timestep before: adds up their gradients in the
    /// place of that row, for the product with the recurrent weights. Returns what was in that place.
    fn fold_joined(&mut self, step: usize) -> Vec<f32> {
        let (lanes, stride) = (self.layout.lanes, self.shard.stride);
        let (first, rows) = (self.shard.joined[step - 1], self.shard.rows[step]);
        if !self.shard.has_blank_row(step - 1) || rows == first + 1 {
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

    /// Undoes the change of `dz` by `fold_joined`.
    fn restore(&mut self, step: usize, backup: &[f32]) {
        let width = GATES * self.layout.lanes;
        let dz_start = self.dz_start(step);
        for (block, values) in backup.chunks_exact(width).enumerate() {
            let place = block * self.shard.stride + self.shard.joined[step - 1];
            self.dz[dz_start + place * width..][..width].copy_from_slice(values);
        }
    }

    /// The gradient of the input of `step`: `dz` times the transposed input weights.
    #[inline(always)]
    unsafe fn input_gradient<S: Simd>(&mut self, step: usize) {
        let PackedLayout { lanes, inputs, .. } = self.layout;
        let Some(transposed) = self.transposed_input else {
            return;
        };
        let blocks = inputs.div_ceil(lanes);
        assert!(transposed.len() >= blocks * self.layout.transposed_block_len());
        assert!(self.product.len() >= blocks * self.shard.stride * lanes);
        let product = Matmul {
            layout: self.layout,
            stride: self.shard.stride,
            rows: self.shard.rows[step],
            blocks,
            dz: self.dz[self.dz_start(step)..].as_ptr(),
            transposed: transposed.as_ptr(),
            target: self.product.as_mut_ptr(),
            next: None,
        };
        // SAFETY: the caller vouches for the instructions; the assertions above and those of `run` cover all that the
        // product touches.
        unsafe { product.run::<S>() };
        for (row, gradient) in self.input_gradients.iter_mut().enumerate() {
            let gradient = &mut gradient[step * inputs..(step + 1) * inputs];
            self.layout.copy_row(self.product, self.shard.stride, row, gradient);
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
