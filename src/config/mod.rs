//! The settings of a training run: their names, defaults and ranges. [`ConfigFile`] reads them from a file; what was
//! typed on the command line is the business of `cli`.

mod augmentation;
mod built_in;
mod choices;
mod file;
mod identity;
mod view;

pub use augmentation::{AffineBounds, Augmentation};
pub use built_in::{CONFIGS, built_in, read_config};
pub use choices::{BackendName, HeadInitializerName, InitializerName, OptimizerName, ScheduleName};
pub use file::ConfigFile;
pub use identity::{COMPARED_KEYS, hexadecimal};
pub use view::view_in_words;

use crate::error::ConfigError;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Rows, and pixels in a row, of one image.
pub const SIDE: usize = 28;
/// Pixels in an image; `timesteps` divides them.
pub const PIXELS: usize = SIDE * SIDE;
/// Training images a data set holds.
pub const TRAIN_IMAGES: usize = 60_000;
/// Units that a layer has at most.
pub const MOST_UNITS: usize = 4096;
/// Layers that a network has at most.
pub const MOST_LAYERS: usize = 16;

/// What one training run needs; saved beside its result. Keys in a settings file are the field names in kebab
/// case (`num-units`). Where 0 switches something off, the field says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TrainConfig {
    /// LSTM units U: the size of the hidden state, in 1..=4096.
    pub num_units: usize,
    /// LSTM layers L, each reading the hidden states of the one below, in 1..=16.
    pub num_layers: usize,
    /// Rows of the image that are read, the middle ones ([`Self::first_row`]), in 1..=28.
    pub rows: usize,
    /// Timesteps T an image is cut into: of a whole image a divisor of 784, each of W = 784/T pixels; of its middle rows as
    /// many as there are rows.
    pub timesteps: usize,
    /// Seed of a fixed permutation of the pixels that are read, the same for every image, in 0..=2^63-1; 0: none.
    pub permute: u64,
    /// How initial weights are drawn.
    pub initializer: InitializerName,
    /// How initial weights of the head are drawn.
    pub head_initializer: HeadInitializerName,
    /// Share of hidden states dropped between layers and before the head while training, in 0..1.
    pub dropout: f64,
    /// Passes over the training images, in 1..=100000; not used when `steps` is set.
    pub epochs: usize,
    /// Updates to make, whatever epochs they take; 0: train for `epochs`.
    pub steps: usize,
    /// Images in an update B, in 1..=60000.
    pub batch_size: usize,
    /// The rule that turns a gradient into an update.
    pub optimizer: OptimizerName,
    /// Peak step size of the optimiser, finite, in 0..=10 without 0.
    pub learning_rate: f64,
    /// How the learning rate changes over the run.
    pub schedule: ScheduleName,
    /// One-cycle only: share of all updates in which the learning rate rises, in 0..1.
    pub warmup: f64,
    /// Step schedule only: epochs between two decays, at least 1.
    pub decay_every: usize,
    /// Step schedule only: what the learning rate is multiplied by at a decay, in 0..=1 without 0.
    pub decay_factor: f64,
    /// Weight decay of adamw (decoupled) or of the others (added to the gradient), in 0..=1. Biases too.
    pub weight_decay: f64,
    /// Momentum of sgd, in 0..1.
    pub momentum: f64,
    /// Largest Euclidean norm of the whole gradient; 0: no clipping.
    pub clip_norm: f64,
    /// Share of each target spread evenly over all classes, in 0..1.
    pub label_smoothing: f64,
    /// Random change of the training images.
    pub augment: Augmentation,
    /// Stop after this many epochs without a lower validation loss, and keep the best epoch's weights; 0: never.
    pub early_stopping: usize,
    /// Seed of initial weights, shuffles, dropout and augmentation, in 0..=2^63-1.
    pub seed: u64,
    /// Folder with the four IDX files; empty: MNIST from inside the program. Runs stored before MNIST was inside have
    /// `data/mnist` here.
    pub data_dir: PathBuf,
    /// Training images kept aside, the last of the 60,000, in 0..60000.
    pub validation: usize,
    /// Use only this many of the other training images, the first; 0: all.
    pub train_limit: usize,
    /// Where the tensor operations run.
    pub backend: BackendName,
    /// Threads to compute with, in 0..=1024; 0: one for each core. Changes the time, never a result.
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
            augment: Augmentation::None,
            early_stopping: 0,
            seed: 1,
            data_dir: PathBuf::new(),
            validation: 5_000,
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
    /// [`ConfigError::OutOfRange`] with the first key that is out of its range, what was found and what is allowed.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let at_most = |key, value: usize, low: usize, high: usize| {
            check((low..=high).contains(&value), key, value, format!("a whole number in {low}..={high}"))
        };
        let fraction = |key, value: f64| {
            check(
                (0.0..1.0).contains(&value),
                key,
                value,
                "a number from 0 up to, but not including, 1".into(),
            )
        };
        let positive = |key, value: f64, high: f64| {
            check(value > 0.0 && value <= high, key, value, format!("a number above 0, at most {high}"))
        };
        at_most("num-units", self.num_units, 1, MOST_UNITS)?;
        at_most("num-layers", self.num_layers, 1, MOST_LAYERS)?;
        self.validate_view()?;
        fraction("dropout", self.dropout)?;
        at_most("epochs", self.epochs, 1, 100_000)?;
        at_most("steps", self.steps, 0, 1_000_000_000)?;
        at_most("batch-size", self.batch_size, 1, TRAIN_IMAGES)?;
        positive("learning-rate", self.learning_rate, 10.0)?;
        fraction("warmup", self.warmup)?;
        at_most("decay-every", self.decay_every, 1, 100_000)?;
        positive("decay-factor", self.decay_factor, 1.0)?;
        check(
            (0.0..=1.0).contains(&self.weight_decay),
            "weight-decay",
            self.weight_decay,
            "a number in 0..=1".into(),
        )?;
        fraction("momentum", self.momentum)?;
        check(
            self.clip_norm.is_finite() && self.clip_norm >= 0.0,
            "clip-norm",
            self.clip_norm,
            "a finite number, 0 (no clipping) or more".into(),
        )?;
        fraction("label-smoothing", self.label_smoothing)?;
        at_most("early-stopping", self.early_stopping, 0, 100_000)?;
        check(
            self.seed <= i64::MAX as u64,
            "seed",
            self.seed,
            format!("a whole number in 0..={}", i64::MAX),
        )?;
        at_most("validation", self.validation, 0, TRAIN_IMAGES - 1)?;
        at_most("train-limit", self.train_limit, 0, TRAIN_IMAGES)?;
        at_most("threads", self.threads, 0, 1024)?;
        self.validate_together()
    }

    /// Checks what depends on more than one setting.
    fn validate_together(&self) -> Result<(), ConfigError> {
        let left = TRAIN_IMAGES - self.validation;
        check(
            self.train_limit <= left,
            "train-limit",
            self.train_limit,
            format!("at most the {left} images that validation = {} leaves", self.validation),
        )?;
        let images = self.train_images();
        check(
            self.batch_size <= images,
            "batch-size",
            self.batch_size,
            format!("at most the {images} training images in use"),
        )?;
        check(
            self.early_stopping == 0 || self.validation > 0,
            "early-stopping",
            self.early_stopping,
            "0 while validation = 0: without validation images no epoch is the best".into(),
        )
    }

    /// Training images in use.
    pub fn train_images(&self) -> usize {
        match self.train_limit {
            0 => TRAIN_IMAGES - self.validation,
            limit => limit,
        }
    }

    /// Updates in one pass over the training images; the last may be smaller.
    pub fn steps_per_epoch(&self) -> usize {
        self.train_images().div_ceil(self.batch_size)
    }

    /// Updates of the whole run.
    pub fn total_steps(&self) -> usize {
        match self.steps {
            0 => self.epochs * self.steps_per_epoch(),
            steps => steps,
        }
    }

    /// Epochs of the whole run, the last possibly cut short by `steps`.
    pub fn total_epochs(&self) -> usize {
        self.total_steps().div_ceil(self.steps_per_epoch())
    }
}

fn check(ok: bool, key: &'static str, found: impl ToString, allowed: String) -> Result<(), ConfigError> {
    if ok {
        Ok(())
    } else {
        Err(ConfigError::OutOfRange { key, found: found.to_string(), allowed, place: None })
    }
}

fn divisors(number: usize) -> String {
    let all: Vec<String> =
        (1..=number).filter(|d| number.is_multiple_of(*d)).map(|d| d.to_string()).collect();
    all.join(", ")
}
