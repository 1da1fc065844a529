//! The backward pass: transposes the weights, divides buffers among shards, runs the shards on threads, and adds up their
//! weight gradients.

use super::backward_shard::{BackwardBundle, BackwardShard, dz_slots};
use super::layout::{GATES, PackedLayout, RECORD};
use super::memory::BackwardSizes;
use super::parts::{deal, for_each, for_each_light, shard_len, split};
use super::phase::{Phase, Started};
use super::workspace::Buffer;
use super::{Gradients, Saved, Tier, Weights};

/// What all shards of a backward pass read.
pub(crate) struct BackwardPass<'a> {
    pub tier: Tier,
    pub x: &'a [f32],
    pub weights: &'a Weights<'a>,
    pub grad_out: &'a [f32],
}

impl BackwardPass<'_> {
    pub(crate) fn run(&self, saved: &Saved) -> Gradients {
        let (shape, layout) = (saved.shape, saved.layout);
        let sizes = BackwardSizes::new(&saved.shards, layout, saved.input_gradient);
        let mut panels = Buffer::take(sizes.sums);
        let mut input = saved.input_gradient.then(|| vec![0.0; self.x.len()]);
        self.through_time(saved, &sizes, &mut panels, input.as_deref_mut());
        let sums: Vec<&[f32]> = panels.chunks_exact(layout.panels_len()).collect();
        Gradients {
            input_weights: sum_rows(layout, &sums, 0, shape.inputs),
            recurrent_weights: sum_rows(layout, &sums, shape.inputs, shape.units),
            bias: sum_rows(layout, &sums, layout.panel_rows - 1, 1),
            input,
        }
    }

    /// All shards from the last timestep to the first.
    fn through_time(
        &self,
        saved: &Saved,
        sizes: &BackwardSizes,
        panels: &mut [f32],
        input: Option<&mut [f32]>,
    ) {
        let &Saved { shape, layout, output, ref shards, .. } = saved;
        let transposed = self.transpose(layout, self.weights.recurrent);
        let transposed_input = input.is_some().then(|| self.transpose(layout, self.weights.input));
        let &BackwardSizes { dz_slots: slots, product_row, .. } = sizes;
        let mut dz = Buffer::take(sizes.dz);
        let mut cells = Buffer::take(sizes.states);
        let mut outside = Buffer::take(sizes.states);
        let mut product = Buffer::take(sizes.product);

        let mut dz = split(shards, layout, slots * GATES, &mut dz).into_iter();
        let mut cells = split(shards, layout, 1, &mut cells).into_iter();
        let mut outside = split(shards, layout, 1, &mut outside).into_iter();
        let mut product: &mut [f32] = &mut product;
        let (mut hidden, mut tape): (&[f32], &[f32]) = (&saved.hidden, &saved.tape);
        let mut input = input.map(|input| deal(shards, shape.batch, input).into_iter());
        let each = "a part for each shard";
        let mut bundles: Vec<_> = panels
            .chunks_exact_mut(layout.panels_len())
            .map(|panels| BackwardBundle { shards: Vec::new(), panels })
            .collect();
        let count = bundles.len();
        for (index, (shard, masks)) in shards.iter().zip(&saved.masks).enumerate() {
            let (own_product, rest) = std::mem::take(&mut product).split_at_mut(product_row * shard.stride);
            product = rest;
            let (own_hidden, rest) = hidden.split_at(shard_len(shard, layout, shape.timesteps + 1));
            hidden = rest;
            let (own_tape, rest) = tape.split_at(shard_len(shard, layout, shape.timesteps * RECORD));
            tape = rest;
            let own_dz = dz.next().expect(each);
            bundles[index % count].shards.push(BackwardShard {
                shape,
                layout,
                shard,
                x: self.x,
                output,
                grad_out: self.grad_out,
                transposed: &transposed,
                transposed_input: transposed_input.as_deref(),
                hidden: own_hidden,
                tape: own_tape,
                masks,
                dz: &mut own_dz[..shard_len(shard, layout, dz_slots(shard) * GATES)],
                cells: cells.next().expect(each),
                outside: outside.next().expect(each),
                product: own_product,
                input_gradients: input.as_mut().map(|parts| parts.next().expect(each)).unwrap_or_default(),
            });
        }
        for_each(bundles, |bundle| self.tier.run(bundle));
    }

    /// The transposed panels of `[rows, 4U]`.
    fn transpose(&self, layout: PackedLayout, matrix: &[f32]) -> Buffer {
        let rows = matrix.len() / (GATES * layout.units);
        let len = layout.transposed_len(rows);
        let mut buffer = Buffer::take(len);
        let mut rest: &mut [f32] = &mut buffer;
        let mut work = Vec::new();
        for group in layout.groups(rows.div_ceil(layout.lanes)) {
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
fn sum_rows(layout: PackedLayout, sums: &[&[f32]], first: usize, rows: usize) -> Vec<f32> {
    let started = Started::now();
    let columns = GATES * layout.units;
    let mut target = vec![0.0; rows * columns];
    // Several rows per item, because waking a thread takes time.
    let work = target.chunks_mut(8 * columns).enumerate().collect();
    for_each_light(rows * columns, work, |(index, target)| {
        for (row, target) in target.chunks_exact_mut(columns).enumerate() {
            layout.sum_row(sums, first + 8 * index + row, target);
        }
    });
    started.end(Phase::Unpack);
    target
}
