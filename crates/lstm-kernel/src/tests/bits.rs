//! Bit-identical results: for any number of threads, and for an image in any batch.

use super::support::Case;
use crate::{Kernel, Output, Tier};

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Shapes that are cut in every way: one shard and many, fewer blocks than threads and more, chance of no cut at all.
const SHAPES: [[usize; 4]; 10] = [
    // More timesteps than are kept of `dz`.
    [64, 40, 5, 72],
    [1, 5, 28, 16],
    [5, 5, 28, 64],
    [100, 5, 28, 33],
    [128, 5, 28, 16],
    [128, 5, 28, 64],
    [260, 5, 28, 8],
    [500, 3, 28, 40],
    [40, 5, 28, 160],
    [20, 3, 30, 300],
];

#[test]
fn results_are_bit_identical_for_any_number_of_threads() {
    for shape in SHAPES {
        for output in [Output::Last, Output::Sequence] {
            let case = Case::random(9, shape, output).with_zeros(4, |image| image % 4);
            let wanting = case.clone().with_input_gradient();
            for tier in Tier::available() {
                for case in [&case, &wanting] {
                    let one = with_threads(1, || case.train(tier)).all();
                    for threads in [2, 3, 4, 7, 8, 16, 64] {
                        assert!(
                            with_threads(threads, || case.train(tier)).all() == one,
                            "{threads} threads, {shape:?}, {output:?}, {tier:?}"
                        );
                    }
                }
                let one = with_threads(1, || case.infer(tier));
                for threads in [3, 8] {
                    assert!(with_threads(threads, || case.infer(tier)) == one, "inference on {tier:?}");
                }
            }
        }
    }
}

#[test]
fn avx2_and_avx512_are_bit_identical() {
    if ![Tier::Avx2, Tier::Avx512].into_iter().all(Tier::is_available) {
        eprintln!("not tested: this processor has not both");
        return;
    }
    for shape in SHAPES {
        for output in [Output::Last, Output::Sequence] {
            let case = Case::random(9, shape, output).with_zeros(4, |image| image % 4);
            for case in [case.clone(), case.with_input_gradient()] {
                assert!(
                    case.train(Tier::Avx2).all() == case.train(Tier::Avx512).all(),
                    "{shape:?}, {output:?}"
                );
                assert_eq!(case.infer(Tier::Avx2), case.infer(Tier::Avx512));
            }
        }
    }
}

#[test]
fn an_image_alone_has_the_same_states_as_in_a_batch() {
    let case = Case::random(10, [37, 8, 13, 21], Output::Sequence).with_zeros(3, |image| image % 10);
    let per_image = case.shape.timesteps * case.shape.units;
    for case in [case.clone(), case.clone().with_input_gradient()] {
        for tier in Tier::available() {
            let out = case.infer(tier);
            assert_eq!(case.train(tier).out, out);
            for image in 0..case.shape.batch {
                let alone = case.alone(image).infer(tier);
                let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                assert_eq!(
                    bits(&alone),
                    bits(&out[image * per_image..(image + 1) * per_image]),
                    "image {image}"
                );
            }
        }
    }
}

#[test]
fn the_head_has_the_same_bits_on_every_tier() {
    let values = |count: usize, seed: u64| Case::random(seed, [1, 1, count, 1], Output::Last).x;
    for [batch, units, classes] in [[128, 16, 10], [1, 1, 1], [5, 33, 17], [37, 64, 10]] {
        let (hidden, weights) = (values(batch * units, 1), values(units * classes, 2));
        let (bias, gradient) = (values(classes, 3), values(batch * classes, 4));
        // Sum by sum in the order of the terms, without fused multiply-adds.
        let sum = |terms: &mut dyn Iterator<Item = (f32, f32)>, start: f32| {
            terms.fold(start, |sum, (left, right)| sum + left * right)
        };
        let dense: Vec<f32> = (0..batch * classes)
            .map(|at| {
                let (row, class) = (at / classes, at % classes);
                sum(
                    &mut (0..units).map(|u| (hidden[row * units + u], weights[u * classes + class])),
                    bias[class],
                )
            })
            .collect();
        let to_hidden: Vec<f32> = (0..batch * units)
            .map(|at| {
                let (row, unit) = (at / units, at % units);
                sum(
                    &mut (0..classes).map(|c| (gradient[row * classes + c], weights[unit * classes + c])),
                    0.0,
                )
            })
            .collect();
        let to_weights: Vec<f32> = (0..units * classes)
            .map(|at| {
                let (unit, class) = (at / classes, at % classes);
                sum(&mut (0..batch).map(|b| (hidden[b * units + unit], gradient[b * classes + class])), 0.0)
            })
            .collect();
        for tier in Tier::available() {
            let kernel = Kernel::on(tier).unwrap();
            assert_eq!(kernel.dense(&hidden, &weights, &bias), dense, "{tier:?}");
            let found = kernel.dense_backward(&hidden, &weights, &gradient, classes);
            assert_eq!(found.hidden, to_hidden, "{tier:?}");
            assert_eq!(found.weights, to_weights, "{tier:?}");
        }
    }
}
