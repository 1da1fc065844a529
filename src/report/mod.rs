//! Runs to tables, charts and one page: pure functions of results. Reading folders and printing is left to `cli`.

mod charts;
mod page;
mod paired;
pub mod render;

pub use charts::{Material, TestImages, charts};
pub use page::html;
pub use paired::{disagreements_text, paired_text};
pub use render::comparison;
