//! Images and their labels in memory, as in the files: one byte per pixel, one byte per label.

pub use crate::config::{PIXELS, SIDE};
use crate::error::DataError;

/// Classes C: the ten digits.
pub const CLASSES: usize = 10;

/// Images of 28 x 28 pixels and the digit that each shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Images {
    /// Puts images and labels together.
    ///
    /// * `pixels`: one image after the other, each row by row from the top, 0 background, 255 full ink.
    /// * `labels`: the digit of each image, 0 to 9.
    ///
    /// # Errors
    ///
    /// When there are not 784 bytes of pixels for each label, or a label is above 9.
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>) -> Result<Self, DataError> {
        if labels.len().checked_mul(PIXELS) != Some(pixels.len()) {
            return Err(DataError::Lengths { pixels: pixels.len(), labels: labels.len() });
        }
        if let Some((index, found)) = first_invalid_label(&labels) {
            return Err(DataError::Label { index, found });
        }
        Ok(Self { pixels, labels })
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The 784 pixels of image `index`, row by row from the top.
    ///
    /// # Panics
    ///
    /// When `index` is not below [`len`](Self::len).
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * PIXELS..(index + 1) * PIXELS]
    }

    /// The digit that image `index` shows, 0 to 9.
    ///
    /// # Panics
    ///
    /// When `index` is not below [`len`](Self::len).
    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// The digits of all images, each 0 to 9.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }
}

/// The first label that is not a digit, with its index.
pub(super) fn first_invalid_label(labels: &[u8]) -> Option<(usize, u8)> {
    let index = labels.iter().position(|&label| usize::from(label) >= CLASSES)?;
    Some((index, labels[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_the_784_bytes_at_its_place() {
        let pixels = (0..3 * PIXELS).map(|i| (i / PIXELS) as u8).collect();
        let images = Images::new(pixels, vec![9, 0, 4]).unwrap();
        assert_eq!(images.len(), 3);
        assert_eq!(images.image(2), [2; PIXELS]);
        assert_eq!(images.label(2), 4);
        assert_eq!(images.labels(), [9, 0, 4]);
    }

    #[test]
    fn no_images_at_all_are_accepted() {
        assert!(Images::new(Vec::new(), Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn different_numbers_of_images_and_labels_are_refused() {
        for (pixels, labels) in [(PIXELS, 2), (2 * PIXELS, 1), (PIXELS - 1, 1), (PIXELS, 0)] {
            let error = Images::new(vec![0; pixels], vec![0; labels]).unwrap_err();
            assert!(matches!(error, DataError::Lengths { .. }), "{error}");
        }
    }

    #[test]
    fn a_label_above_nine_is_refused_with_its_index() {
        let error = Images::new(vec![0; 3 * PIXELS], vec![9, 10, 255]).unwrap_err();
        assert_eq!(error.to_string(), "label 1 (counted from 0) is 10, expected 0 to 9");
    }
}
