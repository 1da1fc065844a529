//! Two models' predictions of the same images as text: the table, the test, and the images that they read differently.

use crate::format::{p_value, points};
use crate::plot::drawing::{Drawing, contact_sheet};
use crate::statistics::PairedPredictions;
use comfy_table::{Cell, CellAlignment, Table, presets};

/// The comparison as text: who read how many images right, what chance says of it, and no images.
///
/// * `names`: of the first and of the second model.
pub fn paired_text(paired: &PairedPredictions, names: (&str, &str)) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(["", "second right", "second wrong"]);
    let rows = [
        ("first right", paired.both_right, paired.only_first_right),
        ("first wrong", paired.only_second_right, paired.both_wrong),
    ];
    for (name, right, wrong) in rows {
        let number = |count: u64| Cell::new(count).set_alignment(CellAlignment::Right);
        table.add_row([Cell::new(name), number(right), number(wrong)]);
    }
    let difference = paired.only_second_right.abs_diff(paired.only_first_right);
    let verdict = match paired.only_second_right.cmp(&paired.only_first_right) {
        std::cmp::Ordering::Equal => "Both read as many images right.".to_string(),
        order => format!(
            "The {} reads {difference} more of {} images right ({} points).",
            if order.is_gt() { "second" } else { "first" },
            paired.total(),
            points(paired.difference().abs())
        ),
    };
    format!(
        "first:  {}\nsecond: {}\n{table}\n{verdict}\nMcNemar's exact test on the {} that only one of them reads \
         right: p {}. It is about these two trained networks, not about others with the same settings.",
        names.0,
        names.1,
        paired.only_first_right + paired.only_second_right,
        p_text(paired.p)
    )
}

/// "= 0.012", "< 0.001"
fn p_text(p: f64) -> String {
    let text = p_value(p);
    if text.starts_with('<') { text } else { format!("= {text}") }
}

/// Draws the images that the models read differently, several a line, each with its label and both predictions.
///
/// * `image`: the 784 pixels of the image with an index, row by row from the top, 0 background, 255 full ink.
/// * `limit`: draw at most this many, the first.
///
/// Returns an empty text where the models agree on every image.
pub fn disagreements_text<'a>(
    paired: &PairedPredictions,
    image: impl Fn(usize) -> &'a [u8],
    limit: usize,
    drawing: Drawing,
) -> String {
    if paired.differing.is_empty() {
        return String::new();
    }
    let shown = &paired.differing[..limit.min(paired.differing.len())];
    let captioned = shown.iter().map(|found| {
        let captions = [
            format!("image {}, label {}", found.index, found.label),
            format!("first {}, second {}", found.first, found.second),
        ];
        (image(found.index), captions)
    });
    let sheet = contact_sheet(captioned, drawing);
    let all = paired.differing.len();
    format!("{} of {all} images that they read differently:\n\n{sheet}", shown.len())
}

#[cfg(test)]
mod tests;
