use super::*;
use crate::config::BackendName;
use crate::device::{BUILT_IN, device};
use burn::tensor::{Device, TensorData, activation::log_softmax};
use rand::RngExt;

fn loss(logits: [[f32; 3]; 2], labels: [i32; 2], smoothing: f64) -> f64 {
    let targets = Targets { labels: labels.to_vec(), smoothing };
    let logits = Tensor::from_data(logits, &device(BackendName::Ndarray));
    f64::from(cross_entropy(logits, targets).into_scalar::<f32>())
}

#[test]
fn equal_scores_cost_the_logarithm_of_the_classes() {
    for smoothing in [0.0, 0.1] {
        let found = loss([[5.0; 3], [-2.0; 3]], [0, 2], smoothing);
        assert!((found - 3f64.ln()).abs() < 1e-6, "{found}"); // f32 rounding of values near 1
    }
}

#[test]
fn smoothing_spreads_the_target_over_all_classes() {
    // By hand: -log softmax of (2, 0, 0) is (a, a + 2, a + 2) with a = ln(1 + 2 exp(-2)); the target is 0.8 for the
    // label and 0.1 for each other class at smoothing 0.3.
    let a = (1.0 + 2.0 * (-2f64).exp()).ln();
    let found = loss([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]], [0, 1], 0.3);
    assert!((found - (0.8 * a + 0.2 * (a + 2.0))).abs() < 1e-6, "{found}");
}

#[test]
fn huge_scores_stay_finite() {
    assert_eq!(loss([[1e30, 0.0, -1e30], [0.0, 1e30, 0.0]], [0, 1], 0.0), 0.0);
}

#[test]
#[should_panic(expected = "a label must be a class in 0..3")]
fn a_label_that_is_not_a_class_is_refused() {
    loss([[0.0; 3]; 2], [0, 3], 0.0);
}

/// Logits, loss, and its gradients with respect to hidden states, weights and bias, from this module or from burn's
/// operations.
fn everything(ours: bool, sizes: [usize; 3], smoothing: f64, device: &Device) -> Vec<Vec<f32>> {
    let [batch, units, classes] = sizes;
    let mut generator = crate::seeds::generator(1, "head", &[units as u64]);
    let mut draw = |rows: usize, columns: usize| {
        let values: Vec<f32> = (0..rows * columns).map(|_| generator.random_range(-1.0..1.0)).collect();
        Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), device).require_grad()
    };
    let (hidden, weights) = (draw(batch, units), draw(units, classes));
    let bias: Tensor<1> = draw(1, classes).inner().reshape([classes]);
    let bias = Tensor::<1>::from_data(bias.into_data(), device).require_grad();
    let labels: Vec<i32> = (0..batch).map(|image| (7 * image % classes) as i32).collect();
    let targets = Targets { labels, smoothing };
    let (logits, loss) = if ours {
        let logits = dense(hidden.clone(), weights.clone(), bias.clone());
        (logits.clone(), cross_entropy(logits, targets))
    } else {
        let logits = hidden.clone().matmul(weights.clone()) + bias.clone().unsqueeze();
        let row =
            |label: &i32| (0..classes).map(|class| targets.target(*label, class, classes) as f32).collect();
        let expected: Vec<f32> = targets.labels.iter().flat_map::<Vec<f32>, _>(row).collect();
        let expected = Tensor::<2>::from_data(TensorData::new(expected, [batch, classes]), device);
        let loss = (expected * log_softmax(logits.clone(), 1)).sum().mul_scalar(-1.0 / batch as f64);
        (logits, loss)
    };
    // A factor, so that the gradient that reaches the loss is not 1.
    let gradients = loss.clone().mul_scalar(3.0).backward();
    let numbers = |tensor: Tensor<2>| -> Vec<f32> { tensor.into_data().try_into_vec().unwrap() };
    vec![
        numbers(logits.inner()),
        numbers(loss.inner().unsqueeze()),
        numbers(hidden.grad(&gradients).unwrap()),
        numbers(weights.grad(&gradients).unwrap()),
        numbers(bias.grad(&gradients).unwrap().unsqueeze()),
    ]
}

#[test]
fn head_and_loss_agree_with_burns_own_operations() {
    // Sizes around the width of a strip and of a pair of rows.
    for sizes in [[1, 1, 1], [1, 3, 10], [5, 17, 10], [4, 16, 16], [3, 129, 17], [128, 64, 10]] {
        for (&backend, smoothing) in BUILT_IN.iter().flat_map(|backend| [(backend, 0.0), (backend, 0.2)]) {
            let device = device(backend).autodiff();
            let (found, expected) =
                (everything(true, sizes, smoothing, &device), everything(false, sizes, smoothing, &device));
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(expected) {
                    // f32 sums of at most 129 terms below 1, in another order.
                    assert!(
                        (found - expected).abs() < 2e-5,
                        "{sizes:?} {backend} {index}: {found}, {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn backends_are_bit_identical() {
    let on = |backend| everything(true, [37, 65, 10], 0.1, &device(backend).autodiff());
    for &backend in BUILT_IN {
        assert_eq!(on(BackendName::Ndarray), on(backend), "{backend}");
    }
}

#[test]
fn a_mask_is_bit_identical_with_burns_multiplication() {
    let mut generator = crate::seeds::generator(1, "mask", &[]);
    let values: Vec<f32> = (0..60).map(|_| generator.random_range(-1.0..1.0)).collect();
    let mask: Vec<f32> = (0..60).map(|index| if index % 3 == 0 { 0.0 } else { 1.0 / 0.9 }).collect();
    for device in BUILT_IN.iter().map(|&backend| device(backend).autodiff()) {
        let run = |ours: bool| {
            let x =
                Tensor::<3>::from_data(TensorData::new(values.clone(), [3, 4, 5]), &device).require_grad();
            // Of another order in memory than its shape's, as a tensor may be.
            let swapped = x.clone().swap_dims(0, 2);
            let product = if ours {
                masked(swapped, mask.clone())
            } else {
                swapped * Tensor::from_data(TensorData::new(mask.clone(), [5, 4, 3]), &device)
            };
            let gradients = (product.clone() * product.clone()).sum().backward();
            let bits = |tensor: Tensor<3>| -> Vec<u32> {
                tensor.into_data().try_into_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
            };
            (bits(product.inner()), bits(x.grad(&gradients).unwrap()))
        };
        assert_eq!(run(true), run(false));
    }
}

#[test]
#[should_panic(expected = "the mask must have one value for each of [2, 3]")]
fn a_mask_of_another_length_is_refused() {
    masked(Tensor::<2>::zeros([2, 3], &device(BackendName::Ndarray)), vec![1.0; 5]);
}
