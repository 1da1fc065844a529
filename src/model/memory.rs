//! The memory that a training step takes, by what it is for.

use super::ModelShape;
use lstm_kernel::{Kernel, Shape, Wants};
use serde::Serialize;

/// Bytes of a training step with Adam on the CPU kernel of this machine. Not in it: the program, the images of the data
/// set, and copies that live for a moment. The field names are an interface.
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
    /// What the LSTM operation keeps of every layer from the forward to the backward pass: derivatives, hidden states and
    /// which inputs are zero.
    pub saved: usize,
    /// Hidden states `[B, T, U]` that one layer hands to the next, and their gradients of the layer under way.
    pub between_layers: usize,
    /// What the backward pass of one layer works in.
    pub workspace: usize,
    /// All of them.
    pub total: usize,
}

impl StepMemory {
    /// Of a network that reads `batch` images of `timesteps` pieces.
    pub fn new(shape: ModelShape, batch: usize, timesteps: usize) -> Self {
        let kernel = Kernel::default();
        let layer = |layer: usize| {
            let inputs = shape.layer_inputs(layer);
            Shape { batch, timesteps, inputs, units: shape.units }
        };
        // Layers above the first hand a gradient down.
        let workspace = (0..shape.layers)
            .map(|index| kernel.backward_bytes(layer(index), Wants { input: index > 0, initial: false }))
            .max();
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
        memory.total = memory.parts().iter().map(|(_, bytes)| bytes).sum();
        memory
    }

    /// The parts with their names, in the order of the fields.
    pub fn parts(&self) -> [(&'static str, usize); 7] {
        [
            ("weights", self.weights),
            ("gradients", self.gradients),
            ("moments", self.moments),
            ("images", self.images),
            ("saved", self.saved),
            ("between_layers", self.between_layers),
            ("workspace", self.workspace),
        ]
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
        // 28 bytes a unit, timestep and image, and less than a thirtieth more for odd strides, the first state and masks.
        let plain = 28 * 128 * 28 * 128;
        assert!((plain..plain * 31 / 30).contains(&one.saved), "{}", one.saved);
        let sequence = 4 * 128 * 28 * 128;
        assert_eq!(memory(128, 2, 28).between_layers, 2 * sequence);
        assert_eq!(memory(128, 4, 28).between_layers, 5 * sequence);
        assert_eq!(one.total, one.parts().iter().map(|part| part.1).sum::<usize>());
    }

    #[test]
    fn longer_sequences_take_more_and_the_largest_network_fits_the_arithmetic() {
        let sizes = [7, 28, 784].map(|timesteps| memory(64, 1, timesteps).saved);
        assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
        assert!(memory(4096, 16, 784).total > 100_000_000_000, "a tenth of a terabyte, and no overflow");
    }
}
