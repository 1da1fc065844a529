//! The mean of one value per trial, trials of different folds: the corrected resampled t test.

/// One value per trial, summed up: its mean, with a variance that covers new seeds, new training images and new held-out
/// images together.
///
/// The variance is that of Nadeau and Bengio (Inference for the generalization error, Machine Learning 52, 2003): trials share
/// most of their training images, so their values are correlated, taken as n / (n + N) for n held-out and N training images.
/// They derived it for held-out sets that may overlap; for disjoint folds it is conservative. If folds were held out several
/// times, the means of the folds are averaged, because trials of one fold read the same images: m folds with deviation S_F
/// of their means and deviation S of single trials give S_F²/m + S² n/N, with m - 1 degrees of freedom. With one trial per
/// fold this is S² (1/m + n/N).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Repeated {
    /// Mean over folds of the mean over their trials.
    pub mean: f64,
    /// Sample variance of single trials, at least the floor.
    pub of_one: f64,
    /// Sample variance of the folds' means, at least the floor over the trials per fold.
    pub of_fold: f64,
    /// Number of folds, at least 2.
    pub folds: usize,
    /// Number of trials, at least `folds`.
    pub trials: usize,
    /// Held-out images over training images.
    pub ratio: f64,
}

impl Repeated {
    /// `None` for fewer than two folds: they do not show how results vary with the images.
    ///
    /// * `values`: (fold, value), those of a fold side by side.
    /// * `ratio`: held-out images over training images.
    /// * `floor`: what the variance of one trial is at least, because it has only so many images.
    pub fn new(values: &[(usize, f64)], ratio: f64, floor: f64) -> Option<Self> {
        let (mut folds, mut sum, mut squares, mut total, mut inverse) = (0_usize, 0.0, 0.0, 0.0, 0.0);
        // Sums of deviations from the first value, so that equal values have a variance of exactly 0.
        let first = values.first()?.1;
        for fold in values.chunk_by(|a, b| a.0 == b.0) {
            let number = fold.len() as f64;
            let mean = fold.iter().map(|(_, value)| value - first).sum::<f64>() / number;
            folds += 1;
            sum += mean;
            squares += mean * mean;
            inverse += 1.0 / number;
            total += fold.iter().map(|(_, value)| value - first).sum::<f64>();
        }
        if folds < 2 {
            return None;
        }
        let (m, trials) = (folds as f64, values.len() as f64);
        let (of_folds, of_trials) = (sum / m, total / trials);
        let deviations = values.iter().map(|(_, value)| (value - first - of_trials).powi(2)).sum::<f64>();
        let of_fold = ((squares - m * of_folds * of_folds) / (m - 1.0)).max(floor * inverse / m);
        Some(Self {
            mean: first + of_folds,
            of_one: (deviations / (trials - 1.0)).max(floor),
            of_fold,
            folds,
            trials: values.len(),
            ratio,
        })
    }

    /// The variance of the mean.
    pub fn variance(&self) -> f64 {
        self.of_fold / self.folds as f64 + self.ratio * self.of_one
    }

    pub fn error(&self) -> f64 {
        self.variance().sqrt()
    }

    pub fn degrees(&self) -> usize {
        self.folds - 1
    }

    /// The standard error and degrees of freedom to expect from more trials.
    ///
    /// * `trials`: their number, at least 2.
    /// * `folds`: how many there are, at least 2; trials go through them in turn.
    /// * `images`: the part of `of_one` that stays if a fold is held out again.
    pub fn expected(&self, trials: usize, folds: usize, images: f64) -> (f64, usize) {
        let used = trials.min(folds);
        let images = images.min(self.of_one);
        let variance =
            images / used as f64 + (self.of_one - images) / trials as f64 + self.ratio * self.of_one;
        (variance.sqrt(), used - 1)
    }

    /// The part of the variance of the mean that more seeds would shrink, and the part that only more images would.
    ///
    /// `folds`, `images`: see [`Self::expected`].
    pub fn parts(&self, folds: usize, images: f64) -> (f64, f64) {
        let stays = images.min(self.of_one) / folds.max(self.folds) as f64 + self.ratio * self.of_one;
        let stays = stays.min(self.variance());
        (self.variance() - stays, stays)
    }
}
