//! Tensors as vectors of numbers and back, without a copy where the backend allows it.

use burn::tensor::{Device, Tensor, TensorData};

/// A tensor's numbers in row-major order. Both CPU backends hand over their memory when nobody else holds the tensor.
pub(super) fn into_values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("the network computes in f32")
}

/// A tensor of these numbers, which it takes over.
pub(super) fn from_values<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
