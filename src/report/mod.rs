//! Results to statistics and tables: pure functions of results, which neither read folders nor print.

mod comparison;
mod interval;
pub mod statistics;

pub use comparison::comparison;
pub use interval::wilson_interval;
