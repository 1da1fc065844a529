//! Scales, places of labels, text in drawings, and colours.

use super::canvas::{TEXT, shorten, width, wrap};
use super::colours::ROLES;
use super::place::{Area, near, spread};
use super::scale::{AccuracyScale, LogScale};

#[test]
fn ticks_are_round_and_readable_near_99_percent() {
    let labels = |values: &[f64]| -> Vec<String> {
        AccuracyScale::new(values, &[], 10_000, 300.0, 50.0).ticks().into_iter().map(|tick| tick.1).collect()
    };
    assert_eq!(labels(&[0.93, 0.991]), ["93 %", "95 %", "97 %", "98 %", "99 %"]);
    let near = labels(&[0.9885, 0.9915]);
    assert!(near.len() >= 3 && near.iter().all(|label| label.len() <= 8), "{near:?}");
    let poor = labels(&[0.09, 0.12]);
    assert!(poor.len() >= 3, "{poor:?}");
    let none = labels(&[0.0, 0.001]);
    assert!(!none.is_empty() && none.iter().all(|label| !label.starts_with('-')), "{none:?}");
}

#[test]
fn ticks_stand_where_their_values_do() {
    let scale = AccuracyScale::new(&[0.5, 0.995], &[], 10_000, 300.0, 50.0);
    for (place, label) in scale.ticks() {
        let value: f64 = label.trim_end_matches(" %").parse::<f64>().unwrap() / 100.0;
        // The label is exact in decimals; the rest is rounding of f64.
        assert!((scale.place(value) - place).abs() < 1e-6, "{label}");
    }
    let across = LogScale::new(&[1274.0, 81_674.0], 60.0, 480.0);
    for (place, label) in across.ticks(|value| value.to_string(), |text| width(text, TEXT)) {
        assert!((across.place(label.parse().unwrap()) - place).abs() < 1e-6, "{label}");
    }
}

#[test]
fn an_interval_far_away_does_not_squeeze_the_values() {
    let scale = AccuracyScale::new(&[0.98, 0.99], &[0.1, 1.4], 10_000, 300.0, 50.0);
    let height = scale.place(0.98) - scale.place(0.99);
    assert!(height > 250.0 / 2.5, "{height} of 250 units");
}

#[test]
fn spread_labels_keep_their_order_and_do_not_touch() {
    let wanted = [100.0, 101.0, 99.0, 300.0, 299.0];
    let centres = spread(&wanted, &[16.0; 5], 50.0, 305.0);
    let mut order: Vec<usize> = (0..5).collect();
    order.sort_by(|a, b| centres[*a].total_cmp(&centres[*b]));
    assert_eq!(order, [2, 0, 1, 4, 3]);
    // Sums of a few f64.
    assert!(order.windows(2).all(|pair| centres[pair[1]] - centres[pair[0]] >= 16.0 - 1e-9), "{centres:?}");
    assert!(centres.iter().all(|centre| (58.0..=297.0).contains(centre)), "{centres:?}");
}

#[test]
fn a_label_finds_a_free_place_or_none() {
    let bounds = Area(0.0, 0.0, 300.0, 200.0);
    let mut taken = vec![Area::around((150.0, 100.0), 5.0)];
    let mut found = 0;
    while near((150.0, 100.0), "128 units", &[], &bounds, &mut taken).is_some() {
        found += 1;
        let newest = taken[taken.len() - 1];
        assert!(!taken[..taken.len() - 1].iter().any(|area| area.meets(&newest)));
    }
    assert!((2..50).contains(&found), "{found}");
}

#[test]
fn a_label_is_nearest_to_its_own_point_or_left_out() {
    let bounds = Area(0.0, 0.0, 300.0, 200.0);
    let (own, other) = ((150.0, 100.0), (150.0, 130.0));
    let mut places = Vec::new();
    let mut taken = vec![Area::around(own, 5.0)];
    while let Some((_, baseline)) = near(own, "28", &[own, other], &bounds, &mut taken) {
        places.push(baseline);
    }
    // 115: the middle between the two.
    assert!(!places.is_empty() && places.iter().all(|baseline| baseline - TEXT * 0.9 < 115.0), "{places:?}");
}

#[test]
fn long_text_is_wrapped_and_cut_to_its_width() {
    let text = "128 units, learning-rate 0.01, averyveryverylongwordthatdoesnotfit";
    let lines = wrap(text, 120.0, TEXT);
    assert!(lines.len() > 2 && lines.iter().all(|line| width(line, TEXT) <= 120.0), "{lines:?}");
    assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""), "nothing is lost");
    assert!(shorten(text, 120.0, TEXT).ends_with('…'));
    assert_eq!(shorten("8 units", 120.0, TEXT), "8 units");
}

/// The contrast of two colours "#rrggbb" (WCAG 2.2, contrast ratio).
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |colour: &str| -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_and_lines_have_contrast_to_the_paper() {
    let paper = ROLES[0];
    for (role, light, dark) in ROLES.iter().filter(|(role, ..)| !["paper", "grid", "heat"].contains(role)) {
        // 4.5: level AA for text.
        assert!(contrast(light, paper.1) >= 4.5, "{role} light {}", contrast(light, paper.1));
        assert!(contrast(dark, paper.2) >= 4.5, "{role} dark {}", contrast(dark, paper.2));
    }
}
