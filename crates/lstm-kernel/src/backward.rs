//! The backward pass: what its pieces share, and who computes them.

use super::backward_piece::{BackwardBundle, BackwardPiece, dz_slots};
use super::layout::{GATES, Layout, RECORD, groups};
use super::memory::BackwardSizes;
use super::parts::{deal, for_each, for_each_light, piece_len, split};
use super::phase::{Phase, Started};
use super::workspace::Buffer;
use super::{Gradients, Saved, Tier, Weights};

/// A backward pass: what its pieces share.
pub(crate) struct BackwardPass<'a> {
    pub tier: Tier,
    pub x: &'a [f32],
    pub weights: &'a Weights<'a>,
    pub grad_out: &'a [f32],
}

impl BackwardPass<'_> {
    pub(crate) fn run(&self, saved: &Saved) -> Gradients {
        let (shape, layout) = (saved.shape, saved.layout);
        let sizes = BackwardSizes::new(&saved.pieces, layout, saved.wants);
        let mut panels = Buffer::take(sizes.sums);
        let mut input = saved.wants.input.then(|| vec![0.0; self.x.len()]);
        let state_len = shape.batch * shape.units;
        let mut initial = saved.wants.initial.then(|| (vec![0.0; state_len], vec![0.0; state_len]));
        self.through_time(saved, &sizes, &mut panels, input.as_deref_mut(), initial.as_mut());
        let sums: Vec<&[f32]> = panels.chunks_exact(layout.panels_len()).collect();
        Gradients {
            input_weights: sum_rows(layout, &sums, 0, shape.inputs),
            recurrent_weights: sum_rows(layout, &sums, shape.inputs, shape.units),
            bias: sum_rows(layout, &sums, layout.panel_rows - 1, 1),
            input,
            initial,
        }
    }

    /// All pieces from the last timestep to the first.
    fn through_time(
        &self,
        saved: &Saved,
        sizes: &BackwardSizes,
        panels: &mut [f32],
        input: Option<&mut [f32]>,
        initial: Option<&mut (Vec<f32>, Vec<f32>)>,
    ) {
        let &Saved { shape, layout, output, wants, has_initial, ref pieces, .. } = saved;
        let transposed = self.transpose(layout, self.weights.recurrent);
        let transposed_input = wants.input.then(|| self.transpose(layout, self.weights.input));
        let &BackwardSizes { dz_slots: slots, product_row, .. } = sizes;
        let mut dz = Buffer::take(sizes.dz);
        let mut cells = Buffer::take(sizes.states);
        let mut outside = Buffer::take(sizes.states);
        let mut product = Buffer::take(sizes.product);

        let mut dz = split(pieces, layout, slots * GATES, &mut dz).into_iter();
        let mut cells = split(pieces, layout, 1, &mut cells).into_iter();
        let mut outside = split(pieces, layout, 1, &mut outside).into_iter();
        let mut product: &mut [f32] = &mut product;
        let (mut hidden, mut tape): (&[f32], &[f32]) = (&saved.hidden, &saved.tape);
        let mut input = input.map(|input| deal(pieces, shape.batch, input).into_iter());
        let mut initial = initial.map(|(hidden, cell)| {
            deal(pieces, shape.batch, hidden).into_iter().zip(deal(pieces, shape.batch, cell))
        });
        let each = "a part for each piece";
        let mut bundles: Vec<_> = panels
            .chunks_exact_mut(layout.panels_len())
            .map(|panels| BackwardBundle { pieces: Vec::new(), panels })
            .collect();
        let count = bundles.len();
        for (index, (piece, masks)) in pieces.iter().zip(&saved.masks).enumerate() {
            let (own_product, rest) = std::mem::take(&mut product).split_at_mut(product_row * piece.stride);
            product = rest;
            let (own_hidden, rest) = hidden.split_at(piece_len(piece, layout, shape.timesteps + 1));
            hidden = rest;
            let (own_tape, rest) = tape.split_at(piece_len(piece, layout, shape.timesteps * RECORD));
            tape = rest;
            let own_dz = dz.next().expect(each);
            bundles[index % count].pieces.push(BackwardPiece {
                shape,
                layout,
                piece,
                x: self.x,
                output,
                grad_out: self.grad_out,
                transposed: &transposed,
                transposed_input: transposed_input.as_deref(),
                want_initial: wants.initial,
                has_initial,
                hidden: own_hidden,
                tape: own_tape,
                masks,
                dz: &mut own_dz[..piece_len(piece, layout, dz_slots(piece) * GATES)],
                cells: cells.next().expect(each),
                outside: outside.next().expect(each),
                product: own_product,
                input_gradients: input.as_mut().map(|parts| parts.next().expect(each)).unwrap_or_default(),
                initial_gradients: initial
                    .as_mut()
                    .map(|parts| parts.next().expect(each))
                    .map(|(hidden, cell)| hidden.into_iter().zip(cell).collect())
                    .unwrap_or_default(),
            });
        }
        for_each(bundles, |bundle| self.tier.run(bundle));
    }

    /// The transposed panels of `[rows, 4U]`.
    fn transpose(&self, layout: Layout, matrix: &[f32]) -> Buffer {
        let blocks = (matrix.len() / (GATES * layout.units)).div_ceil(layout.lanes);
        let len = layout.transposed_len(matrix.len() / (GATES * layout.units));
        let mut buffer = Buffer::take(len);
        let mut rest: &mut [f32] = &mut buffer;
        let mut work = Vec::new();
        for group in groups(blocks) {
            let (panel, after) =
                std::mem::take(&mut rest).split_at_mut(group.len() * layout.transposed_block_len());
            rest = after;
            work.push((group, panel));
        }
        for_each_light(len, work, |(group, panel)| {
            let started = Started::now();
            layout.pack_transposed(matrix, group, panel);
            started.end(Phase::Transpose);
        });
        buffer
    }
}

/// Rows of the panels, each the sum over all bundles in their order, as `[rows, 4U]`.
fn sum_rows(layout: Layout, sums: &[&[f32]], first: usize, rows: usize) -> Vec<f32> {
    let started = Started::now();
    let columns = GATES * layout.units;
    let mut target = vec![0.0; rows * columns];
    // A few rows each, for a thread has to be woken for it.
    let work = target.chunks_mut(8 * columns).enumerate().collect();
    for_each_light(rows * columns, work, |(index, target)| {
        for (row, target) in target.chunks_exact_mut(columns).enumerate() {
            layout.sum_row(sums, first + 8 * index + row, target);
        }
    });
    started.end(Phase::Unpack);
    target
}
