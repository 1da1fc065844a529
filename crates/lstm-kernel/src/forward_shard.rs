//! The forward pass of one shard of the batch.
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
use super::phase::{Phase, Started};
use super::plan::Shard;
use super::simd::{Simd, Vectorized};

/// What the forward pass of a shard reads and writes.
pub(crate) struct ForwardShard<'a, const SAVE: bool> {
    pub layout: PackedLayout,
    pub shard: &'a Shard,
    pub timesteps: usize,
    pub x: &'a [f32],
    pub panels: &'a [f32],
    /// `[slots][J][stride][L]`: the states before each timestep and after the last, in `timesteps + 1` slots, or in two
    /// alternating ones if nothing is saved.
    pub hidden: &'a mut [f32],
    /// `[J][stride][L]`
    pub cells: &'a mut [f32],
    /// `[timesteps][J][stride][6 L]`, or empty if nothing is saved.
    pub tape: &'a mut [f32],
    /// `[timesteps or 1][stride][words]`: one bit per input, set if the input is not zero.
    pub masks: &'a mut [u64],
    pub output: Output,
    /// The output of each image of the shard, in the order of `shard.images`.
    pub out: Vec<&'a mut [f32]>,
}

impl<const SAVE: bool> Vectorized for ForwardShard<'_, SAVE> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(mut self) {
        let PackedLayout { lanes, blocks, .. } = self.layout;
        let stride = self.shard.stride;
        let slot_len = blocks * stride * lanes;
        let slots = self.hidden.len() / slot_len;
        let words = self.layout.mask_words();
        let mask_slots = self.masks.len() / (stride * words);
        assert!(lanes == S::LANES && self.panels.len() >= self.layout.panels_len());
        assert!(self.cells.len() >= slot_len && slots >= if SAVE { self.timesteps + 1 } else { 2 });
        assert!(mask_slots >= if SAVE { self.timesteps } else { 1 });
        assert!(!SAVE || self.tape.len() >= self.timesteps * slot_len * RECORD);
        let started = Started::now();
        // The states before the first timestep.
        self.hidden[..slot_len].fill(0.0);
        self.cells[..slot_len].fill(0.0);
        let mut x_offsets = vec![0; stride];
        for step in 0..self.timesteps {
            let rows = self.shard.rows[step];
            assert!(rows <= stride);
            let mask_start = (step % mask_slots) * stride * words;
            // SAFETY: the caller vouches for the instructions.
            unsafe { self.find_inputs::<S>(step, &mut x_offsets, mask_start) };
            let (now, next) = (step % slots * slot_len, (step + 1) % slots * slot_len);
            let hidden = self.hidden.as_mut_ptr();
            let tape_start = if SAVE { step * slot_len * RECORD } else { 0 };
            let timestep = Step {
                layout: self.layout,
                stride,
                rows,
                words,
                panels: self.panels.as_ptr(),
                x: self.x.as_ptr(),
                x_offsets: x_offsets.as_ptr(),
                masks: self.masks[mask_start..].as_ptr(),
                recurrent: step > 0,
                hidden: hidden.wrapping_add(now).cast_const(),
                next_hidden: hidden.wrapping_add(next),
                cells: self.cells.as_mut_ptr(),
                tape: self.tape.as_mut_ptr().wrapping_add(tape_start),
            };
            // SAFETY: the caller vouches for the instructions; the assertions above cover all rows and blocks of each
            // slot, and `find_inputs` has checked offsets and masks.
            unsafe { timestep.run::<S, SAVE>() };
            self.join(step, next);
            self.write_output(step, next);
        }
        started.end(Phase::Forward);
    }
}

impl<const SAVE: bool> ForwardShard<'_, SAVE> {
    /// Finds where each row's input of `step` begins and which of its values are not zero.
    #[inline(always)]
    unsafe fn find_inputs<S: Simd>(&mut self, step: usize, x_offsets: &mut [usize], mask_start: usize) {
        let (inputs, words) = (self.layout.inputs, self.layout.mask_words());
        let joined = self.shard.joined[step];
        let masks = &mut self.masks[mask_start..][..self.shard.rows[step] * words];
        for ((&image, offset), masks) in
            self.shard.images[..joined].iter().zip(&mut *x_offsets).zip(masks.chunks_exact_mut(words))
        {
            *offset = (image * self.timesteps + step) * inputs;
            let row = &self.x[*offset..*offset + inputs];
            for (word, mask) in masks.iter_mut().enumerate() {
                *mask = 0;
                let end = inputs.min(64 * (word + 1));
                let mut start = 64 * word;
                while start < end {
                    let count = S::LANES.min(end - start);
                    // SAFETY: `start + count <= inputs`, the length of `row`.
                    let bits = unsafe { S::nonzero(row.as_ptr().add(start), count) };
                    *mask |= bits << (start - 64 * word);
                    start += count;
                }
            }
        }
        if self.shard.has_blank_row(step) {
            // Its mask is empty, so its input is read only where another row of the tile is not zero. Any blank row will
            // do, and the image that joins last is still blank.
            let blank = self.shard.images[self.shard.images.len() - 1];
            x_offsets[joined] = (blank * self.timesteps + step) * inputs;
            masks[joined * words..].fill(0);
            assert!(self.x.len() >= x_offsets[joined] + inputs);
        }
    }

    /// Copies the blank row's new state to the rows that are added behind it at the next timestep.
    fn join(&mut self, step: usize, next: usize) {
        if !self.shard.has_blank_row(step) {
            return;
        }
        let (blank, rows) = (self.shard.joined[step], self.shard.rows[step + 1]);
        let PackedLayout { lanes, blocks, .. } = self.layout;
        for block in 0..blocks {
            let start = block * self.shard.stride * lanes;
            for states in [&mut self.cells[start..], &mut self.hidden[next + start..]] {
                let from = blank * lanes..(blank + 1) * lanes;
                for row in blank + 1..rows {
                    states.copy_within(from.clone(), row * lanes);
                }
            }
        }
    }

    /// Writes the new states of `step` to the output if it includes them.
    fn write_output(&mut self, step: usize, next: usize) {
        let last = step + 1 == self.timesteps;
        let units = self.layout.units;
        let position = match self.output {
            Output::Sequence => step * units,
            Output::Last if last => 0,
            Output::Last => return,
        };
        // The state of an image that has not joined is the blank row's.
        let blank = if last { usize::MAX } else { self.shard.joined[step] };
        for (row, out) in self.out.iter_mut().enumerate() {
            let out = &mut out[position..position + units];
            self.layout.copy_row(&self.hidden[next..], self.shard.stride, row.min(blank), out);
        }
    }
}
