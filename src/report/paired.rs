//! Two networks' predictions of the same images as text: the table, the test, and the images with different answers.

use crate::format::{p_value, points, text_table};
use crate::plot::drawing::{Drawing, contact_sheet};
use crate::statistics::PairedPredictions;

/// The comparison as text, without the images.
///
/// * `names`: of the first and of the second network.
pub fn paired_text(paired: &PairedPredictions, names: (&str, &str)) -> String {
    let rows = [
        ("first right", paired.both_right, paired.only_first_right),
        ("first wrong", paired.only_second_right, paired.both_wrong),
    ];
    let rows = rows.map(|(name, right, wrong)| [name.into(), right.to_string(), wrong.to_string()]);
    let table = text_table(["", "second right", "second wrong"], rows);
    let difference = paired.only_second_right.abs_diff(paired.only_first_right);
    let verdict = match paired.only_second_right.cmp(&paired.only_first_right) {
        std::cmp::Ordering::Equal => "Both classify equally many images correctly.".to_string(),
        order => format!(
            "The {} classifies {difference} more of {} images correctly ({} percentage points).",
            if order.is_gt() { "second" } else { "first" },
            paired.total(),
            points(paired.difference().abs())
        ),
    };
    format!(
        "first:  {}\nsecond: {}\n{table}\n{verdict}\nMcNemar's exact test on the {} images that only one classifies \
         correctly: p {}. It compares these two trained networks, not the settings that they were trained with.",
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

/// Draws the images with different predictions, several per line, each with its label and both predictions.
///
/// * `image`: the 784 pixels of the image with an index, row by row from the top, 0 background, 255 full ink.
/// * `limit`: draw at most this many, the first.
///
/// Empty if the networks agree on every image.
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
    format!("{} of {all} images with different predictions:\n\n{sheet}", shown.len())
}

#[cfg(test)]
mod tests;
