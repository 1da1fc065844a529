//! The forward pass of one piece of the batch.
//!
//! For each timestep and block of units, micro-tiles of a few rows take the whole sum of a cell's gates in registers
//! (bias, then input weights, then recurrent weights, always in this order, one rounding a term), apply the
//! activations and the cell update at once, and write the new state and, for training, a *record*: the derivatives
//! that the backward pass will multiply with. With `z = (z_i, z_f, z_g, z_o)` the sums of the gates,
//!
//! ```text
//! c_t = f c_{t-1} + i g        h_t = o tanh(c_t)
//!
//! record = [ dc_t/dz_i = g i (1 - i)       dc_t/dz_f = c_{t-1} f (1 - f)
//!            dc_t/dz_g = i (1 - g^2)       dh_t/dz_o = tanh(c_t) o (1 - o)
//!            dh_t/dc_t = o (1 - tanh^2 c_t)   dc_t/dc_{t-1} = f ]
//! ```
//!
//! Columns of the input that are zero in all rows of a tile are left out of the sum, which changes nothing: adding zero
//! times a finite weight is exact.

use super::backward_piece::copy_row;
use super::gates::Step;
use super::layout::{Layout, RECORD};
use super::phase::{Phase, Started};
use super::plan::Piece;
use super::simd::{Simd, Vectorized};
use super::{Initial, Output};

/// What the forward pass of a piece reads and writes.
pub(crate) struct ForwardPiece<'a, const SAVE: bool> {
    pub layout: Layout,
    pub piece: &'a Piece,
    pub timesteps: usize,
    pub x: &'a [f32],
    pub panels: &'a [f32],
    pub initial: Option<Initial<'a>>,
    /// `[slots][J][stride][L]`: the states before each timestep and after the last, in `timesteps + 1` slots or, where
    /// nothing is saved, two taken in turn.
    pub hidden: &'a mut [f32],
    /// `[J][stride][L]`
    pub cells: &'a mut [f32],
    /// `[timesteps][J][stride][6 L]`, or empty where nothing is saved.
    pub tape: &'a mut [f32],
    /// `[timesteps or 1][stride][words]`: a bit for each input that is not zero.
    pub masks: &'a mut [u64],
    pub output: Output,
    /// The output of each image of the piece, in the order of `piece.images`.
    pub out: Vec<&'a mut [f32]>,
    /// The last cell state of each image likewise, or empty.
    pub last_cells: Vec<&'a mut [f32]>,
}

/// Words of a mask over all inputs.
pub(crate) fn mask_words(inputs: usize) -> usize {
    inputs.div_ceil(64)
}

impl<const SAVE: bool> Vectorized for ForwardPiece<'_, SAVE> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(mut self) {
        let Layout { lanes, blocks, inputs, .. } = self.layout;
        let stride = self.piece.stride;
        let slot_len = blocks * stride * lanes;
        let slots = self.hidden.len() / slot_len;
        let words = mask_words(inputs);
        let mask_slots = self.masks.len() / (stride * words);
        assert!(lanes == S::LANES && self.panels.len() >= self.layout.panels_len());
        assert!(self.cells.len() >= slot_len && slots >= if SAVE { self.timesteps + 1 } else { 2 });
        assert!(mask_slots >= if SAVE { self.timesteps } else { 1 });
        assert!(!SAVE || self.tape.len() >= self.timesteps * slot_len * RECORD);
        let started = Started::now();
        self.start();
        let mut x_offsets = vec![0; stride];
        for step in 0..self.timesteps {
            let rows = self.piece.rows[step];
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
                recurrent: step > 0 || self.initial.is_some(),
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
        for (row, out) in std::mem::take(&mut self.last_cells).into_iter().enumerate() {
            copy_row(self.cells, self.piece.stride, self.layout.lanes, row, out);
        }
        started.end(Phase::Forward);
    }
}

impl<const SAVE: bool> ForwardPiece<'_, SAVE> {
    /// Writes the states before the first timestep.
    fn start(&mut self) {
        let Layout { lanes, blocks, units, .. } = self.layout;
        let slot_len = blocks * self.piece.stride * lanes;
        self.hidden[..slot_len].fill(0.0);
        self.cells[..slot_len].fill(0.0);
        let Some(initial) = &self.initial else { return };
        for (row, &image) in self.piece.images.iter().enumerate() {
            for block in 0..blocks {
                let count = self.layout.units_in(block);
                let from = image * units + block * lanes;
                let to = (block * self.piece.stride + row) * lanes;
                self.hidden[to..to + count].copy_from_slice(&initial.hidden[from..from + count]);
                self.cells[to..to + count].copy_from_slice(&initial.cell[from..from + count]);
            }
        }
    }

    /// Notes where each row's input of `step` begins and which of its columns are not zero.
    #[inline(always)]
    unsafe fn find_inputs<S: Simd>(&mut self, step: usize, x_offsets: &mut [usize], mask_start: usize) {
        let inputs = self.layout.inputs;
        let words = mask_words(inputs);
        let joined = self.piece.joined[step];
        let masks = &mut self.masks[mask_start..][..self.piece.rows[step] * words];
        for ((&image, offset), masks) in
            self.piece.images[..joined].iter().zip(&mut *x_offsets).zip(masks.chunks_exact_mut(words))
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
        if self.piece.has_blank_row(step) {
            // Its mask is empty, so that its input is read only where another row of the tile is not zero: there any
            // blank row will do, and the image that joins last is blank now.
            let blank = self.piece.images[self.piece.images.len() - 1];
            x_offsets[joined] = (blank * self.timesteps + step) * inputs;
            masks[joined * words..].fill(0);
            assert!(self.x.len() >= x_offsets[joined] + inputs);
        }
    }

    /// Copies the blank row's new state to the rows behind it that the next timestep has.
    fn join(&mut self, step: usize, next: usize) {
        if !self.piece.has_blank_row(step) {
            return;
        }
        let (blank, rows) = (self.piece.joined[step], self.piece.rows[step + 1]);
        let Layout { lanes, blocks, .. } = self.layout;
        for block in 0..blocks {
            let start = block * self.piece.stride * lanes;
            for states in [&mut self.cells[start..], &mut self.hidden[next + start..]] {
                let from = blank * lanes..(blank + 1) * lanes;
                for row in blank + 1..rows {
                    states.copy_within(from.clone(), row * lanes);
                }
            }
        }
    }

    /// Hands out the new states of `step`, as far as they are asked for.
    fn write_output(&mut self, step: usize, next: usize) {
        let last = step + 1 == self.timesteps;
        let units = self.layout.units;
        let position = match self.output {
            Output::Sequence => step * units,
            Output::Last if last => 0,
            Output::Last => return,
        };
        // An image that has not joined is where the blank row is.
        let blank = if last { usize::MAX } else { self.piece.joined[step] };
        let (stride, lanes) = (self.piece.stride, self.layout.lanes);
        for (row, out) in self.out.iter_mut().enumerate() {
            copy_row(
                &self.hidden[next..],
                stride,
                lanes,
                row.min(blank),
                &mut out[position..position + units],
            );
        }
    }
}
