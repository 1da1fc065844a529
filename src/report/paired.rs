//! Two models' stored predictions of the same images: where they differ, and whether chance could have done it. The
//! images themselves are drawn by `drawing`.

use super::drawing::{Drawing, contact_sheet};
use super::format::{p_value, points};
use super::statistics::mcnemar_exact;
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde::Serialize;

/// An image that two models read differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// The image's place among the test images, from 0.
    pub index: usize,
    /// The digit that it shows.
    pub label: u8,
    /// What the first model read.
    pub first: u8,
    /// What the second model read.
    pub second: u8,
}

/// What two models' answers to the same images say of their difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedPredictions {
    /// Images that both read right.
    pub both_right: u64,
    /// Images that only the first reads right.
    pub only_first_right: u64,
    /// Images that only the second reads right.
    pub only_second_right: u64,
    /// Images that both read wrong, in the same way or not.
    pub both_wrong: u64,
    /// Two-sided p of McNemar's exact test: [`mcnemar_exact`].
    pub p: f64,
    /// The images that they read differently, by index.
    pub differing: Vec<Disagreement>,
}

impl PairedPredictions {
    /// All images.
    pub fn total(&self) -> u64 {
        self.both_right + self.only_first_right + self.only_second_right + self.both_wrong
    }

    /// Accuracy of the second less that of the first, in -1..=1; 0 for no images.
    pub fn difference(&self) -> f64 {
        let more = self.only_second_right as f64 - self.only_first_right as f64;
        more / self.total().max(1) as f64
    }
}

/// Compares two models by their predicted classes of the same images.
///
/// # Panics
///
/// When the three slices are not of one length.
pub fn compare_predictions(first: &[u8], second: &[u8], labels: &[u8]) -> PairedPredictions {
    assert!(
        first.len() == labels.len() && second.len() == labels.len(),
        "{} and {} predictions of {} images",
        first.len(),
        second.len(),
        labels.len()
    );
    let mut counts = [0; 4];
    let mut differing = Vec::new();
    for (index, ((&first, &second), &label)) in first.iter().zip(second).zip(labels).enumerate() {
        counts[2 * usize::from(first != label) + usize::from(second != label)] += 1;
        if first != second {
            differing.push(Disagreement { index, label, first, second });
        }
    }
    let [both_right, only_first_right, only_second_right, both_wrong] = counts;
    let p = mcnemar_exact(only_first_right, only_second_right);
    PairedPredictions { both_right, only_first_right, only_second_right, both_wrong, p, differing }
}

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
