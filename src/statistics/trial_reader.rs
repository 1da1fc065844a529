//! A finished run as a trial of a verdict: which of its held-out images it classified correctly.

use super::verdict::{Answers, Trial};
use crate::data::{Images, Split};
use crate::error::RunError;
use crate::run::{Predicted, RunFolder, RunResult};
use std::collections::HashMap;

/// Reads trials of runs on the same data. The labels of a fold are collected once.
pub struct TrialReader<'a> {
    /// All training images.
    train: &'a Images,
    /// The labels of held-out images, by folds, fold and validation.
    labels: HashMap<(usize, usize, usize), Vec<u8>>,
}

impl<'a> TrialReader<'a> {
    /// A reader of runs on these training images.
    pub fn new(train: &'a Images) -> Self {
        Self { train, labels: HashMap::new() }
    }

    /// The run in `folder` with this result. Without stored predictions its answers are only counted.
    ///
    /// # Errors
    /// [`RunError::Damaged`] if the predictions do not fit the held-out images or the result,
    /// [`RunError::Io`].
    pub fn read(&mut self, folder: &RunFolder, result: &RunResult) -> Result<Trial, RunError> {
        let settings = &result.settings;
        let key = (settings.folds, settings.fold, settings.validation);
        let labels = self.labels.entry(key).or_insert_with(|| {
            let held_out = Split::of(settings, self.train.len()).validation;
            held_out.into_iter().map(|index| self.train.label(index)).collect()
        });
        let (correct, images) = (result.validation_correct, result.validation_total);
        let held_out = match folder.correct_answers(Predicted::Validation, labels, correct)? {
            Some(answers) => Answers::each(answers),
            None => Answers::counted(correct, images),
        };
        Ok(Trial {
            seed: result.seed,
            fold: settings.fold,
            training_images: result.train_images,
            held_out,
            test: Answers::counted(result.test_correct, result.test_total),
        })
    }
}
