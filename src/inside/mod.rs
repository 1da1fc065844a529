//! What a network does while it reads: hidden states and answers row by row, as numbers, tables, charts and pages.

mod chart;
mod image;
mod page;
mod rows;
mod text;

pub use chart::inside_chart;
pub use image::{Inside, Quantity, Subject, UnitOrder, inside_json, settled_after};
pub use page::{inside_html, rows_html};
pub use rows::{RowCurve, RunByRows, curves, rows_chart, rows_text};
pub use text::{answers_text, inside_text, predictions_text};
