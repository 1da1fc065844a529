//! Results to statistics and tables: pure functions of results, which neither read folders nor print.

mod charts;
mod comparison;
mod drawing;
mod explanation;
mod format;
mod inside;
mod interval;
mod page;
mod paired;
mod predictions;
pub mod render;
mod rows;
pub mod statistics;
mod summary;
#[cfg(test)]
mod testing;

pub use charts::{Chart, Material, TestImages, charts, inside_chart, png, rows_chart, unrolled};
pub use comparison::comparison;
pub use drawing::{Drawing, images_text};
pub use explanation::{Explanation, LayerNumbers, Matrix, Stage, WrongAnswer, explanation_text};
pub use inside::{Inside, Quantity, UnitOrder, inside_json, inside_text};
pub use interval::wilson_interval;
pub use page::{html, inside_html, rows_html};
pub use paired::{Disagreement, PairedPredictions, compare_predictions, disagreements_text, paired_text};
pub use predictions::{most_probable, predictions_text};
pub use rows::{Curve, RunByRows, curves, rows_text};
pub use summary::{Apart, Choice, Pair, Report, Setting, Spread, Unfinished};
