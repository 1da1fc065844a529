//! Training: the epoch loop on burn's autodiff and optimisers, schedules, scoring. Whoever wants to see what happens
//! gives an [`Observer`]; nothing here prints.

mod adam;
mod evaluation;
mod inspection;
mod observer;
mod optimizer;
mod schedule;
mod session;
mod threads;

pub use evaluation::{Evaluation, evaluate};
pub use inspection::{correct_every_step, probabilities, probabilities_every_step, sequence};
pub use observer::{Both, Observer, Silent, StepReport};
pub use optimizer::{Optimizer, clip_by_global_norm};
pub use schedule::Schedule;
pub use session::{Outcome, Session, model_shape};
pub use threads::{thread_count, with_threads};
