//! The backward pass of some shards of the batch through a timestep.
//!
//! `dh` and `dc` are the gradients of the loss with respect to `h_t` and `c_t`; `dh` is the sum of the gradient of the output
//! and of what the next timestep passes back. With the records of the forward pass (see [`super::forward_steps`]):
//!
//! ```text
//! dc      += dh dh_t/dc_t
//! dz_i,f,g = dc dc_t/dz_i,f,g          dz_o = dh dh_t/dz_o
//! dc_{t-1} = dc f                      dh_{t-1} = dz Wh^T         dx_t = dz Wx^T
//! ```
//!
//! `dz` of a few timesteps is kept until it has been added to the weight gradients.
//!
//! The images that join at a timestep all come from the blank row of the timestep before. Their `dz` and `dc` are added up
//! in the blank row, from which the timestep before continues.

use super::layout::{GATES, PackedLayout, RECORD};
use super::matmul::{Matmul, Next};
use super::plan::{Rows, Shard};
use super::simd::Simd;
use super::team::Shared;
use super::{Output, Shape};
use std::ops::Range;

/// What the backward pass reads and writes; [`super::backward::BackwardPass::run`] has made the buffers.
pub(crate) struct BackwardSteps<'a> {
    pub shape: Shape,
    pub layout: PackedLayout,
    pub rows: &'a Rows,
    pub output: Output,
    /// `[B, U]` or `[B, T, U]`
    pub grad_out: &'a [f32],
    /// Transposed panels of the recurrent weights.
    pub transposed: Shared<f32>,
    /// Transposed panels of the input weights, if the gradient of the input is wanted.
    pub transposed_input: Option<Shared<f32>>,
    /// `[T][J][stride][6 L]`: the records.
    pub tape: &'a [f32],
    /// Timesteps whose `dz` is kept: that of timestep `t` in slot `t % slots`.
    pub slots: usize,
    /// `[slots][J][stride][4 L]`
    pub dz: Shared<f32>,
    /// `[J][stride][L]`: gradient of the cell states.
    pub cells: Shared<f32>,
    /// `[J][stride][L]`: gradient of the output of one timestep.
    pub outside: Shared<f32>,
    /// `[J][stride][L]`: a matrix product while it is computed.
    pub product: Shared<f32>,
    /// `[ceil(W / L)][stride][L]`: the same for the gradient of the input.
    pub input_product: Shared<f32>,
    /// The gradient of the inputs of all images, `[B, T, W]`.
    pub input_gradients: Shared<f32>,
}

impl BackwardSteps<'_> {
    /// From `dz` of the timestep behind to `dz` of `step`, for some shards and blocks; and the gradient of the input of the
    /// timestep behind, for some blocks of inputs.
    ///
    /// # Safety
    ///
    /// All blocks of the timestep behind must be done, and no other member may compute these blocks of these shards.
    #[inline(always)]
    pub(crate) unsafe fn step<S: Simd>(
        &self,
        simd: S,
        step: usize,
        shards: Range<usize>,
        blocks: Range<usize>,
        inputs: Range<usize>,
    ) {
        let &Self { shape, layout, rows, .. } = self;
        assert!(layout.lanes == S::LANES && blocks.end <= layout.blocks && step < shape.timesteps);
        let last = step + 1 == shape.timesteps;
        let has_outside = last || self.output == Output::Sequence;
        let runs = rows.runs(shards.clone(), step);
        let own = &rows.shards[shards.clone()];
        // SAFETY, here and below: the caller vouches for shards and blocks, and `BackwardPass::run` has made the buffers.
        unsafe {
            if has_outside {
                own.iter().for_each(|shard| self.gather_outside(shard, step, blocks.clone()));
            }
            let slot_len = self.slot_len();
            let next = Next {
                records: self.tape[step * slot_len * RECORD..][..slot_len * RECORD].as_ptr(),
                dz: self.dz_of(step).at(0),
                cells: self.cells.at(0),
                outside: if has_outside { self.outside.at(0) } else { std::ptr::null() },
            };
            if last {
                for block in blocks.clone() {
                    for shard in own {
                        self.states_of(self.cells, 1, block, shard.blank..shard.blank + 1).fill(0.0);
                        self.states_of(self.cells, 1, block, shard.rows.clone()).fill(0.0);
                    }
                    for row in runs.iter().cloned().flatten() {
                        next.apply(simd, simd.zero(), block * rows.stride + row);
                    }
                }
            } else {
                self.input_gradient(simd, step + 1, shards, inputs);
                let product = Matmul {
                    layout,
                    stride: rows.stride,
                    runs: &runs,
                    blocks: blocks.clone(),
                    dz: self.dz_of(step + 1).at(0),
                    transposed: self.transposed.at(0),
                    target: self.product.at(0),
                    next: Some(next),
                };
                product.run(simd);
            }
            own.iter().for_each(|shard| self.fold_joined(shard, step, blocks.clone()));
        }
    }

    /// f32 in the states of one timestep.
    fn slot_len(&self) -> usize {
        self.layout.blocks * self.rows.stride * self.layout.lanes
    }

    /// `dz` of `step`.
    fn dz_of(&self, step: usize) -> Shared<f32> {
        self.dz.from(step % self.slots * GATES * self.slot_len())
    }

    /// Some rows of a block of values with `vectors` vectors in a row.
    ///
    /// # Safety
    ///
    /// No other member may use these rows of this block.
    unsafe fn states_of<'a>(
        &self,
        values: Shared<f32>,
        vectors: usize,
        block: usize,
        rows: Range<usize>,
    ) -> &'a mut [f32] {
        let width = vectors * self.layout.lanes;
        // SAFETY: as the caller vouches.
        unsafe { values.slice((block * self.rows.stride + rows.start) * width, rows.len() * width) }
    }

    /// Copies the gradient of the output of `step` into the order of the rows.
    ///
    /// # Safety
    ///
    /// As for [`Self::step`].
    unsafe fn gather_outside(&self, shard: &Shard, step: usize, blocks: Range<usize>) {
        let PackedLayout { lanes, units, .. } = self.layout;
        let (per_image, position) = match self.output {
            Output::Last => (units, 0),
            Output::Sequence => (self.shape.timesteps * units, step * units),
        };
        let joined = shard.joined_rows(step);
        for block in blocks {
            let count = self.layout.units_in(block);
            // SAFETY: rows and a block of the caller.
            let (blank, rows) = unsafe {
                let blank = self.states_of(self.outside, 1, block, shard.blank..shard.blank + 1);
                (blank, self.states_of(self.outside, 1, block, shard.rows.clone()))
            };
            blank.fill(0.0);
            for (row, to) in shard.rows.clone().zip(rows.chunks_exact_mut(lanes)) {
                let start = self.rows.images[row] * per_image + position + block * lanes;
                let from = &self.grad_out[start..start + count];
                if joined.contains(&row) {
                    to[..count].copy_from_slice(from);
                    to[count..].fill(0.0);
                } else {
                    // It has not joined: its output was that of the blank row.
                    blank.iter_mut().zip(from).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }

    /// Adds `dz` and `dc` of the images that join at `step` up in the blank row.
    ///
    /// # Safety
    ///
    /// As for [`Self::step`].
    unsafe fn fold_joined(&self, shard: &Shard, step: usize, blocks: Range<usize>) {
        if step == 0 || !shard.has_blank_row(step - 1) {
            return;
        }
        for block in blocks {
            for (values, vectors) in [(self.dz_of(step), GATES), (self.cells, 1)] {
                // SAFETY: rows and a block of the caller.
                let (blank, joining) = unsafe {
                    let blank = self.states_of(values, vectors, block, shard.blank..shard.blank + 1);
                    (blank, self.states_of(values, vectors, block, shard.joining(step)))
                };
                if !shard.has_blank_row(step) {
                    blank.fill(0.0);
                }
                for part in joining.chunks_exact(blank.len()) {
                    blank.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }

    /// The gradient of some blocks of the input of `step`: `dz` times the transposed input weights.
    ///
    /// # Safety
    ///
    /// As for [`Self::step`]; all blocks of `dz` of `step` must be done.
    #[inline(always)]
    pub(crate) unsafe fn input_gradient<S: Simd>(
        &self,
        simd: S,
        step: usize,
        shards: Range<usize>,
        blocks: Range<usize>,
    ) {
        let (Some(transposed), false) = (self.transposed_input, blocks.is_empty()) else { return };
        let PackedLayout { lanes, inputs, .. } = self.layout;
        assert!(blocks.end <= inputs.div_ceil(lanes) && lanes == S::LANES);
        let runs = self.rows.runs(shards, step);
        let product = Matmul {
            layout: self.layout,
            stride: self.rows.stride,
            runs: &runs,
            blocks: blocks.clone(),
            dz: self.dz_of(step).at(0),
            transposed: transposed.at(0),
            target: self.input_product.at(0),
            next: None,
        };
        // SAFETY: the caller vouches for shards and blocks; without shared blank timesteps every image has a row.
        unsafe {
            product.run(simd);
            for block in blocks {
                let count = lanes.min(inputs - block * lanes);
                for row in runs.iter().cloned().flatten() {
                    let from = self.input_product.at((block * self.rows.stride + row) * lanes);
                    let to = (self.rows.images[row] * self.shape.timesteps + step) * inputs + block * lanes;
                    self.input_gradients.at(to).copy_from_nonoverlapping(from, count);
                }
            }
        }
    }
}
