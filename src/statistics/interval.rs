//! Intervals for a proportion.

/// The 0.975 quantile of the standard normal distribution: 95 % lie within it on both sides.
const Z_95: f64 = 1.959_963_984_540_054;

/// The 95 % interval of Wilson (Probable inference, the law of succession, and statistical inference, 1927) for the
/// proportion that `correct` of `total` estimates: the variation from drawing the images, without that of seeds.
///
/// Returns (low, high), both 0 to 1; (0, 1) for a `total` of 0.
pub fn wilson_interval(correct: usize, total: usize) -> (f64, f64) {
    if total == 0 {
        return (0.0, 1.0);
    }
    let (n, proportion) = (total as f64, correct as f64 / total as f64);
    let squared = Z_95 * Z_95;
    let centre = (proportion + squared / (2.0 * n)) / (1.0 + squared / n);
    let half =
        Z_95 / (1.0 + squared / n) * (proportion * (1.0 - proportion) / n + squared / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values: statsmodels 0.15.0, `proportion_confint(correct, total, 0.05, method="wilson")`.
    #[test]
    fn intervals_agree_with_statsmodels() {
        let golden = [
            (9900, 10_000, 0.987_853_017_744_885_3, 0.991_770_663_851_851_6),
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (127, 128, 0.957_073_740_561_139_4, 0.998_619_568_107_125_7),
        ];
        for (correct, total, low, high) in golden {
            let found = wilson_interval(correct, total);
            // Closed forms in f64, a few roundings apart.
            assert!(
                (found.0 - low).abs() < 1e-12 && (found.1 - high).abs() < 1e-12,
                "{correct}/{total}: {found:?}"
            );
        }
    }

    #[test]
    fn no_images_give_the_widest_interval() {
        assert_eq!(wilson_interval(0, 0), (0.0, 1.0));
    }
}
