//! Sizes of the buffers of a training step. The passes allocate by them, and predictions of memory add them up.

use super::backward_shard::dz_slots;
use super::layout::{GATES, PackedLayout, RECORD};
use super::parts::shards_len;
use super::plan::Shard;

/// Most sums of weight gradients that are computed in parallel, each by one thread over its part of the shards. More sums
/// would employ more threads and take more memory.
const BUNDLES: usize = 8;

/// f32 in the buffers that are kept from the forward to the backward pass.
pub(crate) struct SavedSizes {
    /// The states before each timestep and after the last.
    pub hidden: usize,
    /// The records of each timestep.
    pub tape: usize,
}

impl SavedSizes {
    pub(crate) fn new(shards: &[Shard], layout: PackedLayout, timesteps: usize) -> Self {
        Self {
            hidden: shards_len(shards, layout, timesteps + 1),
            tape: shards_len(shards, layout, timesteps * RECORD),
        }
    }
}

/// f32 in the buffers that a backward pass works in, without the gradients that it returns.
pub(crate) struct BackwardSizes {
    /// Sums of weight gradients that are computed in parallel.
    pub sums: usize,
    /// Timesteps whose `dz` is kept.
    pub dz_slots: usize,
    pub dz: usize,
    /// The states of one timestep; there are two such buffers.
    pub states: usize,
    /// f32 in a row of a matrix product.
    pub product_row: usize,
    pub product: usize,
    /// Transposed recurrent weights.
    pub recurrent: usize,
    /// Transposed input weights.
    pub input: usize,
}

impl BackwardSizes {
    pub(crate) fn new(shards: &[Shard], layout: PackedLayout, input_gradient: bool) -> Self {
        let dz_slots = shards.iter().map(dz_slots).max().unwrap_or(1);
        let columns = if input_gradient { layout.inputs.max(layout.units) } else { layout.units };
        let product_row = columns.div_ceil(layout.lanes) * layout.lanes;
        Self {
            sums: layout.panels_len() * shards.len().min(BUNDLES),
            dz_slots,
            dz: shards_len(shards, layout, dz_slots * GATES),
            states: shards_len(shards, layout, 1),
            product_row,
            product: shards.iter().map(|shard| product_row * shard.stride).sum(),
            recurrent: layout.transposed_len(layout.units),
            input: if input_gradient { layout.transposed_len(layout.inputs) } else { 0 },
        }
    }

    pub(crate) fn total(&self) -> usize {
        self.sums + self.dz + 2 * self.states + self.product + self.recurrent + self.input
    }
}
