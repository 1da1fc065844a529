//! A trained network's answers: scores of many images, the probability of each class at the end and after every
//! timestep, and what the units of a layer do in between.

mod answers;
mod evaluation;
mod sequences;
mod trace;

pub use answers::{correct_every_step, probabilities, probabilities_every_step, sequence};
pub(crate) use evaluation::highest;
pub use evaluation::{Evaluation, evaluate};
pub(crate) use sequences::with_sequences;
pub use trace::{LayerTrace, trace};

/// Images read at a time, at most. More do not fit the L2 cache and are slower with few units, fewer with many.
const BATCH: usize = 256;
