//! Which rows are computed at which timestep.
//!
//! The batch is cut into shards. Their number depends on the shape only, not on the number of threads, and one thread takes
//! a shard through all timesteps.
//!
//! Images that begin with blank (all-zero) timesteps pass through the same states until their first timestep that is not
//! blank. A shard computes these states once, in a row of its own (the *blank row*), and an image *joins* at its first
//! timestep that is not blank. The images of a shard are in the order in which they join, so the rows of a timestep are
//! always the first ones: the images that have joined, then the blank row until every image has joined. An image that joins
//! copies the state of the blank row, so its states are bit-identical to those of the image alone. In the backward pass, the
//! gradients of the images that joined are added up in the blank row, which is exact because the gradient is linear.

use super::Shape;

/// Images in a shard: few enough that their states stay in the L2 cache, enough that the weights are read seldom.
const SHARD_IMAGES: usize = 64;
/// A batch smaller than this is one shard.
const SMALLEST_SPLIT: usize = 16;

/// Some images of a batch, and their rows.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    /// Positions in the batch, in the order of joining.
    pub images: Vec<usize>,
    /// How many images have joined: for each timestep, and for the states after the last one.
    pub joined: Vec<usize>,
    /// `joined`, plus 1 where there is a blank row.
    pub rows: Vec<usize>,
    /// Rows of a block in memory, an odd number.
    pub stride: usize,
}

impl Shard {
    fn new(images: Vec<usize>, starts: &[usize], timesteps: usize) -> Shard {
        let last_start = images.iter().map(|&image| starts[image]).max().unwrap_or(0);
        let joined: Vec<usize> = (0..timesteps)
            .map(|step| images.iter().filter(|&&image| starts[image] <= step).count())
            .chain([images.len()])
            .collect();
        let rows: Vec<usize> = joined
            .iter()
            .enumerate()
            .map(|(step, n)| n + usize::from(step < last_start && step < timesteps))
            .collect();
        let stride = rows.iter().copied().max().unwrap_or(1) | 1;
        Shard { images, joined, rows, stride }
    }

    /// Whether the last row of `step` is the blank row.
    pub(crate) fn has_blank_row(&self, step: usize) -> bool {
        self.rows[step] > self.joined[step]
    }
}

/// Cuts the batch into shards.
///
/// `share_blank`: whether leading blank timesteps may be computed once for all images.
pub(crate) fn shards(shape: Shape, x: &[f32], share_blank: bool) -> Vec<Shard> {
    let Shape { batch, timesteps, inputs, .. } = shape;
    let starts: Vec<usize> = match share_blank {
        true => x.chunks_exact(timesteps * inputs).map(|image| blank_timesteps(image, inputs)).collect(),
        false => vec![0; batch],
    };
    let mut order: Vec<usize> = (0..batch).collect();
    order.sort_by_key(|&image| starts[image]);
    let count = shard_count(batch);
    // Dealt in turn, so that images that join late are spread evenly.
    (0..count)
        .map(|shard| {
            let images = order.iter().copied().skip(shard).step_by(count).collect();
            Shard::new(images, &starts, timesteps)
        })
        .collect()
}

/// An even number, for two threads; 1 for a batch that is too small to cut.
fn shard_count(batch: usize) -> usize {
    if batch < SMALLEST_SPLIT { 1 } else { batch.div_ceil(2 * SHARD_IMAGES) * 2 }
}

/// Leading timesteps of an image whose inputs are all zero.
fn blank_timesteps(image: &[f32], inputs: usize) -> usize {
    let first = image.chunks_exact(inputs).position(|row| !is_zero(row));
    first.unwrap_or(image.len() / inputs)
}

fn is_zero(row: &[f32]) -> bool {
    // Sixteen at a time without an early exit, which the compiler turns into vector comparisons.
    let (chunks, rest) = row.as_chunks::<16>();
    chunks.iter().all(|chunk| !chunk.iter().fold(false, |any, &v| any | (v != 0.0)))
        && rest.iter().all(|&v| v == 0.0)
}
