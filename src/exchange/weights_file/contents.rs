//! What a file holds, held against what a network needs: names, sizes and types of its tensors, before any is read.

use super::header::{Header, listed, printable};
use super::layout::{Part, WeightsLayout};
use crate::config::{MOST_LAYERS, MOST_UNITS, PIXELS};
use crate::data::CLASSES;
use crate::error::ModelError;
use crate::format::typed_count;
use crate::model::{ModelShape, transposed};
use safetensors::{Dtype, tensor::TensorInfo};

/// A file whose tensors are those of one network, nothing missing and nothing besides.
pub(super) struct Contents<'a> {
    pub(super) header: Header<'a>,
    pub(super) layout: WeightsLayout,
    pub(super) shape: ModelShape,
    /// All tensors of the network, biases perhaps excepted.
    parts: Vec<Part>,
}

impl<'a> Contents<'a> {
    /// Checks what the header claims; the error is about the first tensor that is missing, foreign or not as it should be.
    pub(super) fn of(header: Header<'a>) -> Result<Self, ModelError> {
        let layout = layout_of(&header)?;
        // The sizes are read below.
        let shape = ModelShape { inputs: 0, units: 0, layers: 0, classes: CLASSES };
        let mut contents = Self { header, layout, shape, parts: Vec::new() };
        contents.read_parts()?;
        contents.read_shape()?;
        Ok(contents)
    }

    /// Names of the biases that the file does without.
    pub(super) fn absent(&self) -> Vec<String> {
        let parts = self.layout.parts(self.shape.layers).into_iter();
        parts.filter(|part| !self.parts.contains(part)).map(|part| self.layout.name(part)).collect()
    }

    /// A tensor as this program holds it, if all its values are finite; zeros for a bias that the file does without.
    pub(super) fn values(&self, part: Part, data: &[u8]) -> Result<Vec<f32>, ModelError> {
        let sizes = part.sizes(self.shape);
        if !self.parts.contains(&part) {
            return Ok(vec![0.0; sizes.iter().product()]);
        }
        let (start, end) = self.info(part).data_offsets;
        let values = super::from_le_bytes(&data[start..end]);
        self.check_finite(part, &values)?;
        Ok(match (self.layout, sizes.as_slice()) {
            (WeightsLayout::Pytorch, &[inputs, outputs]) => transposed(&values, outputs, inputs),
            _ => values,
        })
    }

    pub(super) fn check_finite(&self, part: Part, values: &[f32]) -> Result<(), ModelError> {
        if values.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(self.wrong(part, "holds a value that is not finite: the network it came from diverged".into()))
    }

    fn has(&self, part: Part) -> bool {
        self.header.info(&self.layout.name(part)).is_some()
    }

    fn info(&self, part: Part) -> &TensorInfo {
        self.header.info(&self.layout.name(part)).expect("no part is asked for before it was found")
    }

    /// Which tensors and how many layers there are.
    fn read_parts(&mut self) -> Result<(), ModelError> {
        let layers = (0..).take_while(|layer| self.has(Part::Input(*layer))).count();
        self.check_most("layers", layers, MOST_LAYERS)?;
        let mut parts = self.layout.parts(layers);
        if !parts.iter().any(|part| part.is_lstm_bias() && self.has(*part)) {
            parts.retain(|part| !part.is_lstm_bias());
        }
        if !self.has(Part::HeadBias) {
            parts.retain(|part| *part != Part::HeadBias);
        }
        let expected: Vec<String> = parts.iter().map(|part| self.layout.name(*part)).collect();
        let found = self.header.names();
        if let Some(name) = expected.iter().find(|name| !found.contains(name)) {
            return Err(self.header.wrong(format!("has no tensor `{name}`; it holds {}", listed(&found))));
        }
        if let Some(name) = found.iter().find(|name| !expected.contains(name)) {
            return Err(self.header.wrong(format!(
                "holds a tensor `{}` that an LSTM classifier of {} does not have; expected {}",
                printable(name),
                typed_count(layers, "layer"),
                listed(&expected)
            )));
        }
        self.shape.layers = layers;
        self.parts = parts;
        Ok(())
    }

    /// The sizes that the first layer has, with which all others must agree.
    fn read_shape(&mut self) -> Result<(), ModelError> {
        let units = self.inputs(Part::Recurrent(0), |units, gates| units.checked_mul(4) == Some(gates))?;
        self.check_most("units", units, MOST_UNITS)?;
        let inputs = self.inputs(Part::Input(0), |_, _| true)?;
        self.check_most("values per timestep", inputs, PIXELS)?;
        self.shape = ModelShape { inputs, units, ..self.shape };
        for &part in &self.parts {
            let info = self.info(part);
            let expected = self.layout.turned(part.sizes(self.shape));
            if info.shape != expected {
                return Err(self.wrong_shape(part, format!("{expected:?}")));
            }
            if info.dtype != Dtype::F32 {
                let problem =
                    format!("holds {:?} values, expected F32: convert it before storing", info.dtype);
                return Err(self.wrong(part, problem));
            }
        }
        Ok(())
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
                Err(self.wrong_shape(part, format!("[{first}, {second}], neither of them 0")))
            }
        }
    }

    fn check_most(&self, what: &str, found: usize, most: usize) -> Result<(), ModelError> {
        if found <= most {
            return Ok(());
        }
        Err(self.header.wrong(format!("is of a network of {found} {what}, expected at most {most}")))
    }

    fn wrong_shape(&self, part: Part, expected: String) -> ModelError {
        // A shape has as many sizes as its writer pleases.
        let found = printable(&format!("{:?}", self.info(part).shape));
        self.wrong(part, format!("has shape {found}, expected {expected}"))
    }

    fn wrong(&self, part: Part, problem: String) -> ModelError {
        ModelError::Tensor { path: self.header.path.to_path_buf(), name: self.layout.name(part), problem }
    }
}

/// Whose names these are.
fn layout_of(header: &Header<'_>) -> Result<WeightsLayout, ModelError> {
    let known = [WeightsLayout::Pytorch, WeightsLayout::Keras];
    let begins = |layout: &WeightsLayout| header.info(&layout.name(Part::Input(0))).is_some();
    known.into_iter().find(begins).ok_or_else(|| {
        let expected = known.map(|layout| format!("`{}`", layout.name(Part::Input(0)))).join(" or ");
        let found = listed(&header.names());
        header.wrong(format!(
            "has no tensor {expected}; it holds {found}; docs/interop.md lists the names that are read"
        ))
    })
}
