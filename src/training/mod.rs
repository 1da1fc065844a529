//! Training: the epoch loop, the training step, optimisers and learning-rate schedules, on burn's autodiff. Nothing
//! here prints; an [`Observer`] sees what happens.

mod observer;
mod optimizer;
mod rules;
mod schedule;
mod session;
mod trainer;

pub use observer::{Both, Observer, Silent, StepReport};
pub use optimizer::{Optimizer, ParameterGradients, clip_factor};
pub use schedule::Schedule;
pub use session::{Outcome, Session};
pub use trainer::{Step, Trainer};
