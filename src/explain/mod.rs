//! What `num_units` is, in the numbers of one network: shapes, weights, counts, and what refutes the wrong answers.
//! Trains nothing. [`explanation_text`] renders it as text, [`columns_text`] several beside each other, [`unrolled`] as a
//! drawing.

mod columns;
mod drawing;
#[cfg(test)]
mod tests;
mod text;
mod wrong_answers;

use crate::config::TrainConfig;
use crate::model::{ModelShape, StepMemory};
use serde::Serialize;

pub use columns::columns_text;
pub use drawing::unrolled;
pub use text::explanation_text;
pub use wrong_answers::WrongAnswer;

/// A network explained. The field names are an interface, described in docs/num-units.md.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// LSTM units U.
    pub num_units: usize,
    /// LSTM layers L.
    pub num_layers: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// W, values per timestep.
    pub inputs: usize,
    /// How many middle rows of the image are read.
    pub rows: usize,
    /// The first of them, counted from 0.
    pub first_row: usize,
    /// Classes C.
    pub classes: usize,
    /// The path of one image through the network.
    pub way: Vec<Stage>,
    /// The LSTM layers; the first reads the image.
    pub layers: Vec<LayerNumbers>,
    /// Weights `[U, C]` and bias `[C]` of the dense head.
    pub head: Vec<Matrix>,
    /// Parameters of all LSTM layers, here and in Keras: 4U(W + U + 1) per layer.
    pub lstm_parameters: usize,
    /// Parameters of the same layers in PyTorch: 4U(W + U + 2).
    pub lstm_parameters_pytorch: usize,
    /// Parameters of the dense head.
    pub head_parameters: usize,
    /// Parameters of the whole network.
    pub parameters: usize,
    /// Multiply-adds of the matrix products that score one image; training takes three times as many.
    pub multiply_adds: usize,
    /// Images in the training step of `training_step_bytes`.
    pub batch_size: usize,
    /// Memory of a training step, in bytes.
    pub training_step_bytes: StepMemory,
    /// The common wrong answers, each with what refutes it.
    pub wrong_answers: Vec<WrongAnswer>,
}

/// A tensor on the path of one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// What it is.
    pub what: String,
    /// Its shape, without the batch.
    pub shape: Vec<usize>,
}

/// One LSTM layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerNumbers {
    /// Values that it reads per timestep: W, or U of the layer below.
    pub inputs: usize,
    /// Its weights.
    pub matrices: Vec<Matrix>,
    /// Their number, here and in Keras.
    pub parameters: usize,
    /// Their number in PyTorch.
    pub parameters_pytorch: usize,
}

/// A matrix or vector of weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// "input weights", "recurrent weights", "weights" or "bias".
    pub name: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its weights.
    pub parameters: usize,
}

impl Matrix {
    fn new(name: &'static str, shape: &[usize]) -> Self {
        Self { name, shape: shape.to_vec(), parameters: shape.iter().product() }
    }
}

impl Explanation {
    /// Explains the network of validated settings. Only units, layers, timesteps, rows and batch size matter.
    pub fn new(config: &TrainConfig) -> Self {
        let shape = ModelShape::of(config);
        let timesteps = config.timesteps;
        let layers: Vec<LayerNumbers> = (0..shape.layers).map(|layer| layer_numbers(&shape, layer)).collect();
        let ModelShape { inputs, units, classes, .. } = shape;
        Self {
            num_units: units,
            num_layers: shape.layers,
            timesteps,
            inputs,
            rows: config.rows,
            first_row: config.first_row(),
            classes,
            way: way(config, &shape),
            head: vec![Matrix::new("weights", &[units, classes]), Matrix::new("bias", &[classes])],
            lstm_parameters: layers.iter().map(|layer| layer.parameters).sum(),
            lstm_parameters_pytorch: layers.iter().map(|layer| layer.parameters_pytorch).sum(),
            layers,
            head_parameters: shape.head_parameters(),
            parameters: shape.parameters(),
            multiply_adds: shape.multiply_adds(timesteps),
            batch_size: config.batch_size,
            training_step_bytes: StepMemory::new(shape, config.batch_size, timesteps),
            wrong_answers: wrong_answers::all(&shape, timesteps),
        }
    }

    /// What a timestep, counted from 1, reads: "row 8", "slice 3", "pixel 784", "image".
    pub fn name_of_slice(&self, timestep: usize) -> String {
        match (self.timesteps, self.inputs) {
            (_, 1) => format!("pixel {timestep}"),
            (1, 784) => "image".into(),
            (_, 28) => format!("row {}", self.first_row + timestep),
            _ => format!("slice {timestep}"),
        }
    }
}

fn layer_numbers(shape: &ModelShape, layer: usize) -> LayerNumbers {
    let (inputs, units) = (shape.layer_inputs(layer), shape.units);
    LayerNumbers {
        inputs,
        matrices: vec![
            Matrix::new("input weights", &[inputs, 4 * units]),
            Matrix::new("recurrent weights", &[units, 4 * units]),
            Matrix::new("bias", &[4 * units]),
        ],
        parameters: shape.layer_parameters(layer),
        parameters_pytorch: shape.layer_parameters_pytorch(layer),
    }
}

/// Every tensor that one image becomes.
fn way(config: &TrainConfig, shape: &ModelShape) -> Vec<Stage> {
    let stage = |what: String, shape: &[usize]| Stage { what, shape: shape.to_vec() };
    let (timesteps, units) = (config.timesteps, shape.units);
    let mut way = vec![stage("image".into(), &[28, 28])];
    way.extend(config.view_in_words().into_iter().map(|view| stage(view, &[config.rows, 28])));
    way.push(stage("sequence x".into(), &[timesteps, shape.inputs]));
    for layer in 1..=shape.layers {
        let of = |what: &str| format!("{what} of LSTM layer {layer}");
        way.push(stage(of("gates i, f, g and o at each timestep"), &[4, units]));
        way.push(stage(of("cell state c after each timestep"), &[units]));
        if layer < shape.layers {
            way.push(stage(of("hidden states h"), &[timesteps, units]));
        } else {
            way.push(stage(of("last hidden state h"), &[units]));
        }
    }
    way.push(stage("scores of the dense head".into(), &[shape.classes]));
    way
}
