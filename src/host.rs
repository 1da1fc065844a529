//! Tensors in this process's memory: their values as slices and vectors, without a copy where the backend allows it.
//!
//! A tensor made by `Tensor::from_data` has every number checked, which is slow in the unoptimised burn-ndarray of this
//! build (Cargo.toml has the levels); one made here takes the vector over as it is.

use crate::config::BackendName;
use crate::device::NdArray;
use burn::backend::tensor::{Device as BackendDevice, FloatTensor};
use burn::backend::{Backend, BackendTensor, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind};
use burn::tensor::{Device, Tensor, TensorData};
use burn_ndarray::NdArrayTensor;
use ndarray::ArcArray;

/// A tensor's values in row-major order, without a copy if the tensor is the only owner of its memory.
pub fn into_values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("the network computes in f32")
}

/// A tensor that owns these values. On a device that records gradients, it is one that needs none.
pub fn from_values<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    if device.is_autodiff() {
        return Tensor::from_inner(from_values(values, shape, &device.clone().inner()));
    }
    let shape = shape.to_vec();
    let kind = if *device == crate::device::device(BackendName::Ndarray) {
        DispatchTensorKind::NdArray(BackendTensor::Float(NdArray::of_values(
            values,
            shape,
            &Default::default(),
        )))
    } else {
        flex_tensor(values, shape)
    };
    Tensor::from_dispatch(DispatchTensor { kind, autodiff: DispatchAutodiffContext::Disabled })
}

#[cfg(feature = "flex")]
fn flex_tensor(values: Vec<f32>, shape: Vec<usize>) -> DispatchTensorKind {
    use burn::backend::Flex;
    DispatchTensorKind::Flex(BackendTensor::Float(Flex::of_values(values, shape, &Default::default())))
}

#[cfg(not(feature = "flex"))]
fn flex_tensor(_: Vec<f32>, _: Vec<usize>) -> DispatchTensorKind {
    unreachable!("without the feature flex there is no other device")
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
    fn of_values(values: Vec<f32>, shape: Vec<usize>, _: &BackendDevice<Self>) -> FloatTensor<Self> {
        let array =
            ArcArray::from_shape_vec(shape, values).expect("there are as many values as the shape says");
        NdArrayTensor::from(array)
    }

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
