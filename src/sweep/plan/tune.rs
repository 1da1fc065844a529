//! The setting that a plan tunes: `--tune`, and `[tune]` of a plan file. Which value is chosen is `statistics::tuning`'s.

use super::{Plan, Tune, coerced, in_a_grid, typed_values};
use crate::config::TrainConfig;
use crate::error::{RunError, SweepError};
use std::collections::BTreeSet;
use std::path::Path;

/// Why a setting cannot be tuned.
fn problem_of(key: &str) -> Option<&'static str> {
    match key {
        _ if !TrainConfig::has(key) => {
            Some("is not a setting of train (`rowlstm configs show default` lists them)")
        }
        "num-units" => Some("is what is compared: give the sizes with --num-units, and tune another setting"),
        "seed" => Some("cannot be tuned: a seed is not better than another; give seeds with --seeds"),
        "fold" | "folds" | "validation" => {
            Some("cannot be tuned: values are chosen on the folds, which are the same for all of them")
        }
        "data-dir" => Some("cannot be tuned: a sweep compares settings on the same data"),
        _ if !in_a_grid(key) => Some("cannot be tuned: it changes no result"),
        _ => None,
    }
}

fn wrong(key: &str, problem: impl Into<String>) -> SweepError {
    SweepError::Tune { key: key.to_string(), problem: problem.into() }
}

impl Plan {
    /// Whether a setting can be tuned.
    ///
    /// # Errors
    /// [`SweepError::Tune`] if it cannot.
    pub fn check_tunable(key: &str) -> Result<(), SweepError> {
        problem_of(key).map_or(Ok(()), |problem| Err(wrong(key, problem)))
    }

    /// Gives the setting to be tuned its values.
    ///
    /// # Errors
    /// [`SweepError::Tune`] if it cannot be tuned, another one is tuned already, or it has fewer than two values.
    pub fn set_tune(&mut self, key: &str, values: Vec<toml::Value>) -> Result<(), SweepError> {
        Self::check_tunable(key)?;
        if let Some(other) = self.tune.as_ref().filter(|tune| tune.setting != key) {
            let other = &other.setting;
            return Err(wrong(
                key,
                format!("only one setting can be tuned, and {other} is: leave out one of them"),
            ));
        }
        let tune = Tune { setting: key.to_string(), values };
        if distinct(&tune).len() < 2 {
            let text = format!("must have at least two different values, such as {}", example(key));
            return Err(wrong(key, text));
        }
        self.tune = Some(tune);
        Ok(())
    }

    /// As [`Self::set_tune`], with values as they are typed.
    ///
    /// # Errors
    /// As for [`Self::set_tune`].
    pub fn set_tune_typed(&mut self, key: &str, texts: &[String]) -> Result<(), SweepError> {
        self.set_tune(key, typed_values(texts))
    }

    /// The setting that is tuned, with all its values, each once: the untuned one, that the grid or else the default has, and
    /// then the others as they were given. `None` if none is tuned.
    pub fn tune(&self) -> Option<Tune> {
        let tune = self.tune.as_ref()?;
        let untuned = self.only_value(&tune.setting);
        let values = untuned.into_iter().chain(tune.values.clone()).collect();
        let all = Tune { setting: tune.setting.clone(), values };
        Some(Tune { values: distinct(&all), ..all })
    }

    /// The plan with the values of the setting that is tuned in its grid, and nothing to tune.
    pub(super) fn with_tuned_values(&self) -> Self {
        let mut plan = self.clone();
        if let Some(Tune { setting, values }) = self.tune() {
            plan.grid.insert(setting, values);
        }
        plan.tune = None;
        plan
    }

    /// Checks what is tuned against the rest of the plan, whose folds and seeds are known.
    ///
    /// # Errors
    /// [`SweepError::Tune`] if the grid varies the setting too, or the trials hold out fewer than two folds.
    pub(in crate::sweep) fn check_tune(&self) -> Result<(), SweepError> {
        let Some(Tune { setting: key, .. }) = &self.tune else { return Ok(()) };
        if let Some(values) = self.grid.get(key).filter(|values| values.len() > 1) {
            let number = values.len();
            let text = format!(
                "the grid has {number} values of it already: give --{key} one value, which is the untuned one, or leave it out"
            );
            return Err(wrong(key, text));
        }
        let folds = self.folds();
        if folds == 0 {
            let text = "needs folds, because a value is chosen for each fold on the other folds: leave out --folds 0, or name a \
                        new folder with --out if the sweep has none";
            return Err(wrong(key, text));
        }
        let fold = |seed: &u64| TrainConfig { folds, seed: *seed, ..TrainConfig::default() }.fold_of_seed();
        if self.seeds.iter().map(fold).collect::<BTreeSet<_>>().len() < 2 {
            let text = format!(
                "the seeds ({}) hold out one fold, and a value is chosen for each fold on the others: give at least two seeds, \
                 such as --seeds 3",
                self.seeds_in_words()
            );
            return Err(wrong(key, text));
        }
        Ok(())
    }

    /// Refuses to tune in a sweep that goes on until its settings are decided.
    ///
    /// # Errors
    /// [`SweepError::Tune`] if a setting is tuned.
    pub(in crate::sweep) fn check_not_tuned(&self) -> Result<(), SweepError> {
        self.tune.as_ref().map_or(Ok(()), |tune| {
            let text = "cannot be tuned with --until-decided, where later seeds would change earlier choices: leave out \
                        --until-decided, and give --seeds as many as there are folds, or more";
            Err(wrong(&tune.setting, text))
        })
    }

    /// As [`Plan::check_stored`], of what is tuned.
    pub(super) fn check_stored_tune(&self, file: &Path) -> Result<(), RunError> {
        let Some(tune) = &self.tune else { return Ok(()) };
        let path = file.to_path_buf();
        if !TrainConfig::has(&tune.setting) {
            return Err(RunError::UnknownSetting { path, key: tune.setting.clone() });
        }
        let checked =
            Self::default().set_tune(&tune.setting, tune.values.clone()).and_then(|()| self.check_tune());
        checked.map_err(|error| RunError::Damaged { path, detail: error.to_string() })
    }
}

/// The values as the type of the setting, each once.
fn distinct(tune: &Tune) -> Vec<toml::Value> {
    let defaults = TrainConfig::default().to_table();
    let mut values: Vec<toml::Value> = Vec::new();
    for value in &tune.values {
        let value = coerced(&tune.setting, value, &defaults);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// What to type for a setting.
fn example(key: &str) -> String {
    match key {
        "learning-rate" => "--tune learning-rate=0.002,0.004,0.008".into(),
        // Its values contain commas.
        "augment" => "--tune augment=none --tune augment=shift:1".into(),
        _ => format!("--tune {key}=A,B"),
    }
}
