//! A trained network's answers: scores of many images, the probability of each class in the end and after every timestep,
//! and what the units of a layer do meanwhile.

mod answers;
mod evaluation;
mod trace;

pub use answers::{correct_every_step, probabilities, probabilities_every_step, sequence};
pub use evaluation::{Evaluation, evaluate};
pub(crate) use evaluation::{highest, pieces};
pub use trace::{LayerTrace, trace};
