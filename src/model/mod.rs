//! The network: LSTM layers that read an image as a sequence, and a dense head on the last hidden state. Its weights
//! as plain numbers are in [`ModelWeights`], how they are drawn in [`initializers`], how they are stored and
//! exchanged in [`weights_file`] and [`onnx`]; what goes on inside a layer tells [`trace()`].

mod classifier;
mod dropout;
pub mod initializers;
mod memory;
pub mod onnx;
mod shape;
mod trace;
mod weights;
pub mod weights_file;

pub use classifier::{DropoutMasks, RowClassifier};
pub use memory::StepMemory;
pub use shape::ModelShape;
pub use trace::{LayerTrace, trace};
pub use weights::{LayerWeights, ModelWeights};
