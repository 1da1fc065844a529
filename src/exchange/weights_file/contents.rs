//! What a file holds, held against what a network needs: names, sizes and types of its tensors, before any is read.

use super::header::{Header, listed, printable};
use super::layout::{Part, WeightsLayout};
use crate::config::{MOST_LAYERS, MOST_UNITS, PIXELS};
use crate::data::CLASSES;
use crate::error::ModelError;
use crate::model::{ModelShape, transposed};
use safetensors::{Dtype, tensor::TensorInfo};
use std::io::Read;

/// A file whose tensors are those of one network, nothing missing and nothing besides.
pub(super) struct Contents<'a> {
    header: Header<'a>,
    layout: WeightsLayout,
    /// All tensors of the network, biases perhaps excepted.
    parts: Vec<Part>,
    shape: ModelShape,
}

impl<'a> Contents<'a> {
    /// Checks what the header claims.
    ///
    /// # Errors
    /// [`ModelError`] for the first tensor that is missing, foreign or not as it should be.
    pub(super) fn of(header: Header<'a>) -> Result<Self, ModelError> {
        let layout = layout_of(&header)?;
        let claims = Claims { header: &header, layout };
        let parts = claims.parts()?;
        let shape = claims.shape(&parts)?;
        Ok(Self { layout, parts, shape, header })
    }

    pub(super) fn layout(&self) -> WeightsLayout {
        self.layout
    }

    pub(super) fn shape(&self) -> ModelShape {
        self.shape
    }

    /// Names of the biases that the file does without.
    pub(super) fn absent(&self) -> Vec<String> {
        let parts = self.layout.parts(self.shape.layers).into_iter();
        parts.filter(|part| !self.parts.contains(part)).map(|part| self.layout.name(part)).collect()
    }

    /// All tensors' bytes.
    ///
    /// # Errors
    /// As [`Header::read_data`].
    pub(super) fn read_data(&self, file: &mut impl Read) -> Result<Vec<u8>, ModelError> {
        self.header.read_data(file)
    }

    /// A tensor as this program holds it; zeros for a bias that the file does without.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`].
    pub(super) fn values(&self, part: Part, data: &[u8]) -> Result<Vec<f32>, ModelError> {
        let sizes = part.sizes(self.shape);
        if !self.parts.contains(&part) {
            return Ok(vec![0.0; sizes.iter().product()]);
        }
        let (start, end) = Claims { header: &self.header, layout: self.layout }.info(part).data_offsets;
        let values = super::from_le_bytes(&data[start..end]);
        self.check_finite(part, &values)?;
        Ok(match (self.layout, sizes.as_slice()) {
            (WeightsLayout::Pytorch, &[inputs, outputs]) => transposed(&values, outputs, inputs),
            _ => values,
        })
    }

    /// # Errors
    /// [`ModelError::NotFinite`].
    pub(super) fn check_finite(&self, part: Part, values: &[f32]) -> Result<(), ModelError> {
        if values.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(ModelError::NotFinite { path: self.header.path().to_path_buf(), name: self.layout.name(part) })
    }
}

/// Whose names these are.
fn layout_of(header: &Header<'_>) -> Result<WeightsLayout, ModelError> {
    let known = [WeightsLayout::Pytorch, WeightsLayout::Keras];
    let begins = |layout: &WeightsLayout| header.info(&layout.name(Part::Input(0))).is_some();
    known.into_iter().find(begins).ok_or_else(|| ModelError::UnknownNames {
        path: header.path().to_path_buf(),
        expected: known.map(|layout| format!("`{}`", layout.name(Part::Input(0)))).join(" or "),
        found: listed(&header.names()),
    })
}

/// A header, read as that of a network.
struct Claims<'a> {
    header: &'a Header<'a>,
    layout: WeightsLayout,
}

impl Claims<'_> {
    fn has(&self, part: Part) -> bool {
        self.header.info(&self.layout.name(part)).is_some()
    }

    fn info(&self, part: Part) -> &TensorInfo {
        self.header.info(&self.layout.name(part)).expect("no part is asked for before it was found")
    }

    fn parts(&self) -> Result<Vec<Part>, ModelError> {
        let layers = (0..).take_while(|layer| self.has(Part::Input(*layer))).count();
        self.at_most("layers", layers, MOST_LAYERS)?;
        let mut parts = self.layout.parts(layers);
        if !parts.iter().any(|part| part.is_lstm_bias() && self.has(*part)) {
            parts.retain(|part| !part.is_lstm_bias());
        }
        if !self.has(Part::HeadBias) {
            parts.retain(|part| *part != Part::HeadBias);
        }
        let expected: Vec<String> = parts.iter().map(|part| self.layout.name(*part)).collect();
        let found = self.header.names();
        let path = || self.header.path().to_path_buf();
        if let Some(name) = expected.iter().find(|name| !found.contains(name)) {
            return Err(ModelError::Missing { path: path(), name: name.clone(), found: listed(&found) });
        }
        match found.iter().find(|name| !expected.contains(name)) {
            Some(name) => {
                let (name, expected) = (printable(name), listed(&expected));
                Err(ModelError::Extra { path: path(), name, layers, expected })
            }
            None => Ok(parts),
        }
    }

    /// The sizes that the first layer has, with which all others must agree.
    fn shape(&self, parts: &[Part]) -> Result<ModelShape, ModelError> {
        let layers = parts.iter().filter(|part| matches!(part, Part::Input(_))).count();
        let units = self.inputs(Part::Recurrent(0), |units, gates| units.checked_mul(4) == Some(gates))?;
        self.at_most("units", units, MOST_UNITS)?;
        let inputs = self.inputs(Part::Input(0), |_, _| true)?;
        self.at_most("values per timestep", inputs, PIXELS)?;
        let shape = ModelShape { inputs, units, layers, classes: CLASSES };
        for part in parts {
            let info = self.info(*part);
            let expected = self.layout.turned(part.sizes(shape));
            if info.shape != expected {
                return Err(self.shape_error(*part, format!("{expected:?}")));
            }
            if info.dtype != Dtype::F32 {
                let (path, name) = (self.header.path().to_path_buf(), self.layout.name(*part));
                return Err(ModelError::ElementType { path, name, found: format!("{:?}", info.dtype) });
            }
        }
        Ok(shape)
    }

    /// The inputs of a layer's matrix of which inputs and outputs are as they should be.
    fn inputs(&self, part: Part, is_right: impl Fn(usize, usize) -> bool) -> Result<usize, ModelError> {
        match *self.layout.turned(self.info(part).shape.clone()) {
            [inputs, outputs] if inputs > 0 && outputs > 0 && is_right(inputs, outputs) => Ok(inputs),
            _ => {
                let inputs = if part == Part::Input(0) { "W" } else { "U" };
                let [first, second] = match self.layout {
                    WeightsLayout::Pytorch => ["4U", inputs],
                    WeightsLayout::Keras => [inputs, "4U"],
                };
                Err(self.shape_error(part, format!("[{first}, {second}], neither of them 0")))
            }
        }
    }

    fn at_most(&self, what: &'static str, found: usize, most: usize) -> Result<(), ModelError> {
        if found <= most {
            return Ok(());
        }
        Err(ModelError::TooLarge { path: self.header.path().to_path_buf(), what, found, most })
    }

    fn shape_error(&self, part: Part, expected: String) -> ModelError {
        // A shape has as many sizes as its writer pleases.
        let found = printable(&format!("{:?}", self.info(part).shape));
        let (path, name) = (self.header.path().to_path_buf(), self.layout.name(part));
        ModelError::Shape { path, name, found, expected }
    }
}
