//! Answers image by image, drawn from a known truth.

use super::*;

/// Answers with effects of seeds and images on a probit scale, for two settings: correct if the sum of an accuracy, a seed,
/// an image and noise is above 0.
struct Images {
    of_image: Vec<f64>,
}

const SEED_PROBIT: f64 = 0.08;
const IMAGE_PROBIT: f64 = 2.0;

impl Images {
    fn new(number: usize, rng: &mut ChaCha8Rng) -> Self {
        Self { of_image: (0..number).map(|_| IMAGE_PROBIT * normal(rng)).collect() }
    }

    fn answers(&self, level: f64, rng: &mut ChaCha8Rng) -> Answers {
        let seed = SEED_PROBIT * normal(rng);
        Answers::each(self.of_image.iter().map(|image| level + seed + image + normal(rng) > 0.0)).unwrap()
    }

    fn accuracy(level: f64) -> f64 {
        use statrs::distribution::{ContinuousCDF, Normal};
        let spread = (1.0 + SEED_PROBIT * SEED_PROBIT + IMAGE_PROBIT * IMAGE_PROBIT).sqrt();
        Normal::standard().cdf(level / spread)
    }
}

#[test]
fn intervals_on_shared_test_images_contain_the_truth() {
    let (number, images, levels) = (600, 1000, [4.0, 4.3]);
    let truths = levels.map(Images::accuracy);
    for seeds in [1, 2, 3, 5, 10] {
        let mut times = [0; 4];
        for index in 0..number {
            let mut rng = generator(1, "crossed", &[seeds, index]);
            let test = Images::new(images, &mut rng);
            let settings = levels.map(|level| {
                let mut trial = |seed| Trial {
                    seed,
                    fold: 0,
                    training_images: 1,
                    held_out: None,
                    test: Some(test.answers(level, &mut rng)),
                };
                let trials: Vec<Trial> = (1..=seeds).map(&mut trial).collect();
                Measured::new("", 1, 1, trials, Vec::new())
            });
            let only_counts = settings.each_ref().map(without_images);
            let accuracy = |setting| test_accuracy(setting, 0.05).unwrap().interval;
            let difference = |two: &[Measured; 2]| test_difference(&two[0], &two[1], 0.05).unwrap().interval;
            let hits = [
                contains(accuracy(&settings[0]), truths[0]),
                contains(accuracy(&only_counts[0]), truths[0]),
                contains(difference(&settings), truths[1] - truths[0]),
                contains(difference(&only_counts), truths[1] - truths[0]),
            ];
            times.iter_mut().zip(hits).for_each(|(times, hit)| *times += usize::from(hit));
        }
        let fractions = times.map(|times| times as f64 / number as f64);
        let [accuracy, counted, difference, counted_difference] = fractions.map(|part| 100.0 * part);
        println!(
            "{seeds} seeds on the same images: accuracy {accuracy:.1} % (without predictions {counted:.1} %), difference \
             {difference:.1} % ({counted_difference:.1} %)"
        );
        // One seed covers new images, not new seeds.
        if seeds > 1 {
            assert!(fractions.iter().all(|&part| part >= at_least_95(number as usize)));
        }
    }
}

/// The same trials, as of runs without stored predictions.
fn without_images(setting: &Measured) -> Measured {
    let counted = |answers: &Answers| Answers::counted(answers.correct(), answers.images()).unwrap();
    let trials = setting.trials().iter().map(|trial| Trial {
        test: trial.test.as_ref().map(counted),
        held_out: trial.held_out.as_ref().map(counted),
        ..trial.clone()
    });
    Measured::new(setting.label.clone(), setting.size, setting.units, trials.collect(), Vec::new())
}

/// Two settings with trials of seeds 1 to `seeds`, each on another fold of `images` images.
fn two_settings(levels: [f64; 2], images: usize, seeds: u64, rng: &mut ChaCha8Rng) -> [Measured; 2] {
    let mut trials: [Vec<Trial>; 2] = Default::default();
    for seed in 1..=seeds {
        let fold = Images::new(images, rng);
        for (trials, level) in trials.iter_mut().zip(levels) {
            let held_out = Some(fold.answers(level, rng));
            let training_images = images * (FOLDS - 1);
            trials.push(Trial { seed, fold: seed as usize, training_images, held_out, test: None });
        }
    }
    let [smaller, larger] = trials;
    let measured = |units, trials| Measured::new("", units, units, trials, Vec::new());
    [measured(1, smaller), measured(2, larger)]
}

#[test]
fn differences_of_few_errors_have_true_intervals() {
    // A fold of 500 images at 98 % has 10 errors, and two trials often differ by the same number.
    let (number, images, levels) = (1500, 500, [4.6, 4.8]);
    let truth = Images::accuracy(levels[1]) - Images::accuracy(levels[0]);
    for seeds in [2, 3, 6] {
        let mut times = [0; 2];
        for index in 0..number {
            let mut rng = generator(1, "few errors", &[seeds, index]);
            let two = two_settings(levels, images, seeds, &mut rng);
            for (times, two) in times.iter_mut().zip([two.each_ref().map(without_images), two]) {
                let found = held_out_difference(&two[0], &two[1], 0.05, FOLDS).unwrap();
                *times += usize::from(contains(found.interval, truth));
            }
        }
        let [counted, by_image] = times.map(|times| times as f64 / number as f64);
        println!(
            "{seeds} folds of {images} images: difference {:.1} %, without predictions {:.1} %",
            100.0 * by_image,
            100.0 * counted
        );
        assert!(by_image.min(counted) >= at_least_95(number as usize));
    }
}

#[test]
fn networks_that_are_almost_always_right_have_true_intervals() {
    // Less than one error per fold of 500: often none at all.
    let (number, images, levels) = (1500, 500, [6.6, 7.0]);
    let truths = levels.map(Images::accuracy);
    let change = (1.0 - truths[1]) / (1.0 - truths[0]) - 1.0;
    for seeds in [2, 3, 6] {
        let mut times = [0; 3];
        for index in 0..number {
            let mut rng = generator(1, "rare errors", &[seeds, index]);
            let two = two_settings(levels, images, seeds, &mut rng);
            let accuracy = held_out_accuracy(&two[1], 0.05, FOLDS).unwrap().interval;
            let difference = held_out_difference(&two[0], &two[1], 0.05, FOLDS).unwrap().interval;
            let hits = [
                contains(accuracy, truths[1]),
                contains(difference, truths[1] - truths[0]),
                contains(slopes(&two, 0.05)[0].change_interval(), change),
            ];
            times.iter_mut().zip(hits).for_each(|(times, hit)| *times += usize::from(hit));
        }
        let fractions = times.map(|times| times as f64 / number as f64);
        let [accuracy, difference, slope] = fractions.map(|part| 100.0 * part);
        println!(
            "accuracy {:.2} %, {seeds} folds of {images}: accuracy {accuracy:.1} %, difference {difference:.1} %, slope \
             {slope:.1} %",
            100.0 * truths[1]
        );
        assert!(fractions.iter().all(|&part| part >= at_least_95(number as usize)), "{fractions:?}");
    }
}
