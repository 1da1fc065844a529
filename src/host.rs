//! Tensors in host memory: their values as slices and vectors, without a copy where the backend allows it.

use crate::device::NdArray;
use burn::backend::Backend;
use burn::backend::tensor::{Device as BackendDevice, FloatTensor};
use burn::tensor::{Device, Tensor, TensorData};
use burn_ndarray::NdArrayTensor;

/// A tensor's values in row-major order, without a copy if the tensor is the only owner of its memory.
pub fn into_values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("the network computes in f32")
}

/// A tensor that owns these values.
pub fn from_values<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A backend whose tensors can be read as slices of host memory; `lstm_op` and `head_op` are written on it. Both backends of
/// this program are CPU backends.
pub trait HostFloats: Backend {
    /// Calls `work` with the tensor's values in row-major order; copies them only if they are in another order.
    ///
    /// # Panics
    ///
    /// If the tensor is not of f32.
    fn with_values<R>(tensor: &FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R;

    /// A tensor that owns these values.
    fn of_values(values: Vec<f32>, shape: Vec<usize>, device: &BackendDevice<Self>) -> FloatTensor<Self> {
        Self::float_from_data(TensorData::new(values, shape), device)
    }
}

impl HostFloats for NdArray {
    fn with_values<R>(tensor: &FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        let NdArrayTensor::F32(storage) = tensor else {
            panic!("the network computes in f32, not {tensor:?}")
        };
        let view = storage.view();
        match view.as_slice() {
            Some(values) => work(values),
            None => work(&view.iter().copied().collect::<Vec<f32>>()),
        }
    }
}

#[cfg(feature = "flex")]
impl HostFloats for burn::backend::Flex {
    fn with_values<R>(tensor: &FloatTensor<Self>, work: impl FnOnce(&[f32]) -> R) -> R {
        match tensor.as_slice::<f32>() {
            Some(values) => work(values),
            None => {
                work(tensor.to_contiguous().as_slice::<f32>().expect("contiguous f32 values are a slice"))
            }
        }
    }
}
