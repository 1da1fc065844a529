//! The micro-kernel of the backward pass: the matrix product of `dz` with transposed weights, and the step from the result
//! to `dz` of the previous timestep.

use std::ops::Range;

use super::layout::{GATES, PackedLayout, RECORD, SUM_UNITS, far_bytes};
use super::simd::Simd;

/// Sets of the sum that are computed together: as many as their weights stay in the L2 cache for all rows.
const SUM_SETS: usize = 8;

/// The matrix product of `dz`, some rows of one timestep, with transposed panels: raw pointers that
/// [`super::backward_steps`] has checked against the buffers. In all buffers, rows are at `[J][stride]`.
///
/// The terms of a sum are in the order of *sets* of [`SUM_UNITS`] units, within a set gate by gate, within a gate unit by
/// unit. So the order does not depend on the number of lanes.
pub(crate) struct Matmul<'a> {
    pub layout: PackedLayout,
    pub stride: usize,
    /// Rows to compute.
    pub runs: &'a [Range<usize>],
    /// Blocks of columns of the result to compute: whole groups.
    pub blocks: Range<usize>,
    /// The left side, `[J][stride][4 L]`.
    pub dz: *const f32,
    pub transposed: *const f32,
    /// The result without `next`; room for partial sums with it.
    pub target: *mut f32,
    pub next: Option<Next>,
}

/// The previous timestep, whose `dh` the result is.
pub(crate) struct Next {
    pub records: *const f32,
    pub dz: *mut f32,
    pub cells: *mut f32,
    /// What is added to the result, or null.
    pub outside: *const f32,
}

impl Matmul<'_> {
    /// Computes all rows and columns. The sum is cut into parts whose weights stay in the L2 cache for all rows.
    ///
    /// # Safety
    ///
    /// The pointers must be valid for `rows` of all blocks.
    #[inline(always)]
    pub(crate) unsafe fn run<S: Simd>(&self, simd: S) {
        let sets = self.layout.sets();
        let parts = sets.div_ceil(SUM_SETS);
        for part in 0..parts {
            let part = part * sets / parts..(part + 1) * sets / parts;
            for group in self.layout.groups(self.blocks.clone()) {
                // SAFETY: the caller vouches.
                unsafe {
                    match group.len() {
                        1 => self.run_columns::<S, 1>(simd, group.start, &part),
                        2 => self.run_columns::<S, 2>(simd, group.start, &part),
                        3 if S::GROUP >= 3 => self.run_columns::<S, 3>(simd, group.start, &part),
                        4 if S::GROUP >= 4 => self.run_columns::<S, 4>(simd, group.start, &part),
                        _ => unreachable!("a group has at most `GROUP` blocks"),
                    }
                }
            }
        }
    }

    /// `C` blocks of columns, each run of rows in tiles of nearly equal height.
    #[inline(always)]
    unsafe fn run_columns<S: Simd, const C: usize>(&self, simd: S, first: usize, part: &Range<usize>) {
        let tiles_of = |run: &Range<usize>| run.len().div_ceil((S::TILE / C).min(12));
        let all: usize = self.runs.iter().map(tiles_of).sum();
        let mut before = 0;
        for run in self.runs {
            let (mut row, tiles) = (run.start, tiles_of(run));
            for tile in 0..tiles {
                let height = run.len() / tiles + usize::from(tile < run.len() % tiles);
                let ahead = self.ahead::<C>(first, part, before + tile, all);
                // SAFETY: the caller of `run` vouches.
                unsafe {
                    match height {
                        1 => self.run_tile::<S, 1, C>(simd, first, row, part, ahead),
                        2 => self.run_tile::<S, 2, C>(simd, first, row, part, ahead),
                        3 if 3 * C <= S::TILE => self.run_tile::<S, 3, C>(simd, first, row, part, ahead),
                        4 if 4 * C <= S::TILE => self.run_tile::<S, 4, C>(simd, first, row, part, ahead),
                        5 if 5 * C <= S::TILE => self.run_tile::<S, 5, C>(simd, first, row, part, ahead),
                        6 if 6 * C <= S::TILE => self.run_tile::<S, 6, C>(simd, first, row, part, ahead),
                        7 if 7 * C <= S::TILE => self.run_tile::<S, 7, C>(simd, first, row, part, ahead),
                        8 if 8 * C <= S::TILE => self.run_tile::<S, 8, C>(simd, first, row, part, ahead),
                        9 if 9 * C <= S::TILE => self.run_tile::<S, 9, C>(simd, first, row, part, ahead),
                        10 if 10 * C <= S::TILE => self.run_tile::<S, 10, C>(simd, first, row, part, ahead),
                        11 if 11 * C <= S::TILE => self.run_tile::<S, 11, C>(simd, first, row, part, ahead),
                        12 if 12 * C <= S::TILE => self.run_tile::<S, 12, C>(simd, first, row, part, ahead),
                        _ => unreachable!("a tile is no higher than the registers hold"),
                    }
                }
                row += height;
            }
            before += tiles;
        }
    }

    /// If the weights do not fit the L2 cache, each tile prefetches a part of those of the next columns. Returns the start of
    /// that part, and its cache lines per set of the tile's sum.
    #[inline(always)]
    fn ahead<const C: usize>(
        &self,
        first: usize,
        part: &Range<usize>,
        tile: usize,
        tiles: usize,
    ) -> (*const f32, usize) {
        let block_len = self.layout.transposed_block_len();
        if self.blocks.len() * block_len * size_of::<f32>() <= far_bytes() {
            return (self.transposed, 0);
        }
        // The next group is nearly as wide as this one; after the last one comes the next part of the first.
        let step = GATES * SUM_UNITS * C * self.layout.lanes;
        let (next, part_start) = match first + C < self.blocks.end {
            true => (first + C, part.start),
            false => (self.blocks.start, part.end % self.layout.sets()),
        };
        let lines = step.div_ceil(16 * tiles);
        let offset = tile * part.len() * lines * 16;
        (self.transposed.wrapping_add(next * block_len + part_start * step + offset), lines)
    }

    /// `R` rows and `C` blocks of columns from block `first`: one part of the sum, and after the last part the previous
    /// timestep.
    #[inline(always)]
    unsafe fn run_tile<S: Simd, const R: usize, const C: usize>(
        &self,
        simd: S,
        first: usize,
        row: usize,
        part: &Range<usize>,
        (mut ahead, lines): (*const f32, usize),
    ) {
        let lanes = S::LANES;
        // SAFETY: as the caller of `run` vouches.
        unsafe {
            let mut sums = [[simd.zero(); C]; R];
            if part.start > 0 {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (c, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.load(self.target.add(((first + c) * self.stride + row + r) * lanes));
                    }
                }
            }
            let panel = self.transposed.add(first * self.layout.transposed_block_len());
            let mut weights = panel.add(part.start * GATES * SUM_UNITS * C * lanes);
            for set in part.clone() {
                for _ in 0..lines {
                    simd.prefetch(ahead);
                    ahead = ahead.wrapping_add(16);
                }
                let blocks = self.layout.blocks_of(set);
                let dz = self.dz.add((blocks.start * self.stride + row) * GATES * lanes);
                for gate in 0..GATES {
                    for block in 0..blocks.len() {
                        let dz = dz.add(block * self.stride * GATES * lanes + gate * lanes);
                        add_products::<S, R, C>(simd, &mut sums, dz, weights, self.layout.lanes);
                        weights = weights.add(lanes * C * lanes);
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (c, &sum) in sums.iter().enumerate() {
                    simd.store(self.target.add(((first + c) * self.stride + row + r) * lanes), sum);
                }
            }
            // Read from memory, not from `sums`: a loop with such a long body is not unrolled, and indexing the array with a
            // variable would keep the compiler from holding it in registers during the sum.
            let Some(next) = self.next.as_ref().filter(|_| part.end == self.layout.sets()) else { return };
            for c in 0..C {
                for r in 0..R {
                    let place = (first + c) * self.stride + row + r;
                    next.apply(simd, simd.load(self.target.add(place * lanes)), place);
                }
            }
        }
    }
}

/// Gradients of a state below 2^-90 are set to 0. Over hundreds of timesteps they decay to subnormal numbers, with which
/// processors compute many times slower. What is left out is far below the rounding of any sum that it would be added to.
const TINY: f32 = f32::from_bits((127 - 90) << 23);

impl Next {
    /// One row of one block: from `dh`, or the part of it from the next timestep, to `dz` and the gradient of the previous
    /// cell state.
    ///
    /// # Safety
    ///
    /// `place`, counted in rows, must lie within the buffers.
    #[inline(always)]
    pub(crate) unsafe fn apply<S: Simd>(&self, simd: S, dh: S::V, place: usize) {
        let lanes = S::LANES;
        // SAFETY: as the caller vouches.
        unsafe {
            let (record, dz) = (self.records.add(place * RECORD * lanes), self.dz.add(place * GATES * lanes));
            let cell = self.cells.add(place * lanes);
            let mut dh = dh;
            if !self.outside.is_null() {
                dh = simd.add(dh, simd.load(self.outside.add(place * lanes)));
            }
            let least = simd.splat(TINY);
            let dh = simd.without_tiny(dh, least);
            let dc =
                simd.without_tiny(simd.fma(dh, simd.load(record.add(4 * lanes)), simd.load(cell)), least);
            for (gate, gradient) in [dc, dc, dc, dh].into_iter().enumerate() {
                simd.store(dz.add(gate * lanes), simd.mul(simd.load(record.add(gate * lanes)), gradient));
            }
            simd.store(cell, simd.mul(dc, simd.load(record.add(5 * lanes))));
        }
    }
}

/// Adds the products of `R` rows of one gate of `dz` with the `L` rows of weights of one block.
///
/// * `lanes`: L. With a constant the compiler unrolls the loop and, with many rows of one block, spills sums.
///
/// # Safety
///
/// There must be `R` rows at `dz`, and the weights of one block.
#[inline(always)]
unsafe fn add_products<S: Simd, const R: usize, const C: usize>(
    simd: S,
    sums: &mut [[S::V; C]; R],
    dz: *const f32,
    weights: *const f32,
    lanes: usize,
) {
    // SAFETY: as the caller vouches.
    unsafe {
        for k in 0..lanes {
            let mut columns = [simd.zero(); C];
            for (c, column) in columns.iter_mut().enumerate() {
                *column = simd.load(weights.add((C * k + c) * S::LANES));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let factor = simd.splat(*dz.add(r * GATES * S::LANES + k));
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = simd.fma(factor, column, *sum);
                }
            }
        }
    }
}
