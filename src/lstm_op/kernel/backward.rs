//! The backward pass of one piece of the batch through time.
//!
//! With the records of the forward pass (see [`super::forward`]) and `dh`, `dc` the gradients of the loss by `h_t` and
//! `c_t`, of which `dh` has come together from the outside and from the next timestep,
//!
//! ```text
//! dc      += dh dh_t/dc_t
//! dz_i,f,g = dc dc_t/dz_i,f,g          dz_o = dh dh_t/dz_o
//! dc_{t-1} = dc f                      dh_{t-1} = dz Wh^T         dx_t = dz Wx^T
//! ```
//!
//! `dz` takes the place of the first four vectors of the record. A micro-tile of the product with `Wh^T` goes on to the
//! previous timestep's records while it is in registers.

use super::layout::{GATES, Layout, RECORD};
use super::phase::{Phase, Started};
use super::plan::Piece;
use super::simd::{Simd, Vectorized};
use super::weight_gradient::{Chunk, PieceStates};
use super::{Output, Shape};

/// What the backward pass of a piece reads and writes.
pub(super) struct BackwardPiece<'a> {
    pub shape: Shape,
    pub layout: Layout,
    pub piece: &'a Piece,
    pub x: &'a [f32],
    pub output: Output,
    /// `[B, U]` or `[B, T, U]`
    pub grad_out: &'a [f32],
    /// Transposed panels of the recurrent weights.
    pub transposed: &'a [f32],
    /// Transposed panels of the input weights, where the gradient of the input is wanted.
    pub transposed_input: Option<&'a [f32]>,
    /// Whether the gradient of the initial state is wanted.
    pub want_initial: bool,
    /// Whether the state before the first timestep may be other than zero.
    pub has_initial: bool,
    /// As [`super::forward::ForwardPiece::hidden`].
    pub hidden: &'a [f32],
    pub tape: &'a mut [f32],
    pub masks: &'a [u64],
    /// `[J][stride][L]`: gradient of the cells.
    pub cells: &'a mut [f32],
    /// `[J][stride][L]`: gradient of the output of one timestep.
    pub outside: &'a mut [f32],
    /// `[ceil(n / 2 L)][2][stride][L]` for n the larger one of W and U: a product that is not consumed at once.
    pub product: &'a mut [f32],
    /// Gradients of the input of each image, `[T, W]` each, or empty.
    pub input_gradients: Vec<&'a mut [f32]>,
    /// Gradients of the initial hidden and cell state of each image, or empty.
    pub initial_gradients: Vec<(&'a mut [f32], &'a mut [f32])>,
    /// The piece's own sum of weight gradients, `[J][W + J L + 1][4 L]`, where it is formed on the way.
    pub panels: Option<&'a mut [f32]>,
    pub chunks: &'a mut Vec<Chunk>,
}

/// One product with a transposed panel: bare pointers that `BackwardPiece` has checked against the buffers.
struct Product {
    layout: Layout,
    stride: usize,
    /// The records that hold the left side.
    source: *const f32,
    transposed: *const f32,
    /// Where the product goes on to, or null.
    records: *mut f32,
    cells: *mut f32,
    outside: *const f32,
    has_outside: bool,
    target: *mut f32,
}

impl Vectorized for BackwardPiece<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(mut self) {
        let slot_len = self.slot_len();
        assert!(self.layout.lanes == S::LANES);
        assert!(self.tape.len() >= self.shape.timesteps * slot_len * RECORD);
        assert!(self.cells.len() >= slot_len && self.outside.len() >= slot_len);
        assert!(
            self.transposed.len()
                >= self.layout.transposed_panels(self.shape.units) * self.layout.transposed_len()
        );
        self.cells[..slot_len].fill(0.0);
        let last = self.shape.timesteps - 1;
        self.gather_outside(last);
        // SAFETY: the caller vouches for the instructions, the assertions for the buffers.
        unsafe { self.consume_outside::<S>(last) };
        let mut unsummed = last + 1;
        for step in (0..=last).rev() {
            if self.transposed_input.is_some() {
                // SAFETY: as above.
                unsafe { self.input_gradient::<S>(step) };
            }
            unsummed = self.collect_chunk::<S>(step, unsummed);
            if step > 0 {
                let started = Started::now();
                let backup = self.fold_joined(step);
                let has_outside = self.output == Output::Sequence;
                if has_outside {
                    self.gather_outside(step - 1);
                }
                // SAFETY: as above.
                unsafe { self.previous_step::<S>(step, has_outside) };
                self.restore(step, &backup);
                started.end(Phase::ThroughTime);
            }
        }
        if self.want_initial {
            // SAFETY: as above.
            unsafe { self.initial_gradient::<S>() };
        }
    }
}

impl BackwardPiece<'_> {
    /// f32 in the states of one timestep.
    fn slot_len(&self) -> usize {
        self.layout.blocks * self.piece.stride * self.layout.lanes
    }

    /// Brings the gradient of the output of `step` into the order of the rows.
    fn gather_outside(&mut self, step: usize) {
        let Layout { lanes, units, .. } = self.layout;
        let stride = self.piece.stride;
        let (per_image, position) = match self.output {
            Output::Last => (units, 0),
            Output::Sequence => (self.shape.timesteps * units, step * units),
        };
        let (joined, rows) = (self.piece.joined[step], self.piece.rows[step]);
        for block in 0..self.layout.blocks {
            let count = self.layout.units_in(block);
            let outside = &mut self.outside[block * stride * lanes..][..rows * lanes];
            outside[joined * lanes..].fill(0.0);
            for (row, &image) in self.piece.images.iter().enumerate() {
                let from = &self.grad_out[image * per_image + position + block * lanes..][..count];
                if row < joined {
                    let to = &mut outside[row * lanes..(row + 1) * lanes];
                    to[..count].copy_from_slice(from);
                    to[count..].fill(0.0);
                } else {
                    // Not joined: its output was the blank row's.
                    let to = &mut outside[joined * lanes..];
                    to.iter_mut().zip(from).for_each(|(sum, part)| *sum += part);
                }
            }
        }
    }

    /// The last timestep, which has no next one.
    #[inline(always)]
    unsafe fn consume_outside<S: Simd>(&mut self, step: usize) {
        let stride = self.piece.stride;
        let start = step * self.slot_len() * RECORD;
        let records = self.tape[start..].as_mut_ptr();
        for block in 0..self.layout.blocks {
            for row in block * stride..block * stride + self.piece.rows[step] {
                // SAFETY: `run` has checked that the buffers hold all rows of all blocks.
                unsafe {
                    let dh = S::load(self.outside.as_ptr().add(row * S::LANES));
                    let cell = self.cells.as_mut_ptr().add(row * S::LANES);
                    apply_record::<S>(dh, records.add(row * RECORD * S::LANES), cell);
                }
            }
        }
    }

    /// Those who joined at `step` all came from the blank row of the timestep before: adds their gradients up in its
    /// place, for the product with the recurrent weights. Returns what was in that place.
    fn fold_joined(&mut self, step: usize) -> Vec<f32> {
        let Layout { lanes, blocks, .. } = self.layout;
        let (first, rows) = (self.piece.joined[step - 1], self.piece.rows[step]);
        if !self.piece.has_blank_row(step - 1) || rows == first + 1 {
            return Vec::new();
        }
        let (stride, width) = (self.piece.stride, GATES * lanes);
        let records = step * self.slot_len() * RECORD;
        let mut backup = Vec::with_capacity(blocks * width);
        for block in 0..blocks {
            let place = records + (block * stride + first) * RECORD * lanes;
            backup.extend_from_slice(&self.tape[place..place + width]);
            for row in 1..rows - first {
                let (sum, part) = self.tape[place..].split_at_mut(row * RECORD * lanes);
                sum[..width].iter_mut().zip(&part[..width]).for_each(|(sum, part)| *sum += part);
            }
            let (sum, parts) = self.cells[(block * stride + first) * lanes..].split_at_mut(lanes);
            for part in parts.chunks_exact(lanes).take(rows - first - 1) {
                sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
        }
        backup
    }

    /// Undoes what `fold_joined` did to the tape.
    fn restore(&mut self, step: usize, backup: &[f32]) {
        let lanes = self.layout.lanes;
        for (block, values) in backup.chunks_exact(GATES * lanes).enumerate() {
            let row = block * self.piece.stride + self.piece.joined[step - 1];
            let place = step * self.slot_len() * RECORD + row * RECORD * lanes;
            self.tape[place..place + values.len()].copy_from_slice(values);
        }
    }

    /// From `dz` of `step` to that of the timestep before.
    #[inline(always)]
    unsafe fn previous_step<S: Simd>(&mut self, step: usize, has_outside: bool) {
        let slot_len = self.slot_len();
        let (before, now) = self.tape.split_at_mut(step * slot_len * RECORD);
        let product = Product {
            layout: self.layout,
            stride: self.piece.stride,
            source: now.as_ptr(),
            transposed: self.transposed.as_ptr(),
            records: before[(step - 1) * slot_len * RECORD..].as_mut_ptr(),
            cells: self.cells.as_mut_ptr(),
            outside: self.outside.as_ptr(),
            has_outside,
            target: std::ptr::null_mut(),
        };
        // SAFETY: `run` has checked that the buffers hold all rows of all blocks of all timesteps.
        unsafe { run_panels::<S, true>(&product, self.layout.blocks, self.piece.rows[step - 1]) };
    }

    /// The product of `dz` of `step` with other transposed panels, into `self.product`.
    #[inline(always)]
    unsafe fn plain_product<S: Simd>(&mut self, step: usize, transposed: &[f32], rows_of_matrix: usize) {
        let panels = self.layout.transposed_panels(rows_of_matrix);
        assert!(transposed.len() >= panels * self.layout.transposed_len());
        assert!(self.product.len() >= panels * 2 * self.piece.stride * self.layout.lanes);
        let product = Product {
            layout: self.layout,
            stride: self.piece.stride,
            source: self.tape[step * self.slot_len() * RECORD..].as_ptr(),
            transposed: transposed.as_ptr(),
            records: std::ptr::null_mut(),
            cells: std::ptr::null_mut(),
            outside: std::ptr::null(),
            has_outside: false,
            target: self.product.as_mut_ptr(),
        };
        let blocks = rows_of_matrix.div_ceil(self.layout.lanes);
        // SAFETY: the assertions above and those of `run` cover all that the product touches.
        unsafe { run_panels::<S, false>(&product, blocks, self.piece.rows[step]) };
    }

    #[inline(always)]
    unsafe fn input_gradient<S: Simd>(&mut self, step: usize) {
        let inputs = self.layout.inputs;
        let Some(transposed) = self.transposed_input else { return };
        // SAFETY: the caller vouches for the instructions.
        unsafe { self.plain_product::<S>(step, transposed, inputs) };
        let (product, piece) = (&*self.product, self.piece);
        for (row, gradient) in self.input_gradients.iter_mut().enumerate() {
            copy_row(product, piece.stride, self.layout.lanes, row, &mut gradient[step * inputs..][..inputs]);
        }
    }

    #[inline(always)]
    unsafe fn initial_gradient<S: Simd>(&mut self) {
        // SAFETY: the caller vouches for the instructions.
        unsafe { self.plain_product::<S>(0, self.transposed, self.layout.units) };
        let (product, cells, piece) = (&*self.product, &*self.cells, self.piece);
        for (row, (hidden, cell)) in self.initial_gradients.iter_mut().enumerate() {
            copy_row(product, piece.stride, self.layout.lanes, row, hidden);
            copy_row(cells, piece.stride, self.layout.lanes, row, cell);
        }
    }

    /// Once enough timesteps have their `dz`, sums their weight gradients or notes what is needed to do so later.
    /// Returns the first timestep that has been taken.
    #[inline(always)]
    fn collect_chunk<S: Simd>(&mut self, step: usize, unsummed: usize) -> usize {
        if step > 0 && self.piece.rows[step..unsummed].iter().sum::<usize>() < Chunk::ENOUGH_ROWS {
            return unsummed;
        }
        let started = Started::now();
        let chunk = Chunk::new(
            self.shape,
            self.layout,
            self.piece,
            step..unsummed,
            self.x,
            self.masks,
            self.has_initial,
        );
        started.end(Phase::List);
        let Some(panels) = self.panels.as_deref_mut() else {
            self.chunks.push(chunk);
            return step;
        };
        let started = Started::now();
        let first = unsummed == self.shape.timesteps;
        let states = PieceStates { stride: self.piece.stride, hidden: self.hidden, tape: self.tape };
        for (block, panel) in panels.chunks_exact_mut(self.layout.panel_len()).enumerate() {
            // SAFETY: `S` is the tier that runs this function.
            unsafe { chunk.add_to_panel::<S>(self.layout, &states, block, panel, first) };
        }
        started.end(Phase::WeightGradient);
        step
    }
}

/// Row `row` of `[J][stride][L]`, as far as `target` goes.
fn copy_row(states: &[f32], stride: usize, lanes: usize, row: usize, target: &mut [f32]) {
    for (block, target) in target.chunks_mut(lanes).enumerate() {
        let from = (block * stride + row) * lanes;
        target.copy_from_slice(&states[from..from + target.len()]);
    }
}

/// One row and block of one timestep: replaces the derivatives by `dz`, and the gradient of the cell by the previous
/// one's.
#[inline(always)]
unsafe fn apply_record<S: Simd>(dh: S::V, record: *mut f32, cell: *mut f32) {
    let lanes = S::LANES;
    // SAFETY: the caller vouches for the instructions and for six vectors of record and one of cell.
    unsafe {
        let dc = S::fma(dh, S::load(record.add(4 * lanes)), S::load(cell));
        for gate in 0..3 {
            let place = record.add(gate * lanes);
            S::store(place, S::mul(S::load(place), dc));
        }
        let place = record.add(3 * lanes);
        S::store(place, S::mul(S::load(place), dh));
        S::store(cell, S::mul(dc, S::load(record.add(5 * lanes))));
    }
}

/// All panels of a product with `blocks` blocks of columns, in tiles of nearly equal height.
///
/// # Safety
///
/// As [`run_tile`], for all rows below `rows`.
#[inline(always)]
unsafe fn run_panels<S: Simd, const APPLY: bool>(product: &Product, blocks: usize, rows: usize) {
    let tiles = rows.div_ceil(S::PRODUCT_ROWS);
    for panel in 0..blocks.div_ceil(2) {
        let mut row = 0;
        for tile in 0..tiles {
            let height = rows / tiles + usize::from(tile < rows % tiles);
            // SAFETY: the caller vouches.
            unsafe {
                if 2 * panel + 1 < blocks {
                    run_height::<S, 2, APPLY>(product, panel, row, height);
                } else {
                    run_height::<S, 1, APPLY>(product, panel, row, height);
                }
            }
            row += height;
        }
    }
}

#[inline(always)]
unsafe fn run_height<S: Simd, const C: usize, const APPLY: bool>(
    product: &Product,
    panel: usize,
    row: usize,
    height: usize,
) {
    // SAFETY: the caller vouches.
    unsafe {
        match height {
            1 => run_tile::<S, 1, C, APPLY>(product, panel, row),
            2 => run_tile::<S, 2, C, APPLY>(product, panel, row),
            3 => run_tile::<S, 3, C, APPLY>(product, panel, row),
            4 => run_tile::<S, 4, C, APPLY>(product, panel, row),
            5 if S::PRODUCT_ROWS >= 5 => run_tile::<S, 5, C, APPLY>(product, panel, row),
            6 if S::PRODUCT_ROWS >= 6 => run_tile::<S, 6, C, APPLY>(product, panel, row),
            7 if S::PRODUCT_ROWS >= 7 => run_tile::<S, 7, C, APPLY>(product, panel, row),
            8 if S::PRODUCT_ROWS >= 8 => run_tile::<S, 8, C, APPLY>(product, panel, row),
            9 if S::PRODUCT_ROWS >= 9 => run_tile::<S, 9, C, APPLY>(product, panel, row),
            10 if S::PRODUCT_ROWS >= 10 => run_tile::<S, 10, C, APPLY>(product, panel, row),
            11 if S::PRODUCT_ROWS >= 11 => run_tile::<S, 11, C, APPLY>(product, panel, row),
            12 if S::PRODUCT_ROWS >= 12 => run_tile::<S, 12, C, APPLY>(product, panel, row),
            _ => unreachable!("a tile is no higher than the registers hold"),
        }
    }
}

/// `R` rows and `C` blocks of columns: the product, and what follows from it.
///
/// # Safety
///
/// The processor must have the instructions of `S`; `product` must point to buffers that hold rows up to `row + R - 1`
/// of all blocks.
#[inline(always)]
unsafe fn run_tile<S: Simd, const R: usize, const C: usize, const APPLY: bool>(
    product: &Product,
    panel: usize,
    row: usize,
) {
    let lanes = S::LANES;
    let stride = product.stride;
    // SAFETY: as the caller vouches.
    unsafe {
        if APPLY {
            for c in 0..C {
                let records = product.records.add(((2 * panel + c) * stride + row) * RECORD * lanes);
                for vector in 0..R * RECORD {
                    S::prefetch_for_writing(records.add(vector * lanes));
                }
            }
        }
        let mut sums = [[S::zero(); C]; R];
        let mut weights = product.transposed.add(panel * product.layout.transposed_len());
        let mut source = product.source.add(row * RECORD * lanes);
        for _ in 0..product.layout.blocks {
            for k in 0..GATES * S::LANES {
                let mut columns = [S::zero(); C];
                for c in 0..C {
                    columns[c] = S::load(weights.add((2 * k + c) * lanes));
                }
                for r in 0..R {
                    let factor = S::splat(*source.add(r * RECORD * lanes + k));
                    for c in 0..C {
                        sums[r][c] = S::fma(factor, columns[c], sums[r][c]);
                    }
                }
            }
            weights = weights.add(GATES * lanes * 2 * lanes);
            source = source.add(stride * RECORD * lanes);
        }
        for c in 0..C {
            for r in 0..R {
                let place = (2 * panel + c) * stride + row + r;
                if APPLY {
                    let mut dh = sums[r][c];
                    if product.has_outside {
                        dh = S::add(dh, S::load(product.outside.add(place * lanes)));
                    }
                    let record = product.records.add(place * RECORD * lanes);
                    apply_record::<S>(dh, record, product.cells.add(place * lanes));
                } else {
                    S::store(product.target.add(place * lanes), sums[r][c]);
                }
            }
        }
    }
}
