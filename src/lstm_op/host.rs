//! Backends whose tensors are f32 in this process's memory: their values as a slice.

use crate::device::NdArray;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex};
use burn_ndarray::NdArrayTensor;

/// A backend that can show a tensor's values as a slice.
pub trait HostFloats: Backend {
    /// Calls `work` with the tensor's values in row-major order; copies them only when they lie in another order.
    ///
    /// # Panics
    /// When the tensor is not of f32.
    fn with_values<R>(tensor: &FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R;
}

impl HostFloats for NdArray {
    fn with_values<R>(tensor: &FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        let NdArrayTensor::F32(storage) = tensor else { panic!("the LSTM computes in f32, not {tensor:?}") };
        let view = storage.view();
        match view.as_slice() {
            Some(values) => work(values),
            None => work(&view.iter().copied().collect::<Vec<f32>>()),
        }
    }
}

impl HostFloats for Flex {
    fn with_values<R>(tensor: &FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        match tensor.as_slice::<f32>() {
            Some(values) => work(values),
            None => {
                work(tensor.to_contiguous().as_slice::<f32>().expect("contiguous f32 values are a slice"))
            }
        }
    }
}
