//! Two networks' predictions of the same images as text: the table, the test, and the images with different answers.

use crate::format::{count, narrow_table, p_value, percent, points, text_table};
use crate::plot::drawing::{Drawing, contact_sheet};
use crate::run::RunResult;
use crate::statistics::{PairedPredictions, differences};

/// The comparison as text, without the images: what the two runs are, in which settings they differ, how their predictions
/// compare, and what the difference may come from.
pub fn paired_text(paired: &PairedPredictions, runs: [&RunResult; 2]) -> String {
    let [first, second] = runs;
    let differences = differences(first, second);
    let protocol = match differences.as_slice() {
        [] => String::new(),
        _ => format!("\nThe second run also differs in: {}.", differences.join("; ")),
    };
    format!("{}{protocol}\n\n{}\n{}", both(runs), predictions(paired), cause(runs, &differences, paired.p))
}

/// What is compared, one row per run. Layers take the place of the seeds, which the names have, where there are several.
fn both(runs: [&RunResult; 2]) -> String {
    let deep = runs.iter().any(|run| run.num_layers > 1);
    let named = runs.iter().zip(["first", "second"]);
    let rows = named.map(|(run, which)| {
        [
            which.to_string(),
            run.num_units.to_string(),
            if deep { run.num_layers.to_string() } else { run.seed.to_string() },
            run.epochs.to_string(),
            run.train_images.to_string(),
            percent(run.test_accuracy),
            run.name.clone(),
        ]
    });
    let third = if deep { "layers" } else { "seed" };
    narrow_table(["", "units", third, "epochs", "images", "test", "run"], rows, &[6])
}

fn predictions(paired: &PairedPredictions) -> String {
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
            "The {} classifies {difference} more of {} correctly ({} percentage points).",
            if order.is_gt() { "second" } else { "first" },
            count(paired.total() as usize, "image"),
            points(paired.difference().abs())
        ),
    };
    let only_one = count((paired.only_first_right + paired.only_second_right) as usize, "image");
    format!(
        "{table}\n\n{verdict}\nMcNemar's exact test on the {only_one} that only one classifies correctly: p {}. It compares \
         these two trained networks, not the settings that they were trained with.",
        p_text(paired.p)
    )
}

/// What the difference may come from.
fn cause(runs: [&RunResult; 2], differences: &[String], p: f64) -> String {
    let [first, second] = runs;
    let sizes = [
        (first.num_units != second.num_units, "the units"),
        (first.num_layers != second.num_layers, "the layers"),
    ];
    let seeds = (first.seed != second.seed, "the seed");
    let other = (!differences.is_empty(), "the other settings that differ");
    let parts: Vec<String> = sizes
        .into_iter()
        .chain([other, seeds])
        .filter(|(differ, _)| *differ)
        .map(|(_, what)| what.to_string())
        .collect();
    let chance = "the chance in one training";
    match parts.as_slice() {
        [] => "The two runs have the same settings and seed.".into(),
        _ if !differences.is_empty() => format!(
            "The runs have different protocols: a difference may come from {} or {chance}. To see what size alone does, \
             train both with the same settings.",
            parts.join(", ")
        ),
        _ if p < 0.05 => format!(
            "The networks differ, by {} or {chance}: several seeds of each (rowlstm sweep) show which.",
            parts.join(", ")
        ),
        _ => "These images do not show that the networks differ.".into(),
    }
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
    let images = count(all, "image");
    let which = if shown.len() == all { images } else { format!("{} of {images}", shown.len()) };
    format!("{which} with different predictions:\n\n{sheet}")
}

#[cfg(test)]
mod tests;
