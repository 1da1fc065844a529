//! The forward pass of some shards of the batch through a timestep.
//!
//! For each timestep and block of units, micro-tiles of a few rows sum all four gates in registers (bias, then input
//! weights, then recurrent weights, always in this order, with one rounding per term), apply the activations and the cell
//! update, and write the new state and, for training, a *record*: the derivatives that the backward pass multiplies with.
//! With `z = (z_i, z_f, z_g, z_o)` the sums of the gates,
//!
//! ```text
//! c_t = f c_{t-1} + i g        h_t = o tanh(c_t)
//!
//! record = [ dc_t/dz_i = g i (1 - i)       dc_t/dz_f = c_{t-1} f (1 - f)
//!            dc_t/dz_g = i (1 - g^2)       dh_t/dz_o = tanh(c_t) o (1 - o)
//!            dh_t/dc_t = o (1 - tanh^2 c_t)   dc_t/dc_{t-1} = f ]
//! ```
//!
//! Inputs that are zero in all rows of a tile are left out of the sum. That changes nothing: adding zero times a finite
//! weight is exact.

use super::Output;
use super::gates::Step;
use super::layout::{PackedLayout, RECORD};
use super::plan::{Rows, Shard};
use super::simd::Simd;
use super::team::Shared;
use std::ops::Range;

/// What the forward pass reads and writes; [`super::forward::ForwardPass::run`] has checked the buffers.
pub(crate) struct ForwardSteps<'a, const SAVE: bool> {
    pub layout: PackedLayout,
    pub rows: &'a Rows,
    pub timesteps: usize,
    /// Slots of `hidden`: all timesteps, or two alternating ones if nothing is saved.
    pub slots: usize,
    pub x: &'a [f32],
    /// Where the image of each row begins in `x`.
    pub offsets: &'a [usize],
    pub panels: Shared<f32>,
    /// `[slots][J][stride][L]`: the states after each timestep.
    pub hidden: Shared<f32>,
    /// `[J][stride][L]`
    pub cells: Shared<f32>,
    /// `[timesteps][J][stride][6 L]`, if anything is saved.
    pub tape: Shared<f32>,
    /// `[timesteps][stride][words]`: one bit per input, set if the input is not zero.
    pub masks: Shared<u64>,
    pub output: Output,
    /// The output of all images.
    pub out: Shared<f32>,
}

impl<const SAVE: bool> ForwardSteps<'_, SAVE> {
    /// Computes the states of some shards and blocks after `step`.
    ///
    /// # Safety
    ///
    /// The masks of `step` and all blocks of the timestep before must be done, and no other member may compute these blocks
    /// of these shards.
    #[inline(always)]
    pub(crate) unsafe fn step<S: Simd>(
        &self,
        simd: S,
        step: usize,
        shards: Range<usize>,
        blocks: Range<usize>,
    ) {
        let &Self { layout, rows, slots, .. } = self;
        let slot_len = self.slot_len();
        let words = layout.mask_words();
        assert!(layout.lanes == S::LANES && blocks.end <= layout.blocks && step < self.timesteps);
        let runs = rows.runs(shards.clone(), step);
        if step == 0 {
            for block in blocks.clone() {
                for run in &runs {
                    // SAFETY: rows and a block of the caller.
                    unsafe { self.states_of(self.cells, block, run.clone()) }.fill(0.0);
                }
            }
        }
        let next = step % slots * slot_len;
        let timestep = Step {
            layout,
            stride: rows.stride,
            runs: &runs,
            blocks: blocks.clone(),
            words,
            panels: self.panels.at(0),
            // A blank row's mask is empty, so its input is read only where another row of the tile is not zero.
            x: self.x.as_ptr().wrapping_add(step * layout.inputs),
            x_offsets: self.offsets.as_ptr(),
            masks: self.masks.at(step * rows.stride * words),
            recurrent: step > 0,
            hidden: self.hidden.at((step + slots - 1) % slots * slot_len),
            next_hidden: self.hidden.at(next),
            cells: self.cells.at(0),
            tape: self.tape.at(if SAVE { step * slot_len * RECORD } else { 0 }),
        };
        // SAFETY: the caller vouches for blocks, `ForwardPass::run` has checked the buffers, and `find_inputs` the masks.
        unsafe {
            timestep.run::<S, SAVE>(simd);
            for shard in &rows.shards[shards] {
                self.join(shard, step, next, blocks.clone());
                self.write_output(shard, step, next, blocks.clone());
            }
        }
    }

    /// f32 in the states of one timestep.
    fn slot_len(&self) -> usize {
        self.layout.blocks * self.rows.stride * self.layout.lanes
    }

    /// Some rows of a block of states.
    ///
    /// # Safety
    ///
    /// No other member may use these rows of this block.
    unsafe fn states_of<'a>(&self, states: Shared<f32>, block: usize, rows: Range<usize>) -> &'a mut [f32] {
        let lanes = self.layout.lanes;
        // SAFETY: as the caller vouches.
        unsafe { states.slice((block * self.rows.stride + rows.start) * lanes, rows.len() * lanes) }
    }

    /// Finds which inputs of a shard are not zero at `step`.
    ///
    /// # Safety
    ///
    /// No other member may use these masks.
    #[inline(always)]
    pub(crate) unsafe fn find_inputs<S: Simd>(&self, simd: S, shard: &Shard, step: usize) {
        let (inputs, words) = (self.layout.inputs, self.layout.mask_words());
        let first = step * self.rows.stride;
        let joined = shard.joined_rows(step);
        // SAFETY: the caller vouches.
        let (blank, masks) = unsafe {
            let masks = self.masks.slice((first + joined.start) * words, joined.len() * words);
            (self.masks.slice((first + shard.blank) * words, words), masks)
        };
        blank.fill(0);
        for (row, masks) in joined.zip(masks.chunks_exact_mut(words)) {
            let row = &self.x[self.offsets[row] + step * inputs..][..inputs];
            for (word, mask) in masks.iter_mut().enumerate() {
                *mask = 0;
                let end = inputs.min(64 * (word + 1));
                let mut start = 64 * word;
                while start < end {
                    let count = S::LANES.min(end - start);
                    let bits = simd.nonzero(&row[start..start + count]);
                    *mask |= bits << (start - 64 * word);
                    start += count;
                }
            }
        }
    }

    /// Copies a blank row's new state to the rows that join at the next timestep.
    ///
    /// # Safety
    ///
    /// As for [`Self::step`].
    unsafe fn join(&self, shard: &Shard, step: usize, next: usize, blocks: Range<usize>) {
        if !shard.has_blank_row(step) {
            return;
        }
        for block in blocks {
            for states in [self.cells, self.hidden.from(next)] {
                // SAFETY: rows and a block of the caller.
                let (blank, joining) = unsafe {
                    let blank = self.states_of(states, block, shard.blank..shard.blank + 1);
                    (blank, self.states_of(states, block, shard.joining(step + 1)))
                };
                joining.chunks_exact_mut(self.layout.lanes).for_each(|row| row.copy_from_slice(blank));
            }
        }
    }

    /// Writes the new states of `step` to the output if it includes them.
    ///
    /// # Safety
    ///
    /// As for [`Self::step`].
    unsafe fn write_output(&self, shard: &Shard, step: usize, next: usize, blocks: Range<usize>) {
        let PackedLayout { lanes, units, .. } = self.layout;
        let last = step + 1 == self.timesteps;
        let (per_image, position) = match self.output {
            Output::Sequence => (self.timesteps * units, step * units),
            Output::Last if last => (units, 0),
            Output::Last => return,
        };
        // The state of an image that has not joined is the blank row's. After the last timestep all have joined.
        let joined = shard.joined_rows(if last { step + 1 } else { step });
        for block in blocks {
            let count = self.layout.units_in(block);
            for row in shard.rows.clone() {
                let source = if joined.contains(&row) { row } else { shard.blank };
                let from = self.hidden.at(next + (block * self.rows.stride + source) * lanes);
                let to = self.out.at(self.rows.images[row] * per_image + position + block * lanes);
                // SAFETY: a state of a block of the caller, and the place of these units in the image's output.
                unsafe { to.copy_from_nonoverlapping(from, count) };
            }
        }
    }
}
