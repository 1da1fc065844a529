//! Which rows are computed at which timestep, and which thread computes what.
//!
//! The batch is cut into shards, whose number depends on sizes only, not on the number of threads: the order of every sum
//! follows from them.
//!
//! Images that begin with blank (all-zero) timesteps pass through the same states until their first timestep that is not
//! blank. A shard computes these states once, in a row of its own (the *blank row*), and an image *joins* at its first
//! timestep that is not blank. The images of a shard are in the order in which they join, so the rows of those that have
//! joined are consecutive. An image that joins copies the state of the blank row, so its states are bit-identical to
//! those of the image alone. In the backward pass, the gradients of the images that joined are added up in the blank row,
//! which is exact because the gradient is linear.

use super::Shape;
use super::layout::{PackedLayout, far_bytes};
use super::team::part;
use std::ops::Range;

/// Images in a shard: enough that the weights are read seldom and the blank row is a small part, few enough that there is
/// work for several threads. With few units the blank row and short loops weigh more.
const SHARD_IMAGES: usize = 32;
const SHARD_IMAGES_OF_FEW_UNITS: usize = 64;
const FEW_UNITS: usize = 64;
/// From this number of units on, weight gradients of the whole batch have one sum.
const MANY_UNITS: usize = 128;
/// A batch smaller than this is one shard.
const SMALLEST_SPLIT: usize = 16;
/// Rows that go through a timestep together: few enough that a thread that waits for one set can work on another, enough
/// that tiles are high.
const SET_ROWS: usize = 64;

/// Some images of a batch, and their rows.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    /// The row of each image, in the order of joining.
    pub rows: Range<usize>,
    /// The blank row.
    pub blank: usize,
    /// How many images have joined: for each timestep, and for the states after the last one.
    pub joined: Vec<usize>,
    /// Timesteps that have a blank row: the first ones.
    pub blank_steps: usize,
}

impl Shard {
    /// * `starts`: the first timestep of each image that is not blank, in ascending order.
    fn new(blank: usize, first: usize, starts: &[usize], timesteps: usize) -> Shard {
        let joined = (0..timesteps).map(|step| starts.partition_point(|&start| start <= step));
        let joined = joined.chain([starts.len()]).collect();
        let last_start = starts.last().copied().unwrap_or(0);
        Shard { rows: first..first + starts.len(), blank, joined, blank_steps: last_start.min(timesteps) }
    }

    /// Whether there is a blank row at `step`.
    pub(crate) fn has_blank_row(&self, step: usize) -> bool {
        step < self.blank_steps
    }

    /// The rows of the images that have joined at `step`.
    pub(crate) fn joined_rows(&self, step: usize) -> Range<usize> {
        self.rows.start..self.rows.start + self.joined[step]
    }

    /// The rows whose images join at `step`, which is not the first timestep.
    pub(crate) fn joining(&self, step: usize) -> Range<usize> {
        self.joined_rows(step - 1).end..self.joined_rows(step).end
    }
}

/// The shards of a batch, and the rows of all of them: first the blank row of each shard, then the images of each. When all
/// images have joined, the images of neighbouring shards are consecutive rows.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub shards: Vec<Shard>,
    /// The image of each row, a position in the batch. For a blank row, an image that is blank as long as there is a blank
    /// row: the last to join.
    pub images: Vec<usize>,
    /// Rows of a block in memory, an odd number.
    pub stride: usize,
    /// Shards whose weight gradients have one sum. With few units it takes longer to fetch what other threads have computed
    /// than to add two sums, with many units it is the other way round.
    pub sums: Vec<Range<usize>>,
}

impl Rows {
    /// Cuts the batch into shards.
    ///
    /// `share_blank`: whether leading blank timesteps may be computed once for all images.
    pub(crate) fn new(shape: Shape, x: &[f32], share_blank: bool) -> Rows {
        let Shape { batch, timesteps, inputs, units } = shape;
        let starts: Vec<usize> = match share_blank {
            true => x.chunks_exact(timesteps * inputs).map(|image| blank_timesteps(image, inputs)).collect(),
            false => vec![0; batch],
        };
        let mut order: Vec<usize> = (0..batch).collect();
        order.sort_by_key(|&image| starts[image]);
        let count = shard_count(batch, units);
        let (mut shards, mut blanks, mut images) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..count {
            // Dealt in turn, so that images that join late are spread evenly.
            let own = order.iter().copied().skip(index).step_by(count);
            let own_starts: Vec<usize> = own.clone().map(|image| starts[image]).collect();
            shards.push(Shard::new(index, count + images.len(), &own_starts, timesteps));
            images.extend(own);
            blanks.extend(images.last());
        }
        blanks.extend(images);
        let stride = blanks.len() | 1;
        let together = if units < MANY_UNITS { SET_ROWS / shard_images(units) } else { count };
        let sums = (0..count).step_by(together).map(|start| start..count.min(start + together)).collect();
        Rows { shards, images: blanks, stride, sums }
    }

    /// The rows of some shards that are computed at `step`, in ascending order, consecutive ones together.
    pub(crate) fn runs(&self, shards: Range<usize>, step: usize) -> Vec<Range<usize>> {
        let shards = &self.shards[shards];
        let blanks =
            shards.iter().filter(|shard| shard.has_blank_row(step)).map(|shard| shard.blank..shard.blank + 1);
        let mut runs: Vec<Range<usize>> = Vec::new();
        for rows in blanks.chain(shards.iter().map(|shard| shard.joined_rows(step))) {
            match runs.last_mut() {
                Some(run) if run.end == rows.start => run.end = rows.end,
                _ if rows.is_empty() => {}
                _ => runs.push(rows),
            }
        }
        runs
    }

    /// Cuts shards into sets that go through a timestep together, about as many rows each as make a cut into tiles even.
    pub(crate) fn sets(&self, shards: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone + use<> {
        let rows = self.shards.first().map_or(1, |shard| shard.rows.len());
        let size = (SET_ROWS / rows.max(1)).max(1);
        let end = shards.end;
        shards.step_by(size).map(move |start| start..end.min(start + size))
    }
}

/// An even number, for two threads; 1 for a batch that is too small to cut.
fn shard_count(batch: usize, units: usize) -> usize {
    if batch < SMALLEST_SPLIT { 1 } else { batch.div_ceil(2 * shard_images(units)) * 2 }
}

fn shard_images(units: usize) -> usize {
    if units < FEW_UNITS { SHARD_IMAGES_OF_FEW_UNITS } else { SHARD_IMAGES }
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

/// How the time loops are cut: groups of shards, and within each group parts of the blocks of units, one member of the team
/// for each part of each group. The parts of a group meet at every timestep; groups do not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub groups: usize,
    pub parts: usize,
}

/// Multiply-adds of a pass that take about as long as waking a thread.
const WORTH_A_THREAD: usize = 1 << 20;

impl Grid {
    /// The cut for at most `threads` members that ends soonest, as far as whole shards and blocks tell.
    pub(crate) fn new(threads: usize, shape: Shape, layout: PackedLayout, shards: usize) -> Grid {
        let Shape { batch, timesteps, inputs, units } = shape;
        let work = batch.saturating_mul(timesteps).saturating_mul(4 * units).saturating_mul(inputs + units);
        if work < WORTH_A_THREAD {
            return Grid { groups: 1, parts: 1 };
        }
        // Weights that leave the L2 cache between timesteps are better divided than read by every thread.
        let divide_weights = layout.panels_len() * size_of::<f32>() > far_bytes();
        let grids = (1..=threads.min(layout.blocks)).map(|parts| {
            let groups = (threads / parts).min(shards);
            Grid { groups, parts }
        });
        let cost = |grid: &Grid| {
            let longest = shards.div_ceil(grid.groups) * layout.blocks.div_ceil(grid.parts);
            (longest, if divide_weights { usize::MAX - grid.parts } else { grid.parts })
        };
        grids.min_by_key(cost).unwrap_or(Grid { groups: 1, parts: 1 })
    }

    pub(crate) fn members(self) -> usize {
        self.groups * self.parts
    }

    /// The shards of a member.
    pub(crate) fn shards(self, member: usize, shards: usize) -> Range<usize> {
        part(shards, member / self.parts, self.groups)
    }

    /// Which part of the blocks a member computes.
    pub(crate) fn part(self, member: usize) -> usize {
        member % self.parts
    }
}
