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

use super::activation::{logistic, tangent};
use super::layout::{GATES, Layout, RECORD};
use super::phase::{Phase, Started};
use super::plan::Piece;
use super::simd::{Simd, Vectorized};
use super::{Initial, Output};

/// What the forward pass of a piece reads and writes.
pub(super) struct ForwardPiece<'a, const SAVE: bool> {
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
pub(super) fn mask_words(inputs: usize) -> usize {
    inputs.div_ceil(64)
}

/// One timestep: bare pointers that `ForwardPiece::run` has checked against the buffers.
struct Step {
    layout: Layout,
    stride: usize,
    words: usize,
    panels: *const f32,
    x: *const f32,
    /// Where each row's input begins.
    x_offsets: *const usize,
    masks: *const u64,
    recurrent: bool,
    hidden: *const f32,
    next_hidden: *mut f32,
    cells: *mut f32,
    tape: *mut f32,
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
            let pointers = Step {
                layout: self.layout,
                stride,
                words,
                panels: self.panels.as_ptr(),
                x: self.x.as_ptr(),
                x_offsets: x_offsets.as_ptr(),
                masks: self.masks[mask_start..].as_ptr(),
                recurrent: step > 0 || self.initial.is_some(),
                hidden: hidden.wrapping_add(now).cast_const(),
                next_hidden: hidden.wrapping_add(next),
                cells: self.cells.as_mut_ptr(),
                tape: self.tape.as_mut_ptr().wrapping_add(if SAVE { step * slot_len * RECORD } else { 0 }),
            };
            for block in 0..blocks {
                // SAFETY: the caller vouches for the instructions; the assertions above cover all rows and blocks of
                // each slot, and `find_inputs` has checked the offsets.
                unsafe { run_block::<S, SAVE>(&pointers, block, rows) };
            }
            self.join(step, next);
            self.write_output(step, next);
        }
        for (row, out) in std::mem::take(&mut self.last_cells).into_iter().enumerate() {
            self.copy_row(self.cells, row, out);
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
        let mut out = std::mem::take(&mut self.out);
        for (row, out) in out.iter_mut().enumerate() {
            self.copy_row(&self.hidden[next..], row.min(blank), &mut out[position..position + units]);
        }
        self.out = out;
    }

    fn copy_row(&self, states: &[f32], row: usize, target: &mut [f32]) {
        let lanes = self.layout.lanes;
        for (block, target) in target.chunks_mut(lanes).enumerate() {
            let from = (block * self.piece.stride + row) * lanes;
            target.copy_from_slice(&states[from..from + target.len()]);
        }
    }
}

/// All rows of one block and timestep, in tiles of nearly equal height.
#[inline(always)]
unsafe fn run_block<S: Simd, const SAVE: bool>(step: &Step, block: usize, rows: usize) {
    let tiles = rows.div_ceil(S::GATE_ROWS);
    let mut row = 0;
    for tile in 0..tiles {
        let height = rows / tiles + usize::from(tile < rows % tiles);
        // SAFETY: `row + height <= rows`, and the caller vouches for the rest.
        unsafe {
            match height {
                1 => run_tile::<S, 1, SAVE>(step, block, row),
                2 => run_tile::<S, 2, SAVE>(step, block, row),
                3 if S::GATE_ROWS >= 3 => run_tile::<S, 3, SAVE>(step, block, row),
                4 if S::GATE_ROWS >= 4 => run_tile::<S, 4, SAVE>(step, block, row),
                5 if S::GATE_ROWS >= 5 => run_tile::<S, 5, SAVE>(step, block, row),
                6 if S::GATE_ROWS >= 6 => run_tile::<S, 6, SAVE>(step, block, row),
                _ => unreachable!("a tile is no higher than the registers hold"),
            }
        }
        row += height;
    }
}

/// `R` rows of one block: the sums of the gates, the cells, the records.
///
/// # Safety
///
/// The processor must have the instructions of `S`; `step` must point to buffers that hold row `row + R - 1` of `block`.
#[inline(always)]
unsafe fn run_tile<S: Simd, const R: usize, const SAVE: bool>(step: &Step, block: usize, row: usize) {
    let lanes = S::LANES;
    let first = block * step.stride + row;
    // SAFETY: as the caller vouches.
    unsafe {
        if false {
            for vector in 0..R * RECORD {
                S::prefetch_for_writing(step.tape.add((first * RECORD + vector) * lanes));
            }
        }
        let sums = gate_sums::<S, R>(step, block, row);
        for (r, &[zi, zf, zg, zo]) in sums.iter().enumerate() {
            let cell = step.cells.add((first + r) * lanes);
            let (i, f, g, o) = (logistic::<S>(zi), logistic::<S>(zf), tangent::<S>(zg), logistic::<S>(zo));
            let kept = S::mul(f, S::load(cell));
            let added = S::mul(i, g);
            let c = S::add(kept, added);
            let squashed = tangent::<S>(c);
            let h = S::mul(o, squashed);
            S::store(cell, c);
            S::store(step.next_hidden.add((first + r) * lanes), h);
            if SAVE {
                let record = step.tape.add((first + r) * RECORD * lanes);
                S::store(record, S::negated_fma(added, i, added));
                S::store(record.add(lanes), S::negated_fma(kept, f, kept));
                S::store(record.add(2 * lanes), S::negated_fma(added, g, i));
                S::store(record.add(3 * lanes), S::negated_fma(h, o, h));
                S::store(record.add(4 * lanes), S::negated_fma(h, squashed, o));
                S::store(record.add(5 * lanes), f);
            }
        }
    }
}

/// `b + x_t Wx + h_{t-1} Wh` for `R` rows and the four gates of one block.
///
/// # Safety
///
/// As [`run_tile`].
#[inline(always)]
unsafe fn gate_sums<S: Simd, const R: usize>(step: &Step, block: usize, row: usize) -> [[S::V; GATES]; R] {
    let (lanes, width) = (S::LANES, GATES * S::LANES);
    let Layout { inputs, panel_rows, blocks, .. } = step.layout;
    // SAFETY: as the caller vouches; the panels have `panel_rows` rows, a set bit of a mask is below `inputs`.
    unsafe {
        let panel = step.panels.add(block * panel_rows * width);
        let mut sums = [load_gates::<S>(panel.add((panel_rows - 1) * width)); R];
        let mut x = [step.x; R];
        for r in 0..R {
            x[r] = step.x.add(*step.x_offsets.add(row + r));
        }
        for word in 0..step.words {
            let mut mask = 0;
            for r in 0..R {
                mask |= *step.masks.add((row + r) * step.words + word);
            }
            while mask != 0 {
                let k = 64 * word + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let weights = load_gates::<S>(panel.add(k * width));
                for r in 0..R {
                    add_product::<S>(&mut sums[r], *x[r].add(k), &weights);
                }
            }
        }
        if !step.recurrent {
            return sums;
        }
        let mut weights = panel.add(inputs * width);
        let mut hidden = step.hidden.add(row * lanes);
        for _ in 0..blocks {
            for k in 0..S::LANES {
                let weights = load_gates::<S>(weights.add(k * width));
                for r in 0..R {
                    add_product::<S>(&mut sums[r], *hidden.add(r * lanes + k), &weights);
                }
            }
            weights = weights.add(lanes * width);
            hidden = hidden.add(step.stride * lanes);
        }
        sums
    }
}

#[inline(always)]
unsafe fn load_gates<S: Simd>(source: *const f32) -> [S::V; GATES] {
    // SAFETY: the caller vouches for four vectors.
    unsafe {
        [
            S::load(source),
            S::load(source.add(S::LANES)),
            S::load(source.add(2 * S::LANES)),
            S::load(source.add(3 * S::LANES)),
        ]
    }
}

#[inline(always)]
unsafe fn add_product<S: Simd>(sums: &mut [S::V; GATES], factor: f32, weights: &[S::V; GATES]) {
    // SAFETY: the caller vouches for the instructions of `S`.
    unsafe {
        let factor = S::splat(factor);
        for gate in 0..GATES {
            sums[gate] = S::fma(factor, weights[gate], sums[gate]);
        }
    }
}
