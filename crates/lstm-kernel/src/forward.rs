//! The forward pass: the weights are packed, then the members of a team go through time, each with its shards and
//! blocks.

use super::forward_steps::ForwardSteps;
use super::layout::PackedLayout;
use super::memory::{SavedSizes, states_len};
use super::phase::{Phase, Started};
use super::plan::{Grid, Rows};
use super::simd::{Simd, Vectorized};
use super::team::{Meeting, Shared, Team, most_members, part};
use super::workspace::Buffer;
use super::{Output, Shape, Tier, Weights};

/// What all members of a forward pass read.
pub(crate) struct ForwardPass<'a> {
    pub tier: Tier,
    pub shape: Shape,
    pub layout: PackedLayout,
    pub rows: &'a Rows,
    pub x: &'a [f32],
    pub weights: &'a Weights<'a>,
    pub output: Output,
}

impl ForwardPass<'_> {
    /// `hidden`, `tape` and `masks` have the sizes of [`SavedSizes`]; `tape` may be empty unless `SAVE`.
    pub(crate) fn run<const SAVE: bool>(
        &self,
        hidden: &mut [f32],
        tape: &mut [f32],
        masks: &mut [u64],
        out: &mut [f32],
    ) {
        let &ForwardPass { tier, shape, layout, rows, output, .. } = self;
        assert_eq!(out.len(), output.len(shape), "the output must have the shape of {output:?} of {shape:?}");
        let slots = if SAVE { shape.timesteps } else { 2 };
        let expected = SavedSizes::new(rows, layout, shape.timesteps, slots);
        assert!(hidden.len() >= expected.hidden && masks.len() >= expected.masks);
        assert!(!SAVE || tape.len() >= expected.tape);
        let mut panels = Buffer::take(layout.panels_len());
        let mut cells = Buffer::take(states_len(rows, layout));
        let offsets: Vec<usize> =
            rows.images.iter().map(|image| image * shape.timesteps * shape.inputs).collect();

        let team = Team::new(Grid::new(most_members(), shape, layout, rows.shards.len()).members());
        let grid = Grid::new(team.members(), shape, layout, rows.shards.len());
        let meeting = &Meeting::new(grid.members(), rows.shards.len());
        let steps = &ForwardSteps::<SAVE> {
            layout,
            rows,
            timesteps: shape.timesteps,
            slots,
            x: self.x,
            offsets: &offsets,
            panels: Shared::new(&mut panels),
            hidden: Shared::new(hidden),
            cells: Shared::new(&mut cells),
            tape: Shared::new(tape),
            masks: Shared::new(masks),
            output,
            out: Shared::new(out),
        };
        team.run(|member| {
            if member < grid.members() {
                let member = Member { weights: self.weights, steps, grid, meeting, member };
                meeting.attend(|| tier.run(member));
            }
        });
    }
}

/// What one member does.
struct Member<'a, const SAVE: bool> {
    weights: &'a Weights<'a>,
    steps: &'a ForwardSteps<'a, SAVE>,
    grid: Grid,
    meeting: &'a Meeting,
    member: usize,
}

impl<const SAVE: bool> Vectorized for Member<'_, SAVE> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { weights, steps, grid, meeting, member } = self;
        let &ForwardSteps { layout, rows, timesteps, panels, .. } = steps;
        let started = Started::now();
        for block in (member..layout.blocks).step_by(grid.members()) {
            let len = layout.panel_len();
            // SAFETY: the panel of this block, which no member reads before all have met.
            let panel = unsafe { panels.slice(block * len, len) };
            layout.pack_panel(weights, block, panel);
        }
        started.end(Phase::Pack);
        let (own, part_of) = (grid.shards(member, rows.shards.len()), grid.part(member));
        let started = Started::now();
        for shard in &rows.shards[own.clone()] {
            for step in (part_of..timesteps).step_by(grid.parts) {
                // SAFETY: the masks of this timestep, which no member reads before all have met.
                unsafe { steps.find_inputs(simd, shard, step) };
            }
        }
        started.end(Phase::Forward);
        meeting.all();
        let blocks = part(layout.blocks, part_of, grid.parts);
        // A member that computes all blocks takes one set of shards after the other through time, so that their states stay
        // in the cache. Members that wait for each other take all sets through each timestep, so that there is work while a
        // set is not done.
        let together = if grid.parts > 1 { own.len().max(1) } else { 1 };
        let sets: Vec<_> = rows.sets(own).collect();
        for sets in sets.chunks(together) {
            for step in 0..timesteps {
                for set in sets {
                    if grid.parts > 1 {
                        meeting.wait(set.start, step * grid.parts);
                    }
                    let started = Started::now();
                    // SAFETY: every block of the timesteps before is done, and no other member computes these blocks.
                    unsafe { steps.step(simd, step, set.clone(), blocks.clone()) };
                    started.end(Phase::Forward);
                    if grid.parts > 1 {
                        meeting.done(set.start);
                    }
                }
            }
        }
    }
}
