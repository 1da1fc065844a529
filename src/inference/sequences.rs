//! Images as what a network reads: sequences `[B, T, W]`. Which pixels of an image these are is `data::Reading`'s.

use crate::data::{Batch, EpochOrder, Images, Reading};
use crate::host::{from_values, into_values};
use burn::tensor::{Device, Tensor};

/// Calls `work` with the labels of a batch and its images as sequences `[B, T, W]`, on `device`.
///
/// The tensor borrows the batch's memory. Afterwards the batch has it back, without a copy if `work` keeps no tensor
/// that shares it, so that filling the next batch causes no page faults, which take longer than filling it.
///
/// # Panics
/// When the batch has not been filled since it was last read.
pub(crate) fn with_sequences<R>(
    batch: &mut Batch,
    reading: &Reading,
    device: &Device,
    work: impl FnOnce(&[i32], Tensor<3>) -> R,
) -> R {
    reading.apply(batch);
    let shape = [batch.len(), reading.timesteps(), reading.inputs()];
    let sequences = from_values(std::mem::take(&mut batch.pixels), shape, device); // [B, T, W]
    let result = work(&batch.labels, sequences.clone());
    batch.pixels = into_values(sequences);
    result
}

/// Calls `work` with labels and sequences, as [`with_sequences`] does, of `indices` in their order, at most
/// `size` at a time.
pub(super) fn in_batches(
    images: &Images,
    indices: impl IntoIterator<Item = usize>,
    size: usize,
    reading: &Reading,
    device: &Device,
    mut work: impl FnMut(&[i32], Tensor<3>),
) {
    let mut batch = Batch::default();
    for indices in EpochOrder::sequential(indices).batches(size, 0) {
        batch.fill(images, indices);
        with_sequences(&mut batch, reading, device, &mut work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TrainConfig;
    use crate::data::PIXELS;
    use crate::device::{BUILT_IN, device};

    #[test]
    fn a_batch_gets_its_memory_back_without_a_copy() {
        let images = Images::new(vec![7; 3 * PIXELS], vec![1, 2, 3]).unwrap();
        let reading = Reading::new(&TrainConfig::default());
        for &backend in BUILT_IN {
            for device in [device(backend), device(backend).autodiff()] {
                let mut batch = Batch::default();
                batch.fill(&images, &[2, 0]);
                let filled = (batch.pixels.clone(), batch.pixels.as_ptr());
                let sum = with_sequences(&mut batch, &reading, &device, |labels, sequences| {
                    assert_eq!((labels, sequences.dims()), (&[3, 1][..], [2, 28, 28]));
                    sequences.sum().into_scalar::<f32>()
                });
                assert!(sum > 0.0);
                assert_eq!((batch.pixels.clone(), batch.pixels.as_ptr()), filled, "{backend}");
            }
        }
    }
}
