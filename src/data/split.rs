//! Which training images are for training and which for validation.

use crate::config::TrainConfig;
use std::ops::Range;

/// The two parts of a training set, as ranges of indices; they never overlap.
///
/// Validation images are always the end of the set, so that runs on more and on fewer training images are compared on the
/// same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Images to train on; at least one.
    pub train: Range<usize>,
    /// Images to make choices on; may be empty.
    pub validation: Range<usize>,
}

impl Split {
    /// The split that validated settings ask for: the last `validation` of `images`, and the first `train_limit` of the
    /// others, or all of them.
    ///
    /// # Panics
    ///
    /// If there are fewer images than the settings ask for; MNIST has enough for all validated settings.
    pub fn of(config: &TrainConfig, images: usize) -> Self {
        let left = images - config.validation;
        let limit = if config.train_limit == 0 { left } else { config.train_limit };
        assert!((1..=left).contains(&limit), "{limit} images to train on, of {left}");
        Self { train: 0..limit, validation: left..images }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TRAIN_IMAGES;

    fn split(validation: usize, train_limit: usize) -> Split {
        let config = TrainConfig { validation, train_limit, batch_size: 1, ..TrainConfig::default() };
        config.validate().unwrap();
        Split::of(&config, TRAIN_IMAGES)
    }

    #[test]
    fn by_default_the_last_5000_images_are_validation() {
        let split = Split::of(&TrainConfig::default(), TRAIN_IMAGES);
        assert_eq!(split, Split { train: 0..55_000, validation: 55_000..60_000 });
    }

    #[test]
    fn a_limit_takes_the_first_images_and_leaves_validation_as_it_is() {
        assert_eq!(split(5_000, 100), Split { train: 0..100, validation: 55_000..60_000 });
        assert_eq!(split(5_000, 55_000), split(5_000, 0));
    }

    #[test]
    fn validation_may_be_empty() {
        assert_eq!(split(0, 0), Split { train: 0..60_000, validation: 60_000..60_000 });
    }

    #[test]
    fn one_image_is_enough_to_train_on() {
        assert_eq!(split(59_999, 1), Split { train: 0..1, validation: 1..60_000 });
    }
}
