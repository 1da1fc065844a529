//! The settings of train as options. Options override the settings file, which overrides the defaults.

use super::ranges::{Counting, numbers};
use crate::config::{
    Augmentation, BackendName, ConfigFile, Fold, HeadInitializerName, InitializerName, OptimizerName,
    SWEEP_FOLDS, ScheduleName, TrainConfig,
};
use crate::error::ConfigError;
use crate::statistics::value_in_words;
use crate::sweep::in_a_grid;
use clap::Args as _;
use std::path::{Path, PathBuf};

/// Declares the options, how they override settings, and which were typed, from one list.
macro_rules! settings_options {
    ($($heading:literal { $($(#[$attribute:meta])* $name:ident: $kind:ty,)+ })+) => {
        /// One option per setting, `None` unless it was typed.
        #[derive(Clone, Debug, Default, clap::Args)]
        pub struct SettingsOptions {
            $($($(#[$attribute])* #[arg(long, help_heading = $heading)] pub $name: Option<$kind>,)+)+
            /// Hold out fold f of K for validation and train on the others; sets --folds too [default: with --folds, the one
            /// that the seed decides]
            #[arg(long, help_heading = "Data", value_name = "f/K", conflicts_with = "folds")]
            pub fold: Option<Fold>,
        }

        impl SettingsOptions {
            /// Puts what was typed over `config`.
            pub fn apply(&self, config: &mut TrainConfig) {
                $($(if let Some(value) = &self.$name { config.$name = value.clone(); })+)+
                if let Some(Fold { index, count }) = self.fold {
                    (config.fold, config.folds) = (index, count);
                }
            }

            /// The names of the settings that were typed.
            pub fn typed(&self) -> Vec<String> {
                let mut names = Vec::new();
                $($(if self.$name.is_some() { names.push(stringify!($name).replace('_', "-")); })+)+
                names.extend(self.fold.map(|_| "fold".to_string()));
                names
            }
        }
    };
}

settings_options! {
    "Network" {
        /// LSTM units: the size of the hidden state, 1 to 4096
        #[arg(short = 'u', value_name = "U")]
        num_units: usize,
        /// LSTM layers, each reading the hidden states of the one below, 1 to 16
        #[arg(value_name = "L")]
        num_layers: usize,
        /// Timesteps per image; must divide 784 (28 reads row by row); with fewer --rows, as many as rows
        #[arg(value_name = "T")]
        timesteps: usize,
        /// How initial weights are drawn
        #[arg(value_enum, value_name = "NAME")]
        initializer: InitializerName,
        /// How initial weights of the head are drawn
        #[arg(value_enum, value_name = "NAME")]
        head_initializer: HeadInitializerName,
        /// Fraction of hidden states dropped between layers and before the head, from 0 to below 1
        #[arg(value_name = "FRACTION")]
        dropout: f64,
    }
    "Training" {
        /// Passes over the training images
        #[arg(short = 'e', value_name = "N")]
        epochs: usize,
        /// Training steps, instead of --epochs; 0: train for --epochs
        #[arg(value_name = "N")]
        steps: usize,
        /// Images per training step
        #[arg(short = 'b', value_name = "B")]
        batch_size: usize,
        /// Seed of initial weights, shuffles, dropout and augmentation
        #[arg(short = 's', value_name = "N")]
        seed: u64,
        /// Random change of the training images: none, shift:N (pixels), affine, or
        /// affine:rotation=10,scale=0.1,shear=0.15,shift=2,stretch=0; elastic:4, thickness:thicker=1,thinner=0.3, softness:1,
        /// contrast:0.5; several joined with +
        #[arg(value_name = "CHANGE")]
        augment: Augmentation,
        /// Fraction of each target that is spread over all classes, from 0 to below 1
        #[arg(value_name = "FRACTION")]
        label_smoothing: f64,
        /// Stop after N epochs without a lower validation loss and keep the best epoch's weights; 0: never
        #[arg(value_name = "N")]
        early_stopping: usize,
    }
    "Optimizer" {
        /// Optimizer
        #[arg(value_enum, value_name = "NAME")]
        optimizer: OptimizerName,
        /// Peak learning rate
        #[arg(value_name = "RATE")]
        learning_rate: f64,
        /// Schedule of the learning rate
        #[arg(value_enum, value_name = "NAME")]
        schedule: ScheduleName,
        /// one-cycle: fraction of all training steps in which the learning rate rises
        #[arg(value_name = "FRACTION")]
        warmup: f64,
        /// step: epochs between two decays
        #[arg(value_name = "N")]
        decay_every: usize,
        /// step: factor of the learning rate at each decay
        #[arg(value_name = "FACTOR")]
        decay_factor: f64,
        /// Weight decay: decoupled with adamw, added to the gradient otherwise
        #[arg(value_name = "DECAY")]
        weight_decay: f64,
        /// Momentum of sgd
        #[arg(value_name = "MOMENTUM")]
        momentum: f64,
        /// Largest norm of the whole gradient; 0: no clipping
        #[arg(value_name = "NORM")]
        clip_norm: f64,
    }
    "Data" {
        /// Folder with the four IDX files of MNIST or of a data set of the same shape, gzip or plain
        #[arg(value_name = "DIR")]
        data_dir: PathBuf,
        /// Read only the middle N rows of each image, one per timestep, 1 to 28
        #[arg(value_name = "N")]
        rows: usize,
        /// Seed of a fixed permutation of the pixels that are read, the same for every image; 0: none
        #[arg(value_name = "SEED")]
        permute: u64,
        /// Validation images: the last N of the 60,000 training images; 0 with folds
        #[arg(value_name = "N")]
        validation: usize,
        /// Use only the first N of the other training images; 0: all
        #[arg(value_name = "N")]
        train_limit: usize,
        /// Cut the training images into K folds, 2 to 100, and hold out the one that the seed decides, for validation; 0: no
        /// folds
        #[arg(value_name = "K")]
        folds: usize,
    }
    "Where" {
        /// Backend of the tensor operations; flex needs a build with `--features flex`
        #[arg(value_enum, value_name = "NAME")]
        backend: BackendName,
        /// Threads to compute with; 0: one per core. Changes the time, never a result
        #[arg(short = 'j', value_name = "N")]
        threads: usize,
        /// Folder that holds the runs' folders
        #[arg(value_name = "DIR")]
        runs_dir: PathBuf,
        /// This run's folder, instead of one in --runs-dir named after the settings
        #[arg(short = 'o', value_name = "DIR")]
        out: PathBuf,
    }
}

impl SettingsOptions {
    /// The settings: defaults, overridden by the settings file, overridden by options. Settings that are not given and follow
    /// others do so: [`TrainConfig::follow`].
    ///
    /// # Errors
    /// [`ConfigError`] if the file is wrong or a value is out of range.
    pub fn resolve(&self, file: Option<&Path>) -> Result<TrainConfig, ConfigError> {
        let file = file.map(ConfigFile::read).transpose()?;
        let mut config = file.as_ref().map_or_else(TrainConfig::default, |file| file.config.clone());
        self.apply(&mut config);
        let typed = self.typed();
        config.follow(|key| {
            let is_typed = |key: &str| typed.iter().any(|name| name == key);
            // The fold of a file is one of the file's folds.
            let replaced = key == "fold" && is_typed("folds");
            is_typed(key) || !replaced && file.as_ref().is_some_and(|file| file.names(key))
        });
        config.validate().map_err(|error| match (&error, &file) {
            (ConfigError::OutOfRange { key, .. }, _) if typed.iter().any(|name| name == key) => error.typed(),
            (_, Some(file)) => file.locate(error),
            _ => error,
        })?;
        Ok(config)
    }
}

/// The settings of train as options that take several values each, for a grid.
#[derive(Clone, Debug, Default)]
pub struct GridOptions {
    /// The settings that were typed, with their values.
    pub values: Vec<(String, Vec<String>)>,
}

impl GridOptions {
    /// The options of train that a grid has, each a list of texts.
    fn options() -> impl Iterator<Item = clap::Arg> {
        let train = SettingsOptions::augment_args(clap::Command::new("train"));
        let all: Vec<clap::Arg> = train.get_arguments().cloned().collect();
        all.into_iter().filter_map(|option| {
            let name = option.get_long().filter(|name| in_a_grid(name))?;
            let is_list = !["augment", "folds"].contains(&name);
            let option = match name {
                "folds" => option.help(format!(
                    "Cut the training images into K folds, 2 to 100; each seed holds out another one; 0: the last \
                     --validation images instead [default: {SWEEP_FOLDS}, or those of the sweep in --out]"
                )),
                _ => option,
            };
            let grid = option
                .action(clap::ArgAction::Append)
                .value_parser(clap::value_parser!(String))
                .help_heading("Grid");
            // An augmentation contains commas: several are given by repeating the option.
            Some(if is_list { grid.value_delimiter(',') } else { grid })
        })
    }
}

/// The values of a setting that were typed, with those of each range, each checked as `train` checks it.
///
/// # Errors
/// clap's, which names the option `--name`.
pub fn checked(name: &str, texts: Vec<String>) -> Result<Vec<String>, clap::Error> {
    let mut train = SettingsOptions::augment_args(clap::Command::new("train").no_binary_name(true));
    let is_whole = TrainConfig::default().to_table()[name].is_integer();
    let mut values = Vec::new();
    for text in texts {
        if !(is_whole && text.contains("..")) {
            train.try_get_matches_from_mut([format!("--{name}={text}")])?;
            values.push(text);
            continue;
        }
        let range = numbers(&text, Counting::Doubling).map_err(|problem| {
            let message = format!("invalid value '{text}' for '--{name}': {problem}\n");
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, message)
        })?;
        values.extend(range.iter().map(u64::to_string));
    }
    Ok(values)
}

impl clap::FromArgMatches for GridOptions {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let mut values = Vec::new();
        for option in Self::options() {
            let Some(texts) = matches.get_many::<String>(option.get_id().as_str()) else { continue };
            let name = option.get_long().unwrap_or_default();
            values.push((name.to_string(), checked(name, texts.cloned().collect())?));
        }
        Ok(Self { values })
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for GridOptions {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(Self::options())
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// Adds each setting's default to its option's help.
pub fn with_defaults(command: clap::Command) -> clap::Command {
    let mut defaults = TrainConfig::default().to_table();
    defaults.insert("data-dir".into(), "MNIST from inside the program".into());
    command.mut_args(|argument| {
        let default = argument.get_long().and_then(|name| defaults.get(name)).map(value_in_words);
        match (default, argument.get_help().map(ToString::to_string)) {
            // Some options say themselves what holds without them.
            (Some(words), Some(help)) if !words.is_empty() && !help.contains("[default") => {
                argument.help(format!("{help} [default: {words}]"))
            }
            _ => argument,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_an_option_of_its_name_and_every_option_a_setting() {
        let command = super::super::command();
        let train = command.find_subcommand("train").unwrap();
        let not_settings = [
            "config",
            "resume",
            "force",
            "dry-run",
            "tensorboard",
            "instructions",
            "json",
            "quiet",
            "verbose",
            "help",
            "version",
        ];
        let mut options: Vec<_> = train.get_arguments().filter_map(clap::Arg::get_long).collect();
        options.retain(|name| !not_settings.contains(name));
        options.sort_unstable();
        let settings = TrainConfig::default().to_table();
        assert_eq!(options, settings.keys().map(String::as_str).collect::<Vec<_>>());
    }
}
