//! What ten scores say: the predicted class, the probabilities, the loss.

/// The class of the highest score or probability, the first of equal ones.
pub(crate) fn highest<N: PartialOrd>(scores: &[N]) -> usize {
    (1..scores.len()).fold(0, |best, index| if scores[index] > scores[best] { index } else { best })
}

/// The probability of each class: exp(score) / sum of exp(score).
pub(super) fn softmax(scores: &[f32]) -> Vec<f64> {
    let powers: Vec<f64> = powers(scores).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// The cross-entropy of an image: -ln of the probability of its label.
pub(super) fn negative_log_probability(scores: &[f32], label: usize) -> f64 {
    let top = f64::from(scores[highest(scores)]);
    powers(scores).sum::<f64>().ln() + top - f64::from(scores[label])
}

/// exp(score - highest score), which cannot overflow.
fn powers(scores: &[f32]) -> impl Iterator<Item = f64> {
    let top = f64::from(scores[highest(scores)]);
    scores.iter().map(move |score| (f64::from(*score) - top).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_scores_do_not_overflow() {
        assert_eq!(softmax(&[3e38, -3e38]), [1.0, 0.0]);
        assert_eq!(negative_log_probability(&[3e38, -3e38], 0), 0.0);
    }

    #[test]
    fn the_loss_is_that_of_the_probability() {
        let scores = [0.5, -2.0, 3.25];
        for (label, probability) in softmax(&scores).iter().enumerate() {
            // A few roundings of numbers below 6.
            assert!((negative_log_probability(&scores, label) + probability.ln()).abs() < 1e-14);
        }
    }

    #[test]
    fn the_first_of_equal_scores_counts() {
        assert_eq!(highest(&[1.0, 2.0, 2.0]), 1);
    }
}
