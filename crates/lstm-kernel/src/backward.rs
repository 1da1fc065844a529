//! The backward pass: weights are transposed, then the members of a team go back through time, each with its shards and
//! blocks, and sum the weight gradients, each its cells.

use super::backward_steps::BackwardSteps;
use super::layout::{GATES, PackedLayout};
use super::memory::BackwardSizes;
use super::phase::{Phase, Started};
use super::plan::Grid;
use super::simd::{Simd, Vectorized};
use super::team::{Meeting, Shared, Team, most_members, part};
use super::weight_gradient::{Task, WeightGradients, chunk_steps};
use super::workspace::Buffer;
use super::{Gradients, Saved, Shape, Tier, Weights};
use std::ops::Range;

/// What all members of a backward pass read.
pub(crate) struct BackwardPass<'a> {
    pub tier: Tier,
    pub x: &'a [f32],
    pub weights: &'a Weights<'a>,
    pub grad_out: &'a [f32],
}

impl BackwardPass<'_> {
    pub(crate) fn run(&self, saved: &Saved) -> Gradients {
        let &Saved { shape, layout, output, input_gradient, ref rows, .. } = saved;
        let sizes = BackwardSizes::new(rows, layout, shape.timesteps, input_gradient);
        let columns = GATES * shape.units;
        let mut gradients = Gradients {
            input_weights: vec![0.0; shape.inputs * columns],
            recurrent_weights: vec![0.0; shape.units * columns],
            bias: vec![0.0; columns],
            input: input_gradient.then(|| vec![0.0; self.x.len()]),
        };
        let lengths = [sizes.panels, sizes.dz(), sizes.states, sizes.states, sizes.states, sizes.inputs];
        let mut buffers = lengths.map(Buffer::take);
        let mut transposed = [sizes.recurrent_weights, sizes.input_weights].map(Buffer::take);
        let [panels, dz, cells, outside, product, input_product] =
            buffers.each_mut().map(|buffer| Shared::new(buffer));
        let [transposed, transposed_input] = transposed.each_mut().map(|buffer| Shared::new(buffer));

        let team = Team::new(Grid::new(most_members(), shape, layout, rows.shards.len()).members());
        let grid = Grid::new(team.members(), shape, layout, rows.shards.len());
        let meeting = &Meeting::new(grid.members(), rows.shards.len() + grid.members());
        let through_time = BackwardSteps {
            shape,
            layout,
            rows,
            output,
            grad_out: self.grad_out,
            transposed,
            transposed_input: input_gradient.then_some(transposed_input),
            tape: &saved.tape,
            slots: sizes.slots,
            dz,
            cells,
            outside,
            product,
            input_product,
            input_gradients: Shared::new(gradients.input.as_deref_mut().unwrap_or_default()),
        };
        let weight_gradients = WeightGradients {
            shape,
            layout,
            rows,
            x: self.x,
            masks: &saved.masks,
            hidden: &saved.hidden,
            slots: sizes.slots,
            dz,
            panels,
            input: Shared::new(&mut gradients.input_weights),
            recurrent: Shared::new(&mut gradients.recurrent_weights),
            bias: Shared::new(&mut gradients.bias),
        };
        let sets = |group| rows.sets(part(rows.shards.len(), group, grid.groups));
        let tasks = weight_gradients.tasks(grid.members());
        let has = |member: usize, sum| tasks[member].iter().any(|task| task.sum == sum);
        let owners = |sum| (0..grid.members()).filter(|&member| has(member, sum)).collect();
        let shared = Members {
            weights: self.weights,
            input_columns: if input_gradient { shape.inputs.div_ceil(layout.lanes) } else { 0 },
            sets: (0..grid.groups).flat_map(sets).map(|set| set.start).collect(),
            owners: (0..rows.sums.len()).map(owners).collect(),
            tasks: &tasks,
            through_time: &through_time,
            transposed: [transposed, transposed_input],
            weight_gradients: &weight_gradients,
            grid,
            meeting,
        };
        team.run(|member| {
            if member < grid.members() {
                meeting.attend(|| self.tier.run(Member { shared: &shared, member }));
            }
        });
        gradients
    }
}

/// What all members share.
struct Members<'a> {
    weights: &'a Weights<'a>,
    /// Blocks of inputs whose gradient is wanted; 0 if it is not.
    input_columns: usize,
    /// The first shard of every set.
    sets: Vec<usize>,
    /// The members that have a part of each sum.
    owners: Vec<Vec<usize>>,
    /// What each member sums.
    tasks: &'a [Vec<Task>],
    through_time: &'a BackwardSteps<'a>,
    /// Recurrent and input weights.
    transposed: [Shared<f32>; 2],
    weight_gradients: &'a WeightGradients<'a>,
    grid: Grid,
    meeting: &'a Meeting,
}

/// What one member does.
struct Member<'a> {
    shared: &'a Members<'a>,
    member: usize,
}

impl Vectorized for Member<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { shared, member } = self;
        let &Members { input_columns, through_time, weight_gradients, grid, meeting, .. } = shared;
        let &BackwardSteps { layout, rows, shape: Shape { timesteps, .. }, .. } = through_time;
        shared.transpose(member);
        meeting.all();
        let part_of = grid.part(member);
        let blocks = part(layout.blocks, part_of, grid.parts);
        let inputs = part(input_columns, part_of, grid.parts);
        let chunk = chunk_steps(rows);
        let sets = rows.sets(grid.shards(member, rows.shards.len()));
        for step in (0..timesteps).rev() {
            for set in sets.clone() {
                let index = set.start;
                shared.wait_for_slot(step, index);
                if grid.parts > 1 {
                    meeting.wait(index, (timesteps - 1 - step) * grid.parts);
                }
                let started = Started::now();
                // SAFETY: every block of the timesteps behind is done, and no other member computes these blocks.
                unsafe { through_time.step(simd, step, set, blocks.clone(), inputs.clone()) };
                started.end(Phase::ThroughTime);
                meeting.done(index);
            }
            // The chunk before, which the others are likely to have done.
            if step % chunk == 0 && step + chunk < timesteps {
                shared.sum(simd, step + chunk..timesteps.min(step + 2 * chunk), member);
            }
        }
        shared.sum(simd, 0..timesteps.min(chunk), member);
        if !inputs.is_empty() {
            for set in sets {
                meeting.wait(set.start, timesteps * grid.parts);
                // SAFETY: as above.
                unsafe { through_time.input_gradient(simd, 0, set, inputs.clone()) };
            }
        }
        meeting.all();
        let started = Started::now();
        // SAFETY: all sums are done, and each member has cells of its own.
        unsafe { weight_gradients.unpack(member, grid.members()) };
        started.end(Phase::Unpack);
    }
}

impl Members<'_> {
    /// Adds the weight gradients of some timesteps to one member's sums, when all have done them.
    ///
    /// Inlined always: a function of its own would not have the instructions of `S`.
    #[inline(always)]
    fn sum<S: Simd>(&self, simd: S, steps: Range<usize>, member: usize) {
        let timesteps = self.weight_gradients.shape.timesteps;
        for task in &self.tasks[member] {
            let shards = &self.weight_gradients.rows.sums[task.sum];
            for &set in self.sets.iter().filter(|set| shards.contains(set)) {
                self.meeting.wait(set, (timesteps - steps.start) * self.grid.parts);
            }
            let started = Started::now();
            // SAFETY: `dz` of these timesteps is done for these shards, and each member has cells of its own.
            unsafe { self.weight_gradients.add(simd, steps.clone(), task) };
            started.end(Phase::WeightGradient);
        }
        self.meeting.done(self.sums_of(member));
    }

    /// What a member's sums are called in the meeting: their numbers follow those of the shards.
    fn sums_of(&self, member: usize) -> usize {
        self.weight_gradients.rows.shards.len() + member
    }

    /// Returns when the `dz` in whose place that of `step` of a shard comes has been summed.
    fn wait_for_slot(&self, step: usize, shard: usize) {
        let WeightGradients { rows, slots, shape, .. } = self.weight_gradients;
        let chunk = chunk_steps(rows);
        if step + slots < shape.timesteps {
            let sum = rows.sums.iter().position(|sum| sum.contains(&shard)).expect("every shard has a sum");
            let chunks = shape.timesteps.div_ceil(chunk) - (step + slots) / chunk;
            self.owners[sum].iter().for_each(|&member| self.meeting.wait(self.sums_of(member), chunks));
        }
    }

    /// Writes a member's share of the transposed panels: of every n-th group, for n members.
    fn transpose(&self, member: usize) {
        let started = Started::now();
        let Self { weights, grid, input_columns, .. } = *self;
        let layout = self.weight_gradients.layout;
        let matrices = [(weights.recurrent, layout.blocks), (weights.input, input_columns)];
        let mut number = 0;
        for ((matrix, blocks), panels) in matrices.into_iter().zip(self.transposed) {
            for group in groups(layout, blocks, grid.parts) {
                if number % grid.members() == member {
                    let len = layout.transposed_block_len();
                    // SAFETY: the panels of this group, which no member reads before all have met.
                    let panel = unsafe { panels.slice(group.start * len, group.len() * len) };
                    layout.pack_transposed(matrix, group, panel);
                }
                number += 1;
            }
        }
        started.end(Phase::Transpose);
    }
}

/// The groups of all parts.
fn groups(layout: PackedLayout, blocks: usize, parts: usize) -> impl Iterator<Item = Range<usize>> {
    (0..parts).flat_map(move |index| layout.groups(part(blocks, index, parts)))
}
