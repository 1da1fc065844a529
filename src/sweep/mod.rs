//! A sweep: many trials over a grid of settings, in one folder, trained by any number of processes.
//!
//! * `plan`: the trials, as a grid of settings times seeds.
//! * `folder`: the sweep's folder: its plans and the state of each trial.
//! * `lease`: which process trains which trial.
//! * `rounds`: which trials a sweep trains that goes on until its settings are decided; `standing`: by the results so far.
//! * `runner`: trains the trials that are left, several at a time.
//! * `cost`: predicts how long they take.
//! * `slurm`: the same on a cluster.
//!
//! A trial is a run's folder like any other (see [`crate::run`]), so nothing finished is lost or trained again. Two processes
//! that train one trial at the same time waste time and do no harm: both write the same bits.

mod contradiction;
mod cost;
mod folder;
mod lease;
mod plan;
mod rounds;
mod runner;
mod slurm;
mod standing;

pub use cost::{CostModel, JobSchedule, best_schedule};
pub use folder::{Asked, SweepFolder, TrialState};
pub use lease::{Lease, Owner};
pub use plan::{Plan, Shard, Trial, in_a_grid};
pub use rounds::{MAX_SEEDS, MOST_SEEDS, UntilDecided};
pub use runner::{Events, Runner, SweepOutcome};
pub use slurm::{SlurmJob, submit};
pub use standing::Standing;
