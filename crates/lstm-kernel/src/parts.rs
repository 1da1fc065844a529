//! How a pass divides its work: buffers and images among shards, shards among threads.

use rayon::prelude::*;

use super::layout::PackedLayout;
use super::plan::Shard;

/// f32 of one shard in a buffer with this number of vectors per row and block.
pub(crate) fn shard_len(shard: &Shard, layout: PackedLayout, vectors: usize) -> usize {
    vectors * layout.blocks * shard.stride * layout.lanes
}

pub(crate) fn shards_len(shards: &[Shard], layout: PackedLayout, vectors: usize) -> usize {
    shards.iter().map(|shard| shard_len(shard, layout, vectors)).sum()
}

/// The masks of each shard, `[steps][stride][words]`.
pub(crate) fn masks(shards: &[Shard], layout: PackedLayout, steps: usize) -> Vec<Vec<u64>> {
    shards.iter().map(|shard| vec![0; steps * shard.stride * layout.mask_words()]).collect()
}

/// Cuts a buffer into the parts of the shards.
pub(crate) fn split<'a>(
    shards: &[Shard],
    layout: PackedLayout,
    vectors: usize,
    mut buffer: &'a mut [f32],
) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(shards.len());
    for shard in shards {
        let (part, rest) = buffer.split_at_mut(shard_len(shard, layout, vectors));
        parts.push(part);
        buffer = rest;
    }
    parts
}

/// Gives each shard the parts of `[B, n]` that belong to its images.
pub(crate) fn deal<'a>(shards: &[Shard], batch: usize, values: &'a mut [f32]) -> Vec<Vec<&'a mut [f32]>> {
    let per_image = values.len() / batch;
    let mut rows: Vec<Option<&mut [f32]>> = values.chunks_exact_mut(per_image.max(1)).map(Some).collect();
    let mut row = |image: &usize| rows[*image].take().expect("an image is in one shard");
    shards.iter().map(|shard| shard.images.iter().map(&mut row).collect()).collect()
}

/// Calls `work` for every item, on the current thread pool if it has more than one thread.
pub(crate) fn for_each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().for_each(work);
    } else {
        items.into_par_iter().with_max_len(1).for_each(work);
    }
}

/// Packing or summing fewer f32 than this takes less time than waking another thread.
const WORTH_A_THREAD: usize = 1 << 15;

/// Like [`for_each`], for packing or summing `len` f32.
pub(crate) fn for_each_light<T: Send>(len: usize, items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if len < WORTH_A_THREAD {
        items.into_iter().for_each(work);
    } else {
        for_each(items, work);
    }
}
