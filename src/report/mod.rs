//! Results to statistics and tables: pure functions of results, which neither read folders nor print.

mod charts;
mod comparison;
mod drawing;
mod explanation;
mod format;
mod interval;
mod page;
mod paired;
pub mod render;
pub mod statistics;
mod summary;
#[cfg(test)]
mod testing;

pub use charts::{Chart, Material, TestImages, charts, png, unrolled};
pub use comparison::comparison;
pub use drawing::Drawing;
pub use explanation::{Explanation, LayerNumbers, Matrix, Stage, WrongAnswer, explanation_text};
pub use interval::wilson_interval;
pub use page::html;
pub use paired::{Disagreement, PairedPredictions, compare_predictions, disagreements_text, paired_text};
pub use summary::{Apart, Choice, Pair, Report, Setting, Spread, Unfinished};
