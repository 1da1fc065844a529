//! The settings of a training run: their names, defaults and ranges, and what each does to a run's identity
//! ([`role`]). [`ConfigFile`] reads them from a file. `cli` reads the command line.

mod augmentation;
mod built_in;
mod choices;
mod file;
mod folds;
mod identity;
mod view;

pub use augmentation::{AffineBounds, Augmentation, Placement, ThicknessBounds};
pub use built_in::{CONFIGS, built_in, read_config};
pub use choices::{BackendName, HeadInitializerName, InitializerName, OptimizerName, ScheduleName};
pub use file::ConfigFile;
pub(crate) use file::line_of;
pub(crate) use folds::places_of_fold;
pub use folds::{Fold, SWEEP_FOLDS};
pub use identity::{Role, hexadecimal, role, serialize_settings};

use crate::error::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Rows, and pixels in a row, of one image.
pub const SIDE: usize = 28;
/// Pixels in an image; `timesteps` divides them.
pub const PIXELS: usize = SIDE * SIDE;
/// Training images a data set holds.
pub const TRAIN_IMAGES: usize = 60_000;
/// Most units per layer.
pub const MOST_UNITS: usize = 4096;
/// Most layers.
pub const MOST_LAYERS: usize = 16;

/// What a training run needs to be repeated: saved unchanged beside its result. Keys in a settings file are the field names
/// in kebab case (`num-units`). Where 0 switches something off, the field says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TrainConfig {
    /// LSTM units U: the size of the hidden state, 1 to 4096.
    pub num_units: usize,
    /// LSTM layers L, each reading the hidden states of the layer below, 1 to 16.
    pub num_layers: usize,
    /// Rows of the image that are read, the middle ones ([`Self::first_row`]), 1 to 28.
    pub rows: usize,
    /// Timesteps T. A whole image is cut into a divisor of 784, W = 784/T pixels per timestep; of middle rows, each row is
    /// a timestep.
    pub timesteps: usize,
    /// Seed of a fixed permutation of the pixels that are read, the same for every image, 0 to 2^63-1; 0: none.
    pub permute: u64,
    /// How initial weights are drawn.
    pub initializer: InitializerName,
    /// How initial weights of the head are drawn.
    pub head_initializer: HeadInitializerName,
    /// Fraction of hidden states dropped between layers and before the head while training, at least 0 and below 1.
    pub dropout: f64,
    /// Passes over the training images, 1 to 100000; not used when `steps` is set.
    pub epochs: usize,
    /// Training steps, however many epochs they take; 0: train for `epochs`.
    pub steps: usize,
    /// Batch size B, 1 to 60000.
    pub batch_size: usize,
    /// The optimiser.
    pub optimizer: OptimizerName,
    /// Peak learning rate, above 0 and at most 10.
    pub learning_rate: f64,
    /// How the learning rate changes over the run.
    pub schedule: ScheduleName,
    /// One-cycle only: fraction of training steps in which the learning rate rises, at least 0 and below 1.
    pub warmup: f64,
    /// Step schedule only: epochs between two decays, at least 1.
    pub decay_every: usize,
    /// Step schedule only: factor of the learning rate at a decay, above 0 and at most 1.
    pub decay_factor: f64,
    /// Weight decay, 0 to 1: decoupled with adamw, added to the gradient otherwise. Applies to biases too.
    pub weight_decay: f64,
    /// Momentum of sgd, at least 0 and below 1.
    pub momentum: f64,
    /// Largest Euclidean norm of the whole gradient; 0: no clipping.
    pub clip_norm: f64,
    /// Fraction of each target spread evenly over all classes, at least 0 and below 1.
    pub label_smoothing: f64,
    /// Random change of the training images.
    pub augment: Augmentation,
    /// Stop after this many epochs without a lower validation loss, and keep the best epoch's weights; 0: never.
    pub early_stopping: usize,
    /// Seed of initial weights, shuffles, dropout and augmentation, 0 to 2^63-1.
    pub seed: u64,
    /// Folder with the four IDX files; empty: MNIST from inside the program. Runs stored before MNIST was inside have
    /// `data/mnist` here.
    pub data_dir: PathBuf,
    /// Training images kept aside for validation, the last of the 60,000; at most 59999. 0 with folds.
    pub validation: usize,
    /// Parts K of the 60,000 training images, of which one is held out: its images are the validation images. 2 to 100; 0:
    /// no folds.
    pub folds: usize,
    /// The fold that is held out, 1 to K; 0 without folds.
    pub fold: usize,
    /// Use only this many of the other training images, the first; 0: all.
    pub train_limit: usize,
    /// Where the tensor operations run.
    pub backend: BackendName,
    /// Threads to compute with, 0 to 1024; 0: one per core. Changes the time, never a result.
    pub threads: usize,
    /// Folder of run folders.
    pub runs_dir: PathBuf,
    /// This run's folder; empty: named after the settings, in `runs_dir`.
    pub out: PathBuf,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            num_units: 128,
            num_layers: 1,
            rows: SIDE,
            timesteps: SIDE,
            permute: 0,
            initializer: InitializerName::Keras,
            head_initializer: HeadInitializerName::Same,
            dropout: 0.0,
            epochs: 10,
            steps: 0,
            batch_size: 128,
            optimizer: OptimizerName::Adam,
            learning_rate: 0.008,
            schedule: ScheduleName::OneCycle,
            warmup: 0.3,
            decay_every: 5,
            decay_factor: 0.1,
            weight_decay: 0.0,
            momentum: 0.9,
            clip_norm: 1.0,
            label_smoothing: 0.0,
            augment: Augmentation::default(),
            early_stopping: 0,
            seed: 1,
            data_dir: PathBuf::new(),
            validation: 5_000,
            folds: 0,
            fold: 0,
            train_limit: 0,
            backend: BackendName::Ndarray,
            threads: 0,
            runs_dir: PathBuf::from("runs"),
            out: PathBuf::new(),
        }
    }
}

impl TrainConfig {
    /// Checks every range.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for the first key that is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let whole = |key, value: usize, low: usize, high: usize| {
            check((low..=high).contains(&value), key, value, format!("be {low} to {high}"))
        };
        let fraction =
            |key, value: f64| check((0.0..1.0).contains(&value), key, value, "be at least 0 and below 1");
        let positive = |key, value: f64, high: f64| {
            check(value > 0.0 && value <= high, key, value, format!("be above 0 and at most {high}"))
        };
        whole("num-units", self.num_units, 1, MOST_UNITS)?;
        whole("num-layers", self.num_layers, 1, MOST_LAYERS)?;
        self.validate_view()?;
        fraction("dropout", self.dropout)?;
        whole("epochs", self.epochs, 1, 100_000)?;
        whole("steps", self.steps, 0, 1_000_000_000)?;
        whole("batch-size", self.batch_size, 1, TRAIN_IMAGES)?;
        positive("learning-rate", self.learning_rate, 10.0)?;
        fraction("warmup", self.warmup)?;
        whole("decay-every", self.decay_every, 1, 100_000)?;
        positive("decay-factor", self.decay_factor, 1.0)?;
        check((0.0..=1.0).contains(&self.weight_decay), "weight-decay", self.weight_decay, "be 0 to 1")?;
        fraction("momentum", self.momentum)?;
        let ok = self.clip_norm.is_finite() && self.clip_norm >= 0.0;
        check(ok, "clip-norm", self.clip_norm, "be 0 (no clipping) or a positive finite number")?;
        fraction("label-smoothing", self.label_smoothing)?;
        whole("early-stopping", self.early_stopping, 0, 100_000)?;
        check(self.seed <= i64::MAX as u64, "seed", self.seed, format!("be 0 to {}", i64::MAX))?;
        whole("validation", self.validation, 0, TRAIN_IMAGES - 1)?;
        whole("train-limit", self.train_limit, 0, TRAIN_IMAGES)?;
        whole("threads", self.threads, 0, 1024)?;
        self.validate_together()
    }

    /// Checks what depends on more than one setting.
    fn validate_together(&self) -> Result<(), ConfigError> {
        self.validate_folds()?;
        let left = TRAIN_IMAGES - self.validation_images();
        let (key, value) =
            if self.folds > 0 { ("folds", self.folds) } else { ("validation", self.validation) };
        let must = format!("be at most {left}, the images that {key} = {value} leaves");
        check(self.train_limit <= left, "train-limit", self.train_limit, must)?;
        let images = self.train_images();
        let must = format!("be at most {images}, the number of training images in use");
        check(self.batch_size <= images, "batch-size", self.batch_size, must)?;
        let ok = self.early_stopping == 0 || self.validation_images() > 0;
        let must = "be 0 with validation = 0: without validation images there is no best epoch";
        check(ok, "early-stopping", self.early_stopping, must)
    }

    /// Gives settings that follow others, unless they are `given`, their values: timesteps are as many as rows; with folds
    /// the seed decides the fold, and no other images are for validation.
    pub fn follow(&mut self, given: impl Fn(&str) -> bool) {
        if !given("timesteps") {
            self.timesteps = self.rows;
        }
        if self.fold == 0 || !given("fold") {
            self.fold = self.fold_of_seed();
        }
        if !given("validation") {
            self.validation = if self.folds > 0 { 0 } else { Self::default().validation };
        }
    }

    /// Training images in use.
    pub fn train_images(&self) -> usize {
        match self.train_limit {
            0 => TRAIN_IMAGES - self.validation_images(),
            limit => limit,
        }
    }

    /// Training steps per epoch; the last batch may be smaller.
    pub fn steps_per_epoch(&self) -> usize {
        self.train_images().div_ceil(self.batch_size)
    }

    /// Training steps of the whole run.
    pub fn total_steps(&self) -> usize {
        match self.steps {
            0 => self.epochs * self.steps_per_epoch(),
            steps => steps,
        }
    }

    /// Epochs of the whole run; `steps` may end the last one early.
    pub fn total_epochs(&self) -> usize {
        self.total_steps().div_ceil(self.steps_per_epoch())
    }
}

/// * `must`: what the value must do, after the word "must".
fn check(
    ok: bool,
    key: &'static str,
    found: impl ToString,
    must: impl Into<String>,
) -> Result<(), ConfigError> {
    if ok {
        return Ok(());
    }
    Err(ConfigError::OutOfRange { key, found: found.to_string(), must: must.into(), place: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(validation: usize, train_limit: usize) -> String {
        let config = TrainConfig { validation, train_limit, ..TrainConfig::default() };
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn validation_must_leave_an_image_to_train_on() {
        assert_eq!(message(60_000, 0), "validation = 60000: must be 0 to 59999");
        assert_eq!(message(usize::MAX, 1), format!("validation = {}: must be 0 to 59999", usize::MAX));
    }

    #[test]
    fn a_limit_must_not_exceed_what_validation_leaves() {
        let expected = "train-limit = 55001: must be at most 55000, the images that validation = 5000 leaves";
        assert_eq!(message(5_000, 55_001), expected);
    }
}
