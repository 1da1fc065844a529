//! The trials of a sweep: a grid of settings times seeds.
//!
//! A plan file is TOML:
//!
//! ```toml
//! seeds = 5                      # 1 to 5; or a list: [1, 2, 7]
//!
//! [grid]                         # settings of `train`, each with one value or a list of them
//! num-units = [8, 16, 32]
//! learning-rate = [0.005, 0.01]
//! epochs = 3
//!
//! [tune]                         # at most one setting, whose best value is chosen for each size: see `tune`
//! weight-decay = [0.0, 0.01]
//! ```

use crate::config::{Role, TrainConfig, line_of, read_config, role};
use crate::data::TEST_IMAGES;
use crate::error::{RunError, SweepError, of_serde};
use crate::format::joined;
use crate::model::ModelShape;
use crate::run::RunFolder;
use crate::statistics::tuning::Tune;
use crate::statistics::value_in_words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

mod tune;

/// Most trials of a plan.
const MOST_TRIALS: usize = 1_000_000;

/// A grid of settings times seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Settings with their values. Settings that are not here have their defaults.
    pub grid: BTreeMap<String, Vec<toml::Value>>,
    /// Seeds of every point of the grid.
    pub seeds: Vec<u64>,
    /// The setting whose best value is chosen, with the values as they were given: [`Plan::tune`] has the untuned one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune: Option<Tune>,
}

/// Whether a setting can be in a grid. Seeds, folders and threads are options of the sweep itself.
pub fn in_a_grid(key: &str) -> bool {
    !matches!(role(key), Role::Seed | Role::Place)
}

/// What is wrong with these values in a grid.
fn problem_of(key: &str, values: &[toml::Value]) -> Option<&'static str> {
    if !TrainConfig::has(key) {
        Some("is not a setting of train")
    } else if key == "fold" {
        Some("cannot be in a grid: the seed decides which fold a trial holds out (folds says of how many)")
    } else if !in_a_grid(key) {
        Some(
            "cannot be in a grid: give seeds with --seeds, the folder with --out, threads with --jobs and --cores",
        )
    } else if values.is_empty() {
        Some("has no value")
    } else if key == "folds" && values.len() > 1 {
        Some("must be one number: all trials of a sweep share their folds")
    } else if key == "data-dir" && values.len() > 1 {
        Some("must be one folder: a sweep compares settings on the same data")
    } else {
        None
    }
}

/// The value as the type of the setting: a whole number where a fraction is expected is that fraction.
fn coerced(key: &str, value: &toml::Value, defaults: &toml::Table) -> toml::Value {
    match (value, &defaults[key]) {
        (toml::Value::Integer(number), toml::Value::Float(_)) => toml::Value::Float(*number as f64),
        _ => value.clone(),
    }
}

/// Values as they are typed.
fn typed_values(texts: &[String]) -> Vec<toml::Value> {
    let value = |text: &String| {
        let number = text.parse().map(toml::Value::Integer);
        let number = number.or_else(|_| text.parse().map(toml::Value::Float));
        number.unwrap_or_else(|_| toml::Value::String(text.clone()))
    };
    texts.iter().map(value).collect()
}

/// One run of a sweep.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The run's settings; its folder lies in the sweep's.
    pub config: TrainConfig,
    /// Identity of settings and data: [`TrainConfig::identity`].
    pub identity: String,
    /// The name of the run's folder.
    pub name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    seeds: Option<toml::Value>,
    #[serde(default)]
    grid: BTreeMap<String, toml::Value>,
    #[serde(default)]
    tune: BTreeMap<String, toml::Value>,
}

/// Seeds as a plan file has them: a number of seeds, or a list.
fn seeds_of(value: toml::Value) -> Option<Vec<u64>> {
    let whole = |value: &toml::Value| value.as_integer().and_then(|number| number.try_into().ok());
    match value {
        toml::Value::Array(list) => list.iter().map(whole).collect(),
        value => whole(&value).map(|count| (1..=count.min(MOST_TRIALS as u64)).collect()),
    }
}

impl Plan {
    /// Reads a plan file, or the plan of that name inside the program.
    ///
    /// # Errors
    /// [`SweepError::Config`] if it cannot be read, [`SweepError::PlanFile`] if it is not a plan, [`SweepError::Grid`].
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let text = read_config(path)?;
        let file: PlanFile = toml::from_str(&text).map_err(|error| SweepError::PlanFile {
            path: path.to_path_buf(),
            detail: format!("line {}: {}", line_of(&text, error.span()), of_serde(error.message())),
        })?;
        let mut plan = Self::default();
        let list = |values: toml::Value| match values {
            toml::Value::Array(values) => values,
            value => vec![value],
        };
        for (key, values) in file.grid {
            plan.set(&key, list(values))?;
        }
        for (key, values) in file.tune {
            plan.set_tune(&key, list(values))?;
        }
        if let Some(seeds) = file.seeds {
            let detail = format!("seeds = {seeds}: must be a whole number or a list of whole numbers");
            let path = path.to_path_buf();
            plan.seeds = seeds_of(seeds).ok_or(SweepError::PlanFile { path, detail })?;
        }
        Ok(plan)
    }

    /// Gives a setting its values.
    ///
    /// # Errors
    /// [`SweepError::Grid`] if there is no such setting, it cannot be in a grid, or it has no values.
    pub fn set(&mut self, key: &str, values: Vec<toml::Value>) -> Result<(), SweepError> {
        if let Some(problem) = problem_of(key, &values) {
            return Err(SweepError::Grid { key: key.to_string(), problem: problem.to_string() });
        }
        self.grid.insert(key.to_string(), values);
        Ok(())
    }

    /// Checks a plan that was read from `file`, which this program or a newer one wrote.
    ///
    /// # Errors
    /// [`RunError::UnknownSetting`], [`RunError::Damaged`].
    pub(super) fn check_stored(&self, file: &Path) -> Result<(), RunError> {
        let path = || file.to_path_buf();
        for (key, values) in &self.grid {
            if !TrainConfig::has(key) {
                return Err(RunError::UnknownSetting { path: path(), key: key.clone() });
            }
            if let Some(problem) = problem_of(key, values) {
                return Err(RunError::Damaged { path: path(), detail: format!("grid: {key} {problem}") });
            }
        }
        self.check_stored_tune(file)
    }

    /// As [`Self::set`], with values as they are typed.
    ///
    /// # Errors
    /// As for [`Self::set`].
    pub fn set_typed(&mut self, key: &str, texts: &[String]) -> Result<(), SweepError> {
        self.set(key, typed_values(texts))
    }

    /// The plan's trials, each once, in the order of the grid; their folders lie in `out`. A setting that is tuned has each of
    /// its values in turn, the untuned one first.
    ///
    /// # Errors
    /// [`SweepError::Grid`] for a value of the wrong kind, [`SweepError::Config`] for one out of its range,
    /// [`SweepError::TooMany`].
    pub fn trials(&self, out: &Path, data_checksum: &str) -> Result<Vec<Trial>, SweepError> {
        let whole = self.with_tuned_values();
        let points = whole.grid.values().map(Vec::len).fold(1, usize::saturating_mul);
        let count = points.saturating_mul(self.seeds.len());
        if count > MOST_TRIALS {
            return Err(SweepError::TooMany { count, most: MOST_TRIALS });
        }
        let mut trials: Vec<Trial> = Vec::with_capacity(count);
        let mut names = std::collections::HashSet::new();
        for index in 0..points {
            let config = whole.point(index)?;
            for seed in &self.seeds {
                let mut config = TrainConfig { seed: *seed, runs_dir: out.to_path_buf(), ..config.clone() };
                config.fold = config.fold_of_seed();
                config.validate()?;
                let identity = config.identity(data_checksum);
                let name = RunFolder::name_of(&config, &identity);
                if names.insert(name.clone()) {
                    trials.push(Trial { config, identity, name });
                }
            }
        }
        Ok(trials)
    }

    /// The settings at one point of the grid; the last key changes fastest. Settings that are not in the grid and follow others
    /// do so: [`TrainConfig::follow`].
    fn point(&self, mut index: usize) -> Result<TrainConfig, SweepError> {
        let defaults = TrainConfig::default().to_table();
        let mut table = defaults.clone();
        for (key, values) in self.grid.iter().rev() {
            let value = coerced(key, &values[index % values.len()], &defaults);
            index /= values.len();
            table.insert(key.clone(), value.clone());
            if let Err(error) = table.clone().try_into::<TrainConfig>() {
                let problem = match of_serde(error.message()) {
                    problem if problem.starts_with("must ") => problem,
                    problem => format!("cannot be {value}: {problem}"),
                };
                return Err(SweepError::Grid { key: key.clone(), problem });
            }
        }
        let mut config: TrainConfig = table.try_into().expect("every value was tried");
        config.follow(|key| self.grid.contains_key(key));
        if config.folds > 0 && self.grid.contains_key("validation") {
            // Without folds, 0 would let all images train.
            return Err(config.validation_beside_folds().into());
        }
        Ok(config)
    }

    /// The value of a setting if the plan gives it only one, the default included; `None` if it gives several.
    pub(super) fn only_value(&self, key: &str) -> Option<toml::Value> {
        let defaults = TrainConfig::default().to_table();
        match self.grid.get(key).map(Vec::as_slice) {
            Some([one]) => Some(coerced(key, one, &defaults)),
            Some(_) => None,
            None if key == "timesteps" => self.only_value("rows"),
            None if key == "validation" && self.folds() > 0 => Some(0.into()),
            None => defaults.get(key).cloned(),
        }
    }

    /// Folds of every trial; 0 for none.
    pub fn folds(&self) -> usize {
        let given = self.grid.get("folds").and_then(|values| values.first()?.as_integer());
        given.map_or(TrainConfig::default().folds, |folds| folds.try_into().unwrap_or(0))
    }

    /// The plan with this number of folds if it names none. No folds are left out, as in plans from before there were folds.
    #[must_use]
    pub(super) fn with_folds(mut self, folds: usize) -> Self {
        self.grid.entry("folds".into()).or_insert_with(|| vec![toml::Value::Integer(folds as i64)]);
        self.grid.retain(|key, values| key != "folds" || *values != [toml::Value::Integer(0)]);
        self
    }

    /// The command that makes this plan.
    pub fn command(&self) -> String {
        let mut grid = self.grid.clone();
        // Left out, the command would take its default.
        grid.entry("folds".into()).or_insert_with(|| vec![toml::Value::Integer(0)]);
        let options = joined(&grid, "", |(key, values)| match key.as_str() {
            // Its values contain commas.
            "augment" => joined(values, "", |value| format!(" --augment {}", value_in_words(value))),
            _ => format!(" --{key} {}", joined(values, ",", value_in_words)),
        });
        let tune = self.tune.as_ref().map_or_else(String::new, |tune| format!(" {}", tune.option()));
        format!("rowlstm sweep{options}{tune} --seeds {}", self.seeds_in_words())
    }

    /// The seeds as they are typed: "5", "1,4,9".
    pub(super) fn seeds_in_words(&self) -> String {
        match self.seeds.as_slice() {
            // A single number is a count, so a list of one seed names it twice.
            [seed @ (0 | 2..)] => format!("{seed},{seed}"),
            seeds if seeds.iter().copied().eq(1..=seeds.len() as u64) => seeds.len().to_string(),
            seeds => joined(seeds, ",", u64::to_string),
        }
    }

    /// The values of a setting as they are typed: "8,16"; the default if the plan has none.
    pub(super) fn values_in_words(&self, key: &str) -> String {
        let default = || self.only_value(key).as_ref().map_or_else(String::new, value_in_words);
        self.grid.get(key).map_or_else(default, |values| joined(values, ",", value_in_words))
    }

    /// The plan with other seeds.
    #[must_use]
    pub(super) fn with_seeds(&self, seeds: Vec<u64>) -> Self {
        Self { seeds, ..self.clone() }
    }

    /// The folder with the data of every trial.
    pub fn data_dir(&self) -> PathBuf {
        let given = self.grid.get("data-dir").and_then(|values| values.first()?.as_str());
        given.map_or_else(|| TrainConfig::default().data_dir, PathBuf::from)
    }
}

impl Trial {
    /// Multiply-adds of training and scoring, roughly: enough to divide work into equal shards.
    pub fn work(&self) -> u128 {
        let config = &self.config;
        let images = 3 * config.total_steps() as u128 * config.batch_size as u128;
        let scored = (config.validation_images() * config.total_epochs() + TEST_IMAGES) as u128;
        ModelShape::of(config).multiply_adds(config.timesteps) as u128 * (images + scored)
    }
}

/// A fixed part of a sweep: shard i of n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// i, from 1 to n.
    pub index: usize,
    /// n, at least 1.
    pub count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?))) {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("must be i/n with i from 1 to n, for example 2/8".to_string()),
        }
    }
}

impl Shard {
    /// The trials of this shard. Trials are dealt to the shards in turn, the costliest first, so that shards cost about the
    /// same. Every trial is in exactly one shard, whatever the order of `trials` and the names of their folders.
    pub fn part(self, mut trials: Vec<Trial>) -> Vec<Trial> {
        trials.sort_by(|a, b| b.work().cmp(&a.work()).then_with(|| a.identity.cmp(&b.identity)));
        trials.into_iter().skip(self.index - 1).step_by(self.count).collect()
    }
}

#[cfg(test)]
mod tests;
