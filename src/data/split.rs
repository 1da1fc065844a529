//! Which training images are for training and which for validation.

use std::ops::Range;

use crate::error::DataError;

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
    /// Keeps the last `validation` of `images` for validation and the first `train_limit` of the others for training, or
    /// all of them.
    ///
    /// # Errors
    ///
    /// If no image is left for training, or if `train_limit` asks for more than is left.
    pub fn new(images: usize, validation: usize, train_limit: Option<usize>) -> Result<Self, DataError> {
        if validation >= images {
            let allowed = match images.checked_sub(1) {
                Some(most) => format!("0 to {most}"),
                None => "a training set that is not empty".to_owned(),
            };
            let reason = format!("at least one of the {images} training images must be left to train on");
            return Err(DataError::Split { option: "validation", found: validation, allowed, reason });
        }
        let left = images - validation;
        let limit = train_limit.unwrap_or(left);
        if !(1..=left).contains(&limit) {
            return Err(DataError::Split {
                option: "train_limit",
                found: limit,
                allowed: format!("1 to {left}"),
                reason: format!("of {images} training images {validation} are set aside for validation"),
            });
        }
        Ok(Self { train: 0..limit, validation: left..images })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TrainConfig;
    use crate::data::TRAIN_IMAGES;

    fn error(images: usize, validation: usize, train_limit: Option<usize>) -> String {
        Split::new(images, validation, train_limit).unwrap_err().to_string()
    }

    #[test]
    fn by_default_the_last_5000_images_are_validation() {
        let split = Split::new(TRAIN_IMAGES, TrainConfig::default().validation, None).unwrap();
        assert_eq!(split, Split { train: 0..55_000, validation: 55_000..60_000 });
    }

    #[test]
    fn a_limit_takes_the_first_images_and_leaves_validation_as_it_is() {
        let split = Split::new(TRAIN_IMAGES, 5_000, Some(100)).unwrap();
        assert_eq!(split, Split { train: 0..100, validation: 55_000..60_000 });
    }

    #[test]
    fn validation_may_be_empty() {
        let split = Split::new(TRAIN_IMAGES, 0, None).unwrap();
        assert_eq!(split, Split { train: 0..60_000, validation: 60_000..60_000 });
    }

    #[test]
    fn one_image_is_enough_to_train_on() {
        let split = Split::new(TRAIN_IMAGES, 59_999, Some(1)).unwrap();
        assert_eq!(split, Split { train: 0..1, validation: 1..60_000 });
    }

    #[test]
    fn validation_must_leave_an_image_to_train_on() {
        let expected = "validation is 60000, expected 0 to 59999: at least one of the 60000 training images must be \
                        left to train on";
        assert_eq!(error(TRAIN_IMAGES, 60_000, None), expected);
        assert!(error(TRAIN_IMAGES, usize::MAX, Some(1)).starts_with("validation is "));
        assert!(error(0, 0, None).contains("not empty"));
    }

    #[test]
    fn a_limit_must_not_exceed_what_validation_leaves() {
        let expected = "train_limit is 55001, expected 1 to 55000: of 60000 training images 5000 are set aside for \
                        validation";
        assert_eq!(error(TRAIN_IMAGES, 5_000, Some(55_001)), expected);
        assert!(Split::new(TRAIN_IMAGES, 5_000, Some(55_000)).is_ok());
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        assert!(error(TRAIN_IMAGES, 5_000, Some(0)).starts_with("train_limit is 0, expected 1 to 55000"));
    }
}
