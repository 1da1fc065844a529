//! The gradients of the weights: sums over images and timesteps of `[x_t h_{t-1} 1]^T dz_t`.
//!
//! They are computed for one *chunk* of timesteps at a time, while its `dz` is in the cache, block of units by block of
//! units, in the layout of the panels. The recurrent part is a matrix product. The input part skips inputs that are zero,
//! which are four of five in images of digits.

use std::ops::Range;

use super::gates::{add_product, add_products, load_gates, store_gates};
use super::layout::{GATES, PackedLayout};
use super::phase::{Phase, Started};
use super::plan::Shard;
use super::simd::Simd;

/// Enough rows that the work on a tile takes much longer than loading and storing it, and few enough that `dz` of a block
/// stays in the L1 cache.
const ENOUGH_ROWS: usize = 100;

/// Timesteps of a chunk.
pub(crate) fn chunk_steps(shard: &Shard) -> usize {
    ENOUGH_ROWS.div_ceil(shard.stride).min(16)
}

/// Consecutive timesteps of a shard.
pub(crate) struct Chunk<'a> {
    pub layout: PackedLayout,
    pub shard: &'a Shard,
    pub steps: Range<usize>,
    pub timesteps: usize,
    /// `[B, T, W]`
    pub x: &'a [f32],
    /// As [`super::forward_shard::ForwardShard::masks`].
    pub masks: &'a [u64],
    /// `[T + 1][J][stride][L]`
    pub hidden: &'a [f32],
    /// `[slots][J][stride][4 L]`; timestep `t` in slot `t % slots`.
    pub dz: &'a [f32],
}

impl Chunk<'_> {
    /// Adds the gradients to the panels of all blocks, or writes them if they are the `first`.
    ///
    /// # Safety
    ///
    /// The processor must have the instructions of `S`.
    #[inline(always)]
    pub(crate) unsafe fn add_to_panels<S: Simd>(&self, panels: &mut [f32], first: bool) {
        let Chunk { layout, shard, .. } = *self;
        let slot_len = layout.blocks * shard.stride * S::LANES;
        let images = self.x.len() / (self.timesteps * layout.inputs);
        assert!(layout.lanes == S::LANES && self.steps.end <= self.timesteps);
        assert!(self.dz.len() >= slot_len * GATES && self.hidden.len() >= self.steps.end * slot_len);
        assert!(self.masks.len() >= self.steps.end * shard.stride * layout.mask_words());
        assert!(shard.rows[self.steps.clone()].iter().all(|&rows| rows <= shard.stride));
        assert!(shard.images.iter().all(|&image| image < images));
        let started = Started::now();
        for (block, panel) in panels.chunks_exact_mut(layout.panel_len()).enumerate().take(layout.blocks) {
            let panel = panel.as_mut_ptr();
            // SAFETY: the assertions cover all rows of the timesteps of the chunk, and the panel has `panel_rows` rows.
            unsafe {
                self.add_inputs_and_bias::<S>(block, panel, first);
                for source in 0..layout.blocks {
                    let panel = panel.add((layout.inputs + source * S::LANES) * GATES * S::LANES);
                    self.add_recurrent_block::<S>(block, source, panel, first);
                }
            }
        }
        started.end(Phase::WeightGradient);
    }

    /// `dz` of the first row of `block` at `step`.
    #[inline(always)]
    fn dz_of(&self, step: usize, block: usize) -> *const f32 {
        let block_len = self.shard.stride * GATES * self.layout.lanes;
        let slots = self.dz.len() / (self.layout.blocks * block_len);
        self.dz.as_ptr().wrapping_add((step % slots * self.layout.blocks + block) * block_len)
    }

    /// Input weights and biases: adds two images at a time to sums in the L1 cache. Two images load and store a sum once;
    /// more would have fewer zeros in common.
    #[inline(always)]
    unsafe fn add_inputs_and_bias<S: Simd>(&self, block: usize, panel: *mut f32, first: bool) {
        let Chunk { layout, shard, .. } = *self;
        let width = GATES * S::LANES;
        let words = layout.mask_words();
        // SAFETY: as the caller of `add_to_panels` vouches and it has checked.
        unsafe {
            let bias = panel.add((layout.panel_rows - 1) * width);
            if first {
                panel.write_bytes(0, layout.inputs * width);
                bias.write_bytes(0, width);
            }
            for step in self.steps.clone() {
                let (joined, rows) = (shard.joined[step], shard.rows[step]);
                let masks = self.masks.as_ptr().add(step * shard.stride * words);
                let x = |row: usize| {
                    let row = (shard.images[row] * self.timesteps + step) * layout.inputs;
                    self.x.as_ptr().add(row)
                };
                let mut dz = self.dz_of(step, block);
                let mut row = 0;
                while row + 2 <= joined {
                    add_rows::<S, 2>([x(row), x(row + 1)], masks.add(row * words), words, dz, panel, bias);
                    dz = dz.add(2 * width);
                    row += 2;
                }
                if row < joined {
                    add_rows::<S, 1>([x(row)], masks.add(row * words), words, dz, panel, bias);
                    dz = dz.add(width);
                    row += 1;
                }
                if row < rows {
                    // The blank row has no input.
                    add_rows::<S, 1>([self.x.as_ptr()], masks, 0, dz, panel, bias);
                }
            }
        }
    }

    /// Recurrent weights from the units of block `source`, in tiles of nearly equal height.
    #[inline(always)]
    unsafe fn add_recurrent_block<S: Simd>(&self, block: usize, source: usize, panel: *mut f32, first: bool) {
        let tiles = S::LANES.div_ceil(S::TILE_ROWS);
        let mut k = 0;
        for tile in 0..tiles {
            let height = S::LANES / tiles + usize::from(tile < S::LANES % tiles);
            // SAFETY: as the caller of `add_to_panels` vouches and it has checked.
            unsafe {
                let panel = panel.add(k * GATES * S::LANES);
                match height {
                    2 => self.add_recurrent_rows::<S, 2>(block, source, k, panel, first),
                    3 => self.add_recurrent_rows::<S, 3>(block, source, k, panel, first),
                    5 => self.add_recurrent_rows::<S, 5>(block, source, k, panel, first),
                    6 => self.add_recurrent_rows::<S, 6>(block, source, k, panel, first),
                    _ => unreachable!("16, 8 and 4 lanes are cut into tiles of these heights"),
                }
            }
            k += height;
        }
    }

    /// Recurrent weights from the units `k..k + R` of block `source`.
    #[inline(always)]
    unsafe fn add_recurrent_rows<S: Simd, const R: usize>(
        &self,
        block: usize,
        source: usize,
        k: usize,
        panel: *mut f32,
        first: bool,
    ) {
        let width = GATES * S::LANES;
        // SAFETY: as the caller of `add_to_panels` vouches and it has checked.
        unsafe {
            let mut sums = [[S::zero(); GATES]; R];
            // The state before timestep 0 is zero.
            for step in self.steps.start.max(1)..self.steps.end {
                let mut dz = self.dz_of(step, block);
                let place = (step * self.layout.blocks + source) * self.shard.stride * S::LANES;
                let mut hidden = self.hidden.as_ptr().add(place + k);
                for _ in 0..self.shard.rows[step] {
                    add_products::<S, R>(&mut sums, |r| *hidden.add(r), dz);
                    dz = dz.wrapping_add(width);
                    hidden = hidden.wrapping_add(S::LANES);
                }
            }
            for (r, mut sums) in sums.into_iter().enumerate() {
                // Added last, so that the tile does not wait for it.
                if !first {
                    let before = load_gates::<S>(panel.add(r * width));
                    for (sum, before) in sums.iter_mut().zip(before) {
                        *sum = S::add(before, *sum);
                    }
                }
                store_gates::<S>(panel.add(r * width), sums);
            }
        }
    }
}

/// Adds `x^T dz` of `R` rows to the sums of the inputs that are not zero in all of them, and `dz` to the sums of the bias.
///
/// # Safety
///
/// The processor must have the instructions of `S`; `masks` must hold `R` times `words` words; for every set bit, `x` must
/// have a value and `panel` a row; there must be `R` rows at `dz`.
#[inline(always)]
unsafe fn add_rows<S: Simd, const R: usize>(
    x: [*const f32; R],
    masks: *const u64,
    words: usize,
    dz: *const f32,
    panel: *mut f32,
    bias: *mut f32,
) {
    let width = GATES * S::LANES;
    // SAFETY: as the caller vouches.
    unsafe {
        let mut rows = [[S::zero(); GATES]; R];
        for (r, row) in rows.iter_mut().enumerate() {
            *row = load_gates::<S>(dz.add(r * width));
        }
        let mut sums = load_gates::<S>(bias);
        for row in rows {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum = S::add(*sum, value);
            }
        }
        store_gates::<S>(bias, sums);
        for word in 0..words {
            let mut mask = 0;
            for r in 0..R {
                mask |= *masks.add(r * words + word);
            }
            while mask != 0 {
                let k = 64 * word + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let place = panel.add(k * width);
                let mut sums = load_gates::<S>(place);
                for (row, x) in rows.iter().zip(x) {
                    add_product::<S>(&mut sums, *x.add(k), row);
                }
                store_gates::<S>(place, sums);
            }
        }
    }
}
