//! Under which names and in which orientation a file holds the tensors of a network.

use crate::model::{ModelShape, ModelWeights};

/// Whose names a file has. In both, gates stand in the order i, f, g, o.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsLayout {
    /// A module with an `nn.LSTM` called `lstm` and an `nn.Linear` called `head`; matrices are `[outputs, inputs]`, and the
    /// sum of two biases a gate acts.
    Pytorch,
    /// Layers called `lstm`, `lstm_1`, ... and `dense`, as Keras calls them; matrices are `[inputs, outputs]`, with one
    /// bias a gate.
    Keras,
}

/// One tensor of a network; layers are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Input(usize),
    Recurrent(usize),
    Bias(usize),
    /// PyTorch's second bias, which is added to the first.
    SecondBias(usize),
    HeadWeights,
    HeadBias,
}

impl Part {
    /// Its sizes as this program holds it: `[inputs, outputs]`, or `[outputs]` of a bias.
    pub(super) fn sizes(self, shape: ModelShape) -> Vec<usize> {
        let ModelShape { units, classes, .. } = shape;
        match self {
            Self::Input(layer) => vec![shape.layer_inputs(layer), 4 * units],
            Self::Recurrent(_) => vec![units, 4 * units],
            Self::Bias(_) | Self::SecondBias(_) => vec![4 * units],
            Self::HeadWeights => vec![units, classes],
            Self::HeadBias => vec![classes],
        }
    }

    /// Its values as this program holds them; a second bias is 0.
    pub(super) fn values(self, weights: &ModelWeights) -> Vec<f32> {
        let layers = &weights.layers;
        match self {
            Self::Input(layer) => layers[layer].input.clone(),
            Self::Recurrent(layer) => layers[layer].recurrent.clone(),
            Self::Bias(layer) => layers[layer].bias.clone(),
            Self::SecondBias(layer) => vec![0.0; layers[layer].bias.len()],
            Self::HeadWeights => weights.head_weights.clone(),
            Self::HeadBias => weights.head_bias.clone(),
        }
    }

    /// Whether it is a bias of an LSTM layer.
    pub(super) fn is_lstm_bias(self) -> bool {
        matches!(self, Self::Bias(_) | Self::SecondBias(_))
    }
}

impl WeightsLayout {
    /// Every tensor of a network of so many layers.
    pub(super) fn parts(self, layers: usize) -> Vec<Part> {
        let of_layer = |layer| {
            let second = (self == Self::Pytorch).then_some(Part::SecondBias(layer));
            [Part::Input(layer), Part::Recurrent(layer), Part::Bias(layer)].into_iter().chain(second)
        };
        (0..layers).flat_map(of_layer).chain([Part::HeadWeights, Part::HeadBias]).collect()
    }

    /// What the tensor is called.
    pub(super) fn name(self, part: Part) -> String {
        let [pytorch, keras] = match part {
            Part::Input(layer) => [format!("lstm.weight_ih_l{layer}"), keras_name(layer, "kernel")],
            Part::Recurrent(layer) => {
                [format!("lstm.weight_hh_l{layer}"), keras_name(layer, "recurrent_kernel")]
            }
            Part::Bias(layer) => [format!("lstm.bias_ih_l{layer}"), keras_name(layer, "bias")],
            Part::SecondBias(layer) => [format!("lstm.bias_hh_l{layer}"), keras_name(layer, "bias")],
            Part::HeadWeights => ["head.weight".into(), "dense/kernel".into()],
            Part::HeadBias => ["head.bias".into(), "dense/bias".into()],
        };
        if self == Self::Pytorch { pytorch } else { keras }
    }

    /// Sizes as they stand in a file, from those of [`Part::sizes`] or the other way round.
    pub(super) fn turned(self, mut sizes: Vec<usize>) -> Vec<usize> {
        if self == Self::Pytorch {
            sizes.reverse();
        }
        sizes
    }
}

fn keras_name(layer: usize, variable: &str) -> String {
    match layer {
        0 => format!("lstm/lstm_cell/{variable}"),
        _ => format!("lstm_{layer}/lstm_cell/{variable}"),
    }
}
