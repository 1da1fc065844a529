//! Forward and every gradient against the scalar f64 reference, on every tier.

use super::reference::expected;
use super::support::Case;
use crate::{Output, Tier};
use proptest::prelude::*;

/// Largest difference from the expected values, relative to the largest of them.
fn error(name: &str, found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().fold(1e-3_f64, |most, v| most.max(v.abs()));
    found.iter().zip(expected).fold(0.0_f64, |most, (&f, e)| {
        assert!(f.is_finite(), "{name} holds {f}");
        most.max((f64::from(f) - e).abs() / scale)
    })
}

/// Rounding of f32 is 6e-8. At each timestep a state goes through sums of up to 160 terms, whose errors accumulate like a
/// random walk over the timesteps: a few hundred roundings for the longest sequences here.
const TOLERANCE: f64 = 2e-5;

fn check(case: &Case) {
    let e = expected(case);
    for tier in Tier::available() {
        let out = case.infer(tier);
        let results = case.train(tier);
        let g = &results.gradients;
        assert_eq!(out, results.out, "inference and training give the same output");
        let mut fields = vec![
            ("out", &out, &e.out),
            ("input weights", &g.input_weights, &e.input_weights),
            ("recurrent weights", &g.recurrent_weights, &e.recurrent_weights),
            ("bias", &g.bias, &e.bias),
        ];
        assert_eq!(g.input.is_some(), case.input_gradient);
        fields.extend(g.input.as_ref().map(|input| ("input", input, &e.input)));
        for (name, found, expected) in fields {
            let error = error(name, found, expected);
            assert!(error < TOLERANCE, "{name} on {tier:?} for {:?}: off by {error:e}", case.shape);
        }
    }
}

#[test]
fn dense_input_agrees_with_the_reference() {
    for units in [1, 3, 4, 8, 15, 16, 17, 32, 33, 48, 129] {
        for output in [Output::Last, Output::Sequence] {
            check(&Case::random(units as u64, [5, 6, 7, units], output));
        }
    }
}

#[test]
fn every_height_of_a_tile_agrees_with_the_reference() {
    for batch in 1..=27 {
        check(&Case::random(batch as u64, [batch, 3, 5, 18], Output::Sequence).with_input_gradient());
    }
}

#[test]
fn several_shards_and_chunks_agree_with_the_reference() {
    let case = Case::random(1, [131, 7, 9, 33], Output::Last);
    check(&case);
    check(&case.with_zeros(4, |image| image % 9));
}

#[test]
fn many_units_agree_with_the_reference() {
    // Enough that the weight gradients are summed after all shards.
    let case = Case::random(2, [17, 4, 28, 160], Output::Last);
    check(&case.clone().with_zeros(5, |image| image % 5));
    check(&case.with_input_gradient());
}

#[test]
fn long_sequences_agree_with_the_reference() {
    check(&Case::random(4, [2, 784, 1, 3], Output::Last));
    check(&Case::random(4, [3, 300, 1, 2], Output::Last).with_zeros(3, |image| 100 * image));
}

#[test]
fn more_inputs_than_a_mask_has_bits_agree_with_the_reference() {
    check(&Case::random(5, [3, 3, 150, 5], Output::Last).with_input_gradient());
    check(&Case::random(5, [3, 3, 64, 5], Output::Last).with_zeros(9, |_| 1));
}

#[test]
fn blank_prefixes_of_all_kinds_agree_with_the_reference() {
    let t = 6;
    let blanks: [fn(usize) -> usize; 6] =
        [|_| 0, |_| 6, |_| 2, |image| image % 7, |image| 6 * (image % 2), |image| usize::from(image == 3)];
    for (index, blank) in blanks.into_iter().enumerate() {
        for output in [Output::Last, Output::Sequence] {
            let case = Case::random(index as u64, [7, t, 4, 5], output).with_zeros(2, blank);
            check(&case);
            check(&case.with_input_gradient());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_agrees_with_the_reference(
        seed in 0..1000_u64,
        batch in 1..40_usize,
        timesteps in 1..7_usize,
        inputs in 1..20_usize,
        units in prop_oneof![1..40_usize, Just(1), Just(3), Just(17), Just(65)],
        sequence: bool,
        input_gradient: bool,
        keep_one_in in 1..6_u32,
        longest_blank in 0..9_usize,
    ) {
        let output = if sequence { Output::Sequence } else { Output::Last };
        let mut case = Case::random(seed, [batch, timesteps, inputs, units], output);
        case = case.with_zeros(keep_one_in, |image| (image * 7 + seed as usize) % (longest_blank + 1));
        if input_gradient {
            case = case.with_input_gradient();
        }
        check(&case);
    }
}
