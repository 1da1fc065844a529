//! What does `num_units` do? An LSTM reads an MNIST image as a sequence of rows; this crate trains it for any size of
//! its hidden state and lets the results be compared.
//!
//! The binary `rowlstm` is [`cli::run`]. The modules, each of which may use only those below it:
//!
//! * [`cli`]: one file a subcommand; nothing below prints
//! * [`report`]: results to statistics and tables
//! * [`sweep`]: many runs over a grid of settings
//! * [`benchmark`]: what a unit count costs on this machine
//! * [`tensorboard`]: a run's curves as event files
//! * [`training`]: epoch loop, schedules, scoring
//! * [`run`]: a run's folder
//! * [`model`]: the network and its weights
//! * [`head_op`]: the dense head and the loss
//! * [`lstm_op`]: the LSTM operation
//! * [`data`]: IDX files to batches
//! * `host`, [`seeds`], [`device`], [`config`], [`error`]

pub mod benchmark;
pub mod cli;
pub mod config;
pub mod data;
pub mod device;
pub mod error;
#[allow(deprecated)] // for its backend on burn-ndarray; see `device`
pub mod head_op;
#[allow(deprecated)]
mod host;
#[allow(deprecated)]
pub mod lstm_op;
pub mod model;
pub mod report;
pub mod run;
pub mod seeds;
pub mod sweep;
pub mod tensorboard;
pub mod training;

/// The version of burn that this program is built on; Cargo.toml pins it.
pub const BURN_VERSION: &str = "0.22.1";
