//! Folds: the 60,000 training images in K parts of (almost) equal size, of which a run holds one out and trains on the
//! others. `folds`, `fold` and `validation` belong together. Which images are in which fold is `data::Split`'s.

use super::{TRAIN_IMAGES, TrainConfig, check};
use crate::error::ConfigError;
use std::ops::Range;
use std::str::FromStr;

/// Folds of a new sweep that names no other number: 5,000 images each.
pub const SWEEP_FOLDS: usize = 12;
/// Most folds K: 600 images each.
const MOST_FOLDS: usize = 100;

/// One fold of K, as it is typed: `3/12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// f, from 1 to K.
    pub index: usize,
    /// K, 2 to 100.
    pub count: usize,
}

impl FromStr for Fold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/').and_then(|(f, k)| Some((f.parse().ok()?, k.parse().ok()?))) {
            Some((index, count)) if (2..=MOST_FOLDS).contains(&count) && (1..=count).contains(&index) => {
                Ok(Self { index, count })
            }
            _ => {
                Err(format!("must be f/K with K from 2 to {MOST_FOLDS} and f from 1 to K, for example 3/12"))
            }
        }
    }
}

/// The places of fold `fold`, from 1 to `folds`, among `images` images. Sizes differ by at most one; the first folds have the
/// larger ones.
pub(crate) fn places_of_fold(images: usize, folds: usize, fold: usize) -> Range<usize> {
    let (size, larger) = (images / folds, images % folds);
    let start = |fold: usize| fold * size + fold.min(larger);
    start(fold - 1)..start(fold)
}

impl TrainConfig {
    /// The fold that a run with this seed holds out if none is named: `(seed - 1) mod folds + 1`, and the last for seed 0;
    /// 0 without folds.
    pub fn fold_of_seed(&self) -> usize {
        let folds = self.folds as u64;
        match (folds, self.seed) {
            (0, _) => 0,
            (_, 0) => self.folds,
            (_, seed) => ((seed - 1) % folds + 1) as usize,
        }
    }

    /// Images of the training set that do not train: the fold that is held out, or `validation`.
    pub fn validation_images(&self) -> usize {
        match self.folds {
            0 => self.validation,
            folds => places_of_fold(TRAIN_IMAGES, folds, self.fold).len(),
        }
    }

    /// "fold 3 of 12", or `None` without folds.
    pub fn fold_in_words(&self) -> Option<String> {
        (self.folds > 0).then(|| format!("fold {} of {}", self.fold, self.folds))
    }

    /// The error of a plan or a run that has both folds and `validation`.
    pub(crate) fn validation_beside_folds(&self) -> ConfigError {
        let must = format!(
            "be left out with folds = {}: the validation images are those of the fold that is held out; folds = 0 (--folds 0) \
             keeps the last images aside instead",
            self.folds
        );
        ConfigError::OutOfRange { key: "validation", found: self.validation.to_string(), must, place: None }
    }

    /// Checks the settings of this module, and those that mean something else with folds.
    pub(super) fn validate_folds(&self) -> Result<(), ConfigError> {
        let Self { folds, fold, validation, early_stopping, .. } = *self;
        let must = format!("be 0 (no folds) or 2 to {MOST_FOLDS}");
        check(folds == 0 || (2..=MOST_FOLDS).contains(&folds), "folds", folds, must)?;
        if folds == 0 {
            let must = "be 0 with folds = 0: there is no fold to hold out";
            return check(fold == 0, "fold", fold, must);
        }
        check((1..=folds).contains(&fold), "fold", fold, format!("be 1 to {folds} with folds = {folds}"))?;
        if validation > 0 {
            return Err(self.validation_beside_folds());
        }
        let must = format!(
            "be 0 with folds = {folds}: the images that are held out choose nothing within a run, so that they measure what \
             it learned; folds = 0 (--folds 0) allows early stopping, on the last images"
        );
        check(early_stopping == 0, "early-stopping", early_stopping, must)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(folds: usize, fold: usize) -> TrainConfig {
        TrainConfig { folds, fold, validation: 0, ..TrainConfig::default() }
    }

    fn message(config: &TrainConfig) -> String {
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn every_image_has_a_place_in_one_fold_and_sizes_differ_by_at_most_one() {
        for (images, folds) in [(60_000, 12), (60_000, 7), (60_000, 100), (1000, 12), (5, 2), (2, 2)] {
            let places: Vec<Range<usize>> =
                (1..=folds).map(|fold| places_of_fold(images, folds, fold)).collect();
            assert!(places.iter().cloned().flatten().eq(0..images), "{images} in {folds}");
            let sizes: Vec<usize> = places.iter().map(Range::len).collect();
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        }
        assert_eq!(places_of_fold(60_000, 12, 2), 5_000..10_000);
        // 60,000 = 7 * 8571 + 3
        assert_eq!([3, 4].map(|fold| places_of_fold(60_000, 7, fold).len()), [8572, 8571]);
    }

    #[test]
    fn seeds_take_the_folds_in_turn() {
        let fold = |seed| TrainConfig { seed, ..with(12, 1) }.fold_of_seed();
        assert_eq!([1, 2, 12, 13, 25, 0].map(fold), [1, 2, 12, 1, 1, 12]);
        assert_eq!(fold(i64::MAX as u64), 7, "2^63 - 2 is 6 modulo 12");
        assert_eq!(TrainConfig { seed: 5, ..TrainConfig::default() }.fold_of_seed(), 0);
    }

    #[test]
    fn the_fold_that_is_held_out_does_not_train() {
        let config = with(7, 3);
        config.validate().unwrap();
        assert_eq!((config.validation_images(), config.train_images()), (8572, 51_428));
        let few = TrainConfig { train_limit: 300, ..with(7, 4) };
        assert_eq!((few.validation_images(), few.train_images()), (8571, 300));
    }

    #[test]
    fn a_fold_is_typed_as_f_of_k() {
        assert_eq!("3/12".parse(), Ok(Fold { index: 3, count: 12 }));
        assert_eq!("100/100".parse(), Ok(Fold { index: 100, count: 100 }));
        for wrong in ["0/12", "13/12", "12", "1/1", "1/0", "1/101", "a/b", "", "1/2/3", "-1/12"] {
            assert_eq!(
                wrong.parse::<Fold>().unwrap_err(),
                "must be f/K with K from 2 to 100 and f from 1 to K, for example 3/12",
                "{wrong}"
            );
        }
    }

    #[test]
    fn settings_that_contradict_folds_are_refused_with_the_reason() {
        assert_eq!(message(&with(1, 1)), "folds = 1: must be 0 (no folds) or 2 to 100");
        assert_eq!(message(&with(101, 1)), "folds = 101: must be 0 (no folds) or 2 to 100");
        assert_eq!(message(&with(12, 13)), "fold = 13: must be 1 to 12 with folds = 12");
        assert_eq!(message(&with(12, 0)), "fold = 0: must be 1 to 12 with folds = 12");
        assert_eq!(message(&with(0, 3)), "fold = 3: must be 0 with folds = 0: there is no fold to hold out");
        let validation = message(&TrainConfig { validation: 500, ..with(12, 1) });
        assert!(validation.starts_with("validation = 500: must be left out with folds = 12: the valid"));
        let stopping = message(&TrainConfig { early_stopping: 3, ..with(12, 1) });
        assert!(
            stopping.starts_with("early-stopping = 3: must be 0 with folds = 12: the images that are held")
        );
        let limit = message(&TrainConfig { train_limit: 55_001, ..with(12, 1) });
        assert_eq!(limit, "train-limit = 55001: must be at most 55000, the images that folds = 12 leaves");
    }
}
