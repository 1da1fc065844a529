//! Sizes of the buffers of a training step. The passes allocate by them, and predictions of memory add them up.

use super::Shape;
use super::layout::{GATES, PackedLayout, RECORD};
use super::plan::Rows;
use super::weight_gradient::chunk_steps;

/// The lengths of the buffers that are kept from the forward to the backward pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SavedSizes {
    /// f32: the states after each timestep, `[slots][J][stride][L]`.
    pub hidden: usize,
    /// f32: the records of each timestep, `[T][J][stride][6 L]`.
    pub tape: usize,
    /// u64: one bit per input, `[T][stride][words]`.
    pub masks: usize,
}

impl SavedSizes {
    /// `slots`: how many states are kept; all T, or two if nothing is saved.
    pub(crate) fn new(rows: &Rows, layout: PackedLayout, timesteps: usize, slots: usize) -> Self {
        let states = states_len(rows, layout);
        Self {
            hidden: slots * states,
            tape: timesteps * RECORD * states,
            masks: timesteps * rows.stride * layout.mask_words(),
        }
    }

    /// Bytes of all three.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<f32>() * (self.hidden + self.tape) + size_of::<u64>() * self.masks
    }
}

/// f32 in the states of one timestep, `[J][stride][L]`.
pub(crate) fn states_len(rows: &Rows, layout: PackedLayout) -> usize {
    layout.blocks * rows.stride * layout.lanes
}

/// The lengths of the buffers that a backward pass works in, without the gradients that it returns; f32.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackwardSizes {
    /// The sums of the weight gradients, each in the layout of the panels.
    pub panels: usize,
    /// Timesteps whose `dz` is kept, `[J][stride][4 L]` each.
    pub slots: usize,
    /// The states of one timestep, `[J][stride][L]`; there are three such buffers.
    pub states: usize,
    /// The gradient of the inputs of one timestep, `[ceil(W / L)][stride][L]`.
    pub inputs: usize,
    /// Transposed recurrent weights.
    pub recurrent_weights: usize,
    /// Transposed input weights.
    pub input_weights: usize,
}

impl BackwardSizes {
    pub(crate) fn new(rows: &Rows, layout: PackedLayout, timesteps: usize, input_gradient: bool) -> Self {
        let input_blocks = if input_gradient { layout.inputs.div_ceil(layout.lanes) } else { 0 };
        Self {
            panels: rows.sums.len() * layout.panels_len(),
            // A member may be a chunk ahead of the slowest, whose sums read a chunk that is two behind.
            slots: timesteps.min(4 * chunk_steps(rows)),
            states: states_len(rows, layout),
            inputs: input_blocks * rows.stride * layout.lanes,
            recurrent_weights: layout.transposed_len(layout.units),
            input_weights: if input_gradient { layout.transposed_len(layout.inputs) } else { 0 },
        }
    }

    /// f32 of `dz`.
    pub(crate) fn dz(&self) -> usize {
        self.slots * GATES * self.states
    }

    /// Bytes of all.
    pub(crate) fn bytes(&self) -> usize {
        let weights = self.panels + self.recurrent_weights + self.input_weights;
        size_of::<f32>() * (weights + self.dz() + 3 * self.states + self.inputs)
    }
}

/// Panics if the bytes of a training step of this shape do not fit an address.
pub(crate) fn check_size(shape: Shape) {
    let Shape { batch, timesteps, inputs, units } = shape;
    // More than any buffer takes: rows and units are padded to less than four times as many.
    let factors = [batch + 64, timesteps + 1, units + inputs + 64, 64 * size_of::<f32>()];
    let states = factors.into_iter().try_fold(1, usize::checked_mul);
    let weights =
        [units + 64, units + inputs + 64, 16 * size_of::<f32>()].into_iter().try_fold(1, usize::checked_mul);
    assert!(
        states.is_some_and(|bytes| isize::try_from(bytes).is_ok())
            && weights.is_some_and(|bytes| isize::try_from(bytes).is_ok()),
        "the buffers of {shape:?} do not fit an address"
    );
}
