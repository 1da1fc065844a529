//! Weights in the safetensors format, under the names and in the layout of a PyTorch module with an `nn.LSTM` called
//! `lstm` (batch first) and an `nn.Linear` called `head`, so that PyTorch loads the file as it is.
//!
//! PyTorch stores `[outputs, inputs]` and two biases a gate whose sum acts; gates stand in the order i, f, g, o:
//!
//! | tensor | shape | here |
//! | --- | --- | --- |
//! | `lstm.weight_ih_l{k}` | `[4U, W]` (`[4U, U]` above the first layer) | input weights, transposed |
//! | `lstm.weight_hh_l{k}` | `[4U, U]` | recurrent weights, transposed |
//! | `lstm.bias_ih_l{k}` | `[4U]` | bias |
//! | `lstm.bias_hh_l{k}` | `[4U]` | zeros; added to `bias_ih` when read |
//! | `head.weight` | `[C, U]` | the head's weights, transposed |
//! | `head.bias` | `[C]` | the head's bias |

use super::ModelShape;
use super::weights::{LayerWeights, ModelWeights, transposed};
use crate::error::ModelError;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{fs, path::Path};

/// A tensor on its way into a file: name, shape, values.
struct Named(String, Vec<usize>, Vec<f32>);

/// The file's bytes; the same weights give the same bytes.
pub fn to_bytes(weights: &ModelWeights) -> Vec<u8> {
    let ModelShape { units, classes, .. } = weights.shape;
    let mut tensors = Vec::new();
    for (k, layer) in weights.layers.iter().enumerate() {
        let inputs = weights.shape.layer_inputs(k);
        let gates = 4 * units;
        tensors.extend([
            Named(
                format!("lstm.weight_ih_l{k}"),
                vec![gates, inputs],
                transposed(&layer.input, inputs, gates),
            ),
            Named(
                format!("lstm.weight_hh_l{k}"),
                vec![gates, units],
                transposed(&layer.recurrent, units, gates),
            ),
            Named(format!("lstm.bias_ih_l{k}"), vec![gates], layer.bias.clone()),
            Named(format!("lstm.bias_hh_l{k}"), vec![gates], vec![0.0; gates]),
        ]);
    }
    let head = transposed(&weights.head_weights, units, classes);
    tensors.push(Named("head.weight".into(), vec![classes, units], head));
    tensors.push(Named("head.bias".into(), vec![classes], weights.head_bias.clone()));
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|tensor| to_le_bytes(&tensor.2)).collect();
    let views = tensors.iter().zip(&bytes).map(|(Named(name, shape, _), bytes)| {
        let view =
            TensorView::new(Dtype::F32, shape.clone(), bytes).expect("4 bytes for each value of the shape");
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("names and shapes of a network fit the format's header")
}

/// Reads a file of weights.
///
/// # Errors
/// [`ModelError`] when the file cannot be read or is no safetensors file, when a tensor is missing, unknown, of
/// another shape than the others imply, not of 32-bit floats, or not finite.
pub fn read(path: &Path) -> Result<ModelWeights, ModelError> {
    let bytes = fs::read(path).map_err(|cause| ModelError::Read { path: path.to_path_buf(), cause })?;
    from_bytes(&bytes, path)
}

/// [`read`] for a file's bytes; `path` names it in errors.
pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<ModelWeights, ModelError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| ModelError::Format { path: path.to_path_buf(), detail: error.to_string() })?;
    let reader = Reader { file, path };
    let (classes, units) = reader.matrix_shape("head.weight")?;
    let (_, inputs) = reader.matrix_shape("lstm.weight_ih_l0")?;
    let layers = (0..).take_while(|k| reader.file.tensor(&format!("lstm.weight_ih_l{k}")).is_ok()).count();
    let shape = ModelShape { inputs, units, layers, classes };
    let gates = 4 * units;
    let layer = |k: usize| -> Result<LayerWeights, ModelError> {
        let inputs = shape.layer_inputs(k);
        let input = reader.values(&format!("lstm.weight_ih_l{k}"), &[gates, inputs])?;
        let recurrent = reader.values(&format!("lstm.weight_hh_l{k}"), &[gates, units])?;
        let first = reader.values(&format!("lstm.bias_ih_l{k}"), &[gates])?;
        let second = reader.values(&format!("lstm.bias_hh_l{k}"), &[gates])?;
        Ok(LayerWeights {
            input: transposed(&input, gates, inputs),
            recurrent: transposed(&recurrent, gates, units),
            bias: first.iter().zip(second).map(|(a, b)| a + b).collect(),
        })
    };
    let layers = (0..layers).map(layer).collect::<Result<Vec<_>, _>>()?;
    let head_weights = transposed(&reader.values("head.weight", &[classes, units])?, classes, units);
    let head_bias = reader.values("head.bias", &[classes])?;
    reader.refuse_others(shape.layers)?;
    Ok(ModelWeights { shape, layers, head_weights, head_bias })
}

struct Reader<'a> {
    file: SafeTensors<'a>,
    path: &'a Path,
}

impl Reader<'_> {
    fn tensor(&self, name: &str) -> Result<TensorView<'_>, ModelError> {
        self.file.tensor(name).map_err(|_| {
            let mut names = self.file.names();
            names.sort_unstable();
            let found = if names.is_empty() { "no tensors".into() } else { names.join(", ") };
            ModelError::Missing { path: self.path.to_path_buf(), name: name.into(), found }
        })
    }

    /// The two sizes of a matrix, neither of them 0.
    fn matrix_shape(&self, name: &str) -> Result<(usize, usize), ModelError> {
        match *self.tensor(name)?.shape() {
            [rows, columns] if rows > 0 && columns > 0 => Ok((rows, columns)),
            ref found => Err(self.shape_error(name, found, "two sizes, neither 0".into())),
        }
    }

    fn shape_error(&self, name: &str, found: &[usize], expected: String) -> ModelError {
        ModelError::Shape {
            path: self.path.to_path_buf(),
            name: name.into(),
            found: found.to_vec(),
            expected,
        }
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let tensor = self.tensor(name)?;
        let path = || self.path.to_path_buf();
        if tensor.dtype() != Dtype::F32 {
            let found = format!("{:?}", tensor.dtype());
            return Err(ModelError::ElementType { path: path(), name: name.into(), found });
        }
        if tensor.shape() != shape {
            return Err(self.shape_error(name, tensor.shape(), format!("{shape:?}")));
        }
        let values = from_le_bytes(tensor.data());
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::NotFinite { path: path(), name: name.into() });
        }
        Ok(values)
    }

    fn refuse_others(&self, layers: usize) -> Result<(), ModelError> {
        let known = |name: &str| {
            ["head.weight", "head.bias"].contains(&name)
                || (0..layers).any(|k| {
                    let parts = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
                    parts.iter().any(|part| name == format!("lstm.{part}_l{k}"))
                })
        };
        match self.file.names().into_iter().find(|name| !known(name)) {
            Some(name) => Err(ModelError::Extra { path: self.path.to_path_buf(), name: name.into(), layers }),
            None => Ok(()),
        }
    }
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
mod tests {
    use super::*;
    use crate::config::{HeadInitializerName, InitializerName};
    use crate::model::initializers::initial_weights;

    fn weights() -> ModelWeights {
        let shape = ModelShape { inputs: 7, units: 3, layers: 2, classes: 10 };
        initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 1)
    }

    fn changed(
        change: impl Fn(&mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>),
    ) -> Result<ModelWeights, ModelError> {
        let bytes = to_bytes(&weights());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut tensors = file
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec()))
            .collect();
        change(&mut tensors);
        let views = tensors.iter().map(|(name, dtype, shape, data)| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        from_bytes(&safetensors::serialize(views, None).unwrap(), Path::new("model.safetensors"))
    }

    #[test]
    fn what_is_stored_reads_back_to_the_bit() {
        let weights = weights();
        let bytes = to_bytes(&weights);
        assert_eq!(from_bytes(&bytes, Path::new("x")).unwrap(), weights);
        assert_eq!(bytes, to_bytes(&weights), "the same weights give the same bytes");
    }

    #[test]
    fn both_biases_of_pytorch_are_summed() {
        let summed = changed(|tensors| {
            for tensor in tensors.iter_mut().filter(|tensor| tensor.0.starts_with("lstm.bias_hh")) {
                tensor.3 = to_le_bytes(&[0.5; 12]);
            }
        });
        let expected: Vec<f32> = weights().layers[1].bias.iter().map(|b| b + 0.5).collect();
        assert_eq!(summed.unwrap().layers[1].bias, expected);
    }

    #[test]
    fn wrong_tensors_are_named() {
        let message = |result: Result<ModelWeights, ModelError>| result.unwrap_err().to_string();
        let missing = message(changed(|tensors| tensors.retain(|tensor| tensor.0 != "lstm.bias_hh_l1")));
        assert!(missing.contains("has no tensor `lstm.bias_hh_l1`"), "{missing}");
        let extra = message(changed(|t| t.push(("encoder".into(), Dtype::F32, vec![1], vec![0; 4]))));
        assert!(extra.contains("`encoder`"), "{extra}");
        let shape = message(changed(|tensors| {
            let tensor = tensors.iter_mut().find(|tensor| tensor.0 == "lstm.weight_hh_l0").unwrap();
            tensor.2 = vec![3, 12];
        }));
        assert!(shape.contains("shape [3, 12], expected [12, 3]"), "{shape}");
        let element = message(changed(|tensors| {
            let tensor = tensors.iter_mut().find(|tensor| tensor.0 == "head.bias").unwrap();
            (tensor.1, tensor.3) = (Dtype::F64, vec![0; 80]);
        }));
        assert!(element.contains("holds F64 values, expected F32"), "{element}");
        let number = message(changed(|tensors| {
            let tensor = tensors.iter_mut().find(|tensor| tensor.0 == "head.bias").unwrap();
            tensor.3 = to_le_bytes(&[f32::NAN; 10]);
        }));
        assert!(number.contains("not finite"), "{number}");
    }

    #[test]
    fn a_file_cut_short_anywhere_is_refused() {
        let bytes = to_bytes(&weights());
        for length in (0..bytes.len()).step_by(13) {
            assert!(from_bytes(&bytes[..length], Path::new("x")).is_err(), "{length} bytes");
        }
    }
}
