//! Backend names to burn devices: the one place that knows which backends are built in.

use crate::config::BackendName;
use burn::tensor::Device;

#[allow(deprecated)] // see `device`
pub use burn::backend::NdArray;

/// The device of a backend, without gradients; see [`Device::autodiff`] for one that records them.
#[allow(deprecated)] // burn-ndarray is deprecated upstream since 0.22.0; it stays the default by decision.
pub fn device(backend: BackendName) -> Device {
    match backend {
        BackendName::Ndarray => Device::ndarray(),
        BackendName::Flex => Device::flex(),
    }
}
