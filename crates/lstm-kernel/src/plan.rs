//! Which rows are computed at which timestep.
//!
//! The batch is cut into pieces, as many as the shape asks for whatever the number of threads, and one thread takes a
//! piece through all timesteps. Images that begin with blank (all-zero) timesteps pass through the same states from the
//! same start. Where that start is the zero state, a piece computes these states once, in a row of their own (the
//! *blank row*), and an image joins at its first timestep that is not blank. The images of a piece are in the order in
//! which they join, so that the rows computed at a timestep are always the first ones: those images that have joined,
//! then the blank row as long as somebody waits. Whoever joins copies the blank row's state, and so each image's states
//! are the same bits as if it had been computed alone. Backwards, the gradients of those who joined are added up and
//! follow the one blank row, which is exact, the gradient being linear.

use super::Shape;

/// Images in a piece: few enough that their states stay in the first two caches, enough to read the weights seldom.
const PIECE_IMAGES: usize = 64;
/// A batch smaller than this is one piece.
const SMALLEST_SPLIT: usize = 16;

/// Some images of a batch and the rows that they take.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Positions in the batch, in the order of joining.
    pub images: Vec<usize>,
    /// For each timestep, and at the end for the states after the last one: how many images have joined.
    pub joined: Vec<usize>,
    /// As `joined`, with the blank row where there is one.
    pub rows: Vec<usize>,
    /// Rows of a block in memory.
    pub stride: usize,
}

impl Piece {
    fn new(images: Vec<usize>, starts: &[usize], timesteps: usize) -> Piece {
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
        Piece { images, joined, rows, stride }
    }

    /// Whether the last row of `step` is the blank row.
    pub(crate) fn has_blank_row(&self, step: usize) -> bool {
        self.rows[step] > self.joined[step]
    }
}

/// Cuts the batch into pieces.
///
/// `share_blank`: whether leading blank timesteps may be computed once for all images.
pub(crate) fn pieces(shape: Shape, x: &[f32], share_blank: bool) -> Vec<Piece> {
    let Shape { batch, timesteps, inputs, .. } = shape;
    let starts: Vec<usize> = match share_blank {
        true => x.chunks_exact(timesteps * inputs).map(|image| blank_timesteps(image, inputs)).collect(),
        false => vec![0; batch],
    };
    let mut order: Vec<usize> = (0..batch).collect();
    order.sort_by_key(|&image| starts[image]);
    let count = piece_count(batch);
    // Dealt like cards, so that each piece has its share of late images.
    (0..count)
        .map(|piece| {
            let images = order.iter().copied().skip(piece).step_by(count).collect();
            Piece::new(images, &starts, timesteps)
        })
        .collect()
}

/// An even number for two threads, except for a batch too small to cut.
fn piece_count(batch: usize) -> usize {
    if batch < SMALLEST_SPLIT { 1 } else { batch.div_ceil(2 * PIECE_IMAGES) * 2 }
}

/// Leading timesteps of an image that are zero throughout.
fn blank_timesteps(image: &[f32], inputs: usize) -> usize {
    image.chunks_exact(inputs).take_while(|row| is_zero(row)).count()
}

fn is_zero(row: &[f32]) -> bool {
    // Sixteen at a time without an early end, which the compiler turns into vector comparisons.
    let (chunks, rest) = row.as_chunks::<16>();
    chunks.iter().all(|chunk| !chunk.iter().fold(false, |any, &v| any | (v != 0.0)))
        && rest.iter().all(|&v| v == 0.0)
}
