//! A network's answers to pictures, as text.

use crate::inference::highest;
use comfy_table::{Cell, CellAlignment, Table, presets};

/// One row per picture: its name, the digit, and the probability of each digit in percent.
pub fn predictions_text<'a>(answers: impl Iterator<Item = (&'a str, &'a Vec<f64>)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    for (index, (name, shares)) in answers.enumerate() {
        if index == 0 {
            let heads = (0..shares.len()).map(|class| format!("{class} %"));
            table.set_header(["file".to_string(), "digit".into()].into_iter().chain(heads));
        }
        // A name may contain control sequences of a terminal.
        let name: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let numbers = [highest(shares).to_string()]
            .into_iter()
            .chain(shares.iter().map(|s| format!("{:.1}", 100.0 * s)));
        let numbers = numbers.map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
        table.add_row([Cell::new(name)].into_iter().chain(numbers));
    }
    table.to_string()
}
