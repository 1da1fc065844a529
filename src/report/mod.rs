//! Results to statistics and tables: pure functions of results, which neither read folders nor print.

mod comparison;
mod format;
mod interval;
pub mod render;
pub mod statistics;
mod summary;
#[cfg(test)]
mod testing;

pub use comparison::comparison;
pub use interval::wilson_interval;
pub use summary::{Apart, Choice, Pair, Report, Setting, Spread, Unfinished};
