//! A sweep: many runs over a grid of settings, in one folder, made by any number of processes.
//!
//! * `plan`: which runs there are to be, as a grid of settings times seeds.
//! * `folder`: the sweep's folder: the plans it was given and the state of each run.
//! * `lease`: who is at work on which run.
//! * `runner`: makes the runs that are left, several at a time.
//! * `cost`: how long they will take.
//! * `slurm`: the same on a cluster.
//!
//! A cell of the grid is a run's folder like any other (see [`crate::run`]), so nothing finished is ever lost or made
//! twice, and making a cell twice at the same time is a waste and no harm: both write the same bits.

mod cost;
mod folder;
mod lease;
mod plan;
mod runner;
mod slurm;

pub use cost::{CostModel, Schedule, best_schedule};
pub use folder::{CellState, SweepFolder};
pub use lease::{Lease, Owner};
pub use plan::{Cell, NOT_IN_A_GRID, Plan, Shard};
pub use runner::{Events, Runner, Summary};
pub use slurm::{SlurmJob, submit};
