//! The gradients of the weights: sums over images and timesteps of `[x_t h_{t-1} 1]^T dz_t`.
//!
//! The panels are cut into *cells*: for each block of units, the rows of some inputs, the last with the bias, and the rows of
//! each block of recurrent weights. The sum of a cell over some shards ([`Rows::sums`]) is in the order of timesteps and rows,
//! and one member of the team computes it from beginning to end, so the order does not depend on the number of members. At the
//! end the sums of the shards are added in their order.
//!
//! A member adds one *chunk* of timesteps at a time to its cells, while its `dz` is in the cache, and of a large batch one
//! part of the shards after the other. The recurrent part is a matrix product, in which the images that join at a timestep
//! are one row: their states before it were that of the blank row, and their `dz` is summed there. The input part skips
//! inputs that are zero, which are four of five in images of digits.

use std::ops::Range;

use super::Shape;
use super::gates::{add_product, add_products, load_gates, store_gates};
use super::layout::{GATES, PackedLayout};
use super::plan::Rows;
use super::simd::Simd;
use super::team::{Shared, part};

/// Enough rows that the work on a tile takes much longer than loading and storing it, and few enough that `dz` of a block
/// stays in the L1 cache.
const ENOUGH_ROWS: usize = 100;

/// Timesteps of a chunk.
pub(crate) fn chunk_steps(rows: &Rows) -> usize {
    ENOUGH_ROWS.div_ceil(rows_of(rows, &rows.sums[0])).min(16)
}

/// Rows of some shards, at most.
fn rows_of(rows: &Rows, shards: &Range<usize>) -> usize {
    rows.shards[shards.clone()].iter().map(|shard| shard.rows.len() + 1).sum()
}

/// Cells of one sum.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Index in [`Rows::sums`].
    pub sum: usize,
    pub cells: Range<usize>,
}

/// Cells of the inputs of a block.
const INPUT_CELLS: usize = 8;

/// Some rows of one timestep whose products are summed.
struct Run {
    /// Where their `dz` begins in block 0.
    dz: usize,
    /// Where their states before the timestep begin in block 0; none before the first timestep, when they are zero.
    hidden: Option<usize>,
    rows: usize,
}

/// Where a cell's sums go.
#[derive(Clone, Copy)]
struct Target {
    /// The first row of the cell, or of the panel.
    rows: *mut f32,
    /// Whether there are no sums yet.
    first: bool,
}

/// What the sums read and write.
pub(crate) struct WeightGradients<'a> {
    pub shape: Shape,
    pub layout: PackedLayout,
    pub rows: &'a Rows,
    /// `[B, T, W]`
    pub x: &'a [f32],
    /// `[T][stride][words]`: one bit per input.
    pub masks: &'a [u64],
    /// `[T][J][stride][L]`
    pub hidden: &'a [f32],
    /// Timesteps whose `dz` is kept: that of timestep `t` in slot `t % slots`.
    pub slots: usize,
    /// `[slots][J][stride][4 L]`
    pub dz: Shared<f32>,
    /// `[sums][J][W + J L + 1][4 L]`
    pub panels: Shared<f32>,
    /// `[W, 4U]`
    pub input: Shared<f32>,
    /// `[U, 4U]`
    pub recurrent: Shared<f32>,
    /// `[4U]`
    pub bias: Shared<f32>,
}

impl WeightGradients<'_> {
    /// Adds the gradients of a chunk to some cells of a sum, or writes them if it is the first chunk, the one that ends with
    /// the last timestep.
    ///
    /// # Safety
    ///
    /// `dz` of these timesteps must be done, and no other member may compute these cells.
    #[inline(always)]
    pub(crate) unsafe fn add<S: Simd>(&self, simd: S, steps: Range<usize>, task: &Task) {
        let Self { layout, shape, rows, .. } = *self;
        assert!(layout.lanes == S::LANES && steps.end <= shape.timesteps);
        let (sum, cells) = (&rows.sums[task.sum], &task.cells);
        let parts = (rows_of(rows, sum) / ENOUGH_ROWS).clamp(1, sum.len());
        for index in 0..parts {
            let first = steps.end == shape.timesteps && index == 0;
            let shards = part(sum.len(), index, parts);
            let shards = sum.start + shards.start..sum.start + shards.end;
            let runs = self.runs(&steps, shards.clone());
            for block in 0..layout.blocks {
                let start = block * self.cells_of_block();
                let own = cells.start.saturating_sub(start)..cells.end.saturating_sub(start);
                let panel = self.panels.at((task.sum * layout.blocks + block) * layout.panel_len());
                let inputs = own.start.min(INPUT_CELLS)..own.end.min(INPUT_CELLS);
                // SAFETY: the caller vouches.
                unsafe {
                    if !inputs.is_empty() {
                        let target = Target { rows: panel, first };
                        self.add_inputs_and_bias(simd, &steps, shards.clone(), block, inputs, target);
                    }
                    let sources = own.start.max(INPUT_CELLS)..own.end.min(self.cells_of_block());
                    for source in sources.map(|cell| cell - INPUT_CELLS) {
                        let row = layout.inputs + source * S::LANES;
                        let target = Target { rows: panel.add(row * GATES * S::LANES), first };
                        self.add_recurrent_block(simd, &runs, block, source, target);
                    }
                }
            }
        }
    }

    /// Cells are numbered block by block, within a block the inputs first.
    fn cells_of_block(&self) -> usize {
        INPUT_CELLS + self.layout.blocks
    }

    /// The inputs of some cells of a block.
    fn inputs_of(&self, cells: Range<usize>) -> Range<usize> {
        let inputs = self.layout.inputs;
        cells.start * inputs / INPUT_CELLS..cells.end * inputs / INPUT_CELLS
    }

    /// One bit per input of some cells of a block, in the words of a mask.
    fn mask_of(&self, cells: Range<usize>) -> Vec<u64> {
        let mut mask = vec![0; self.layout.mask_words()];
        self.inputs_of(cells).for_each(|input| mask[input / 64] |= 1 << (input % 64));
        mask
    }

    /// The rows of some timesteps and shards in which images that join are one row, the blank row.
    fn runs(&self, steps: &Range<usize>, shards: Range<usize>) -> Vec<Run> {
        let mut runs = Vec::new();
        for step in steps.clone().rev() {
            for rows in self.rows.runs(shards.clone(), step.saturating_sub(1)) {
                let row = |step: usize| step * self.layout.blocks * self.rows.stride + rows.start;
                runs.push(Run {
                    dz: row(step % self.slots) * self.layout.panel_width(),
                    hidden: step.checked_sub(1).map(|before| row(before) * self.layout.lanes),
                    rows: rows.len(),
                });
            }
        }
        runs
    }

    /// What each member sums: parts of nearly equal cost.
    pub(crate) fn tasks(&self, members: usize) -> Vec<Vec<Task>> {
        let (sums, blocks, cells) = (self.rows.sums.len(), self.layout.blocks, self.cells_of_block());
        let firsts: Vec<usize> = if sums.is_multiple_of(members) {
            (0..=members).map(|member| sums / members * member * blocks * cells).collect()
        } else {
            let ends = self.costs();
            let block = ends[cells];
            let first = |member: usize| {
                let cost = block * member * sums * blocks / members;
                let (whole, rest) = (cost / block, cost % block);
                // The end of a cell that is nearest.
                let nearest = (0..=cells).min_by_key(|&cell| ends[cell].abs_diff(rest));
                whole * cells + nearest.unwrap_or(0)
            };
            (0..=members).map(first).collect()
        };
        let of_member = |own: &[usize]| {
            let of_sum = |sum: usize| {
                let within = |cell: usize| cell.saturating_sub(sum * blocks * cells).min(blocks * cells);
                Task { sum, cells: within(own[0])..within(own[1]) }
            };
            (0..sums).map(of_sum).filter(|task| !task.cells.is_empty()).collect()
        };
        firsts.windows(2).map(of_member).collect()
    }

    /// Costs of the first 0, 1, 2, ... cells of a block, in thousandths of rows of recurrent weights.
    fn costs(&self) -> Vec<usize> {
        // A sum of an input is loaded and stored for each pair of images in which one is not zero.
        const ROW: usize = 1000;
        const INPUT: usize = 2700;
        const SAMPLE: usize = 8;
        let words = self.layout.mask_words();
        let cells = std::array::from_fn::<_, INPUT_CELLS, _>(|cell| self.mask_of(cell..cell + 1));
        let (mut ones, mut rows) = ([0; INPUT_CELLS], 0);
        for step in 0..self.shape.timesteps {
            let joined = self.rows.shards.iter().flat_map(|shard| shard.joined_rows(step));
            // Some of the rows, because counting all takes long where there are few units.
            for row in joined.skip(step % SAMPLE).step_by(SAMPLE) {
                let mask = &self.masks[(step * self.rows.stride + row) * words..][..words];
                for (ones, cell) in ones.iter_mut().zip(&cells) {
                    let common =
                        mask.iter().zip(cell).map(|(mask, cell)| (mask & cell).count_ones() as usize);
                    *ones += common.sum::<usize>();
                }
                rows += 1;
            }
        }
        let inputs = ones.iter().enumerate().map(|(cell, &ones)| {
            let most = 2 * ROW * self.inputs_of(cell..cell + 1).len();
            (INPUT * ones / rows.max(1)).min(most)
        });
        let recurrent = std::iter::repeat_n(ROW * self.layout.lanes, self.layout.blocks);
        let mut ends = vec![0];
        for cost in inputs.chain(recurrent) {
            ends.push(ends[ends.len() - 1] + cost);
        }
        ends
    }

    /// Input weights and biases: adds two images at a time to sums in the L1 cache. Two images load and store a sum once;
    /// more would have fewer zeros in common.
    ///
    /// # Safety
    ///
    /// As for [`Self::add`].
    #[inline(always)]
    unsafe fn add_inputs_and_bias<S: Simd>(
        &self,
        simd: S,
        steps: &Range<usize>,
        shards: Range<usize>,
        block: usize,
        cells: Range<usize>,
        target: Target,
    ) {
        let Self { layout, shape, rows, .. } = *self;
        let Target { rows: panel, first } = target;
        let with_bias = cells.end == INPUT_CELLS;
        let own = self.mask_of(cells.clone());
        let inputs = self.inputs_of(cells);
        let width = GATES * S::LANES;
        let words = layout.mask_words();
        // SAFETY: the caller vouches; masks and `dz` have all rows of all timesteps.
        unsafe {
            let bias = panel.add((layout.panel_rows - 1) * width);
            if first {
                panel.add(inputs.start * width).write_bytes(0, inputs.len() * width);
                if with_bias {
                    bias.write_bytes(0, width);
                }
            }
            for step in steps.clone().rev() {
                let slot = (step % self.slots * layout.blocks + block) * rows.stride;
                let dz = self.dz.at(slot * width).cast_const();
                let masks = self.masks[step * rows.stride * words..].as_ptr();
                let x = |row: usize| {
                    let start = (rows.images[row] * shape.timesteps + step) * layout.inputs;
                    self.x[start..start + layout.inputs].as_ptr()
                };
                for shard in &rows.shards[shards.clone()] {
                    // The images that join add to the bias in the blank row.
                    let before = step.saturating_sub(1);
                    if with_bias && shard.has_blank_row(before) {
                        add_bias(simd, dz.add(shard.blank * width), bias);
                    }
                    let mut rows = shard.joined_rows(step);
                    let old = if with_bias { shard.joined_rows(before).end } else { 0 };
                    while rows.len() >= 2 {
                        let row = rows.start;
                        let pair = [x(row), x(row + 1)];
                        let (masks, dz) = (masks.add(row * words), dz.add(row * width));
                        if row + 2 <= old {
                            add_rows::<S, 2, true>(simd, pair, masks, &own, dz, panel, bias);
                        } else {
                            if row < old {
                                add_bias(simd, dz, bias);
                            }
                            add_rows::<S, 2, false>(simd, pair, masks, &own, dz, panel, bias);
                        }
                        rows.start += 2;
                    }
                    for row in rows {
                        let (masks, dz) = (masks.add(row * words), dz.add(row * width));
                        if row < old {
                            add_bias(simd, dz, bias);
                        }
                        add_rows::<S, 1, false>(simd, [x(row)], masks, &own, dz, panel, bias);
                    }
                }
            }
        }
    }

    /// Recurrent weights from the units of block `source`, in tiles of nearly equal height.
    ///
    /// # Safety
    ///
    /// As for [`Self::add`].
    #[inline(always)]
    unsafe fn add_recurrent_block<S: Simd>(
        &self,
        simd: S,
        runs: &[Run],
        block: usize,
        source: usize,
        target: Target,
    ) {
        let tiles = S::LANES.div_ceil(S::TILE_ROWS);
        let mut k = 0;
        for tile in 0..tiles {
            let height = S::LANES / tiles + usize::from(tile < S::LANES % tiles);
            // SAFETY: the caller vouches.
            unsafe {
                let target = Target { rows: target.rows.add(k * GATES * S::LANES), ..target };
                match height {
                    2 => self.add_recurrent_rows::<S, 2>(simd, runs, block, source, k, target),
                    3 => self.add_recurrent_rows::<S, 3>(simd, runs, block, source, k, target),
                    5 => self.add_recurrent_rows::<S, 5>(simd, runs, block, source, k, target),
                    6 => self.add_recurrent_rows::<S, 6>(simd, runs, block, source, k, target),
                    _ => unreachable!("16, 8 and 4 lanes are cut into tiles of these heights"),
                }
            }
            k += height;
        }
    }

    /// Recurrent weights from the units `k..k + R` of block `source`.
    ///
    /// # Safety
    ///
    /// As for [`Self::add`].
    #[inline(always)]
    unsafe fn add_recurrent_rows<S: Simd, const R: usize>(
        &self,
        simd: S,
        runs: &[Run],
        block: usize,
        source: usize,
        k: usize,
        target: Target,
    ) {
        let width = GATES * S::LANES;
        let dz_block = block * self.rows.stride * width;
        let hidden_block = source * self.rows.stride * S::LANES;
        // SAFETY: the caller vouches; `hidden` and `dz` have all rows of all timesteps.
        unsafe {
            let mut sums = [[simd.zero(); GATES]; R];
            for run in runs {
                let Some(hidden) = run.hidden else { continue };
                let mut dz = self.dz.at(run.dz + dz_block).cast_const();
                let mut hidden = self.hidden.as_ptr().wrapping_add(hidden + hidden_block + k);
                for _ in 0..run.rows {
                    add_products::<S, R>(simd, &mut sums, |r| *hidden.add(r), dz);
                    dz = dz.wrapping_add(width);
                    hidden = hidden.wrapping_add(S::LANES);
                }
            }
            for (r, mut sums) in sums.into_iter().enumerate() {
                // Added last, so that the tile does not wait for it.
                if !target.first {
                    let before = load_gates(simd, target.rows.add(r * width));
                    for (sum, before) in sums.iter_mut().zip(before) {
                        *sum = simd.add(before, *sum);
                    }
                }
                store_gates(simd, target.rows.add(r * width), sums);
            }
        }
    }

    /// Adds up the sums of a member's part of the cells, and writes them to the gradients.
    ///
    /// # Safety
    ///
    /// All sums of these cells must be done, and no other member may use them.
    pub(crate) unsafe fn unpack(&self, member: usize, members: usize) {
        let Self { layout, shape, .. } = *self;
        let columns = GATES * shape.units;
        for cell in part(layout.blocks * self.cells_of_block(), member, members) {
            let (block, cell) = (cell / self.cells_of_block(), cell % self.cells_of_block());
            let unpack = |rows: Range<usize>, target: *mut f32| {
                let width = layout.panel_width();
                let sum_of = |sum: usize| {
                    let panel = self.panels.from((sum * layout.blocks + block) * layout.panel_len());
                    // SAFETY: the caller vouches. No two cells have the same rows.
                    unsafe { panel.slice(rows.start * width, rows.len() * width) }
                };
                let total = sum_of(0);
                for sum in 1..self.rows.sums.len() {
                    total.iter_mut().zip(sum_of(sum)).for_each(|(total, part)| *total += *part);
                }
                // SAFETY: the caller vouches. No two cells have the same columns of the same rows.
                unsafe { layout.unpack(total, block, target) };
            };
            match cell.checked_sub(INPUT_CELLS) {
                None => {
                    let inputs = self.inputs_of(cell..cell + 1);
                    unpack(inputs.clone(), self.input.at(inputs.start * columns));
                    if cell + 1 == INPUT_CELLS {
                        unpack(layout.panel_rows - 1..layout.panel_rows, self.bias.at(0));
                    }
                }
                Some(source) => {
                    let first = layout.inputs + source * layout.lanes;
                    let target = self.recurrent.at(source * layout.lanes * columns);
                    unpack(first..first + layout.units_in(source), target);
                }
            }
        }
    }
}

/// Adds one row of `dz` to the sums of the bias.
///
/// # Safety
///
/// There must be a row at `dz` and at `bias`.
#[inline(always)]
unsafe fn add_bias<S: Simd>(simd: S, dz: *const f32, bias: *mut f32) {
    // SAFETY: as the caller vouches.
    unsafe { add_to_bias::<S, 1>(simd, &[load_gates(simd, dz)], bias) }
}

/// # Safety
///
/// As for [`add_bias`].
#[inline(always)]
unsafe fn add_to_bias<S: Simd, const R: usize>(simd: S, rows: &[[S::V; GATES]; R], bias: *mut f32) {
    // SAFETY: as the caller vouches.
    unsafe {
        let mut sums = load_gates(simd, bias);
        for row in rows {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum = simd.add(*sum, value);
            }
        }
        store_gates(simd, bias, sums);
    }
}

/// Adds `x^T dz` of `R` rows to the sums of those `own` inputs that are not zero in all of them, and with `BIAS` `dz` to the sums of
/// the bias.
///
/// # Safety
///
/// `masks` must hold `R` times as many words as `own`; for every bit
/// set in both, `x` must have a value and `panel` a row; there must be `R` rows at `dz`.
#[inline(always)]
unsafe fn add_rows<S: Simd, const R: usize, const BIAS: bool>(
    simd: S,
    x: [*const f32; R],
    masks: *const u64,
    own: &[u64],
    dz: *const f32,
    panel: *mut f32,
    bias: *mut f32,
) {
    let (width, words) = (GATES * S::LANES, own.len());
    // SAFETY: as the caller vouches.
    unsafe {
        let mut rows = [[simd.zero(); GATES]; R];
        for (r, row) in rows.iter_mut().enumerate() {
            *row = load_gates(simd, dz.add(r * width));
        }
        if BIAS {
            add_to_bias::<S, R>(simd, &rows, bias);
        }
        for (word, own) in own.iter().enumerate() {
            let mut mask = 0;
            for r in 0..R {
                mask |= *masks.add(r * words + word);
            }
            mask &= own;
            while mask != 0 {
                let k = 64 * word + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let place = panel.add(k * width);
                let mut sums = load_gates(simd, place);
                for (row, x) in rows.iter().zip(x) {
                    add_product(simd, &mut sums, *x.add(k), row);
                }
                store_gates(simd, place, sums);
            }
        }
    }
}
