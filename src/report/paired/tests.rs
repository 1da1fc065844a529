//! Counts, the text and the drawn images.

use super::*;

fn comparison() -> PairedPredictions {
    // both right, only first, only second twice, both wrong alike, both wrong differently
    compare_predictions(&[1, 2, 0, 0, 9, 9], &[1, 0, 3, 4, 9, 8], &[1, 2, 3, 4, 5, 6])
}

#[test]
fn every_image_is_counted_once() {
    let paired = comparison();
    assert_eq!((paired.both_right, paired.only_first_right), (1, 1));
    assert_eq!((paired.only_second_right, paired.both_wrong), (2, 2));
    assert_eq!(paired.total(), 6);
    assert_eq!(paired.difference(), 1.0 / 6.0);
    assert_eq!(paired.p, mcnemar_exact(1, 2));
}

#[test]
fn images_differ_where_predictions_do_right_or_wrong() {
    let indices: Vec<usize> = comparison().differing.iter().map(|found| found.index).collect();
    assert_eq!(indices, [1, 2, 3, 5]);
    assert_eq!(comparison().differing[3], Disagreement { index: 5, label: 6, first: 9, second: 8 });
}

#[test]
fn a_model_does_not_differ_from_itself() {
    let paired = compare_predictions(&[1, 2, 3], &[1, 2, 3], &[1, 2, 4]);
    assert_eq!((paired.p, paired.difference()), (1.0, 0.0));
    assert!(paired.differing.is_empty());
    let drawing = Drawing { width: 80, ascii: true };
    assert_eq!(disagreements_text(&paired, |_| &[], 10, drawing), "");
}

#[test]
fn no_images_are_no_error() {
    let paired = compare_predictions(&[], &[], &[]);
    assert_eq!((paired.total(), paired.p, paired.difference()), (0, 1.0, 0.0));
}

#[test]
#[should_panic(expected = "2 and 1 predictions of 2 images")]
fn predictions_of_other_images_are_refused() {
    compare_predictions(&[1, 2], &[1], &[1, 2]);
}

#[test]
fn the_text_tells_who_is_better_and_by_how_much() {
    let text = paired_text(&comparison(), ("u8", "u16"));
    for part in
        ["first:  u8", "second: u16", "The second reads 1 more of 6 images right (16.67 points)", "p = 1.000"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.contains("| first wrong |            2 |            2 |"), "{text}");
    let far = compare_predictions(&[1; 40], &[0; 40], &[1; 40]);
    let text = paired_text(&far, ("a", "b"));
    assert!(text.contains("The first reads 40 more") && text.contains("p < 0.001"), "{text}");
    let same = compare_predictions(&[1, 0], &[0, 2], &[1, 2]);
    assert!(paired_text(&same, ("a", "b")).contains("Both read as many images right."));
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
    assert_eq!(lines[0], "1 of 4 images that they read differently:");
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
