//! Backend names to burn devices, and which backends this program was built with.

use crate::config::BackendName;
use burn::tensor::Device;

#[allow(deprecated)]
// burn-ndarray is deprecated upstream since 0.22.0; it stays the default by decision.
pub use burn::backend::NdArray;

/// The backends of this build: burn-ndarray, and burn-flex with the cargo feature `flex`.
pub const BUILT_IN: &[BackendName] =
    if cfg!(feature = "flex") { &[BackendName::Ndarray, BackendName::Flex] } else { &[BackendName::Ndarray] };

/// The device of a backend, without gradients; see [`Device::autodiff`] for one that records them. A backend that is not
/// in [`BUILT_IN`] gives the device of burn-ndarray: the operations of this crate are bit-identical on both.
#[allow(deprecated)]
pub fn device(backend: BackendName) -> Device {
    match backend {
        BackendName::Ndarray => Device::ndarray(),
        #[cfg(feature = "flex")]
        BackendName::Flex => Device::flex(),
        #[cfg(not(feature = "flex"))]
        BackendName::Flex => Device::ndarray(),
    }
}
