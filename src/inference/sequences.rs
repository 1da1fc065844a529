//! Images as what a network reads: sequences `[B, T, W]`. Which pixels of an image these are is `data::Reading`'s.

use crate::data::{Batch, EpochOrder, Images, Reading};
use crate::host::{from_values, into_values};
use burn::tensor::{Device, Tensor};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Batches for each thread, so that none has long to wait for the last.
const ROUNDS: usize = 4;
/// Images of a thread's batch, at least: with fewer, packing the weights for each batch takes longer than is saved.
const FEWEST: usize = 64;

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

/// Calls `work` with labels and sequences, as [`with_sequences`] does, of `indices` in their order, at most `most` at a time,
/// and returns its results in that order.
///
/// If there are enough images, every thread of the current pool takes one batch after the other and does all of its work
/// alone, so that nothing is serial. All threads together compute the batches of a few images. Neither changes a bit,
/// because no score depends on the other images of a batch.
pub(super) fn in_batches<R: Send>(
    images: &Images,
    indices: impl IntoIterator<Item = usize>,
    most: usize,
    reading: &Reading,
    device: &Device,
    work: impl Fn(&[i32], Tensor<3>) -> R + Sync,
) -> Vec<R> {
    let order = EpochOrder::sequential(indices);
    let read = |batch: &mut Batch, indices: &[u32]| {
        batch.fill(images, indices);
        with_sequences(batch, reading, device, &work)
    };
    let (count, threads) = (order.indices().len(), rayon::current_num_threads());
    let size = (count / (ROUNDS * threads)).clamp(FEWEST.min(most), most);
    if count < threads * size {
        let batch = &mut Batch::default();
        return order.batches(most, 0).map(|indices| read(batch, indices)).collect();
    }
    let batches: Vec<&[u32]> = order.batches(size, 0).collect();
    let next = AtomicUsize::new(0);
    let results = rayon::broadcast(|_| {
        lstm_kernel::on_this_thread(|| {
            let (batch, mut results) = (&mut Batch::default(), Vec::new());
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(indices) = batches.get(index) else { return results };
                results.push((index, read(batch, indices)));
            }
        })
    });
    let mut results: Vec<(usize, R)> = results.into_iter().flatten().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
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
