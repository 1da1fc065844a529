//! The loss that training lowers.

use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};

/// Mean cross-entropy between the softmax of `logits` and the labels, where each label's target is spread:
/// `1 - smoothing + smoothing / C` on the label and `smoothing / C` on every other class (Szegedy et al., Rethinking
/// the Inception Architecture, 2016; with the meaning of PyTorch's `label_smoothing`).
///
/// * `logits`: `[B, C]`, before softmax.
/// * `labels`: B classes in 0..C.
/// * `smoothing`: in 0..1; 0 is plain cross-entropy.
/// * returns `[1]`, at least 0.
///
/// # Panics
/// When there are not B labels, or one is not in 0..C.
pub fn cross_entropy(logits: Tensor<2>, labels: &[i32], smoothing: f64, device: &Device) -> Tensor<1> {
    let [batch, classes] = logits.dims();
    assert_eq!(labels.len(), batch, "one label an image");
    let mut targets = vec![(smoothing / classes as f64) as f32; batch * classes];
    for (row, label) in targets.chunks_exact_mut(classes).zip(labels) {
        row[usize::try_from(*label).expect("a class is not negative")] += (1.0 - smoothing) as f32;
    }
    let targets = Tensor::from_data(TensorData::new(targets, [batch, classes]), device); // [B, C]
    (targets * log_softmax(logits, 1)).sum().mul_scalar(-1.0 / batch as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::BackendName, device::device};

    fn loss(logits: [[f32; 3]; 2], labels: [i32; 2], smoothing: f64) -> f64 {
        let device = device(BackendName::Flex);
        f64::from(
            cross_entropy(Tensor::from_data(logits, &device), &labels, smoothing, &device)
                .into_scalar::<f32>(),
        )
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
}
