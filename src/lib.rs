//! What does `num_units` do? An LSTM reads an MNIST image as a sequence of rows; this crate trains it for any size of
//! its hidden state and lets the results be compared.
//!
//! The binary `rowlstm` is [`cli::run`]. The modules, each of which may use only those below it:
//!
//! * [`cli`]: one file per subcommand; nothing below prints
//! * [`playground`]: the interactive page, its server and live training
//! * [`explain`]: what `num_units` is, as text and as a drawing
//! * [`inside`]: hidden states and answers row by row
//! * [`report`]: runs to tables, charts, one page
//! * [`plot`]: drawing that knows no data
//! * [`sweep`]: many runs over a grid of settings
//! * [`statistics`]: runs to groups, estimates, choice, verdict
//! * [`benchmark`]: what a unit count costs on this machine
//! * [`tensorboard`]: a run's curves as event files
//! * [`training`]: the epoch loop, schedules, optimisers
//! * [`run`]: a run's folder
//! * [`inference`]: scores, probabilities, hidden states
//! * [`exchange`]: weights to and from other programs
//! * [`model`]: the network and its weights
//! * [`head_op`]: dropout masks, the dense head and the loss
//! * [`lstm_op`]: the LSTM operation
//! * [`data`]: IDX files to batches
//! * [`host`], [`seeds`], [`device`], [`config`], [`machine`], `format`, [`error`]

pub mod benchmark;
pub mod cli;
pub mod config;
pub mod data;
pub mod device;
pub mod error;
pub mod exchange;
pub mod explain;
mod format;
#[allow(deprecated)] // for its backend on burn-ndarray; see `device`
pub mod head_op;
#[allow(deprecated)]
pub mod host;
pub mod inference;
pub mod inside;
#[allow(deprecated)]
pub mod lstm_op;
pub mod machine;
pub mod model;
pub mod playground;
pub mod plot;
pub mod report;
pub mod run;
pub mod seeds;
pub mod statistics;
pub mod sweep;
pub mod tensorboard;
pub mod training;

/// The version of burn that this program is built on; Cargo.toml pins it.
pub const BURN_VERSION: &str = "0.22.1";
