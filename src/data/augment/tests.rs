use super::*;
use crate::config::AffineBounds;
use crate::data::testing::noise_images;

const ZERO: AffineBounds =
    AffineBounds { rotation_degrees: 0.0, scale: 0.0, stretch: 0.0, shear: 0.0, shift_pixels: 0.0 };
const UNMOVED: AffineMap = AffineMap::SAME;

/// Every kind, wide.
const ALL: &str = "affine:rotation=20,scale=0.2,shear=0.3,shift=3,stretch=0.2+elastic:6+\
    thickness:thicker=2.5,thinner=0.9+softness:1+contrast:0.8";

type Image = [f32; PIXELS];

/// Values without any order, in 0..=1.
fn noise() -> Image {
    let images = noise_images(1);
    std::array::from_fn(|i| f32::from(images.image(0)[i]) / 255.0)
}

/// A smooth spot, a little off the centre.
fn blob() -> Image {
    std::array::from_fn(|i| {
        let (x, y) = ((i % SIDE) as f32 - 14.5, (i / SIDE) as f32 - 13.0);
        (-(x * x + y * y) / 18.0).exp()
    })
}

fn mapped(mut image: Image, map: AffineMap) -> Image {
    map.apply(None, &mut image);
    image
}

fn shifted(mut image: Image, right: i32, down: i32) -> Image {
    shift(&mut image, right, down);
    image
}

fn augmented(augmentation: impl Into<Augmentation>, seed: u64, epoch: u64, index: u64) -> Image {
    let mut image = noise();
    Augmenter::new(augmentation.into(), seed, epoch).apply(index, &mut image);
    image
}

fn largest_difference(a: &Image, b: &Image) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn bounds_of_zero_change_no_bit() {
    let original = noise().map(f32::to_bits);
    for augmentation in [Placement::Same, Placement::Shift { pixels: 0 }, Placement::Affine(ZERO)] {
        for index in 0..100 {
            assert_eq!(augmented(augmentation, 1, 1, index).map(f32::to_bits), original);
        }
    }
}

#[test]
fn a_shift_moves_pixels_and_fills_with_background() {
    let original = noise();
    for right in -14_i32..=14 {
        for down in -14_i32..=14 {
            let expected: Image = std::array::from_fn(|i| {
                let (x, y) = ((i % SIDE) as i32 - right, (i / SIDE) as i32 - down);
                let inside = (0..SIDE as i32).contains(&x) && (0..SIDE as i32).contains(&y);
                if inside { original[y as usize * SIDE + x as usize] } else { 0.0 }
            });
            assert_eq!(shifted(original, right, down), expected, "{right} right, {down} down");
        }
    }
}

#[test]
fn shift_draws_cover_the_whole_range_evenly() {
    let augmenter = Augmenter::new(Placement::Shift { pixels: 2 }.into(), 1, 1);
    let mut counts = std::collections::HashMap::new();
    for index in 0..10_000 {
        *counts.entry(draw_shift(&mut augmenter.numbers_of(index), 2)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 25);
    for ((right, down), count) in counts {
        assert!(right.abs() <= 2 && down.abs() <= 2, "{right} right, {down} down");
        // 400 expected; the standard deviation is sqrt(10000 / 25 * 24 / 25) = 20, and 5 of them are allowed.
        assert!((300..=500).contains(&count), "{count} of {right} right, {down} down");
    }
}

#[test]
fn a_shift_is_what_was_drawn() {
    let augmentation = Augmentation::from(Placement::Shift { pixels: 5 });
    for index in 0..20 {
        let drawn = draw_shift(&mut Augmenter::new(augmentation, 8, 9).numbers_of(index), 5);
        assert_eq!(augmented(augmentation, 8, 9, index), shifted(noise(), drawn.0, drawn.1));
    }
}

#[test]
fn affine_draws_stay_within_their_bounds_and_reach_them() {
    let bounds =
        AffineBounds { rotation_degrees: 30.0, scale: 0.5, stretch: 0.3, shear: 0.25, shift_pixels: 4.0 };
    let augmenter = Augmenter::new(Placement::Affine(bounds).into(), 1, 1);
    let draws: Vec<[f32; 6]> = (0..2000)
        .map(|index| {
            let map = AffineMap::draw(&mut augmenter.numbers_of(index), &bounds);
            [map.radians, map.scale - 1.0, map.shear, map.right, map.down, map.stretch - 1.0]
        })
        .collect();
    for (part, most) in [30_f32.to_radians(), 0.5, 0.25, 4.0, 4.0, 0.3].into_iter().enumerate() {
        let values = || draws.iter().map(|draw| draw[part]);
        let (least, largest) = (values().fold(f32::MAX, f32::min), values().fold(f32::MIN, f32::max));
        assert!(least >= -most && largest <= most, "part {part}: {least} to {largest}");
        // All 2000 draws miss the outer 1% on one side with probability 0.995^2000 = 4e-5.
        assert!(least < -0.99 * most && largest > 0.99 * most, "part {part}: {least} to {largest}");
        let mean = values().sum::<f32>() / draws.len() as f32;
        // The mean's standard deviation is most / sqrt(3 * 2000) = 0.013 most, and 5 of them are allowed.
        assert!(mean.abs() < 0.065 * most, "part {part}: mean {mean}");
    }
}

#[test]
fn a_quarter_turn_is_the_image_transposed_and_flipped() {
    let original = noise();
    let turned = mapped(original, AffineMap { radians: std::f32::consts::FRAC_PI_2, ..UNMOVED });
    // Clockwise: the left column, from the bottom up, becomes the top row from left to right.
    let expected = std::array::from_fn(|i| original[(SIDE - 1 - i % SIDE) * SIDE + i / SIDE]);
    // Positions are off by 1/32768 of a pixel at most, in each of two directions, between values up to 1
    // apart.
    let difference = largest_difference(&turned, &expected);
    assert!(difference < 1e-4, "{difference}");
}

#[test]
fn an_affine_move_by_whole_pixels_is_a_shift() {
    for (right, down) in [(2, -3), (-14, 14), (0, 1)] {
        let map = AffineMap { right: right as f32, down: down as f32, ..UNMOVED };
        assert_eq!(mapped(noise(), map), shifted(noise(), right, down));
    }
}

#[test]
fn a_move_by_half_a_pixel_averages_neighbours() {
    let original = noise();
    let moved = mapped(original, AffineMap { right: 0.5, ..UNMOVED });
    for row in 0..SIDE {
        for column in 1..SIDE {
            let at = row * SIDE + column;
            let mean = (original[at] + original[at - 1]) / 2.0;
            assert!((moved[at] - mean).abs() < 1e-6, "row {row}, column {column}"); // rounding of f32
        }
    }
}

/// The map as the module's formulas have it: A built from its three factors, inverted as a matrix, in f64.
fn by_definition(image: &Image, map: AffineMap) -> Image {
    let multiply = |a: [[f64; 2]; 2], b: [[f64; 2]; 2]| {
        [0, 1].map(|i| [0, 1].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
    };
    let (sine, cosine) = f64::from(map.radians).sin_cos();
    let (scale, stretch, shear) = (f64::from(map.scale), f64::from(map.stretch), f64::from(map.shear));
    let turned_shear = multiply([[cosine, -sine], [sine, cosine]], [[1.0, shear], [0.0, 1.0]]);
    let [[a, b], [c, d]] = multiply(turned_shear, [[scale * stretch, 0.0], [0.0, scale / stretch]]);
    let determinant = a * d - b * c;
    let pixel = |row: f64, column: f64| {
        let inside = (0.0..28.0).contains(&row) && (0.0..28.0).contains(&column);
        if inside { f64::from(image[row as usize * SIDE + column as usize]) } else { 0.0 }
    };
    std::array::from_fn(|i| {
        let x = (i % SIDE) as f64 - 13.5 - f64::from(map.right);
        let y = (i / SIDE) as f64 - 13.5 - f64::from(map.down);
        let column = (d * x - b * y) / determinant + 13.5;
        let row = (a * y - c * x) / determinant + 13.5;
        let (left, top) = (column.floor(), row.floor());
        let (right, down) = (column - left, row - top);
        let value = pixel(top, left) * (1.0 - right) * (1.0 - down)
            + pixel(top, left + 1.0) * right * (1.0 - down)
            + pixel(top + 1.0, left) * (1.0 - right) * down
            + pixel(top + 1.0, left + 1.0) * right * down;
        value as f32
    })
}

#[test]
fn a_map_is_scaling_then_stretching_then_shearing_then_turning_then_moving() {
    let map = AffineMap { radians: 0.7, scale: 1.3, stretch: 0.8, shear: -0.6, right: 1.7, down: -2.4 };
    let mut maps = vec![map];
    let bounds =
        AffineBounds { rotation_degrees: 180.0, scale: 0.5, stretch: 0.5, shear: 1.0, shift_pixels: 14.0 };
    let augmenter = Augmenter::new(Placement::Affine(bounds).into(), 1, 1);
    maps.extend((0..200).map(|index| AffineMap::draw(&mut augmenter.numbers_of(index), &bounds)));
    for map in maps {
        let difference = largest_difference(&mapped(noise(), map), &by_definition(&noise(), map));
        // Positions are off by 1/32768 of a pixel at most, in each of two directions, between values up to 1
        // apart.
        assert!(difference < 1e-4, "{map:?}: {difference}");
    }
}

#[test]
fn ink_is_kept_and_grows_with_the_area() {
    let ink = |image: &Image| image.iter().sum::<f32>();
    let bounds = AffineBounds::default();
    let augmenter = Augmenter::new(Placement::Affine(bounds).into(), 1, 1);
    for index in 0..200 {
        let map = AffineMap::draw(&mut augmenter.numbers_of(index), &bounds);
        let ratio = ink(&mapped(blob(), map)) / (ink(&blob()) * map.scale * map.scale);
        // The spot's edge, exp(-12 * 12 / 18) = 3e-4 of its height, is all that may leave the frame.
        assert!((0.99..=1.01).contains(&ratio), "{map:?}: {ratio}");
    }
}

#[test]
fn values_stay_in_0_to_1_at_the_widest_bounds() {
    let bounds = AffineBounds {
        rotation_degrees: 180.0,
        scale: 1.0_f32.next_down(),
        stretch: 1.0_f32.next_down(),
        shear: 1.0,
        shift_pixels: 14.0,
    };
    assert!(Augmentation::from(Placement::Affine(bounds)).to_string().parse::<Augmentation>().is_ok());
    let white = [1.0; PIXELS];
    let augmenter = Augmenter::new(Placement::Affine(bounds).into(), 1, 1);
    for index in 0..1000 {
        for mut image in [white, noise()] {
            augmenter.apply(index, &mut image);
            assert!(image.iter().all(|value| (0.0..=1.0).contains(value)), "image {index}");
        }
    }
    let smallest = AffineMap { scale: f32::MIN_POSITIVE, shear: 1.0, radians: 2.0, ..UNMOVED };
    assert!(mapped(white, smallest).iter().all(|value| (0.0..=1.0).contains(value)));
}

#[test]
fn an_image_changes_with_seed_epoch_and_index_alone() {
    for text in ["shift:14", "affine", "elastic", "thickness", "softness", "contrast", ALL] {
        let augmentation: Augmentation = text.parse().unwrap();
        let image = augmented(augmentation, 1, 2, 3);
        assert_eq!(image, augmented(augmentation, 1, 2, 3));
        assert_ne!(image, augmented(augmentation, 2, 2, 3));
        assert_ne!(image, augmented(augmentation, 1, 3, 3));
        assert_ne!(image, augmented(augmentation, 1, 2, 4));
    }
}

/// Printed by this code when it was written, with rand 0.10.3: a change here changes the results of every
/// augmented run, and has to be announced.
#[test]
fn draws_do_not_change_between_versions() {
    let augmenter = Augmenter::new(Augmentation::default(), 1, 2);
    let map = AffineMap::draw(&mut augmenter.numbers_of(3), &AffineBounds::default());
    let drawn = [map.radians, map.scale, map.shear, map.right, map.down].map(f32::to_bits);
    assert_eq!(drawn, [1024165010, 1063722286, 1032026344, 3213749338, 3177596608]);
    let shifts = [0, 1, 2, 3].map(|index| draw_shift(&mut augmenter.numbers_of(index), 14));
    assert_eq!(shifts, [(-12, -13), (-10, -7), (10, -8), (3, -14)]);
}

/// Printed by `AffineMap::apply` of before there were stretches and elastic distortion: runs with `affine` repeat to the bit.
#[test]
fn an_affine_image_has_the_bits_that_it_always_had() {
    // What seed 1, epoch 2 and image 3 draw: the test above.
    let [radians, scale, shear, right, down] =
        [1024165010, 1063722286, 1032026344, 3213749338, 3177596608].map(f32::from_bits);
    let image = mapped(
        std::array::from_fn(|i| (i * 37 % 256) as f32 / 255.0),
        AffineMap { radians, scale, shear, right, down, ..UNMOVED },
    );
    let sum =
        image.iter().fold(0_u64, |sum, value| sum.wrapping_mul(31).wrapping_add(value.to_bits().into()));
    assert_eq!(sum, 6333709230961658647);
}

fn changes(text: &str) -> Vec<Change> {
    let augmentation: Augmentation = text.parse().unwrap();
    let augmenter = Augmenter::new(augmentation, 1, 1);
    (0..2000).map(|index| Change::draw(&mut augmenter.numbers_of(index), &augmentation)).collect()
}

#[test]
fn draws_of_strokes_and_tones_stay_within_their_bounds_and_reach_them() {
    let changes = changes("thickness:thicker=2,thinner=0.5+softness:0.6+contrast:0.4");
    type Part = fn(&Change) -> f32;
    let parts: [(Part, f32, f32); 4] = [
        (|change| change.thickness, -0.5, 2.0),
        (|change| change.softness, 0.0, 0.6),
        (|change| change.black, 0.0, 0.2),
        (|change| change.white, 0.8, 1.0),
    ];
    for (part, (value, low, high)) in parts.into_iter().enumerate() {
        let (least, largest) =
            changes.iter().map(value).fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(v), b.max(v)));
        // All 2000 draws miss the outer 1% on one side with probability 0.99^2000 = 2e-9.
        let edge = 0.01 * (high - low);
        assert!(least >= low && least < low + edge, "part {part}: {least}");
        assert!(largest <= high && largest > high - edge, "part {part}: {largest}");
    }
}

#[test]
fn other_kinds_do_not_change_what_the_placement_draws() {
    let alone = changes("affine:stretch=0.1");
    let all = changes("affine:stretch=0.1+elastic+softness+contrast");
    assert!(alone.iter().zip(&all).all(|(alone, all)| alone.map == all.map));
    let shifts = |text| changes(text).iter().map(|change| change.shift).collect::<Vec<_>>();
    assert_eq!(shifts("shift:3"), shifts("shift:3+thickness+elastic"));
}

#[test]
fn a_kind_of_strength_0_changes_no_bit() {
    let same = Change {
        thickness: 0.0,
        shift: Some((0, 0)),
        map: AffineMap::SAME,
        field: None,
        softness: 0.0,
        black: 0.0,
        white: 1.0,
    };
    let bits = noise().map(f32::to_bits);
    let mut image = noise();
    same.apply(&mut image);
    assert_eq!(image.map(f32::to_bits), bits);
    // Also if each is carried out.
    strokes::thicken(&mut image, 0.0);
    let still = Field::draw(&mut Augmenter::new(Augmentation::default(), 1, 1).numbers_of(1), 0.0);
    AffineMap::SAME.apply(Some(&still), &mut image);
    tones::soften(&mut image, 0.0);
    tones::spread(&mut image, 0.0, 1.0);
    assert_eq!(image.map(f32::to_bits), bits);
}

#[test]
fn all_kinds_together_keep_values_in_0_to_1() {
    let widest = "affine:rotation=180,scale=0.99,shear=1,shift=14,stretch=0.99+elastic:7+\
                  thickness:thicker=3,thinner=0.999+softness:1+contrast:0.999";
    let augmenter = Augmenter::new(widest.parse().unwrap(), 1, 1);
    for index in 0..1000 {
        for mut image in [[1.0; PIXELS], noise()] {
            augmenter.apply(index, &mut image);
            assert!(image.iter().all(|value| (0.0..=1.0).contains(value)), "image {index}");
        }
    }
}

#[test]
fn a_digit_keeps_its_size_whatever_its_strokes() {
    // A frame of 20 x 20 pixels with strokes 3 pixels wide.
    let frame: Image = std::array::from_fn(|at| {
        let inside =
            |from: usize, to: usize| (from..to).contains(&(at % SIDE)) && (from..to).contains(&(at / SIDE));
        f32::from(u8::from(inside(4, 24) && !inside(7, 21)))
    });
    for change in changes("thickness:thicker=3,thinner=0.5") {
        let mut image = frame;
        change.apply(&mut image);
        // Half ink is where an edge of the frame is, along the middle row.
        let middle = &image[14 * SIDE..15 * SIDE];
        let (left, right) = middle.split_at(SIDE / 2);
        let outside = |half: &mut dyn Iterator<Item = &f32>| half.take_while(|value| **value < 0.5).count();
        let edges = (outside(&mut left.iter()), outside(&mut right.iter().rev()));
        assert!((3..=5).contains(&edges.0) && (3..=5).contains(&edges.1), "{}: {edges:?}", change.thickness);
    }
}

#[test]
fn an_elastic_image_is_sampled_where_the_field_says() {
    let augmenter = Augmenter::new(Augmentation::default(), 1, 1);
    let field = Field::draw(&mut augmenter.numbers_of(7), 4.0);
    let original = blob();
    let mut image = original;
    AffineMap::SAME.apply(Some(&field), &mut image);
    for row in 0..SIDE {
        let [right, down] = field.row(row);
        for column in 0..SIDE {
            // A move of the whole image by what the pixel moves by.
            let map = AffineMap { right: -right[column], down: -down[column], ..UNMOVED };
            let expected = by_definition(&original, map)[row * SIDE + column];
            let found = image[row * SIDE + column];
            assert!((found - expected).abs() < 1e-4, "{row}, {column}: {found}, {expected}");
        }
    }
}
