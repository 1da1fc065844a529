//! The memory of a training step, by purpose.

use super::ModelShape;
use lstm_kernel::{Kernel, Shape};
use serde::Serialize;

/// Bytes of a training step with Adam on the CPU kernel of this machine, without the program, the images of the data set and
/// short-lived copies. The field names are an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StepMemory {
    /// Weights and biases.
    pub weights: usize,
    /// Their gradients.
    pub gradients: usize,
    /// Adam's first and second moments of the gradients.
    pub moments: usize,
    /// The batch as sequences, `[B, T, W]`.
    pub images: usize,
    /// What the LSTM operation of every layer keeps from the forward to the backward pass: derivatives, hidden states and
    /// the masks of nonzero inputs.
    pub saved: usize,
    /// Hidden states `[B, T, U]` between layers, and their gradients in the layer that is being computed.
    pub between_layers: usize,
    /// Buffers of the backward pass of one layer.
    pub workspace: usize,
    /// The sum.
    pub total: usize,
}

impl StepMemory {
    /// For a network that reads `batch` images of `timesteps` slices each.
    pub fn new(shape: ModelShape, batch: usize, timesteps: usize) -> Self {
        let kernel = Kernel::default();
        let layer = |layer: usize| {
            let inputs = shape.layer_inputs(layer);
            Shape { batch, timesteps, inputs, units: shape.units }
        };
        // Layers above the first pass a gradient to the layer below.
        let workspace = (0..shape.layers).map(|index| kernel.backward_bytes(layer(index), index > 0)).max();
        let float = size_of::<f32>();
        let weights = float * shape.parameters();
        let above_the_first = shape.layers - 1;
        // A layer in the middle has one gradient from above and makes one for the layer below.
        let sequences = above_the_first + above_the_first.min(2);
        let mut memory = Self {
            weights,
            gradients: weights,
            moments: 2 * weights,
            images: float * batch * timesteps * shape.inputs,
            saved: (0..shape.layers).map(|index| kernel.saved_bytes(layer(index))).sum(),
            between_layers: float * sequences * batch * timesteps * shape.units,
            workspace: workspace.unwrap_or(0),
            total: 0,
        };
        memory.total = memory.weights + memory.gradients + memory.moments + memory.images;
        memory.total += memory.saved + memory.between_layers + memory.workspace;
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(units: usize, layers: usize, timesteps: usize) -> StepMemory {
        let shape = ModelShape { inputs: 784 / timesteps, units, layers, classes: 10 };
        StepMemory::new(shape, 128, timesteps)
    }

    #[test]
    fn the_parts_follow_from_the_shapes() {
        let one = memory(128, 1, 28);
        assert_eq!((one.weights, one.moments, one.images), (4 * 81_674, 8 * 81_674, 4 * 128 * 784));
        assert_eq!(one.between_layers, 0);
        // 28 bytes per unit, timestep and image, and less than a twentieth more for blank rows and masks.
        let plain = 28 * 128 * 28 * 128;
        assert!((plain..plain * 21 / 20).contains(&one.saved), "{}", one.saved);
        let sequence = 4 * 128 * 28 * 128;
        assert_eq!(memory(128, 2, 28).between_layers, 2 * sequence);
        assert_eq!(memory(128, 4, 28).between_layers, 5 * sequence);
    }

    #[test]
    fn longer_sequences_take_more_and_the_largest_network_fits_the_arithmetic() {
        let sizes = [7, 28, 784].map(|timesteps| memory(64, 1, timesteps).saved);
        assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
        assert!(memory(4096, 16, 784).total > 100_000_000_000, "a tenth of a terabyte, and no overflow");
    }
}
