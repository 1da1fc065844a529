//! The edges of the domain: huge and zero numbers, the activations over their whole range, wrong lengths.

use super::support::Case;
use crate::activation::{sigmoid, tanh};
use crate::simd::{Simd, Vectorized};
use crate::{Kernel, Output, Tier};

/// Applies both activations to a list.
struct Activations<'a>(&'a [f32]);

impl Vectorized for Activations<'_> {
    type Output = Vec<[f32; 2]>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let apply = |&x: &f32| {
            let mut found = [[0.0; 16]; 2];
            // SAFETY: a vector has at most 16 lanes.
            unsafe {
                simd.store(found[0].as_mut_ptr(), sigmoid(simd, simd.splat(x)));
                simd.store(found[1].as_mut_ptr(), tanh(simd, simd.splat(x)));
            }
            [found[0][0], found[1][0]]
        };
        self.0.iter().map(apply).collect()
    }
}

#[test]
fn activations_are_accurate_to_a_few_units_in_the_last_place() {
    let magnitudes = (0..40_000).map(|i| (i as f32 * 0.004 - 120.0).exp2());
    let arguments: Vec<f32> =
        magnitudes.chain((0..90_000).map(|i| i as f32 * 0.001)).flat_map(|x| [x, -x]).collect();
    for tier in Tier::available() {
        let mut worst = [0.0_f64; 2];
        for (&x, found) in arguments.iter().zip(tier.run(Activations(&arguments))) {
            let exact = [1.0 / (1.0 + (-f64::from(x)).exp()), f64::from(x).tanh()];
            for function in 0..2 {
                if function == 0 && x < -87.0 {
                    // Below the limit, sigmoid stays at e^-87, 1.6e-38.
                    assert!(found[0] > 0.0 && found[0] < 2e-38);
                    continue;
                }
                let unit = exact[function].abs().max(f64::from(f32::MIN_POSITIVE)) * f64::from(f32::EPSILON);
                worst[function] =
                    worst[function].max((f64::from(found[function]) - exact[function]).abs() / unit);
            }
            assert!(found[0] <= 1.0 && found[1].abs() <= 1.0, "{x}: {found:?} on {tier:?}");
        }
        println!("{tier:?}: sigmoid {:.2}, tanh {:.2} units in the last place", worst[0], worst[1]);
        // Polynomial, scaling, reciprocal and multiplication each add up to about one.
        assert!(worst.iter().all(|&w| w < 3.5), "{worst:?} on {tier:?}");
    }
}

#[test]
fn activations_saturate_and_pass_nan_on() {
    let arguments = [1e30, f32::MAX, f32::INFINITY, -1e30, f32::MIN, f32::NEG_INFINITY, f32::NAN];
    for tier in Tier::available() {
        let found = tier.run(Activations(&arguments));
        assert!(found[..3].iter().all(|f| *f == [1.0, 1.0]), "{found:?}");
        assert!(found[3..6].iter().all(|f| f[0] < 2e-38 && f[1] == -1.0), "{found:?}");
        assert!(found[6].iter().all(|f| f.is_nan()), "{found:?}");
    }
}

#[test]
fn huge_finite_numbers_give_no_nan() {
    for scale in [1e10_f32, 1e30] {
        for which in 0..4 {
            let mut case = Case::random(which, [5, 4, 3, 19], Output::Sequence).with_input_gradient();
            let huge = match which {
                0 => &mut case.x,
                1 => &mut case.input_weights,
                2 => &mut case.recurrent_weights,
                _ => &mut case.bias,
            };
            huge.iter_mut().for_each(|v| *v *= scale);
            for tier in Tier::available() {
                let results = case.train(tier);
                assert!(results.out.iter().all(|v| v.abs() <= 1.0));
                let finite = results.all().into_iter().all(|bits| !f32::from_bits(bits).is_nan());
                assert!(finite, "field {which} times {scale:e} on {tier:?}");
            }
        }
    }
}

#[test]
fn zero_weights_and_inputs_give_zero_states() {
    let mut case = Case::random(1, [3, 4, 5, 6], Output::Sequence);
    for values in [&mut case.x, &mut case.input_weights, &mut case.recurrent_weights, &mut case.bias] {
        values.fill(0.0);
    }
    for tier in Tier::available() {
        let results = case.train(tier);
        assert!(results.out.iter().all(|&v| v == 0.0));
        assert!(
            results
                .gradients
                .input_weights
                .iter()
                .chain(&results.gradients.recurrent_weights)
                .all(|&v| v == 0.0)
        );
        // At state zero only the bias of the candidate has a gradient.
        assert!(results.gradients.bias[12..18].iter().all(|&v| v != 0.0));
    }
}

#[test]
fn a_nan_in_the_input_reaches_the_output() {
    let mut case = Case::random(1, [2, 3, 4, 5], Output::Last);
    case.x[5] = f32::NAN;
    for tier in Tier::available() {
        let out = case.infer(tier);
        assert!(out[..5].iter().all(|v| v.is_nan()) && out[5..].iter().all(|v| v.is_finite()));
    }
}

#[test]
fn buffers_of_other_shapes_do_not_change_results() {
    let case = Case::random(6, [20, 5, 6, 17], Output::Last).with_zeros(2, |image| image % 3);
    for tier in Tier::available() {
        let before = case.train(tier).all();
        let mut other = Case::random(7, [30, 6, 5, 20], Output::Last);
        other.bias.fill(f32::NAN);
        other.train(tier);
        assert_eq!(case.train(tier).all(), before);
    }
}

#[test]
#[should_panic(expected = "the input must be [B, T, W]")]
fn an_input_of_the_wrong_length_is_refused() {
    let mut case = Case::random(1, [2, 3, 4, 5], Output::Last);
    case.x.pop();
    case.infer(Tier::Plain);
}

#[test]
#[should_panic(expected = "both passes must run on the same tier")]
fn saved_values_of_another_tier_are_refused() {
    let case = Case::random(1, [2, 3, 4, 5], Output::Last);
    let mut out = vec![0.0; 10];
    let weights = case.weights();
    let plain = Kernel::on(Tier::Plain).unwrap();
    let saved = plain.forward(case.shape, &case.x, &weights, case.output, false, &mut out);
    match Tier::best() {
        Tier::Plain => panic!("both passes must run on the same tier: this processor has no other"),
        best => Kernel::on(best).unwrap().backward(&case.x, &weights, &saved, &case.grad_out),
    };
}

#[test]
fn gradients_that_decay_to_subnormal_numbers_are_zero() {
    // With inputs, biases and recurrent weights of 0 all states are 0, all gates 1/2 and the candidate 0: each timestep
    // halves the gradient of the cell state. One input weight, of unit 0's candidate, passes it on to the input.
    let first_input_gradient = |timesteps: usize, tier| {
        let mut case = Case::random(1, [2, timesteps, 3, 5], Output::Last).with_input_gradient();
        for values in [&mut case.x, &mut case.input_weights, &mut case.recurrent_weights, &mut case.bias] {
            values.fill(0.0);
        }
        case.input_weights[2 * 5] = 1.0;
        case.grad_out.fill(1.0);
        case.train(tier).gradients.input.unwrap()[0]
    };
    for tier in Tier::available() {
        let expected = 0.5_f32.powi(51);
        // 50 gates, each within some units in the last place.
        let kept = first_input_gradient(50, tier);
        assert!((kept / expected - 1.0).abs() < 1e-4, "{kept:?} on {tier:?}");
        // 2^-131 would be subnormal.
        let decayed = first_input_gradient(130, tier);
        assert!(decayed == 0.0, "{decayed:?} on {tier:?}");
    }
}
