//! How much memory a training step takes: the sizes of the buffers that its two passes work on. The passes take their
//! buffers by these sizes, and whoever wants to know them beforehand gets them from the same place.

use super::backward_piece::dz_slots;
use super::forward_piece::mask_words;
use super::layout::{GATES, Layout, RECORD};
use super::parts::pieces_len;
use super::plan::{self, Piece};
use super::{Kernel, Shape, Wants};

/// Sums of weight gradients at most, each of which one thread forms for its share of the pieces. More would let more
/// threads work, and take more memory.
const BUNDLES: usize = 8;

/// f32 of the buffers that are kept from the forward to the backward pass.
pub(crate) struct SavedSizes {
    /// The states before each timestep and after the last.
    pub hidden: usize,
    /// The records of each timestep.
    pub tape: usize,
}

impl SavedSizes {
    pub(crate) fn new(pieces: &[Piece], layout: Layout, timesteps: usize) -> Self {
        Self {
            hidden: pieces_len(pieces, layout, timesteps + 1),
            tape: pieces_len(pieces, layout, timesteps * RECORD),
        }
    }
}

/// f32 of the buffers that a backward pass works in; all but the gradients that it returns.
pub(crate) struct BackwardSizes {
    /// Sums of weight gradients that are formed side by side.
    pub sums: usize,
    /// Timesteps whose `dz` is kept.
    pub dz_slots: usize,
    pub dz: usize,
    /// States of one timestep; there are two such buffers.
    pub states: usize,
    /// f32 of a row of a product.
    pub product_row: usize,
    pub product: usize,
    /// Transposed recurrent weights.
    pub recurrent: usize,
    /// Transposed input weights.
    pub input: usize,
}

impl BackwardSizes {
    pub(crate) fn new(pieces: &[Piece], layout: Layout, wants: Wants) -> Self {
        let dz_slots = pieces.iter().map(dz_slots).max().unwrap_or(1);
        let columns = if wants.input { layout.inputs.max(layout.units) } else { layout.units };
        let product_row = columns.div_ceil(layout.lanes) * layout.lanes;
        Self {
            sums: layout.panels_len() * pieces.len().min(BUNDLES),
            dz_slots,
            dz: pieces_len(pieces, layout, dz_slots * GATES),
            states: pieces_len(pieces, layout, 1),
            product_row,
            product: pieces.iter().map(|piece| product_row * piece.stride).sum(),
            recurrent: layout.transposed_len(layout.units),
            input: if wants.input { layout.transposed_len(layout.inputs) } else { 0 },
        }
    }

    fn total(&self) -> usize {
        self.sums + self.dz + 2 * self.states + self.product + self.recurrent + self.input
    }
}

impl Kernel {
    /// Bytes that a training step of this shape keeps from its forward to its backward pass, whatever the images.
    pub fn saved_bytes(&self, shape: Shape) -> usize {
        let (pieces, layout) = self.pieces(shape);
        let SavedSizes { hidden, tape } = SavedSizes::new(&pieces, layout, shape.timesteps);
        let masks: usize = pieces.iter().map(|piece| piece.stride).sum::<usize>() * mask_words(shape.inputs);
        size_of::<f32>() * (hidden + tape) + size_of::<u64>() * shape.timesteps * masks
    }

    /// Bytes that the backward pass of a training step works in, besides what was saved and the gradients that it returns.
    pub fn backward_bytes(&self, shape: Shape, wants: Wants) -> usize {
        let (pieces, layout) = self.pieces(shape);
        size_of::<f32>() * BackwardSizes::new(&pieces, layout, wants).total()
    }

    /// Units that are computed for `units`: whole vectors of this tier.
    pub fn padded_units(&self, units: usize) -> usize {
        units.next_multiple_of(self.tier.lanes())
    }

    /// The pieces of a batch without blank timesteps, which have the rows of any other batch.
    fn pieces(&self, shape: Shape) -> (Vec<Piece>, Layout) {
        (plan::pieces(shape, &[], false), Layout::new(shape, self.tier.lanes()))
    }
}
