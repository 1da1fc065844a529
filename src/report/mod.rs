//! Runs to tables, charts and one page: pure functions of results, which neither read folders nor print.

mod charts;
mod comparison;
mod page;
mod paired;
pub mod render;

pub use charts::{Material, TestImages, charts};
pub use comparison::comparison;
pub use page::html;
pub use paired::{disagreements_text, paired_text};
