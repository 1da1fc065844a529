//! The micro-kernel of the forward pass: gate sums, activations and cell update of a few rows in registers.

use std::ops::Range;

use super::activation::{sigmoid, tanh};
use super::layout::{GATES, PackedLayout, RECORD, far_bytes};
use super::simd::Simd;

/// One timestep of some shards: raw pointers that [`super::forward_steps`] has checked against the buffers. In all buffers,
/// rows are at `[J][stride]`.
pub(crate) struct Step<'a> {
    pub layout: PackedLayout,
    pub stride: usize,
    /// Rows to compute.
    pub runs: &'a [Range<usize>],
    /// Blocks to compute.
    pub blocks: Range<usize>,
    /// Words of a row's mask.
    pub words: usize,
    pub panels: *const f32,
    /// The inputs of this timestep of the first image of the batch.
    pub x: *const f32,
    /// Where each row's input is from there.
    pub x_offsets: *const usize,
    pub masks: *const u64,
    /// Whether the previous state may be nonzero.
    pub recurrent: bool,
    pub hidden: *const f32,
    pub next_hidden: *mut f32,
    pub cells: *mut f32,
    pub tape: *mut f32,
}

impl Step<'_> {
    /// Computes all rows of all blocks, each run of rows in tiles of nearly equal height.
    ///
    /// # Safety
    ///
    /// The pointers must be valid for `runs` of each block, `hidden` of all blocks; a set bit of a mask must be below the
    /// number of inputs.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd, const SAVE: bool>(&self, simd: S) {
        let tiles_of = |run: &Range<usize>| run.len().div_ceil(S::TILE_ROWS);
        let all: usize = self.runs.iter().map(tiles_of).sum();
        for block in self.blocks.clone() {
            let mut before = 0;
            for run in self.runs {
                let (mut row, tiles) = (run.start, tiles_of(run));
                for tile in 0..tiles {
                    let height = run.len() / tiles + usize::from(tile < run.len() % tiles);
                    let ahead = self.ahead(block, before + tile, all);
                    // SAFETY: `row + height <= run.end`, and the caller vouches for the rest.
                    unsafe {
                        match height {
                            1 => self.run_tile::<S, 1, SAVE>(simd, block, row, ahead),
                            2 => self.run_tile::<S, 2, SAVE>(simd, block, row, ahead),
                            3 if S::TILE_ROWS >= 3 => self.run_tile::<S, 3, SAVE>(simd, block, row, ahead),
                            4 if S::TILE_ROWS >= 4 => self.run_tile::<S, 4, SAVE>(simd, block, row, ahead),
                            5 if S::TILE_ROWS >= 5 => self.run_tile::<S, 5, SAVE>(simd, block, row, ahead),
                            6 if S::TILE_ROWS >= 6 => self.run_tile::<S, 6, SAVE>(simd, block, row, ahead),
                            _ => unreachable!("a tile is no higher than the registers hold"),
                        }
                    }
                    row += height;
                }
                before += tiles;
            }
        }
    }

    /// If the panels do not fit the L2 cache, each tile prefetches a part of the next block's panel. Returns the start of
    /// that part, and its cache lines per block of the tile's sum.
    #[inline(always)]
    fn ahead(&self, block: usize, tile: usize, tiles: usize) -> (*const f32, usize) {
        let (sum, len) = (self.layout.blocks, self.layout.panel_len());
        if self.blocks.len() * len * size_of::<f32>() <= far_bytes() {
            return (self.panels, 0);
        }
        let next = if block + 1 < self.blocks.end { block + 1 } else { self.blocks.start };
        let lines = len.div_ceil(16 * tiles * sum);
        (self.panels.wrapping_add(next * len + 16 * tile * sum * lines), lines)
    }

    /// `R` rows of one block: gate sums, cell states, hidden states, records.
    #[inline(always)]
    unsafe fn run_tile<S: Simd, const R: usize, const SAVE: bool>(
        &self,
        simd: S,
        block: usize,
        row: usize,
        ahead: (*const f32, usize),
    ) {
        let lanes = S::LANES;
        let first = block * self.stride + row;
        // SAFETY: as the caller of `run` vouches.
        unsafe {
            let sums = self.gate_sums::<S, R>(simd, block, row, ahead);
            for (r, &[zi, zf, zg, zo]) in sums.iter().enumerate() {
                let cell = self.cells.add((first + r) * lanes);
                let (i, f) = (sigmoid(simd, zi), sigmoid(simd, zf));
                let (g, o) = (tanh(simd, zg), sigmoid(simd, zo));
                let kept = simd.mul(f, simd.load(cell));
                let added = simd.mul(i, g);
                let c = simd.add(kept, added);
                let squashed = tanh(simd, c);
                let h = simd.mul(o, squashed);
                simd.store(cell, c);
                simd.store(self.next_hidden.add((first + r) * lanes), h);
                if SAVE {
                    let record = self.tape.add((first + r) * RECORD * lanes);
                    simd.store(record, simd.negated_fma(added, i, added));
                    simd.store(record.add(lanes), simd.negated_fma(kept, f, kept));
                    simd.store(record.add(2 * lanes), simd.negated_fma(added, g, i));
                    simd.store(record.add(3 * lanes), simd.negated_fma(h, o, h));
                    simd.store(record.add(4 * lanes), simd.negated_fma(h, squashed, o));
                    simd.store(record.add(5 * lanes), f);
                }
            }
        }
    }

    /// `b + x_t Wx + h_{t-1} Wh` for `R` rows and the four gates of one block.
    #[inline(always)]
    unsafe fn gate_sums<S: Simd, const R: usize>(
        &self,
        simd: S,
        block: usize,
        row: usize,
        (mut ahead, lines): (*const f32, usize),
    ) -> [[S::V; GATES]; R] {
        let (lanes, width) = (S::LANES, GATES * S::LANES);
        // SAFETY: as the caller of `run` vouches; the panels have `panel_rows` rows.
        unsafe {
            let panel = self.panels.add(block * self.layout.panel_len());
            let mut sums = [load_gates(simd, panel.add((self.layout.panel_rows - 1) * width)); R];
            self.add_inputs::<S, R>(simd, &mut sums, row, panel);
            if !self.recurrent {
                return sums;
            }
            let mut weights = panel.add(self.layout.inputs * width);
            let mut hidden = self.hidden.add(row * lanes);
            for _ in 0..self.layout.blocks {
                for _ in 0..lines {
                    simd.prefetch(ahead);
                    ahead = ahead.wrapping_add(16);
                }
                for k in 0..S::LANES {
                    add_products::<S, R>(
                        simd,
                        &mut sums,
                        |r| *hidden.add(r * lanes + k),
                        weights.add(k * width),
                    );
                }
                weights = weights.add(lanes * width);
                hidden = hidden.add(self.stride * lanes);
            }
            sums
        }
    }

    /// Adds `x_t Wx`, skipping inputs that are zero in all `R` rows.
    #[inline(always)]
    unsafe fn add_inputs<S: Simd, const R: usize>(
        &self,
        simd: S,
        sums: &mut [[S::V; GATES]; R],
        row: usize,
        panel: *const f32,
    ) {
        // SAFETY: as the caller of `run` vouches.
        unsafe {
            let mut x = [self.x; R];
            for (r, x) in x.iter_mut().enumerate() {
                *x = self.x.add(*self.x_offsets.add(row + r));
            }
            for word in 0..self.words {
                let mut mask = 0;
                for r in 0..R {
                    mask |= *self.masks.add((row + r) * self.words + word);
                }
                while mask != 0 {
                    let k = 64 * word + mask.trailing_zeros() as usize;
                    mask &= mask - 1;
                    add_products::<S, R>(simd, sums, |r| *x[r].add(k), panel.add(k * GATES * S::LANES));
                }
            }
        }
    }
}

/// Loads a row of a panel.
///
/// # Safety
///
/// There must be four vectors at `source`.
#[inline(always)]
pub(crate) unsafe fn load_gates<S: Simd>(simd: S, source: *const f32) -> [S::V; GATES] {
    // SAFETY: as the caller vouches.
    unsafe {
        [
            simd.load(source),
            simd.load(source.add(S::LANES)),
            simd.load(source.add(2 * S::LANES)),
            simd.load(source.add(3 * S::LANES)),
        ]
    }
}

/// Stores a row of a panel.
///
/// # Safety
///
/// There must be room for four vectors at `target`.
#[inline(always)]
pub(crate) unsafe fn store_gates<S: Simd>(simd: S, target: *mut f32, values: [S::V; GATES]) {
    for (gate, value) in values.into_iter().enumerate() {
        // SAFETY: as the caller vouches.
        unsafe { simd.store(target.add(gate * S::LANES), value) };
    }
}

/// `sums[r] += factor(r) * gates` for `R` rows. The factors are loaded first: three rows of sums with three factors and one
/// vector fill 16 registers.
///
/// # Safety
///
/// There must be four vectors at `gates`.
#[inline(always)]
pub(crate) unsafe fn add_products<S: Simd, const R: usize>(
    simd: S,
    sums: &mut [[S::V; GATES]; R],
    factor: impl Fn(usize) -> f32,
    gates: *const f32,
) {
    // SAFETY: as the caller vouches.
    unsafe {
        let mut factors = [simd.zero(); R];
        for (r, vector) in factors.iter_mut().enumerate() {
            *vector = simd.splat(factor(r));
        }
        for gate in 0..GATES {
            let vector = simd.load(gates.add(gate * S::LANES));
            for (sums, factor) in sums.iter_mut().zip(factors) {
                sums[gate] = simd.fma(factor, vector, sums[gate]);
            }
        }
    }
}

/// `sums += factor * values`.
#[inline(always)]
pub(crate) fn add_product<S: Simd>(simd: S, sums: &mut [S::V; GATES], factor: f32, values: &[S::V; GATES]) {
    let factor = simd.splat(factor);
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = simd.fma(factor, value, *sum);
    }
}
