//! The sizes of a network, and what follows from them: parameters and multiply-adds.

use crate::config::TrainConfig;
use crate::data::CLASSES;

/// The sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelShape {
    /// Inputs per timestep W.
    pub inputs: usize,
    /// Units per layer U.
    pub units: usize,
    /// Layers L.
    pub layers: usize,
    /// Classes C.
    pub classes: usize,
}

impl ModelShape {
    /// The sizes of the network that the settings describe.
    pub fn of(config: &TrainConfig) -> Self {
        Self { inputs: config.inputs(), units: config.num_units, layers: config.num_layers, classes: CLASSES }
    }

    /// Inputs per timestep of layer `layer` (from 0): W for the first, U for the others.
    pub fn layer_inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.units }
    }

    /// Parameters of one layer, 4U(inputs + U + 1): input weights, recurrent weights and one bias per gate.
    pub fn layer_parameters(&self, layer: usize) -> usize {
        4 * self.units * (self.layer_inputs(layer) + self.units + 1)
    }

    /// Parameters of the same layer in PyTorch's `nn.LSTM`, 4U(inputs + U + 2): it has two biases per gate, of which only the
    /// sum has an effect.
    pub fn layer_parameters_pytorch(&self, layer: usize) -> usize {
        self.layer_parameters(layer) + 4 * self.units
    }

    /// Parameters of the dense head, C(U + 1).
    pub fn head_parameters(&self) -> usize {
        self.classes * (self.units + 1)
    }

    /// All parameters.
    pub fn parameters(&self) -> usize {
        (0..self.layers).map(|layer| self.layer_parameters(layer)).sum::<usize>() + self.head_parameters()
    }

    /// Bytes of all parameters, which are 32-bit numbers.
    pub fn bytes(&self) -> usize {
        size_of::<f32>() * self.parameters()
    }

    /// Multiply-adds of the matrix products that score one image of `timesteps` steps. A training step takes three times as
    /// many: the forward pass, the gradients of the states, the gradients of the weights.
    pub fn multiply_adds(&self, timesteps: usize) -> usize {
        let lstm: usize =
            (0..self.layers).map(|layer| 4 * self.units * (self.layer_inputs(layer) + self.units)).sum();
        timesteps * lstm + self.classes * self.units
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(units: usize, layers: usize) -> ModelShape {
        ModelShape { inputs: 28, units, layers, classes: 10 }
    }

    #[test]
    fn parameters_at_128_units_are_what_keras_prints_for_the_layer_plus_the_head() {
        assert_eq!(rows(128, 1).layer_parameters(0), 80_384);
        assert_eq!(rows(128, 1).parameters(), 81_674);
    }

    #[test]
    fn pytorch_has_a_second_bias_per_gate() {
        // sum(p.numel() for p in torch.nn.LSTM(28, 128).parameters()), and with num_layers=2.
        assert_eq!(rows(128, 1).layer_parameters_pytorch(0), 80_896);
        let both: usize = (0..2).map(|layer| rows(128, 2).layer_parameters_pytorch(layer)).sum();
        assert_eq!(both, 212_992);
    }

    #[test]
    fn a_second_layer_reads_the_units_of_the_first() {
        assert_eq!(rows(128, 2).parameters(), 81_674 + 4 * 128 * (128 + 128 + 1));
    }

    #[test]
    fn training_an_image_at_128_units_takes_6_7_million_multiply_adds_forward_and_backward() {
        // 3 passes x 28 timesteps x 4 x 128 x (28 + 128) and the head.
        assert_eq!(3 * rows(128, 1).multiply_adds(28), 3 * (28 * 512 * 156 + 1280));
    }
}
