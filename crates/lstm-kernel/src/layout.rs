//! How weights, states and saved values lie in memory while the kernel works on them.
//!
//! Units are cut into *blocks* of `lanes` units, one vector each. The last block is padded with units whose weights are
//! zero: their state stays zero, and their gradients are never read. With `J` blocks, `L` lanes and `W` inputs:
//!
//! * *panels*, the weights of the forward pass and the gradients of all weights: `[J][W + J L + 1][4 L]`. A panel holds,
//!   for one block, the columns of the four gates side by side (i, f, g, o), so that one micro-tile of the matrix product
//!   has all gates of these units. Its rows are the input weights, the recurrent weights and the bias.
//! * *transposed panels*, the weights of the backward pass: for each group of `C` blocks of the rows of a weight matrix
//!   (see [`PackedLayout::groups`]), `[J][4 L][C L]`: for each column of the matrix, in the order of the panels, the weights of `C L` of
//!   its rows.
//! * *states*, per shard of the batch: `[steps][J][stride][L]`, one row per image.
//! * *tape*, per shard: `[steps][J][stride][6 L]`, the records that [`super::forward_shard`] describes.
//! * *masks*, per shard: `[steps][stride][words]`, one bit per input.
//!
//! `stride` is the number of rows of a shard, rounded up to an odd number so that blocks do not map to the same cache sets.

use std::ops::Range;

use super::{Shape, Tier, Weights};

/// Gates of an LSTM cell: input, forget, candidate, output.
pub(crate) const GATES: usize = 4;
/// Vectors of one row and block on the tape.
pub(crate) const RECORD: usize = 6;

/// Bytes of weights that stay in the L2 cache from one timestep to the next.
pub(crate) const FAR_BYTES: usize = 768 << 10;

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

    /// Cuts `blocks` blocks of the rows of a weight matrix into groups of nearly equal size.
    pub(crate) fn groups(&self, blocks: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let count = blocks.div_ceil(self.group);
        (0..count).map(move |group| group * blocks / count..(group + 1) * blocks / count)
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

    /// Copies row `row` of `[J][stride][L]` to `target`, which may end within the last block.
    pub(crate) fn copy_row(&self, states: &[f32], stride: usize, row: usize, target: &mut [f32]) {
        for (block, target) in target.chunks_mut(self.lanes).enumerate() {
            let from = (block * stride + row) * self.lanes;
            target.copy_from_slice(&states[from..from + target.len()]);
        }
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
        for block in 0..self.blocks {
            for gate in 0..GATES {
                let start = gate * self.units + block * self.lanes;
                let target = &mut panel[(block * GATES + gate) * self.lanes * width..][..self.lanes * width];
                for row in 0..count {
                    let from = &matrix[(first + row) * columns + start..][..self.units_in(block)];
                    for (value, to) in from.iter().zip(target.chunks_exact_mut(width)) {
                        to[row] = *value;
                    }
                }
            }
        }
    }

    /// Row `row` of the panels, summed over `sums` in their order, into `target`, `[4U]`.
    pub(crate) fn sum_row(&self, sums: &[&[f32]], row: usize, target: &mut [f32]) {
        let width = self.panel_width();
        for block in 0..self.blocks {
            let count = self.units_in(block);
            for gate in 0..GATES {
                let from = block * self.panel_len() + row * width + gate * self.lanes;
                let start = gate * self.units + block * self.lanes;
                let target = &mut target[start..start + count];
                target.copy_from_slice(&sums[0][from..from + count]);
                for other in &sums[1..] {
                    target.iter_mut().zip(&other[from..from + count]).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }
}
