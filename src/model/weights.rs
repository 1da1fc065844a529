//! The weights of a network as plain numbers, which are drawn, stored, compared and exchanged.

use super::ModelShape;

/// One LSTM layer; gates in the order i, f, g, o.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    /// Input weights, `[W, 4U]`, row by row.
    pub input: Vec<f32>,
    /// Recurrent weights, `[U, 4U]`, row by row.
    pub recurrent: Vec<f32>,
    /// Bias, `[4U]`.
    pub bias: Vec<f32>,
}

/// A whole network.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelWeights {
    /// The sizes, which determine the lengths of the tensors.
    pub shape: ModelShape,
    /// The LSTM layers; the first one reads the image.
    pub layers: Vec<LayerWeights>,
    /// Weights of the dense head, `[U, C]`, row by row.
    pub head_weights: Vec<f32>,
    /// Bias of the dense head, `[C]`.
    pub head_bias: Vec<f32>,
}

impl ModelWeights {
    /// Every tensor, in a fixed order: input, recurrent, bias of each layer, then the head's weights and bias.
    pub fn tensors(&self) -> impl Iterator<Item = &[f32]> {
        let layers = self.layers.iter().flat_map(|layer| [&layer.input, &layer.recurrent, &layer.bias]);
        layers.chain([&self.head_weights, &self.head_bias]).map(Vec::as_slice)
    }
}

/// The transpose `[columns, rows]` of a matrix `[rows, columns]`, both row by row.
pub(crate) fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    assert_eq!(matrix.len(), rows * columns, "a matrix has rows x columns values");
    let mut out = Vec::with_capacity(matrix.len());
    for column in 0..columns {
        out.extend((0..rows).map(|row| matrix[row * columns + column]));
    }
    out
}
