//! Runs to tables, charts and one page: pure functions of results. Reading folders and printing is left to `cli`.

mod charts;
mod factors;
mod glance;
mod page;
mod paired;
pub mod render;
mod tuning;
mod verdict;

use crate::format::typed_count;
use crate::statistics::Report;

pub use charts::{Material, charts};
pub use glance::{Glance, glance_html, glance_json, glance_text};
pub use page::html;
pub use paired::{disagreements_text, paired_text};
pub use render::{comparison, comparison_after};

/// What two settings that differ in their units are, as a label: "16 to 32 units" and what else the settings differ in.
fn units_from_to(report: &Report, from: usize, to: usize) -> String {
    let (first, second) = (&report.settings[from], &report.settings[to]);
    let units = typed_count(second.num_units, "unit");
    second.label.replacen(&units, &format!("{} to {units}", first.num_units), 1)
}

/// A column of a table: its heading, and the cell of an item that has a row.
type Column<'a, T> = (&'static str, &'a dyn Fn(&T) -> String);

/// The headings of a table, and its cells row by row.
fn rows<'a, T: 'a>(
    items: impl IntoIterator<Item = &'a T>,
    columns: &[Column<T>],
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let row = |item| columns.iter().map(|(_, cell)| cell(item)).collect();
    (columns.iter().map(|(head, _)| *head).collect(), items.into_iter().map(row).collect())
}
