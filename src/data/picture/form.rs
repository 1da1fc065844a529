//! Finds the digit in a grey picture and gives it MNIST's form; the steps are described in the module above.

use super::{Grey, light};
use crate::data::images::{PIXELS, SIDE};

/// Side of the box that a digit fills.
const BOX: usize = 20;
/// The pixel, in both directions, that holds the centre of mass.
const CENTRE: i64 = 14;
/// The weakest that the strongest ink of an image of MNIST is.
const FULL_INK: f32 = 254.0;
/// Least difference of ink from paper, of 255: fainter ink could be a stain.
const FAINTEST: f32 = 16.0;
/// Fraction of the strongest ink that noise, lossy compression and what is left of uneven light may leave on bare paper.
const FAINT: f32 = 1.0 / 8.0;
/// Median deviations of the paper that are not ink; for Gaussian noise 2.7 standard deviations.
const UNEVENNESS: f32 = 4.0;

/// The picture in MNIST's form; `None` if nothing stands out from the paper.
pub(super) fn mnist_form(picture: &Grey) -> Option<[u8; PIXELS]> {
    let evened = light::evened(picture, &border(picture));
    let digit = cut_out(&ink(evened.as_ref().unwrap_or(picture))?, picture.width)?;
    Some(place(&scale(&digit)))
}

/// A rectangle of ink, row by row, 0 for paper.
struct Patch {
    width: usize,
    values: Vec<f32>,
}

impl Patch {
    fn height(&self) -> usize {
        self.values.len() / self.width
    }
}

/// How much of each pixel is ink, 0 for paper.
fn ink(picture: &Grey) -> Option<Vec<f32>> {
    let mut border: Vec<f32> = border(picture).iter().map(|at| picture.values[*at]).collect();
    let paper = median(&mut border);
    border.iter_mut().for_each(|value| *value = (*value - paper).abs());
    let mut least = UNEVENNESS * median(&mut border);
    let beyond = |sign: f32| picture.values.iter().map(move |value| sign * (value - paper));
    let sum = |sign: f32| beyond(sign).map(|value| f64::from((value - least).max(0.0))).sum::<f64>();
    let sign = if sum(1.0) > sum(-1.0) { 1.0 } else { -1.0 };
    let strongest = beyond(sign).fold(0.0, f32::max);
    if picture.lossy || least > 0.0 {
        least = least.max(FAINT * strongest);
    }
    if strongest - least < FAINTEST {
        return None;
    }
    let ink: Vec<f32> = beyond(sign).map(|value| (value - least).max(0.0)).collect();
    Some(if least > 0.0 { without_specks(&ink, picture.width) } else { ink })
}

/// Where the pixels near an edge of the picture are.
fn border(picture: &Grey) -> Vec<usize> {
    let (width, height) = (picture.width, picture.values.len() / picture.width);
    let deep = (width.min(height) / 32).max(1);
    let near = |at: usize, size: usize| at < deep || at + deep >= size;
    (0..width * height).filter(|at| near(at % width, width) || near(at / width, height)).collect()
}

/// The middle value, of an even number of them the lower; there is at least one.
fn median(values: &mut [f32]) -> f32 {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// The ink of which at least three of the eight neighbours are ink too.
fn without_specks(ink: &[f32], width: usize) -> Vec<f32> {
    let height = ink.len() / width;
    let around = |at: usize, size: usize| at.saturating_sub(1)..(at + 2).min(size);
    let inked = |at: usize| {
        let (x, y) = (at % width, at / width);
        let block = around(y, height).flat_map(|y| around(x, width).map(move |x| y * width + x));
        // The pixel itself is one of the block.
        block.filter(|at| ink[*at] > 0.0).count() > 3
    };
    (0..ink.len()).map(|at| if ink[at] > 0.0 && inked(at) { ink[at] } else { 0.0 }).collect()
}

/// The smallest rectangle that holds all ink; `None` without ink.
fn cut_out(ink: &[f32], width: usize) -> Option<Patch> {
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for (at, _) in ink.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        (left, right) = (left.min(at % width), right.max(at % width + 1));
        (top, bottom) = (top.min(at / width), bottom.max(at / width + 1));
    }
    if left >= right {
        return None;
    }
    let rows = ink.chunks_exact(width).take(bottom).skip(top);
    let values = rows.flat_map(|row| row[left..right].iter().copied()).collect();
    Some(Patch { width: right - left, values })
}

/// The patch with its longer side at [`BOX`] pixels and its strongest ink at [`FULL_INK`] at least.
fn scale(patch: &Patch) -> Patch {
    let (width, height) = (patch.width, patch.height());
    let longer = width.max(height);
    let scaled = |side: usize| ((2 * BOX * side + longer) / (2 * longer)).clamp(1, BOX);
    let (new_width, new_height) = (scaled(width), scaled(height));
    let (across, down) = (shares(width, new_width), shares(height, new_height));
    let mut values = Vec::with_capacity(new_width * new_height);
    for rows in &down {
        for columns in &across {
            let cells =
                rows.iter().flat_map(|(y, part)| columns.iter().map(move |(x, other)| (y, x, part * other)));
            let mean: f64 = cells.map(|(y, x, part)| part * f64::from(patch.values[y * width + x])).sum();
            values.push(mean as f32);
        }
    }
    let strongest = values.iter().copied().fold(0.0, f32::max);
    let gain = if strongest < FULL_INK { FULL_INK / strongest } else { 1.0 };
    values.iter_mut().for_each(|value| *value *= gain);
    Patch { width: new_width, values }
}

/// For each of `to` equal parts of a line of `from` pixels: the pixels in it, and the fraction of the part that each covers.
fn shares(from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
    // In units of 1 / (from * to) of the line, so that every edge is a whole number.
    let part = |index: usize| {
        let (start, end) = (index * from, (index + 1) * from);
        let covered = move |pixel: usize| end.min((pixel + 1) * to) - start.max(pixel * to);
        let pixels = start / to..end.div_ceil(to);
        pixels.map(|pixel| (pixel, covered(pixel) as f64 / from as f64)).collect()
    };
    (0..to).map(part).collect()
}

/// The patch on an image of MNIST's size, its centre of mass in pixel ([`CENTRE`], [`CENTRE`]); what would stand outside is
/// cut off.
fn place(patch: &Patch) -> [u8; PIXELS] {
    let (mut sum, mut right, mut down) = (0.0, 0.0, 0.0);
    for (at, value) in patch.values.iter().enumerate() {
        let value = f64::from(*value);
        sum += value;
        right += value * ((at % patch.width) as f64 + 0.5);
        down += value * ((at / patch.width) as f64 + 0.5);
    }
    let offset = |moment: f64| CENTRE - (moment / sum).floor() as i64;
    let (right, down) = (offset(right), offset(down));
    let inside = |at: i64| usize::try_from(at).ok().filter(|at| *at < SIDE);
    let mut image = [0; PIXELS];
    for (at, value) in patch.values.iter().enumerate() {
        let (x, y) = ((at % patch.width) as i64 + right, (at / patch.width) as i64 + down);
        if let (Some(x), Some(y)) = (inside(x), inside(y)) {
            image[y * SIDE + x] = value.round() as u8;
        }
    }
    image
}
