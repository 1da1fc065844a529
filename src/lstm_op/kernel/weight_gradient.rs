//! The gradients of the weights: sums over images and timesteps of `[x_t h_{t-1} 1]^T dz_t`.
//!
//! They are formed a *chunk* of timesteps at a time, for one block of units after the other, in the layout of the
//! panels. The recurrent part is a matrix product. The input part goes over the input values that are not zero, which
//! in images of digits are every fifth, listed by column.

use std::ops::Range;

use super::Shape;
use super::forward::mask_words;
use super::layout::{GATES, Layout, RECORD};
use super::phase::{Phase, Started};
use super::plan::Piece;
use super::simd::{Simd, Vectorized};

/// The states of a piece after the backward pass through time.
pub(super) struct PieceStates<'a> {
    pub stride: usize,
    /// `[T + 1][J][stride][L]`
    pub hidden: &'a [f32],
    /// `[T][J][stride][6 L]`, holding `dz`.
    pub tape: &'a [f32],
}

/// One input value that is not zero.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Its row's record in block 0, in records from the beginning of the tape.
    record: u32,
    value: f32,
}

/// Some timesteps of a piece.
#[derive(Debug)]
pub(super) struct Chunk {
    steps: Range<usize>,
    /// Rows of each of the timesteps.
    rows: Vec<usize>,
    /// Entries of all columns, one column after the other.
    entries: Vec<Entry>,
    /// Where each column's entries end.
    ends: Vec<usize>,
    has_initial: bool,
}

impl Chunk {
    /// Rows that make the work on a tile long against loading and storing it.
    pub(super) const ENOUGH_ROWS: usize = 240;

    /// Lists the inputs of the timesteps `steps`.
    pub(super) fn new(
        shape: Shape,
        layout: Layout,
        piece: &Piece,
        steps: Range<usize>,
        x: &[f32],
        masks: &[u64],
        has_initial: bool,
    ) -> Chunk {
        let inputs = shape.inputs;
        let words = mask_words(inputs);
        let row_masks = |step: usize| {
            let masks = &masks[step * piece.stride * words..][..piece.joined[step] * words];
            piece.images.iter().zip(masks.chunks_exact(words)).enumerate()
        };
        let mut ends = vec![0; inputs + 1];
        for step in steps.clone() {
            for (_, (_, mask)) in row_masks(step) {
                for_each_bit(mask, |k| ends[k + 1] += 1);
            }
        }
        for k in 0..inputs {
            ends[k + 1] += ends[k];
        }
        let mut entries = vec![Entry { record: 0, value: 0.0 }; ends[inputs]];
        for step in steps.clone() {
            for (row, (image, mask)) in row_masks(step) {
                let values = &x[(image * shape.timesteps + step) * inputs..][..inputs];
                let record =
                    u32::try_from(step * layout.blocks * piece.stride + row).expect("checked by `Kernel`");
                for_each_bit(mask, |k| {
                    entries[ends[k]] = Entry { record, value: values[k] };
                    ends[k] += 1;
                });
            }
        }
        ends.truncate(inputs);
        let rows = piece.rows[steps.clone()].to_vec();
        Chunk { steps, rows, entries, ends, has_initial }
    }

    /// Adds the gradients of one block of units to its panel, or writes them if they are the `first`.
    ///
    /// # Safety
    ///
    /// The processor must have the instructions of `S`.
    #[inline(always)]
    pub(super) unsafe fn add_to_panel<S: Simd>(
        &self,
        layout: Layout,
        states: &PieceStates<'_>,
        block: usize,
        panel: &mut [f32],
        first: bool,
    ) {
        let slot = layout.blocks * states.stride;
        assert!(layout.lanes == S::LANES && block < layout.blocks && panel.len() >= layout.panel_len());
        assert!(states.tape.len() >= self.steps.end * slot * RECORD * S::LANES);
        assert!(states.hidden.len() >= self.steps.end * slot * S::LANES);
        assert!(self.rows.iter().all(|&rows| rows <= states.stride));
        let sums = PanelSums { chunk: self, layout, states, first, tape: states.tape.as_ptr(), block };
        let panel = panel.as_mut_ptr();
        let width = GATES * S::LANES;
        // SAFETY: the assertions cover the rows of all timesteps of the chunk, the panel has `panel_rows` rows, and
        // entries lie in rows of the chunk.
        unsafe {
            let mut begin = 0;
            for (k, &end) in self.ends.iter().enumerate() {
                sums.input_row::<S>(&self.entries[begin..end], panel.add(k * width));
                begin = end;
            }
            sums.bias_row::<S>(panel.add((layout.panel_rows - 1) * width));
            for source in 0..layout.blocks {
                let panel = panel.add((layout.inputs + source * S::LANES) * width);
                let tiles = S::LANES.div_ceil(S::GATE_ROWS);
                let mut k = 0;
                for tile in 0..tiles {
                    let height = S::LANES / tiles + usize::from(tile < S::LANES % tiles);
                    let panel = panel.add(k * width);
                    match height {
                        2 => sums.recurrent_rows::<S, 2>(source, k, panel),
                        3 => sums.recurrent_rows::<S, 3>(source, k, panel),
                        5 => sums.recurrent_rows::<S, 5>(source, k, panel),
                        6 => sums.recurrent_rows::<S, 6>(source, k, panel),
                        _ => unreachable!("16, 8 and 4 lanes are cut so"),
                    }
                    k += height;
                }
            }
        }
    }
}

/// Some neighbouring panels, summed over all pieces.
pub(super) struct PanelGroup<'a> {
    pub layout: Layout,
    pub states: &'a [PieceStates<'a>],
    /// The chunks of each piece.
    pub chunks: &'a [Vec<Chunk>],
    pub first_block: usize,
    pub panels: &'a mut [f32],
}

impl Vectorized for PanelGroup<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let started = Started::now();
        let mut first = true;
        let most = self.chunks.iter().map(Vec::len).max().unwrap_or(0);
        for index in 0..most {
            for (states, chunks) in self.states.iter().zip(self.chunks) {
                let Some(chunk) = chunks.get(index) else { continue };
                for (block, panel) in self.panels.chunks_exact_mut(self.layout.panel_len()).enumerate() {
                    // SAFETY: the caller vouches for the instructions.
                    unsafe {
                        chunk.add_to_panel::<S>(self.layout, states, self.first_block + block, panel, first)
                    };
                }
                first = false;
            }
        }
        started.end(Phase::WeightGradient);
    }
}

/// What the rows of a panel have in common.
struct PanelSums<'a> {
    chunk: &'a Chunk,
    layout: Layout,
    states: &'a PieceStates<'a>,
    first: bool,
    tape: *const f32,
    block: usize,
}

impl PanelSums<'_> {
    /// `dz` of the first row of this block at `step`.
    #[inline(always)]
    fn dz(&self, step: usize) -> *const f32 {
        let record = (step * self.layout.blocks + self.block) * self.states.stride;
        self.tape.wrapping_add(record * RECORD * self.layout.lanes)
    }

    /// The sum so far.
    #[inline(always)]
    unsafe fn begin<S: Simd>(&self, target: *const f32) -> [S::V; GATES] {
        let mut sums = [unsafe { S::zero() }; GATES];
        if !self.first {
            for (gate, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the caller vouches for four vectors.
                *sum = unsafe { S::load(target.add(gate * S::LANES)) };
            }
        }
        sums
    }

    /// Gradients of the weights of one input.
    #[inline(always)]
    unsafe fn input_row<S: Simd>(&self, entries: &[Entry], target: *mut f32) {
        let base = self.tape.wrapping_add(self.block * self.states.stride * RECORD * S::LANES);
        // SAFETY: the caller vouches for target and entries.
        unsafe {
            // Two sums in turn, for one alone would wait for itself.
            let mut even = self.begin::<S>(target);
            let mut odd = [S::zero(); GATES];
            let (pairs, rest) = entries.as_chunks::<2>();
            for [a, b] in pairs {
                add_entry::<S>(&mut even, base, *a);
                add_entry::<S>(&mut odd, base, *b);
            }
            for entry in rest {
                add_entry::<S>(&mut even, base, *entry);
            }
            for gate in 0..GATES {
                S::store(target.add(gate * S::LANES), S::add(even[gate], odd[gate]));
            }
        }
    }

    /// Gradients of the biases.
    #[inline(always)]
    unsafe fn bias_row<S: Simd>(&self, target: *mut f32) {
        // SAFETY: the caller vouches for target and rows.
        unsafe {
            let mut sums = self.begin::<S>(target);
            for (step, &rows) in self.chunk.steps.clone().zip(&self.chunk.rows) {
                let mut dz = self.dz(step);
                for _ in 0..rows {
                    for gate in 0..GATES {
                        sums[gate] = S::add(sums[gate], S::load(dz.add(gate * S::LANES)));
                    }
                    dz = dz.wrapping_add(RECORD * S::LANES);
                }
            }
            for gate in 0..GATES {
                S::store(target.add(gate * S::LANES), sums[gate]);
            }
        }
    }

    /// Gradients of the recurrent weights of the units `k..k + R` of block `source`.
    #[inline(always)]
    unsafe fn recurrent_rows<S: Simd, const R: usize>(&self, source: usize, k: usize, target: *mut f32) {
        let (lanes, width) = (S::LANES, GATES * S::LANES);
        let stride = self.states.stride;
        // SAFETY: the caller vouches for target and rows.
        unsafe {
            let mut sums = [[S::zero(); GATES]; R];
            for r in 0..R {
                sums[r] = self.begin::<S>(target.add(r * width));
            }
            for (step, &rows) in self.chunk.steps.clone().zip(&self.chunk.rows) {
                if step == 0 && !self.chunk.has_initial {
                    continue;
                }
                let mut dz = self.dz(step);
                let mut hidden = self
                    .states
                    .hidden
                    .as_ptr()
                    .add((step * self.layout.blocks + source) * stride * lanes + k);
                for _ in 0..rows {
                    let mut columns = [S::zero(); GATES];
                    for gate in 0..GATES {
                        columns[gate] = S::load(dz.add(gate * lanes));
                    }
                    for r in 0..R {
                        let factor = S::splat(*hidden.add(r));
                        for gate in 0..GATES {
                            sums[r][gate] = S::fma(factor, columns[gate], sums[r][gate]);
                        }
                    }
                    dz = dz.wrapping_add(RECORD * lanes);
                    hidden = hidden.wrapping_add(lanes);
                }
            }
            for r in 0..R {
                for gate in 0..GATES {
                    S::store(target.add(r * width + gate * lanes), sums[r][gate]);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add_entry<S: Simd>(sums: &mut [S::V; GATES], base: *const f32, entry: Entry) {
    // SAFETY: the caller vouches for the entry.
    unsafe {
        let dz = base.add(entry.record as usize * RECORD * S::LANES);
        let value = S::splat(entry.value);
        for gate in 0..GATES {
            sums[gate] = S::fma(value, S::load(dz.add(gate * S::LANES)), sums[gate]);
        }
    }
}

/// Calls `f` with the position of every bit that is set.
#[inline(always)]
fn for_each_bit(words: &[u64], mut f: impl FnMut(usize)) {
    for (index, &word) in words.iter().enumerate() {
        let mut word = word;
        while word != 0 {
            f(64 * index + word.trailing_zeros() as usize);
            word &= word - 1;
        }
    }
}
