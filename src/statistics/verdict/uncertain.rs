//! A mean with its variance, and what that variance covers.

use super::crossed::Crossed;
use super::repeated::Repeated;
use serde::Serialize;

/// Degrees of freedom that stand for a normal distribution.
pub(super) const MANY: f64 = f64::MAX;

/// What varies behind an interval: repeat the experiment with new ones, and the interval holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// New seeds, new training images and new images to read: trials of at least two folds.
    SeedsTrainingAndImages,
    /// New seeds and new images to read, with the same training images: at least two seeds on the same images.
    SeedsAndImages,
    /// New images to read, with the same network: one seed.
    Images,
}

impl Covers {
    /// "new seeds, new training images and new images to read"
    pub fn in_words(self) -> &'static str {
        match self {
            Self::SeedsTrainingAndImages => "new seeds, new training images and new images to read",
            Self::SeedsAndImages => "new seeds and new images to read, not new training images",
            Self::Images => "new images to read, not new seeds: there is one seed",
        }
    }
}

/// The variance of a mean, in two parts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Parts {
    /// What more seeds would shrink, at least.
    pub more_seeds: f64,
    /// What stays with any number of seeds, and only more images would shrink, at most.
    pub more_images: f64,
}

/// A mean whose variance is known or estimated.
pub(super) struct Uncertain {
    pub mean: f64,
    pub variance: f64,
    pub degrees: f64,
    pub covers: Covers,
    pub parts: Option<Parts>,
}

impl Uncertain {
    pub fn of_folds(repeated: &Repeated, folds: usize, images: f64) -> Self {
        let (more_seeds, more_images) = repeated.parts(folds, images);
        Self {
            mean: repeated.mean,
            variance: repeated.variance(),
            degrees: repeated.degrees() as f64,
            covers: Covers::SeedsTrainingAndImages,
            parts: Some(Parts { more_seeds, more_images }),
        }
    }

    pub fn crossed(table: &Crossed) -> Self {
        let (more_seeds, more_images) = table.parts();
        Self {
            mean: table.mean,
            variance: table.variance(),
            degrees: table.degrees(),
            covers: Covers::SeedsAndImages,
            parts: Some(Parts { more_seeds, more_images }),
        }
    }

    /// Without the answers by image: the variances of seeds and of images, which is at most `images`, added up.
    pub fn apart(values: &[f64], images: f64, number: usize) -> Self {
        let seeds = values.len() as f64;
        let mean = values.iter().sum::<f64>() / seeds;
        let of_seeds = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (seeds - 1.0) / seeds;
        let few = of_seeds.powi(2) / (seeds - 1.0) + images.powi(2) / (number.max(2) - 1) as f64;
        let variance = of_seeds + images;
        let degrees = if few > 0.0 { variance.powi(2) / few } else { seeds - 1.0 };
        let parts = Some(Parts { more_seeds: of_seeds, more_images: images });
        Self { mean, variance, degrees, covers: Covers::SeedsAndImages, parts }
    }

    /// Raises the variance: the part of the seeds, which is the part of the rest too.
    pub fn at_least(&mut self, variance: f64) {
        let more = (variance - self.variance).max(0.0);
        self.variance += more;
        self.parts.iter_mut().for_each(|parts| parts.more_seeds += more);
    }

    pub fn one_seed(mean: f64, variance: f64) -> Self {
        Self { mean, variance, degrees: MANY, covers: Covers::Images, parts: None }
    }
}
