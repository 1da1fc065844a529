//! What a network does while it reads: hidden states and answers row by row, as numbers, tables, charts and pages.

mod chart;
mod image;
mod page;
mod rows;

pub use chart::inside_chart;
pub use image::{Inside, Quantity, UnitOrder, inside_json, inside_text, predictions_text};
pub use page::{inside_html, rows_html};
pub use rows::{RowCurve, RunByRows, curves, rows_chart, rows_text};
