//! The dense head and the loss on plain slices: forward and backward pass.
//!
//! On one thread: at 16 units this takes as long as waking a second thread, at 512 units a hundredth of the time of the
//! LSTM.
//!
//! Every sum has one order and no multiply-add is fused, so results are bit-identical on every tier and for any number of
//! threads.

use crate::Kernel;
use crate::simd::{Simd, Vectorized};

/// Columns that are summed together, which the compiler vectorises.
const LANES: usize = 16;
/// Rows that are summed together, so that a sum does not wait for its previous term.
const ROWS: usize = 2;

/// The matrix `[rows, columns]` in strips of [`LANES`] columns, `[ceil(columns / LANES)][rows][LANES]`, the last one
/// padded with zeros.
fn strips(matrix: &[f32], columns: usize) -> Vec<Vec<[f32; LANES]>> {
    let strip = |first: usize| {
        let width = LANES.min(columns - first);
        let row = |row: &[f32]| {
            let mut lanes = [0.0; LANES];
            lanes[..width].copy_from_slice(&row[first..first + width]);
            lanes
        };
        matrix.chunks_exact(columns).map(row).collect()
    };
    (0..columns).step_by(LANES).map(strip).collect()
}

/// The matrix product `left right + start`: `left` is `[rows, inner]`, `right` is `[inner, columns]` as strips, `start` is
/// `[columns]`, or empty for zero.
struct Product<'a, L> {
    rows: usize,
    inner: usize,
    columns: usize,
    /// `at(row, k)` returns the values of `left`, so it may be stored in any order.
    at: L,
    right: &'a [Vec<[f32; LANES]>],
    start: &'a [f32],
}

impl<L: Fn(usize, usize) -> f32> Vectorized for Product<'_, L> {
    type Output = Vec<f32>;

    /// The compiler makes vector instructions of these loops, those of the tier.
    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) -> Vec<f32> {
        let Self { rows, inner, columns, at, right, start } = self;
        let mut out = vec![0.0; rows * columns];
        for (index, strip) in right.iter().enumerate() {
            let strip = &strip[..inner];
            let first = index * LANES;
            let width = LANES.min(columns - first);
            let mut start_lanes = [0.0; LANES];
            if !start.is_empty() {
                start_lanes[..width].copy_from_slice(&start[first..first + width]);
            }
            let whole = rows / ROWS * ROWS;
            for row in (0..whole).step_by(ROWS) {
                let mut sums = [start_lanes; ROWS];
                for (k, values) in strip.iter().enumerate() {
                    for (r, sums) in sums.iter_mut().enumerate() {
                        add_scaled(sums, at(row + r, k), values);
                    }
                }
                for (r, sums) in sums.iter().enumerate() {
                    out[(row + r) * columns + first..][..width].copy_from_slice(&sums[..width]);
                }
            }
            for row in whole..rows {
                let mut sums = start_lanes;
                for (k, values) in strip.iter().enumerate() {
                    add_scaled(&mut sums, at(row, k), values);
                }
                out[row * columns + first..][..width].copy_from_slice(&sums[..width]);
            }
        }
        out
    }
}

#[inline(always)]
fn add_scaled(sums: &mut [f32; LANES], factor: f32, values: &[f32; LANES]) {
    for lane in 0..LANES {
        sums[lane] += factor * values[lane];
    }
}

/// The gradients of a loss with respect to the arguments of [`Kernel::dense`].
#[derive(Clone, Debug, PartialEq)]
pub struct DenseGradients {
    /// `[B, U]`
    pub hidden: Vec<f32>,
    /// `[U, C]`
    pub weights: Vec<f32>,
    /// `[C]`
    pub bias: Vec<f32>,
}

impl Kernel {
    /// The logits of a dense layer, `hidden weights + bias`.
    ///
    /// * `hidden`: `[B, U]`
    /// * `weights`: `[U, C]`
    /// * `bias`: `[C]`
    /// * returns `[B, C]`
    ///
    /// # Panics
    ///
    /// If a slice is too short for its shape.
    pub fn dense(&self, hidden: &[f32], weights: &[f32], bias: &[f32]) -> Vec<f32> {
        let (inner, columns) = (weights.len() / bias.len(), bias.len());
        let at = |image: usize, unit: usize| hidden[image * inner + unit];
        let right = &strips(weights, columns);
        self.tier.run(Product { rows: hidden.len() / inner, inner, columns, at, right, start: bias })
    }

    /// The backward pass of [`Kernel::dense`].
    ///
    /// * `hidden` and `weights`: the same as in the forward pass
    /// * `gradient`: of the loss with respect to the logits, `[B, C]`
    /// * `classes`: C
    ///
    /// # Panics
    ///
    /// If a slice is too short for its shape.
    pub fn dense_backward(
        &self,
        hidden: &[f32],
        weights: &[f32],
        gradient: &[f32],
        classes: usize,
    ) -> DenseGradients {
        let (units, batch) = (weights.len() / classes, gradient.len() / classes);
        let column = |class: usize| weights.iter().copied().skip(class).step_by(classes);
        let transposed: Vec<f32> = (0..classes).flat_map(column).collect();
        let by_class = |image: usize, class: usize| gradient[image * classes + class];
        let by_image = |unit: usize, image: usize| hidden[image * units + unit];
        let mut bias = vec![0.0; classes];
        for row in gradient.chunks_exact(classes) {
            bias.iter_mut().zip(row).for_each(|(sum, part)| *sum += part);
        }
        let (to_hidden, to_weights) = (strips(&transposed, units), strips(gradient, classes));
        DenseGradients {
            hidden: self.tier.run(Product {
                rows: batch,
                inner: classes,
                columns: units,
                at: by_class,
                right: &to_hidden,
                start: &[],
            }),
            weights: self.tier.run(Product {
                rows: units,
                inner: batch,
                columns: classes,
                at: by_image,
                right: &to_weights,
                start: &[],
            }),
            bias,
        }
    }
}

/// The targets of some images: `1 - smoothing + smoothing / C` for the label and `smoothing / C` for every other class
/// (Szegedy et al., Rethinking the Inception Architecture, 2016; with the meaning of PyTorch's `label_smoothing`).
#[derive(Clone, Debug)]
pub struct Targets {
    /// The class of each image, in 0..C.
    pub labels: Vec<i32>,
    /// In 0..1; 0 gives plain cross-entropy.
    pub smoothing: f64,
}

impl Targets {
    /// Panics unless there is one label in `0..classes` for each image.
    pub fn check(&self, batch: usize, classes: usize) {
        assert_eq!(self.labels.len(), batch, "there must be one label per image");
        let valid = |label: &i32| usize::try_from(*label).is_ok_and(|label| label < classes);
        assert!(self.labels.iter().all(valid), "a label must be a class in 0..{classes}");
    }

    /// The target of a class.
    pub fn target(&self, label: i32, class: usize, classes: usize) -> f64 {
        let spread = self.smoothing / classes as f64;
        if label as usize == class { 1.0 - self.smoothing + spread } else { spread }
    }
}

/// The mean cross-entropy of `logits`, `[B, C]`, and its gradient with respect to the logits, `[B, C]`: `(softmax - target) / B`.
pub fn cross_entropy(logits: &[f32], targets: &Targets) -> (f32, Vec<f32>) {
    let batch = targets.labels.len();
    let classes = logits.len() / batch;
    let mut gradient = vec![0.0; logits.len()];
    let mut loss = 0.0;
    for ((scores, gradient), &label) in
        logits.chunks_exact(classes).zip(gradient.chunks_exact_mut(classes)).zip(&targets.labels)
    {
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (value, score) in gradient.iter_mut().zip(scores) {
            *value = libm::expf(score - highest);
            sum += *value;
        }
        // In f64, in which the difference of any two finite scores is finite.
        let log_sum = libm::log(f64::from(sum)) + f64::from(highest);
        for (class, (value, score)) in gradient.iter_mut().zip(scores).enumerate() {
            let target = targets.target(label, class, classes);
            loss += target * (log_sum - f64::from(*score));
            *value = (*value / sum - target as f32) / batch as f32;
        }
    }
    ((loss / batch as f64) as f32, gradient)
}
