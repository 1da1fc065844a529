//! The text and the drawn images.

use super::*;
use crate::statistics::compare_predictions;
use crate::statistics::testing::{run, with};

fn comparison() -> PairedPredictions {
    // both right, only first, only second twice, both wrong alike, both wrong differently
    compare_predictions(&[1, 2, 0, 0, 9, 9], &[1, 0, 3, 4, 9, 8], &[1, 2, 3, 4, 5, 6])
}

#[test]
fn models_that_agree_draw_nothing() {
    let paired = compare_predictions(&[1, 2, 3], &[1, 2, 3], &[1, 2, 4]);
    let drawing = Drawing { width: 80, ascii: true };
    assert_eq!(disagreements_text(&paired, |_| &[], 10, drawing), "");
}

#[test]
fn the_text_says_which_is_better_and_by_how_much() {
    let (small, large) = (run(8, 1, 9000), run(16, 1, 9500));
    let text = paired_text(&comparison(), [&small, &large]);
    for part in [
        "|  first |     8 |    1 |     10 |  55000 | 90.00 % |  u8-l1-s1 |",
        "| second |    16 |    1 |     10 |  55000 | 95.00 % | u16-l1-s1 |",
        "The second classifies 1 more of 6 images correctly (16.67 percentage points)",
        "p = 1.000",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.contains("| first wrong |            2 |            2 |"), "{text}");
    let far = compare_predictions(&[1; 40], &[0; 40], &[1; 40]);
    let text = paired_text(&far, [&small, &large]);
    assert!(text.contains("The first classifies 40 more") && text.contains("p < 0.001"), "{text}");
    let same = compare_predictions(&[1, 0], &[0, 2], &[1, 2]);
    let text = paired_text(&same, [&small, &large]);
    assert!(
        text.contains("Both classify equally many images correctly.") && !text.contains("protocol"),
        "{text}"
    );
    assert!(text.contains("do not show that the networks differ"), "{text}");
}

#[test]
fn every_setting_that_differs_is_named_before_the_numbers() {
    let small = with(with(run(8, 1, 9000), "train-limit", 10_000), "epochs", 3);
    let text = paired_text(&comparison(), [&small, &run(16, 2, 9500)]);
    let named = text.find("The second run also differs in: epochs 10, not 3; all images, not 10000 images.");
    assert!(named.is_some() && named < text.find("McNemar"), "{text}");
    assert!(
        text.contains("may come from the units, the other settings that differ, the seed or the chance"),
        "{text}"
    );
}

/// A vertical line in column 3, from the second row down, at full ink.
fn line() -> Vec<u8> {
    (0..784).map(|pixel| if pixel % 28 == 3 && pixel >= 28 { 255 } else { 0 }).collect()
}

#[test]
fn half_blocks_show_two_rows_a_line() {
    let image = line();
    let text = disagreements_text(&comparison(), |_| &image, 1, Drawing { width: 28, ascii: false });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "1 of 4 images with different predictions:");
    assert_eq!(lines[2], "   ▄");
    assert_eq!(lines[3..16], ["   █"; 13]);
    assert_eq!(lines[16..18], ["image 1, label 2", "first 2, second 0"]);
}

#[test]
fn the_fallback_is_ascii_alone_and_shows_shades() {
    let mut image = line();
    image[0] = 1;
    let text = disagreements_text(&comparison(), |_| &image, 1, Drawing { width: 28, ascii: true });
    assert!(text.is_ascii(), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[2..4], [".  +", "   @"]);
}

#[test]
fn a_line_holds_as_many_images_as_fit() {
    let image = line();
    let first_line = |width| {
        let text = disagreements_text(&comparison(), |_| &image, 9, Drawing { width, ascii: true });
        assert!(text.lines().all(|line| line.len() <= width.max(42)), "{text}");
        assert_eq!(text.matches("label").count(), 4);
        text.lines().nth(3).unwrap().matches('@').count()
    };
    assert_eq!([0, 28, 57, 58, 87, 88, 118, 200].map(first_line), [1, 1, 1, 2, 2, 3, 4, 4]);
}
