//! Against scikit-learn, statsmodels, SciPy and NumPy.

use super::super::crossed::Crossed;
use super::super::quantiles::{detectable_shift, power, t_quantile};
use super::super::repeated::Repeated;
use super::*;
use serde::Deserialize;

/// `tests/golden/verdict.json`; tests/golden/README.md has the commands that made it.
#[derive(Deserialize)]
struct Golden {
    grid_search: GridSearch,
    crossed: Vec<Table>,
    quantiles: Vec<Quantile>,
    powers: Vec<Power>,
    shifts: Vec<Shift>,
    perfect: Vec<Perfect>,
    digits: Digits,
}

#[derive(Deserialize)]
struct GridSearch {
    n_train: usize,
    n_test: usize,
    scores: Vec<Vec<f64>>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    first: usize,
    second: usize,
    t: f64,
    p: f64,
    error: f64,
}

#[derive(Deserialize)]
struct Table {
    answers: Vec<String>,
    of_seeds: f64,
    of_images: f64,
    of_rest: f64,
    variance: f64,
    degrees: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Quantile {
    degrees: f64,
    tail: f64,
    t: f64,
}

#[derive(Deserialize)]
struct Power {
    degrees: f64,
    tail: f64,
    shift: f64,
    power: f64,
}

#[derive(Deserialize)]
struct Shift {
    degrees: f64,
    tail: f64,
    shift: f64,
}

#[derive(Deserialize)]
struct Perfect {
    images: usize,
    low: f64,
}

#[derive(Deserialize)]
struct Digits {
    folds: usize,
    margin: f64,
    settings: Vec<DigitsSetting>,
    verdict: Vec<DigitsVerdict>,
    from_8_to_16: DigitsPair,
}

#[derive(Deserialize)]
struct DigitsSetting {
    units: usize,
    parameters: usize,
    held_out: Vec<String>,
}

#[derive(Deserialize)]
struct DigitsVerdict {
    mean: f64,
    low: f64,
    high: f64,
    class: String,
}

#[derive(Deserialize)]
struct DigitsPair {
    mean: f64,
    low: f64,
    high: f64,
    correlation: f64,
    detectable: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../tests/golden/verdict.json")).unwrap()
}

#[track_caller]
fn assert_near(found: f64, golden: f64, tolerance: f64) {
    assert!((found - golden).abs() <= tolerance, "{found:e} instead of {golden:e}");
}

fn answers(text: &str) -> Answers {
    Answers::each(text.chars().map(|c| c == '1')).unwrap()
}

fn digits(golden: &Digits) -> Vec<Measured> {
    let setting = |setting: &DigitsSetting| {
        let images: usize = setting.held_out.iter().map(String::len).sum();
        let trial = |(fold, text): (usize, &String)| Trial {
            seed: fold as u64 + 1,
            fold,
            training_images: images - text.len(),
            held_out: Some(answers(text)),
            test: None,
        };
        let trials = setting.held_out.iter().enumerate().map(trial).collect();
        let label = format!("{} units", setting.units);
        Measured::new(label, setting.parameters, setting.units, trials, Vec::new())
    };
    golden.settings.iter().map(setting).collect()
}

#[test]
fn the_corrected_t_test_agrees_with_the_example_of_scikit_learn() {
    let golden = golden().grid_search;
    let ratio = golden.n_test as f64 / golden.n_train as f64;
    assert_eq!(golden.pairs.len(), 6);
    for pair in &golden.pairs {
        let (first, second) = (&golden.scores[pair.first], &golden.scores[pair.second]);
        let differences: Vec<(usize, f64)> =
            first.iter().zip(second).map(|(a, b)| a - b).enumerate().collect();
        let found = Repeated::new(&differences, ratio, 0.0).unwrap();
        // Sums of 100 values in another order.
        assert_near(found.error(), pair.error, 1e-13);
        let t = found.mean / found.error();
        assert_near(t, pair.t, 1e-11);
        // p is where the t quantile lies.
        assert_near(t_quantile(found.degrees() as f64, pair.p), t.abs(), 1e-9);
    }
    // As printed in the example: rbf against linear.
    let best = golden.pairs.iter().find(|pair| (pair.first, pair.second) == (0, 3)).unwrap();
    assert_eq!((format!("{:.3}", -best.t), format!("{:.3}", best.p)), ("0.750".into(), "0.227".into()));
}

#[test]
fn crossed_variances_agree_with_statsmodels() {
    let cases = golden().crossed;
    assert!(cases.len() >= 4);
    for case in cases {
        let rows: Vec<Vec<i8>> =
            case.answers.iter().map(|row| row.bytes().map(|byte| (byte - b'0') as i8).collect()).collect();
        let found = Crossed::new(&rows).unwrap();
        // A least-squares fit of up to 60 columns loses some digits.
        assert_near(found.of_seeds, case.of_seeds, 1e-11);
        assert_near(found.of_images, case.of_images, 1e-11);
        assert_near(found.of_rest, case.of_rest, 1e-11);
        assert_near(found.variance(), case.variance, 1e-13);
        assert_near(found.degrees(), case.degrees, 1e-7 * case.degrees);
        let trial = |(seed, row): (usize, &String)| Trial {
            seed: seed as u64,
            fold: 0,
            training_images: 1,
            held_out: None,
            test: Some(answers(row)),
        };
        let trials = case.answers.iter().enumerate().map(trial).collect();
        let estimate = test_accuracy(&Measured::new("a", 1, 1, trials, Vec::new()), 0.05).unwrap();
        assert_near(estimate.interval.0, case.low, 1e-9);
        assert_near(estimate.interval.1, case.high, 1e-9);
        assert_eq!(estimate.covers, Covers::SeedsAndImages);
    }
}

#[test]
fn quantiles_and_power_agree_with_scipy_and_statsmodels() {
    let golden = golden();
    assert!(golden.quantiles.len() >= 30 && golden.powers.len() >= 30 && golden.shifts.len() >= 10);
    for case in golden.quantiles {
        // Two expansions of the incomplete beta function.
        assert_near(t_quantile(case.degrees, case.tail), case.t, 1e-11 * case.t);
    }
    for case in golden.powers {
        // Simpson's rule on 200 intervals.
        let quantile = t_quantile(case.degrees, case.tail);
        assert_near(power(case.shift, case.degrees, quantile), case.power, 1e-7);
    }
    for case in golden.shifts {
        // The accuracy of the search in statsmodels.
        let found = detectable_shift(case.degrees, t_quantile(case.degrees, case.tail));
        assert_near(found, case.shift, 1e-5 * case.shift);
    }
}

#[test]
fn perfect_answers_have_the_exact_bound_of_one_trial() {
    for case in golden().perfect {
        let setting = counted("a", 1, &[case.images; 5], case.images, 12);
        let found = held_out_accuracy(&setting, 0.05, 12).unwrap();
        assert_near(found.interval.0, case.low, 1e-12);
        assert_eq!((found.mean, found.interval.1), (1.0, 1.0));
    }
}

#[test]
fn the_verdict_on_scikit_learns_digits_agrees_with_numpy() {
    let golden = golden().digits;
    let settings = digits(&golden);
    let options = Options { margin: golden.margin, folds: golden.folds, ..Options::default() };
    let verdict = judge(&settings, &options);
    for (found, golden) in verdict.settings.iter().zip(&golden.verdict) {
        let below = found.below.unwrap();
        assert_near(found.accuracy.unwrap(), golden.mean, 1e-14);
        assert_near(below.low, golden.low, 1e-9);
        assert_near(below.high, golden.high, 1e-9);
        assert_eq!(format!("{:?}", found.class).to_lowercase(), golden.class, "{}", found.label);
    }
    let pair = held_out_difference(&settings[1], &settings[2], 0.05, golden.folds).unwrap();
    assert_near(pair.mean, golden.from_8_to_16.mean, 1e-14);
    assert_near(pair.interval.0, golden.from_8_to_16.low, 1e-9);
    assert_near(pair.interval.1, golden.from_8_to_16.high, 1e-9);
    assert_near(pair.correlation.unwrap(), golden.from_8_to_16.correlation, 1e-12);
    assert_near(pair.detectable.unwrap(), golden.from_8_to_16.detectable, 1e-6);
}

/// The worked example of docs/statistics.md: `cargo test --release --lib worked_example -- --nocapture` prints its numbers,
/// and the document has each of the sentences.
#[test]
fn the_worked_example_of_the_document_is_computed() {
    let golden = golden().digits;
    let settings = digits(&golden);
    let options = Options { margin: golden.margin, folds: golden.folds, ..Options::default() };
    let verdict = judge(&settings, &options);
    let mut lines = verdict.sentences.clone();
    for (setting, judgement) in settings.iter().zip(&verdict.settings) {
        let found = held_out_accuracy(setting, 0.05, golden.folds).unwrap();
        let ((low, high), below) = (found.interval, judgement.below.unwrap());
        let class = format!("{:?}", judgement.class).to_lowercase();
        let [mean, low, high, nearest, farthest] =
            [found.mean, low, high, below.low, below.high].map(|value| format!("{:.1}", 100.0 * value));
        lines.push(format!(
            "| {} | {mean} % | {low} to {high} % | {nearest} to {farthest} | {class} |",
            setting.units
        ));
    }
    for slope in slopes(&settings, 0.05) {
        let (low, high) = slope.change_interval();
        let [change, low, high] = [slope.change(), low, high].map(|value| format!("{:+.0}", 100.0 * value));
        let (from, to) = (settings[slope.from].units, settings[slope.to].units);
        lines.push(format!("| {from} to {to} | {change} % | {low} to {high} % |"));
    }
    let pair = held_out_difference(&settings[1], &settings[2], 0.05, golden.folds).unwrap();
    let [mean, low, high, detectable, discordance] =
        [pair.mean, pair.interval.0, pair.interval.1, pair.detectable.unwrap(), pair.discordance.unwrap()]
            .map(|value| format!("{:.1}", 100.0 * value));
    let Some(Needed::Seeds(seeds)) = pair.needed else { panic!("{pair:?}") };
    lines.push(format!("{mean} points, 95 % interval {low} to {high}"));
    lines.push(format!("exactly one of the two is right on {discordance} % of the images"));
    lines.push(format!("accuracies have a correlation of {:.2} over seeds", pair.correlation.unwrap()));
    lines.push(format!("could have detected {detectable} points"));
    lines.push(format!("{seeds} seeds would have been enough"));
    let found = reaching(&settings, 0.93, &options);
    let (smallest, bound) = (found.smallest.unwrap(), found.at_least[found.smallest.unwrap()].unwrap());
    lines.push(format!("{} reach 93 %: at least {:.1} %", settings[smallest].label, 100.0 * bound));
    lines.iter().for_each(|line| println!("{line}"));
    // Without line breaks and the marks of quotations.
    let words = include_str!("../../../../docs/statistics.md").split_whitespace().filter(|word| *word != ">");
    let document = words.collect::<Vec<_>>().join(" ");
    for line in lines {
        assert!(document.contains(&line), "docs/statistics.md lacks: {line}");
    }
}
