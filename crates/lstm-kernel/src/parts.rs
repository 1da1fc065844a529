//! How a pass is shared out: buffers and images to pieces, pieces to threads.

use rayon::prelude::*;

use super::Shape;
use super::forward_piece::mask_words;
use super::layout::Layout;
use super::plan::Piece;

/// f32 of one piece in a buffer with `per_slot` vectors for every row and block.
pub(crate) fn piece_len(piece: &Piece, layout: Layout, vectors: usize) -> usize {
    vectors * layout.blocks * piece.stride * layout.lanes
}

pub(crate) fn pieces_len(pieces: &[Piece], layout: Layout, vectors: usize) -> usize {
    pieces.iter().map(|piece| piece_len(piece, layout, vectors)).sum()
}

pub(crate) fn masks(pieces: &[Piece], shape: Shape, slots: usize) -> Vec<Vec<u64>> {
    pieces.iter().map(|piece| vec![0; slots * piece.stride * mask_words(shape.inputs)]).collect()
}

/// Cuts a buffer into the parts of the pieces.
pub(crate) fn split<'a>(
    pieces: &[Piece],
    layout: Layout,
    vectors: usize,
    mut buffer: &'a mut [f32],
) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (part, rest) = buffer.split_at_mut(piece_len(piece, layout, vectors));
        parts.push(part);
        buffer = rest;
    }
    parts
}

/// Hands each piece the parts of `[B, n]` that belong to its images.
pub(crate) fn deal<'a>(pieces: &[Piece], batch: usize, values: &'a mut [f32]) -> Vec<Vec<&'a mut [f32]>> {
    let per_image = values.len() / batch;
    let mut rows: Vec<Option<&mut [f32]>> = values.chunks_exact_mut(per_image.max(1)).map(Some).collect();
    let mut row = |image: &usize| rows[*image].take().expect("an image is in one piece");
    pieces.iter().map(|piece| piece.images.iter().map(&mut row).collect()).collect()
}

/// Calls `work` for every item, on the current thread pool if there is more than one thread.
pub(crate) fn for_each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().for_each(work);
    } else {
        items.into_par_iter().with_max_len(1).for_each(work);
    }
}

/// f32 that are packed or summed faster than another thread can be woken for it.
const WORTH_A_THREAD: usize = 1 << 15;

/// As [`for_each`], for light work on `len` f32.
pub(crate) fn for_each_light<T: Send>(len: usize, items: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if len < WORTH_A_THREAD {
        items.into_iter().for_each(work);
    } else {
        for_each(items, work);
    }
}
