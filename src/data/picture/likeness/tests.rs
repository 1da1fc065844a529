use super::*;
use std::sync::LazyLock;

static KNOWN_DIGITS: LazyLock<KnownDigits> = LazyLock::new(KnownDigits::built_in);

/// Full ink in a rectangle from `(x, y)`, and the rest paper.
fn rectangle(x: usize, y: usize, wide: usize, high: usize) -> [u8; PIXELS] {
    let inside = |at: usize| (x..x + wide).contains(&(at % SIDE)) && (y..y + high).contains(&(at / SIDE));
    std::array::from_fn(|at| if inside(at) { 255 } else { 0 })
}

#[test]
fn an_outline_has_length_1_and_does_not_depend_on_the_strength_of_the_ink() {
    let image = rectangle(12, 4, 3, 20);
    let (found, faint) = (outline(&image), outline(&image.map(|byte| byte / 5)));
    let length: f32 = found.iter().map(|number| number * number).sum();
    // Sums of 588 numbers below 1, in f32.
    assert!((length - 1.0).abs() < 1e-5, "{length}");
    // The root magnifies roundings of 1e-7 near 0.
    assert!(hellinger(&found, &faint) < 2e-3);
}

#[test]
fn the_left_edge_of_a_stroke_faces_right_and_stands_where_the_stroke_stands() {
    let numbers = outline(&rectangle(13, 0, 15, SIDE));
    let strongest = (0..NUMBERS).max_by(|a, b| numbers[*a].total_cmp(&numbers[*b])).unwrap();
    // Direction 0 is to the right; the edge at x = 12.5 is nearest to the place at 13.5, number 3.
    assert_eq!((strongest % DIRECTIONS, strongest / DIRECTIONS % PLACES), (0, 3));
}

#[test]
fn blurring_keeps_the_ink_and_spreads_it_by_one_pixel() {
    let blurred = blurred(&rectangle(10, 20, 1, 1));
    let sum: f32 = blurred.iter().sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    assert_eq!(blurred[20 * SIDE + 10], 36.0 / 256.0);
    assert_eq!(blurred[19 * SIDE + 12], 4.0 / 256.0);
}

#[test]
fn a_picture_without_ink_is_nothing_like_a_digit() {
    let found = KNOWN_DIGITS.likeness(&[0; PIXELS]);
    // The distance of zeros from anything of length 1 is computed as that of perpendicular descriptions.
    assert!((found.distance - 2.0_f32.sqrt()).abs() < 1e-6 && found.solid == 0.0, "{found:?}");
    assert!(found.doubt().is_some());
}

#[test]
fn a_square_is_as_solid_as_the_ink_in_it_and_width_beyond_height_is_counted() {
    assert_eq!(solid(&rectangle(3, 5, 7, 7)), 1.0);
    assert_eq!(solid(&rectangle(21, 21, 7, 7)), 1.0);
    assert_eq!(solid(&rectangle(3, 5, 7, 1)), 1.0 / 7.0);
    assert_eq!(wider(&rectangle(2, 3, 20, 9)), 11);
    assert_eq!(wider(&rectangle(2, 3, 9, 20)), 0);
    assert_eq!(wider(&[0; PIXELS]), 0);
}

#[test]
fn the_known_digits_are_the_first_of_the_training_images_and_like_themselves() {
    assert_eq!(KNOWN_DIGITS.0.len(), KNOWN);
    let train = crate::data::Dataset::load(std::path::Path::new("")).unwrap().train;
    for index in [0, 1, KNOWN - 1] {
        let image = train.image(index).try_into().unwrap();
        assert_eq!(KNOWN_DIGITS.0[index], outline(image));
        assert!(KNOWN_DIGITS.likeness(image).distance < FARTHEST);
    }
}

#[test]
fn at_most_1_in_100_held_out_training_digits_is_doubted() {
    let train = crate::data::Dataset::load(std::path::Path::new("")).unwrap().train;
    // Every fourth, to save time; scripts/score_doubts counts all 10,000, of which 62 are doubted.
    let held_out: Vec<usize> = (train.len() - 10_000..train.len()).step_by(4).collect();
    let doubt =
        |index: &&usize| KNOWN_DIGITS.likeness(train.image(**index).try_into().unwrap()).doubt().is_some();
    let doubted = held_out.iter().filter(doubt).count();
    assert!(doubted > 0 && 100 * doubted <= held_out.len(), "{doubted} of {}", held_out.len());
}
