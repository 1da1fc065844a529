//! Against SciPy and statsmodels, and what must hold for any values.

use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// `tests/golden/statistics.json`; tests/golden/README.md has the commands that made it.
#[derive(Deserialize)]
struct Golden {
    mean_intervals: Vec<MeanInterval>,
    paired: Vec<Paired>,
    holm: Vec<Holm>,
    mcnemar: Vec<Mcnemar>,
}

#[derive(Deserialize)]
struct MeanInterval {
    values: Vec<f64>,
    mean: f64,
    deviation: f64,
    standard_error: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Paired {
    first: Vec<f64>,
    second: Vec<f64>,
    p: f64,
}

#[derive(Deserialize)]
struct Holm {
    p: Vec<f64>,
    corrected: Vec<f64>,
}

#[derive(Deserialize)]
struct Mcnemar {
    only_first: u64,
    only_second: u64,
    p: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/statistics.json")).unwrap()
}

/// Within `relative` of the golden value.
#[track_caller]
fn assert_near(found: f64, golden: f64, relative: f64) {
    assert!((found - golden).abs() <= relative * golden.abs(), "{found:e} instead of {golden:e}");
}

#[test]
fn means_deviations_and_intervals_agree_with_scipy() {
    let cases = golden().mean_intervals;
    assert!(cases.len() >= 10);
    for case in cases {
        // Sums of at most 200 values in another order.
        let deviation = sample_deviation(&case.values).unwrap();
        assert_near(mean(&case.values).unwrap(), case.mean, 1e-14);
        assert_near(deviation, case.deviation, 1e-11);
        assert_near(standard_error(&case.values).unwrap(), case.standard_error, 1e-11);
        let (low, high) = mean_interval(&case.values).unwrap();
        // The quantiles come from two different expansions of the incomplete beta function.
        let tolerance = 1e-10 * (case.high - case.low);
        assert!((low - case.low).abs() < tolerance && (high - case.high).abs() < tolerance, "{low} {high}");
    }
}

#[test]
fn paired_tests_agree_with_scipy() {
    let cases = golden().paired;
    assert!(cases.len() >= 10);
    for case in cases {
        // p goes with up to the fifth power of a deviation that the differences' rounding moves by 1e-12 of its size.
        assert_near(paired_t_test(&case.first, &case.second).unwrap(), case.p, 1e-10);
    }
}

#[test]
fn corrected_p_values_agree_with_statsmodels() {
    let cases = golden().holm;
    assert!(cases.len() >= 8);
    for case in cases {
        for (found, golden) in holm(&case.p).into_iter().zip(&case.corrected) {
            assert_near(found, *golden, 1e-15); // one product each
        }
    }
}

#[test]
fn exact_mcnemar_agrees_with_statsmodels() {
    let cases = golden().mcnemar;
    assert!(cases.len() >= 10);
    for case in cases {
        // Logarithms of factorials up to 10,400 lose five of sixteen digits.
        assert_near(mcnemar_exact(case.only_first, case.only_second), case.p, 1e-10);
    }
}

#[test]
fn one_value_has_a_mean_and_nothing_more() {
    assert_eq!(mean(&[0.25]), Some(0.25));
    assert_eq!(sample_deviation(&[0.25]), None);
    assert_eq!(standard_error(&[0.25]), None);
    assert_eq!(mean_interval(&[0.25]), None);
    assert_eq!(paired_t_test(&[0.25], &[0.5]), None);
    assert_eq!(mean(&[]), None);
    assert_eq!(mean_interval(&[]), None);
    assert_eq!(paired_t_test(&[], &[]), None);
}

#[test]
fn equal_values_have_no_deviation_and_no_interval() {
    // 3 x 0.9893 / 3 is not 0.9893 in every order of operations.
    assert_eq!(mean(&[0.9893; 3]), Some(0.9893));
    assert_eq!(sample_deviation(&[0.9893; 3]), Some(0.0));
    assert_eq!(mean_interval(&[0.9893; 3]), None);
}

#[test]
fn no_differences_give_p_1_and_equal_ones_give_none() {
    assert_eq!(paired_t_test(&[0.5, 0.6, 0.7], &[0.5, 0.6, 0.7]), Some(1.0));
    assert_eq!(paired_t_test(&[0.25, 0.5], &[0.5, 0.75]), None);
    // The same gain each time, in fractions that are not exact.
    let (first, second) = ([0.1, 0.2, 0.7], [0.3, 0.4, 0.9]);
    assert!(sample_deviation(&[second[0] - first[0], second[1] - first[1]]).unwrap() > 0.0);
    assert_eq!(paired_t_test(&first, &second), None);
    // One image of 10,000 more in one of them is a difference that is measured.
    assert!(paired_t_test(&first, &[0.3, 0.4, 0.9001]).is_some());
}

#[test]
fn nothing_to_correct_is_no_error() {
    assert!(holm(&[]).is_empty());
}

fn shares(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..=1.0, count)
}

proptest! {
    #[test]
    fn holm_lowers_no_p_keeps_their_order_and_stays_in_range(p in shares(0..20)) {
        let corrected = holm(&p);
        prop_assert_eq!(corrected.len(), p.len());
        for i in 0..p.len() {
            prop_assert!(corrected[i] >= p[i] && corrected[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || corrected[i] <= corrected[j]);
            }
        }
    }

    #[test]
    fn holm_takes_each_p_no_further_than_bonferroni(p in shares(1..20)) {
        for (corrected, p_value) in holm(&p).into_iter().zip(&p) {
            prop_assert!(corrected <= (p_value * p.len() as f64).min(1.0));
        }
    }

    #[test]
    fn an_interval_holds_the_mean_in_its_middle(values in shares(2..20)) {
        if let Some((low, high)) = mean_interval(&values) {
            let mean = mean(&values).unwrap();
            prop_assert!(low < mean && mean < high);
            // Roundings of numbers no larger than the bounds.
            let rounding = 8.0 * f64::EPSILON * low.abs().max(high.abs());
            prop_assert!((mean - (low + high) / 2.0).abs() <= rounding);
        }
    }

    #[test]
    fn a_paired_test_does_not_mind_which_comes_first(
        pairs in prop::collection::vec((0.0..=1.0, 0.0..=1.0), 0..12)
    ) {
        let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let p = paired_t_test(&first, &second);
        prop_assert_eq!(p, paired_t_test(&second, &first));
        prop_assert!(p.is_none_or(|p| (0.0..=1.0).contains(&p)));
    }

    #[test]
    fn mcnemar_does_not_mind_which_comes_first(a in 0_u64..3_000, b in 0_u64..3_000) {
        let p = mcnemar_exact(a, b);
        prop_assert_eq!(p, mcnemar_exact(b, a));
        prop_assert!((0.0..=1.0).contains(&p));
    }

    #[test]
    fn a_more_uneven_split_has_a_smaller_p(total in 2_u64..2_000, part in 0.0..0.5) {
        let fewer = (part * (total - 1) as f64) as u64;
        prop_assert!(mcnemar_exact(fewer, total - fewer) <= mcnemar_exact(fewer + 1, total - fewer - 1));
    }

    #[test]
    fn mcnemar_is_the_sum_of_the_tails(a in 0_u64..15, b in 0_u64..15) {
        let tosses = a + b;
        let ways = |heads: u64| (0..heads).fold(1.0, |ways, i| ways * (tosses - i) as f64 / (i + 1) as f64);
        let tail: f64 = (0..=a.min(b)).map(ways).sum();
        let expected = (2.0 * tail / 2_f64.powi(tosses as i32)).min(1.0);
        // A handful of exact binomial coefficients against the incomplete beta function.
        prop_assert!((mcnemar_exact(a, b) - expected).abs() < 1e-12);
    }
}

/// Golden values: statsmodels 0.15.0, `proportion_confint(correct, total, 0.05, method="wilson")`.
#[test]
fn intervals_of_proportions_agree_with_statsmodels() {
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
