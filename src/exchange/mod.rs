//! Weights to and from other programs: safetensors files with the names of PyTorch or Keras, and ONNX models.

pub mod onnx;
pub mod weights_file;
