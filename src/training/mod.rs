//! Training: the epoch loop on burn's autodiff and optimisers, schedules, scoring. Whoever wants to see what happens
//! gives an [`Observer`]; nothing here prints.

mod adam;
mod observer;
mod optimizer;
mod schedule;
mod session;

pub use observer::{Both, Observer, Silent, StepReport};
pub use optimizer::{Optimizer, clip_by_global_norm};
pub use schedule::Schedule;
pub use session::{Outcome, Session};
