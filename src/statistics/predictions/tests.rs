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
