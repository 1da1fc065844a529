//! How weights, states and saved values lie in memory while the kernel works on them.
//!
//! Units are cut into *blocks* of `lanes` units, one vector each. The last block is padded with units whose weights are
//! zero: their state stays zero, and their gradients are never read. With `J` blocks, `L` lanes and `W` inputs:
//!
//! * *panels*, the weights of the forward pass and the gradients of all weights: `[J][W + J L + 1][4 L]`. A panel holds,
//!   for one block, the columns of the four gates side by side (i, f, g, o), so that one micro-tile of the matrix product
//!   has all gates of these units. Its rows are the input weights, the recurrent weights and the bias.
//! * *transposed panels*, the weights of the backward pass: for each group of `C` blocks of the rows of a weight matrix
//!   (see [`PackedLayout::groups`]), `[J 4 L][C L]`: for each column of the matrix, in the order of the sums of
//!   [`super::matmul`], the weights of `C L` of its rows.
//! * *states*: `[steps][J][stride][L]`, one row per image or shared blank image ([`super::plan::Rows`]).
//! * *tape*: `[steps][J][stride][6 L]`, the records that [`super::forward_steps`] describes.
//! * *masks*: `[steps][stride][words]`, one bit per input.
//!
//! `stride` is the number of rows, rounded up to an odd number so that blocks do not map to the same cache sets.

use std::ops::Range;
use std::sync::OnceLock;

use super::team::part;
use super::{Shape, Tier, Weights};

/// Gates of an LSTM cell: input, forget, candidate, output.
pub(crate) const GATES: usize = 4;
/// Vectors of one row and block on the tape.
pub(crate) const RECORD: usize = 6;
/// Units of a set: those that the sums of the backward pass go through gate by gate. The lanes of every tier divide it.
pub(crate) const SUM_UNITS: usize = 16;

/// Bytes of weights that stay in the L2 cache from one timestep to the next: three quarters of it, the rest is for states.
pub(crate) fn far_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| second_cache_bytes().unwrap_or(1 << 20) / 4 * 3)
}

/// The size of this processor's L2 cache; `None` where it is not known.
fn second_cache_bytes() -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::__cpuid;
        const HIGHEST: u32 = 0x8000_0000;
        // AMD64 Architecture Programmer's Manual, volume 3, and Intel's volume 2A, CPUID: bits 31 to 16 of ecx are KiB.
        const SECOND_CACHE: u32 = 0x8000_0006;
        if __cpuid(HIGHEST).eax >= SECOND_CACHE {
            let kibibytes = __cpuid(SECOND_CACHE).ecx >> 16;
            // A virtual machine may report none, or more than there is.
            return (128..=8192).contains(&kibibytes).then_some((kibibytes as usize) << 10);
        }
    }
    None
}

/// The sizes that follow from a shape and the number of lanes. It does not depend on the batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedLayout {
    pub inputs: usize,
    pub units: usize,
    /// L, f32 in a vector.
    pub lanes: usize,
    /// J, blocks of units.
    pub blocks: usize,
    /// Rows of a panel: inputs, padded units, bias.
    pub panel_rows: usize,
    /// Most blocks in a group of the transposed panels.
    pub group: usize,
}

impl PackedLayout {
    pub(crate) fn new(shape: Shape, tier: Tier) -> PackedLayout {
        let lanes = tier.lanes();
        let blocks = shape.units.div_ceil(lanes);
        let panel_rows = shape.inputs + blocks * lanes + 1;
        PackedLayout {
            inputs: shape.inputs,
            units: shape.units,
            lanes,
            blocks,
            panel_rows,
            group: tier.group(),
        }
    }

    /// Cuts blocks of the rows of a weight matrix into groups of nearly equal size.
    pub(crate) fn groups(&self, blocks: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let count = blocks.len().div_ceil(self.group);
        (0..count).map(move |group| {
            let Range { start, end } = part(blocks.len(), group, count);
            blocks.start + start..blocks.start + end
        })
    }

    /// Sets of units.
    pub(crate) fn sets(&self) -> usize {
        self.blocks.div_ceil(SUM_UNITS / self.lanes)
    }

    /// The blocks of a set.
    pub(crate) fn blocks_of(&self, set: usize) -> Range<usize> {
        let size = SUM_UNITS / self.lanes;
        set * size..self.blocks.min((set + 1) * size)
    }

    /// f32 in a row of a panel.
    pub(crate) fn panel_width(&self) -> usize {
        GATES * self.lanes
    }

    /// f32 in a panel.
    pub(crate) fn panel_len(&self) -> usize {
        self.panel_rows * self.panel_width()
    }

    /// f32 in all panels.
    pub(crate) fn panels_len(&self) -> usize {
        self.blocks * self.panel_len()
    }

    /// f32 in the transposed panels of one block of rows.
    pub(crate) fn transposed_block_len(&self) -> usize {
        self.blocks * self.panel_width() * self.lanes
    }

    /// f32 in the transposed panels of a matrix of `rows` rows.
    pub(crate) fn transposed_len(&self, rows: usize) -> usize {
        rows.div_ceil(self.lanes) * self.transposed_block_len()
    }

    /// Words of a mask of the inputs.
    pub(crate) fn mask_words(&self) -> usize {
        self.inputs.div_ceil(64)
    }

    /// Units in `block` that are not padding.
    pub(crate) fn units_in(&self, block: usize) -> usize {
        self.lanes.min(self.units - block * self.lanes)
    }

    /// Writes the panel of one block.
    pub(crate) fn pack_panel(&self, weights: &Weights<'_>, block: usize, panel: &mut [f32]) {
        let width = self.panel_width();
        let (inputs, rest) = panel.split_at_mut(self.inputs * width);
        let (recurrent, rest) = rest.split_at_mut(self.units * width);
        let (padding, bias) = rest.split_at_mut(rest.len() - width);
        padding.fill(0.0);
        for (source, rows) in [(weights.input, inputs), (weights.recurrent, recurrent), (weights.bias, bias)]
        {
            let source_rows = source.chunks_exact(GATES * self.units);
            for (from, to) in source_rows.zip(rows.chunks_exact_mut(width)) {
                self.gather_row(from, block, to);
            }
        }
    }

    /// The columns of one block from a row `[4U]`.
    fn gather_row(&self, from: &[f32], block: usize, to: &mut [f32]) {
        let count = self.units_in(block);
        for (gate, to) in to.chunks_exact_mut(self.lanes).enumerate() {
            let start = gate * self.units + block * self.lanes;
            to[..count].copy_from_slice(&from[start..start + count]);
            to[count..].fill(0.0);
        }
    }

    /// Writes the transposed panel of the rows of `matrix`, `[rows, 4U]`, that lie in the blocks `group`.
    pub(crate) fn pack_transposed(&self, matrix: &[f32], group: Range<usize>, panel: &mut [f32]) {
        let columns = GATES * self.units;
        let width = group.len() * self.lanes;
        let first = group.start * self.lanes;
        let count = width.min(matrix.len() / columns - first);
        if count < width || !self.units.is_multiple_of(self.lanes) {
            panel.fill(0.0);
        }
        let mut targets = panel.chunks_exact_mut(self.lanes * width);
        for set in 0..self.sets() {
            for gate in 0..GATES {
                for block in self.blocks_of(set) {
                    let target = targets.next().expect("a panel has a place for each gate of each block");
                    let start = gate * self.units + block * self.lanes;
                    for row in 0..count {
                        let from = &matrix[(first + row) * columns + start..][..self.units_in(block)];
                        for (value, to) in from.iter().zip(target.chunks_exact_mut(width)) {
                            to[row] = *value;
                        }
                    }
                }
            }
        }
    }

    /// Writes rows of the panel of `block` to its columns in `target`, a matrix with rows of `4U`.
    ///
    /// # Safety
    ///
    /// `target` must have as many rows, and no other thread may use these columns of them.
    pub(crate) unsafe fn unpack(&self, rows: &[f32], block: usize, target: *mut f32) {
        let count = self.units_in(block);
        for (index, row) in rows.chunks_exact(self.panel_width()).enumerate() {
            for (gate, from) in row.chunks_exact(self.lanes).enumerate() {
                let start = (index * GATES + gate) * self.units + block * self.lanes;
                // SAFETY: as the caller vouches.
                unsafe { target.add(start).copy_from_nonoverlapping(from.as_ptr(), count) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where all cores have caches of one size and the system says which, as Linux does.
    #[test]
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    fn the_second_cache_is_as_large_as_the_system_says() {
        let size = |core: usize| {
            let path = format!("/sys/devices/system/cpu/cpu{core}/cache/index2/size");
            let text = std::fs::read_to_string(path).ok()?;
            text.trim().strip_suffix('K')?.parse::<usize>().ok()
        };
        let sizes: Vec<_> = (0..).map_while(size).collect();
        if let (Some(&first), Some(found)) = (sizes.first(), second_cache_bytes())
            && sizes.iter().all(|&size| size == first)
        {
            assert_eq!(found, first << 10);
        }
    }
}
