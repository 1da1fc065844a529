//! The network as a burn module.

use super::{DropoutMasks, LayerWeights, ModelShape, ModelWeights};
use crate::head_op;
use crate::host::into_values;
use crate::lstm_op::{self, LstmWeights};
use burn::module::{Module, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};

/// One LSTM layer; shapes as in [`LayerWeights`].
#[derive(Module, Debug)]
struct Lstm {
    input: Param<Tensor<2>>,
    recurrent: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Lstm {
    fn weights(&self) -> LstmWeights {
        LstmWeights { input: self.input.val(), recurrent: self.recurrent.val(), bias: self.bias.val() }
    }
}

/// LSTM layers and a dense head: reads each image from its first timestep slice to its last and scores the classes.
#[derive(Module, Debug)]
pub struct RowClassifier {
    layers: Vec<Lstm>,
    head_weights: Param<Tensor<2>>,
    head_bias: Param<Tensor<1>>,
}

impl RowClassifier {
    /// Builds the network on a device; on an autodiff device its weights are tracked.
    ///
    /// Parameters are numbered in a fixed order, to which the stored state of an optimiser refers.
    pub fn new(weights: &ModelWeights, device: &Device) -> Self {
        let ModelShape { units, classes, .. } = weights.shape;
        let mut numbers = 1..;
        let mut next = || ParamId::from(numbers.next().expect("an open range does not end"));
        let layers = weights.layers.iter().enumerate().map(|(index, layer)| {
            let inputs = weights.shape.layer_inputs(index);
            Lstm {
                input: parameter(next(), &layer.input, [inputs, 4 * units], device),
                recurrent: parameter(next(), &layer.recurrent, [units, 4 * units], device),
                bias: parameter(next(), &layer.bias, [4 * units], device),
            }
        });
        let layers = layers.collect();
        let head_weights = parameter(next(), &weights.head_weights, [units, classes], device);
        Self { layers, head_weights, head_bias: parameter(next(), &weights.head_bias, [classes], device) }
    }

    /// The shapes of the parameters of a network of this size, in the order of their numbers.
    pub fn parameter_shapes(shape: ModelShape) -> impl Iterator<Item = Vec<usize>> {
        let ModelShape { units, layers, classes, .. } = shape;
        let layer = move |index| {
            [vec![shape.layer_inputs(index), 4 * units], vec![units, 4 * units], vec![4 * units]]
        };
        (0..layers).flat_map(layer).chain([vec![units, classes], vec![classes]])
    }

    /// The sizes of the network.
    pub fn shape(&self) -> ModelShape {
        let [inputs, _] = self.layers[0].input.dims();
        let [units, classes] = self.head_weights.dims();
        ModelShape { inputs, units, layers: self.layers.len(), classes }
    }

    /// The weights as plain numbers.
    pub fn to_weights(&self) -> ModelWeights {
        let layers = self.layers.iter().map(|layer| LayerWeights {
            input: into_values(layer.input.val()),
            recurrent: into_values(layer.recurrent.val()),
            bias: into_values(layer.bias.val()),
        });
        ModelWeights {
            shape: self.shape(),
            layers: layers.collect(),
            head_weights: into_values(self.head_weights.val()),
            head_bias: into_values(self.head_bias.val()),
        }
    }

    /// Reads each image from its first timestep slice to its last and scores the classes.
    ///
    /// * `slices`: `[B, T, W]`, f32 in 0..=1; axis 1 is time.
    /// * returns logits `[B, C]`, before softmax.
    ///
    /// # Panics
    ///
    /// If W is not the number of inputs of the network.
    pub fn forward(&self, slices: Tensor<3>) -> Tensor<2> {
        self.forward_with(slices, None)
    }

    /// [`Self::forward`] with dropout masks, as in training.
    pub fn forward_with(&self, slices: Tensor<3>, masks: Option<DropoutMasks>) -> Tensor<2> {
        let mut masks = masks.map_or_else(Vec::new, |masks| masks.0).into_iter();
        let (top, below) = self.layers.split_last().expect("a network has at least one layer");
        let mut sequence = slices;
        for layer in below {
            sequence = lstm_op::hidden_sequence(sequence, layer.weights()); // [B, T, U]
            if let Some(mask) = masks.next() {
                sequence = head_op::masked(sequence, mask);
            }
        }
        let mut last = lstm_op::last_hidden_state(sequence, top.weights()); // [B, U]
        if let Some(mask) = masks.next() {
            last = head_op::masked(last, mask);
        }
        head_op::dense(last, self.head_weights.val(), self.head_bias.val()) // [B, C]
    }

    /// The hidden states of the highest layer after every timestep, without dropout.
    ///
    /// * `slices`: as for [`Self::forward`].
    /// * returns `[B, T, U]`, each value in -1..=1.
    ///
    /// # Panics
    ///
    /// As [`Self::forward`].
    pub fn hidden_states(&self, slices: Tensor<3>) -> Tensor<3> {
        let read = |sequence, layer: &Lstm| lstm_op::hidden_sequence(sequence, layer.weights());
        self.layers.iter().fold(slices, read) // [B, T, U]
    }

    /// The scores after every timestep: the head on each hidden state of the highest layer. The scores after the last
    /// timestep are those of [`Self::forward`].
    ///
    /// * `slices`: as for [`Self::forward`].
    /// * returns logits `[B, T, C]`, before softmax.
    ///
    /// # Panics
    ///
    /// As [`Self::forward`].
    pub fn forward_every_step(&self, slices: Tensor<3>) -> Tensor<3> {
        let states = self.hidden_states(slices);
        let [batch, timesteps, units] = states.dims();
        let states = states.reshape([batch * timesteps, units]); // [B T, U]
        let logits = head_op::dense(states, self.head_weights.val(), self.head_bias.val()); // [B T, C]
        let [_, classes] = logits.dims();
        logits.reshape([batch, timesteps, classes])
    }
}

fn parameter<const D: usize>(
    id: ParamId,
    values: &[f32],
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    let tensor = Tensor::from_data(TensorData::new(values.to_vec(), shape), device);
    Param::initialized(id, if device.is_autodiff() { tensor.require_grad() } else { tensor })
}
