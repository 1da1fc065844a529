//! Which runs a sweep consists of.
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
//! ```

use crate::config::{TRAIN_IMAGES, TrainConfig, read_config};
use crate::error::SweepError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Settings that say where a run is made, or that the plan states in another way.
pub const NOT_IN_A_GRID: [&str; 4] = ["seed", "out", "runs-dir", "threads"];
/// More cells than anyone means to ask for.
const MOST_CELLS: usize = 1_000_000;

/// A grid of settings times seeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Settings and the values that each takes; those not named have their defaults.
    pub grid: BTreeMap<String, Vec<toml::Value>>,
    /// Every point of the grid is run with each of these.
    pub seeds: Vec<u64>,
}

/// One run of a sweep.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The run's settings; its folder lies in the sweep's.
    pub config: TrainConfig,
    /// The name of its folder.
    pub name: String,
}

/// A plan file as it stands there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    seeds: Option<Seeds>,
    #[serde(default)]
    grid: BTreeMap<String, OneOrMore>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<toml::Value>),
    One(toml::Value),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Seeds {
    Count(u64),
    List(Vec<u64>),
}

impl Plan {
    /// Reads a plan file, or the plan of that name inside the program.
    ///
    /// # Errors
    /// [`SweepError::Config`] when it cannot be read, is not TOML or names what there is not.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let text = read_config(path)?;
        let file: PlanFile = toml::from_str(&text)
            .map_err(|error| SweepError::PlanFile { path: path.to_path_buf(), detail: error.to_string() })?;
        let mut plan = Self::default();
        for (key, values) in file.grid {
            let values = match values {
                OneOrMore::More(values) => values,
                OneOrMore::One(value) => vec![value],
            };
            plan.set(&key, values)?;
        }
        plan.seeds = match file.seeds {
            None => Vec::new(),
            Some(Seeds::Count(count)) => (1..=count.min(MOST_CELLS as u64)).collect(),
            Some(Seeds::List(list)) => list,
        };
        Ok(plan)
    }

    /// Gives a setting its values.
    ///
    /// # Errors
    /// [`SweepError::Grid`] when there is no such setting, it cannot be in a grid, or it has no values.
    pub fn set(&mut self, key: &str, values: Vec<toml::Value>) -> Result<(), SweepError> {
        let wrong = |problem: &str| SweepError::Grid { key: key.to_string(), problem: problem.to_string() };
        if NOT_IN_A_GRID.contains(&key) {
            return Err(wrong(
                "cannot be in a grid: seeds, the folder and the threads are the sweep's own options",
            ));
        }
        if !TrainConfig::default().to_table().contains_key(key) {
            return Err(wrong("is no setting of train"));
        }
        if values.is_empty() {
            return Err(wrong("has no value"));
        }
        if key == "data-dir" && values.len() > 1 {
            return Err(wrong("is one folder: a sweep compares settings on the same data"));
        }
        self.grid.insert(key.to_string(), values);
        Ok(())
    }

    /// As [`Self::set`], with values as they are typed.
    ///
    /// # Errors
    /// As for [`Self::set`].
    pub fn set_typed(&mut self, key: &str, texts: &[String]) -> Result<(), SweepError> {
        let value = |text: &String| match text.parse::<i64>() {
            Ok(number) => toml::Value::Integer(number),
            Err(_) => text.parse().map_or_else(|_| toml::Value::String(text.clone()), toml::Value::Float),
        };
        self.set(key, texts.iter().map(value).collect())
    }

    /// The plan's cells, each once, in the order of the grid; their folders lie in `out`.
    ///
    /// # Errors
    /// [`SweepError::Grid`] for a value of the wrong kind, [`SweepError::Config`] for one out of its range,
    /// [`SweepError::TooMany`].
    pub fn cells(&self, out: &Path, data_checksum: &str) -> Result<Vec<Cell>, SweepError> {
        let points: usize = self.grid.values().map(Vec::len).product();
        let count = points.saturating_mul(self.seeds.len());
        if count > MOST_CELLS {
            return Err(SweepError::TooMany { count, most: MOST_CELLS });
        }
        let mut cells: Vec<Cell> = Vec::with_capacity(count);
        let mut names = std::collections::HashSet::new();
        for index in 0..points {
            let config = self.point(index)?;
            for seed in &self.seeds {
                let config = TrainConfig { seed: *seed, runs_dir: out.to_path_buf(), ..config.clone() };
                config.validate()?;
                let name = crate::run::RunFolder::of(&config, data_checksum).name();
                if names.insert(name.clone()) {
                    cells.push(Cell { config, name });
                }
            }
        }
        Ok(cells)
    }

    /// The settings at one point of the grid; the last key changes fastest. Timesteps that are not in the grid are as many
    /// as rows.
    fn point(&self, mut index: usize) -> Result<TrainConfig, SweepError> {
        let mut table = TrainConfig::default().to_table();
        for (key, values) in self.grid.iter().rev() {
            let mut value = values[index % values.len()].clone();
            index /= values.len();
            // A whole number where a fraction is asked for is one.
            if let (toml::Value::Float(_), toml::Value::Integer(number)) = (&table[key], &value) {
                value = toml::Value::Float(*number as f64);
            }
            table.insert(key.clone(), value.clone());
            if let Err(error) = table.clone().try_into::<TrainConfig>() {
                let problem = format!("cannot be {value}: {}", error.message());
                return Err(SweepError::Grid { key: key.clone(), problem });
            }
        }
        let mut config: TrainConfig = table.try_into().expect("every value was tried");
        if !self.grid.contains_key("timesteps") {
            config.timesteps = config.rows;
        }
        Ok(config)
    }

    /// The value of a setting where the plan gives it one only, the default included; `None` where it gives several.
    pub(super) fn only_value(&self, key: &str) -> Option<toml::Value> {
        match self.grid.get(key).map(Vec::as_slice) {
            Some([one]) => Some(match (one, &TrainConfig::default().to_table()[key]) {
                (toml::Value::Integer(number), toml::Value::Float(_)) => toml::Value::Float(*number as f64),
                _ => one.clone(),
            }),
            Some(_) => None,
            None if key == "timesteps" => self.only_value("rows"),
            None => Some(TrainConfig::default().to_table()[key].clone()),
        }
    }

    /// The command that asks for this plan.
    pub fn command(&self) -> String {
        let text =
            |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), ToString::to_string);
        let list = |values: &[toml::Value]| values.iter().map(text).collect::<Vec<_>>().join(",");
        let option = |(key, values): (&String, &Vec<toml::Value>)| match key.as_str() {
            // Its values have commas of their own.
            "augment" => values.iter().map(|value| format!(" --augment {}", text(value))).collect(),
            _ => format!(" --{key} {}", list(values)),
        };
        let options: String = self.grid.iter().map(option).collect();
        let count = self.seeds.len() as u64;
        let seeds: Vec<String> = self.seeds.iter().map(ToString::to_string).collect();
        // One number would be the count: a list names its only seed twice.
        if let [seed @ (0 | 2..)] = self.seeds.as_slice() {
            return format!("rowlstm sweep{options} --seeds {seed},{seed}");
        }
        let seeds =
            if self.seeds.iter().copied().eq(1..=count) { count.to_string() } else { seeds.join(",") };
        format!("rowlstm sweep{options} --seeds {seeds}")
    }

    /// Where the data of every cell is.
    pub fn data_dir(&self) -> PathBuf {
        let given = self.grid.get("data-dir").and_then(|values| values[0].as_str());
        given.map_or_else(|| TrainConfig::default().data_dir, PathBuf::from)
    }
}

impl Cell {
    /// Multiply-adds of training and scoring, in the order of magnitude that matters for sharing out work.
    pub fn work(&self) -> u128 {
        let units = self.config.num_units as u128;
        let inputs = self.config.inputs() as u128;
        let layers = self.config.num_layers as u128;
        let weights = 4 * units * (inputs + units + (layers - 1) * 2 * units);
        let images = self.config.total_steps() as u128 * self.config.batch_size as u128;
        let scored = (self.config.validation * self.config.total_epochs() + TRAIN_IMAGES / 6) as u128;
        weights * self.config.timesteps as u128 * (3 * images + scored)
    }
}

/// A fixed part of a sweep: the i-th of n.
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
        let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parsed {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!("{text} is not i/n with i from 1 to n, as in 2/8")),
        }
    }
}

impl Shard {
    /// The cells of this part: the costliest cells are dealt out first, one to each part in turn, so that parts are
    /// about equal. Every cell is in exactly one part, whatever the order of `cells`.
    pub fn part(self, mut cells: Vec<Cell>) -> Vec<Cell> {
        cells.sort_by(|a, b| b.work().cmp(&a.work()).then_with(|| a.name.cmp(&b.name)));
        cells.into_iter().skip(self.index - 1).step_by(self.count).collect()
    }
}

#[cfg(test)]
mod tests;
