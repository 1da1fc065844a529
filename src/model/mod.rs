//! The network: LSTM layers that read an image as a sequence, and a dense head on the last hidden state. [`ModelWeights`]
//! holds its weights as plain numbers, [`initializers`] draws them.

mod classifier;
mod dropout;
pub mod initializers;
mod memory;
mod shape;
mod weights;

pub use classifier::RowClassifier;
pub use dropout::DropoutMasks;
pub use memory::StepMemory;
pub use shape::ModelShape;
pub(crate) use weights::transposed;
pub use weights::{LayerWeights, ModelWeights};
