//! The forward pass: packs the weights, divides buffers among shards, and runs the shards on threads.

use super::forward_shard::ForwardShard;
use super::layout::{PackedLayout, RECORD};
use super::parts::{deal, for_each, for_each_light, shards_len, split};
use super::phase::{Phase, Started};
use super::plan::Shard;
use super::workspace::Buffer;
use super::{Output, Shape, Tier, Weights};

/// What all shards of a forward pass read.
pub(crate) struct ForwardPass<'a> {
    pub tier: Tier,
    pub shape: Shape,
    pub layout: PackedLayout,
    pub shards: &'a [Shard],
    pub x: &'a [f32],
    pub weights: &'a Weights<'a>,
    pub output: Output,
}

impl ForwardPass<'_> {
    pub(crate) fn run<const SAVE: bool>(
        &self,
        hidden: &mut [f32],
        tape: &mut [f32],
        masks: &mut [Vec<u64>],
        out: &mut [f32],
    ) {
        let &ForwardPass { tier, shape, layout, shards, x, weights, output } = self;
        assert_eq!(out.len(), output.len(shape), "the output must have the shape of {output:?} of {shape:?}");
        let mut panels = Buffer::take(layout.panels_len());
        let work = panels.chunks_exact_mut(layout.panel_len()).enumerate().collect();
        for_each_light(layout.panels_len(), work, |(block, panel)| {
            let started = Started::now();
            layout.pack_panel(weights, block, panel);
            started.end(Phase::Pack);
        });

        let mut cells = Buffer::take(shards_len(shards, layout, 1));
        let (slots, records) = if SAVE { (shape.timesteps + 1, shape.timesteps * RECORD) } else { (2, 0) };
        let mut hidden = split(shards, layout, slots, hidden).into_iter();
        let mut tape = split(shards, layout, records, tape).into_iter();
        let mut cells = split(shards, layout, 1, &mut cells).into_iter();
        let mut out = deal(shards, shape.batch, out).into_iter();
        let each = "a part for each shard";
        let work: Vec<_> = shards
            .iter()
            .zip(masks)
            .map(|(shard, masks)| ForwardShard::<SAVE> {
                layout,
                shard,
                timesteps: shape.timesteps,
                x,
                panels: &panels,
                hidden: hidden.next().expect(each),
                cells: cells.next().expect(each),
                tape: tape.next().expect(each),
                masks,
                output,
                out: out.next().expect(each),
            })
            .collect();
        for_each(work, |shard| tier.run(shard));
    }
}
