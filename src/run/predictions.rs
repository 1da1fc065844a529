//! The predicted classes that a run stored, of test images and of validation images.

use super::RunFolder;
use super::folder::{PREDICTIONS, VALIDATION_PREDICTIONS};
use crate::error::RunError;
use crate::format::{count, typed_count};
use std::fs;
use std::io::ErrorKind;

/// Which images a run stored predictions of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicted {
    Test,
    Validation,
}

impl Predicted {
    fn file(self) -> &'static str {
        match self {
            Self::Test => PREDICTIONS,
            Self::Validation => VALIDATION_PREDICTIONS,
        }
    }

    fn image(self) -> &'static str {
        match self {
            Self::Test => "test image",
            Self::Validation => "validation image",
        }
    }
}

impl RunFolder {
    /// The predicted class of each of `images` test images.
    ///
    /// # Errors
    /// [`RunError::Damaged`] when the number of predictions differs, [`RunError::Io`].
    pub fn predictions_of(&self, images: usize) -> Result<Vec<u8>, RunError> {
        let path = self.path.join(PREDICTIONS);
        let predictions = fs::read(&path).map_err(RunError::io("read", path))?;
        self.check_number(Predicted::Test, &predictions, images)?;
        Ok(predictions)
    }

    /// Whether it holds a file of predictions.
    pub fn stores(&self, predicted: Predicted) -> bool {
        self.path.join(predicted.file()).is_file()
    }

    /// Which of the stored predictions are correct, image by image; `None` if the run stored none.
    ///
    /// * `labels`: of the images.
    /// * `correct`: how many the run's result counted.
    ///
    /// # Errors
    /// [`RunError::Damaged`] when there is not a prediction for each label, or another number is correct;
    /// [`RunError::Io`].
    pub fn correct_answers(
        &self,
        predicted: Predicted,
        labels: &[u8],
        correct: usize,
    ) -> Result<Option<Vec<bool>>, RunError> {
        let path = self.path.join(predicted.file());
        let classes = match fs::read(&path) {
            Ok(classes) => classes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(RunError::io("read", path)(cause)),
        };
        self.check_number(predicted, &classes, labels.len())?;
        let answers: Vec<bool> = classes.iter().zip(labels).map(|(class, label)| class == label).collect();
        let found = answers.iter().filter(|right| **right).count();
        if found != correct {
            let detail =
                format!("{} in it are correct, and {correct} in the result", count(found, "prediction"));
            return Err(RunError::damaged(path, detail));
        }
        Ok(Some(answers))
    }

    fn check_number(&self, predicted: Predicted, classes: &[u8], images: usize) -> Result<(), RunError> {
        if classes.len() == images {
            return Ok(());
        }
        let found = typed_count(classes.len(), "prediction");
        let detail = format!("it holds {found} for {}", typed_count(images, predicted.image()));
        Err(RunError::damaged(self.path.join(predicted.file()), detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_image_by_image_and_must_fit_the_result() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let answers = |labels: &[u8], correct| run.correct_answers(Predicted::Validation, labels, correct);
        assert!(answers(&[1, 2, 3], 2).unwrap().is_none() && !run.stores(Predicted::Validation));
        fs::write(folder.path().join(VALIDATION_PREDICTIONS), [1, 0, 3]).unwrap();
        assert!(run.stores(Predicted::Validation) && !run.stores(Predicted::Test));
        assert_eq!(answers(&[1, 2, 3], 2).unwrap().unwrap(), [true, false, true]);
        let problem = |labels: &[u8], correct| answers(labels, correct).unwrap_err().to_string();
        assert!(problem(&[1, 2], 2).ends_with("is damaged: it holds 3 predictions for 2 validation images"));
        assert!(problem(&[1, 2, 3], 3).ends_with("2 predictions in it are correct, and 3 in the result"));
    }
}
