//! The forward pass: what its pieces share, and who computes them.

use super::forward_piece::ForwardPiece;
use super::layout::{Layout, RECORD};
use super::parts::{deal, for_each, for_each_light, pieces_len, split};
use super::phase::{Phase, Started};
use super::plan::Piece;
use super::workspace::Buffer;
use super::{Initial, Output, Shape, Tier, Weights};

/// A forward pass: what its pieces share.
pub(crate) struct ForwardPass<'a> {
    pub tier: Tier,
    pub shape: Shape,
    pub layout: Layout,
    pub pieces: &'a [Piece],
    pub x: &'a [f32],
    pub weights: &'a Weights<'a>,
    pub initial: Option<Initial<'a>>,
    pub output: Output,
}

impl ForwardPass<'_> {
    pub(crate) fn run<const SAVE: bool>(
        &self,
        hidden: &mut [f32],
        tape: &mut [f32],
        masks: &mut [Vec<u64>],
        out: &mut [f32],
        last_cells: Option<&mut [f32]>,
    ) {
        let &ForwardPass { tier, shape, layout, pieces, x, weights, initial, output } = self;
        assert_eq!(out.len(), output.len(shape), "the output has room for {output:?} of {shape:?}");
        let mut panels = Buffer::take(layout.panels_len());
        let work = panels.chunks_exact_mut(layout.panel_len()).enumerate().collect();
        for_each_light(layout.panels_len(), work, |(block, panel)| {
            let started = Started::now();
            layout.pack_panel(weights, block, panel);
            started.end(Phase::Pack);
        });

        let mut cells = Buffer::take(pieces_len(pieces, layout, 1));
        let slots = if SAVE { shape.timesteps + 1 } else { 2 };
        let mut hidden = split(pieces, layout, slots, hidden).into_iter();
        let mut tape =
            split(pieces, layout, if SAVE { shape.timesteps * RECORD } else { 0 }, tape).into_iter();
        let mut cells = split(pieces, layout, 1, &mut cells).into_iter();
        let mut out = deal(pieces, shape.batch, out).into_iter();
        let mut last_cells = last_cells.map(|cells| {
            assert_eq!(
                cells.len(),
                shape.batch * shape.units,
                "the last cell states are [B, U] for {shape:?}"
            );
            deal(pieces, shape.batch, cells).into_iter()
        });
        let each = "a part for each piece";
        let work: Vec<_> = pieces
            .iter()
            .zip(masks)
            .map(|(piece, masks)| ForwardPiece::<SAVE> {
                layout,
                piece,
                timesteps: shape.timesteps,
                x,
                panels: &panels,
                initial,
                hidden: hidden.next().expect(each),
                cells: cells.next().expect(each),
                tape: tape.next().expect(each),
                masks,
                output,
                out: out.next().expect(each),
                last_cells: last_cells.as_mut().map(|cells| cells.next().expect(each)).unwrap_or_default(),
            })
            .collect();
        for_each(work, |piece| tier.run(piece));
    }
}
