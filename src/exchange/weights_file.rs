//! Weights in the safetensors format. [`to_bytes`] gives them the names and the layout of a PyTorch module with an
//! `nn.LSTM` called `lstm` (batch first) and an `nn.Linear` called `head`, so that PyTorch loads the file as it is;
//! [`to_bytes_in`] also those of Keras. Both are read, wherever they come from.
//!
//! Gates stand in the order i, f, g, o; k counts layers from 0.
//!
//! | PyTorch | shape | Keras | shape | here |
//! | --- | --- | --- | --- | --- |
//! | `lstm.weight_ih_l{k}` | `[4U, W]` (`[4U, U]` above the first layer) | `lstm_{k}/lstm_cell/kernel` | `[W, 4U]` | as Keras |
//! | `lstm.weight_hh_l{k}` | `[4U, U]` | `lstm_{k}/lstm_cell/recurrent_kernel` | `[U, 4U]` | as Keras |
//! | `lstm.bias_ih_l{k}` | `[4U]` | `lstm_{k}/lstm_cell/bias` | `[4U]` | the bias |
//! | `lstm.bias_hh_l{k}` | `[4U]` | | | written as zeros; added when read |
//! | `head.weight` | `[C, U]` | `dense/kernel` | `[U, C]` | as Keras |
//! | `head.bias` | `[C]` | `dense/bias` | `[C]` | the head's bias |
//!
//! Keras calls its first layer `lstm`, without a number. A file may lack the biases of all LSTM layers or of the head
//! (`bias=False`, `use_bias=False`); they are zeros then.

mod contents;
mod header;
mod layout;

pub use layout::WeightsLayout;

use crate::error::ModelError;
use crate::model::{LayerWeights, ModelWeights, transposed};
use contents::Contents;
use header::Header;
use layout::Part;
use safetensors::{Dtype, tensor::TensorView};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

/// The file's bytes with PyTorch's names; the same weights give the same bytes.
pub fn to_bytes(weights: &ModelWeights) -> Vec<u8> {
    to_bytes_in(WeightsLayout::Pytorch, weights)
}

/// The file's bytes with the names of `layout`; the same weights give the same bytes.
pub fn to_bytes_in(layout: WeightsLayout, weights: &ModelWeights) -> Vec<u8> {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = layout
        .parts(weights.shape.layers)
        .into_iter()
        .map(|part| {
            let (sizes, mut values) = (part.sizes(weights.shape), part.values(weights));
            if let (WeightsLayout::Pytorch, &[rows, columns]) = (layout, sizes.as_slice()) {
                values = transposed(&values, rows, columns);
            }
            (layout.name(part), layout.turned(sizes), to_le_bytes(&values))
        })
        .collect();
    let views = tensors.iter().map(|(name, sizes, bytes)| {
        let view =
            TensorView::new(Dtype::F32, sizes.clone(), bytes).expect("4 bytes for each value of the shape");
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("names and shapes of a network fit the format's header")
}

/// Reads a file of weights with PyTorch's or Keras's names.
///
/// # Errors
/// [`ModelError`] if the file cannot be read or is not a safetensors file, if a tensor is missing, unknown, of
/// another shape than the others imply, not of 32-bit floats, or not finite, and when the network is larger than any
/// that this program trains. All but the last two are found before any weights are read.
pub fn read(path: &Path) -> Result<ModelWeights, ModelError> {
    read_with_absent(path).map(|(weights, _)| weights)
}

/// [`read`], and the names of the biases that the file does without, which are zeros then: a network may have been made
/// so, or a tensor may have been lost.
///
/// # Errors
/// As [`read`].
pub fn read_with_absent(path: &Path) -> Result<(ModelWeights, Vec<String>), ModelError> {
    let failed = |cause| ModelError::Read { path: path.to_path_buf(), cause };
    // Checked first: opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(ModelError::Network { path: path.to_path_buf(), problem: "is not a file".into() });
    }
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    read_from(&mut BufReader::new(file), length, path)
}

/// [`read`] for a file's bytes; `path` names it in errors.
pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<ModelWeights, ModelError> {
    read_from(&mut &*bytes, bytes.len() as u64, path).map(|(weights, _)| weights)
}

fn read_from(
    file: &mut impl Read,
    length: u64,
    path: &Path,
) -> Result<(ModelWeights, Vec<String>), ModelError> {
    let contents = Contents::of(Header::read(file, length, path)?)?;
    let data = contents.header.read_data(file)?;
    let values = |part| contents.values(part, &data);
    let shape = contents.shape;
    let layer = |k: usize| -> Result<LayerWeights, ModelError> {
        let mut bias = values(Part::Bias(k))?;
        if contents.layout == WeightsLayout::Pytorch {
            bias.iter_mut().zip(values(Part::SecondBias(k))?).for_each(|(sum, second)| *sum += second);
        }
        // Each of two biases may be finite and their sum not.
        contents.check_finite(Part::Bias(k), &bias)?;
        Ok(LayerWeights { input: values(Part::Input(k))?, recurrent: values(Part::Recurrent(k))?, bias })
    };
    let weights = ModelWeights {
        shape,
        layers: (0..shape.layers).map(layer).collect::<Result<_, _>>()?,
        head_weights: values(Part::HeadWeights)?,
        head_bias: values(Part::HeadBias)?,
    };
    Ok((weights, contents.absent()))
}

/// The values' bytes, least significant first, as safetensors stores them.
pub(crate) fn to_le_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The inverse of [`to_le_bytes`].
pub(crate) fn from_le_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[cfg(test)]
mod tests;
