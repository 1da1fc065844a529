use proptest::prelude::*;

use super::*;
use crate::config::{AffineBounds, Augmentation, Placement};
use crate::data::testing::noise_images;

#[test]
fn an_order_depends_on_seed_and_epoch() {
    let order = |seed, epoch| EpochOrder::shuffled(0..1000, seed, epoch);
    assert_eq!(order(1, 2), order(1, 2));
    assert_ne!(order(1, 2), order(1, 3));
    assert_ne!(order(1, 2), order(2, 2));
}

/// Printed by this code when it was written, with rand 0.10.3: a change here changes the results of every
/// run, and has to be announced.
#[test]
fn orders_do_not_change_between_versions() {
    assert_eq!(EpochOrder::shuffled(0..12, 1, 2).indices, [1, 2, 6, 11, 9, 7, 10, 3, 4, 5, 0, 8]);
}

#[test]
fn every_order_of_three_is_equally_likely() {
    let mut counts = std::collections::HashMap::new();
    for epoch in 0..6000 {
        *counts.entry(EpochOrder::shuffled(0..3, 5, epoch).indices).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 6);
    // 1000 expected of each; the standard deviation is sqrt(6000 * 1/6 * 5/6) = 29, and 5 of them are
    // allowed.
    assert!(counts.values().all(|&count: &i32| (count - 1000).abs() < 145), "{counts:?}");
}

#[test]
fn partial_last_batch_is_included() {
    let order = EpochOrder::sequential(10..17);
    let batches: Vec<&[u32]> = order.batches(3, 0).collect();
    assert_eq!(batches, [&[10, 11, 12][..], &[13, 14, 15], &[16]]);
}

#[test]
fn an_epoch_resumes_at_any_batch() {
    let order = EpochOrder::shuffled(0..100, 1, 1);
    let all: Vec<&[u32]> = order.batches(8, 0).collect();
    for first in 0..=all.len() {
        assert!(order.batches(8, first).eq(all[first..].iter().copied()));
    }
    assert_eq!(order.batches(8, usize::MAX).len(), 0);
}

#[test]
fn an_empty_range_has_no_batches() {
    let order = EpochOrder::sequential(7..7);
    assert_eq!(order.batches(4, 0).len(), 0);
}

#[test]
fn a_batch_holds_the_images_at_the_indices_as_fractions() {
    let images = noise_images(12);
    let mut batch = Batch::default();
    batch.fill(&images, &[11, 3]);
    assert_eq!((batch.labels.as_slice(), batch.len()), (&[1, 3][..], 2));
    let expected = [images.image(11), images.image(3)].concat();
    assert!(batch.pixels.iter().zip(&expected).all(|(&value, &byte)| value == f32::from(byte) / 255.0));
    assert_eq!(batch.pixels.len(), expected.len());
}

#[test]
fn filling_again_reuses_the_memory() {
    let images = noise_images(8);
    let mut batch = Batch::default();
    batch.fill(&images, &[0, 1, 2, 3]);
    let (pixels, labels) = (batch.pixels.as_ptr(), batch.labels.as_ptr());
    batch.fill(&images, &[7]);
    assert_eq!((batch.len(), batch.pixels.len()), (1, PIXELS));
    batch.fill_augmented(
        &images,
        &[4, 5, 6, 7],
        &Augmenter::new(Placement::Shift { pixels: 1 }.into(), 1, 1),
    );
    assert_eq!((pixels, labels), (batch.pixels.as_ptr(), batch.labels.as_ptr()));
}

#[test]
fn an_augmented_image_depends_neither_on_its_batch_nor_on_the_number_of_threads() {
    let images = noise_images(200);
    let indices: Vec<u32> = (0..200).rev().collect();
    for augmentation in
        [Placement::Shift { pixels: 3 }, Placement::Affine(AffineBounds::default())].map(Augmentation::from)
    {
        let augmenter = Augmenter::new(augmentation, 3, 4);
        let with_threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut batch = Batch::default();
            pool.install(|| batch.fill_augmented(&images, &indices, &augmenter));
            batch
        };
        let whole = with_threads(1);
        assert_eq!(whole, with_threads(3));
        let mut single = Batch::default();
        single.fill_augmented(&images, &[42], &augmenter);
        let place = indices.iter().position(|&index| index == 42).unwrap();
        assert_eq!(single.pixels, whole.pixels[place * PIXELS..(place + 1) * PIXELS]);
        assert_eq!(single.labels[0], whole.labels[place]);
    }
}

#[test]
fn filling_without_augmentation_changes_nothing() {
    let images = noise_images(40);
    let indices: Vec<u32> = (0..40).collect();
    let (mut plain, mut augmented) = (Batch::default(), Batch::default());
    plain.fill(&images, &indices);
    augmented.fill_augmented(&images, &indices, &Augmenter::new(Augmentation::default(), 1, 1));
    assert_eq!(plain, augmented);
}

proptest! {
    #[test]
    fn a_shuffle_is_a_permutation(start in 0..100_usize, count in 0..300_usize, seed: u64, epoch: u64) {
        let range = start..start + count;
        let mut indices = EpochOrder::shuffled(range.clone(), seed, epoch).indices;
        indices.sort_unstable();
        prop_assert!(indices.into_iter().map(|index| index as usize).eq(range));
    }

    #[test]
    fn batches_cover_the_order_once(count in 0..300_usize, batch_size in 1..50_usize, seed: u64) {
        let order = EpochOrder::shuffled(0..count, seed, 0);
        let batches: Vec<&[u32]> = order.batches(batch_size, 0).collect();
        prop_assert_eq!(batches.len(), count.div_ceil(batch_size));
        prop_assert!(batches.iter().all(|batch| !batch.is_empty() && batch.len() <= batch_size));
        prop_assert_eq!(batches.concat(), order.indices);
    }
}
