//! Which training images are for training and which for validation.

use crate::config::{TrainConfig, places_of_fold};
use crate::seeds::generator;
use rand::RngExt;

/// The two parts of a training set, as indices from small to large; they never overlap.
///
/// Validation images do not depend on how many others train, so that runs on more and on fewer training images are compared
/// on the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Images to train on; at least one.
    pub train: Vec<usize>,
    /// Images that are held out, to make choices on; may be empty.
    pub validation: Vec<usize>,
}

impl Split {
    /// The split that validated settings ask for. Validation images are those of the fold that is held out, or without folds
    /// the last `validation` of `images`. The first `train_limit` of the others train, or all of them.
    ///
    /// # Panics
    ///
    /// If there are fewer images than the settings ask for; MNIST has enough for all validated settings.
    pub fn of(config: &TrainConfig, images: usize) -> Self {
        let mut held_out = vec![false; images];
        if config.folds > 0 {
            let places = places_of_fold(images, config.folds, config.fold);
            permutation(images)[places].iter().for_each(|index| held_out[*index as usize] = true);
        } else {
            held_out[images - config.validation..].fill(true);
        }
        let (validation, mut train): (Vec<usize>, Vec<usize>) =
            (0..images).partition(|index| held_out[*index]);
        let left = train.len();
        let limit = if config.train_limit == 0 { left } else { config.train_limit };
        assert!((1..=left).contains(&limit), "{limit} images to train on, of {left}");
        train.truncate(limit);
        Self { train, validation }
    }
}

/// The indices of `images` images in the order that folds cut into parts: always the same, on every platform, for any number
/// of folds and any seed of a run. A Fisher-Yates shuffle.
fn permutation(images: usize) -> Vec<u32> {
    let count = u32::try_from(images).expect("a number of images fits 32 bits");
    let mut order: Vec<u32> = (0..count).collect();
    let mut generator = generator(0, "folds", &[]);
    for last in (1..count).rev() {
        order.swap(last as usize, generator.random_range(0..=last) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{EpochOrder, TRAIN_IMAGES};

    fn split(validation: usize, train_limit: usize) -> Split {
        let config = TrainConfig { validation, train_limit, batch_size: 1, ..TrainConfig::default() };
        config.validate().unwrap();
        Split::of(&config, TRAIN_IMAGES)
    }

    fn fold(folds: usize, fold: usize) -> Split {
        let config = TrainConfig { folds, fold, validation: 0, ..TrainConfig::default() };
        config.validate().unwrap();
        Split::of(&config, TRAIN_IMAGES)
    }

    #[test]
    fn by_default_the_last_5000_images_are_validation() {
        let split = Split::of(&TrainConfig::default(), TRAIN_IMAGES);
        assert!(split.train.into_iter().eq(0..55_000) && split.validation.into_iter().eq(55_000..60_000));
    }

    #[test]
    fn a_limit_takes_the_first_images_and_leaves_validation_as_it_is() {
        assert!(split(5_000, 100).train.into_iter().eq(0..100));
        assert_eq!(split(5_000, 100).validation, split(5_000, 0).validation);
        assert_eq!(split(5_000, 55_000), split(5_000, 0));
    }

    #[test]
    fn validation_may_be_empty() {
        let split = split(0, 0);
        assert_eq!((split.train.len(), split.validation.len()), (60_000, 0));
    }

    #[test]
    fn one_image_is_enough_to_train_on() {
        let split = split(59_999, 1);
        assert_eq!((split.train, split.validation.len()), (vec![0], 59_999));
    }

    #[test]
    fn every_image_is_held_out_by_exactly_one_fold_and_trains_in_the_others() {
        for folds in [2, 7, 12] {
            let mut all = Vec::new();
            for number in 1..=folds {
                let Split { train, validation } = fold(folds, number);
                let size = TRAIN_IMAGES / folds + usize::from(number <= TRAIN_IMAGES % folds);
                assert_eq!((validation.len(), train.len()), (size, TRAIN_IMAGES - size));
                assert!(train.is_sorted() && validation.is_sorted());
                let mut both = [train, validation.clone()].concat();
                both.sort_unstable();
                assert!(both.into_iter().eq(0..TRAIN_IMAGES), "fold {number} of {folds}");
                all.extend(validation);
            }
            all.sort_unstable();
            assert!(all.into_iter().eq(0..TRAIN_IMAGES), "{folds} folds");
        }
    }

    /// Golden values: `scripts/fold_images K f`, which shares no code with this. A change here changes what every run with folds
    /// measures.
    #[test]
    fn the_folds_never_change() {
        assert_eq!(permutation(TRAIN_IMAGES)[..6], [36_153, 58_729, 49_105, 56_795, 19_938, 48_888]);
        assert_eq!(fold(12, 1).validation[..6], [19, 47, 52, 59, 65, 66]);
        assert_eq!(fold(12, 12).validation[..6], [18, 21, 24, 27, 51, 62]);
        assert_eq!(fold(7, 3).validation[..6], [2, 8, 12, 25, 34, 37]);
    }

    #[test]
    fn a_limit_takes_the_first_of_the_images_that_are_not_held_out() {
        let all = fold(12, 3);
        let config =
            TrainConfig { folds: 12, fold: 3, validation: 0, train_limit: 300, ..TrainConfig::default() };
        let few = Split::of(&config, TRAIN_IMAGES);
        assert_eq!((&few.train[..], few.validation), (&all.train[..300], all.validation));
    }

    #[test]
    fn networks_of_any_size_with_one_seed_hold_out_and_meet_the_same_images() {
        let order = |num_units, batch_size| {
            let mut config = TrainConfig {
                num_units,
                batch_size,
                folds: 12,
                seed: 5,
                num_layers: 2,
                ..Default::default()
            };
            config.follow(|_| false);
            let split = Split::of(&config, TRAIN_IMAGES);
            (EpochOrder::shuffled(split.train, config.seed, 3), split.validation, config.fold)
        };
        assert_eq!(order(8, 128), order(256, 64));
        assert_eq!(order(8, 128).2, 5);
    }
}
