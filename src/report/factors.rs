//! The settings that vary in a grid, as factors with levels, and what each does to accuracy over all others.

use crate::config::Role;
use crate::statistics::{Setting, by_size_or_name, value_in_words};
use std::collections::BTreeMap;
use toml::Value;

/// A setting that varies.
pub(super) struct Factor {
    /// "units", "layers", or the setting's key.
    pub name: String,
    /// Its values, numbers by size.
    pub levels: Vec<String>,
    /// For each setting the index of its level.
    pub of: Vec<usize>,
}

/// A level's mean test accuracy.
pub(super) struct Level {
    pub name: String,
    pub mean: f64,
}

/// The factors of these settings, units and layers first.
pub(super) fn factors(settings: &[Setting]) -> Vec<Factor> {
    let tables: Vec<toml::Table> =
        settings.iter().map(|setting| setting.config.table_of(&[Role::Size, Role::Protocol])).collect();
    let Some(first) = tables.first() else { return Vec::new() };
    let varies = |key: &str| tables.iter().any(|table| table[key] != first[key]);
    // Timesteps that follow rows say nothing more.
    let follow = varies("rows") && tables.iter().all(|table| table["timesteps"] == table["rows"]);
    let mut keys: Vec<&String> =
        first.keys().filter(|key| varies(key) && !(follow && *key == "timesteps")).collect();
    keys.sort_by_key(|key| (*key != "num-units", *key != "num-layers"));
    keys.into_iter().map(|key| factor(key, &tables)).collect()
}

fn factor(key: &str, tables: &[toml::Table]) -> Factor {
    let mut values: Vec<&Value> = Vec::new();
    for table in tables {
        if !values.contains(&&table[key]) {
            values.push(&table[key]);
        }
    }
    values.sort_by(|a, b| by_size_or_name(a, b));
    let of = |table: &toml::Table| values.iter().position(|value| **value == table[key]).unwrap_or(0);
    let name = |value: &&Value| match (key, value.as_integer()) {
        ("train-limit", Some(0)) => "all".into(),
        _ => value_in_words(value),
    };
    Factor {
        name: key.strip_prefix("num-").unwrap_or(key).to_string(),
        levels: values.iter().map(name).collect(),
        of: tables.iter().map(of).collect(),
    }
}

/// The mean test accuracy at each level of a factor, over those combinations of the other factors that were trained at every
/// level, so that the levels differ in this factor alone. Empty if there is no such combination.
pub(super) fn effect(factors: &[Factor], index: usize, settings: &[Setting]) -> Vec<Level> {
    let levels = factors[index].levels.len();
    let mut blocks: BTreeMap<Vec<usize>, Vec<Option<f64>>> = BTreeMap::new();
    for (place, setting) in settings.iter().enumerate() {
        let others = factors.iter().enumerate().filter(|(other, _)| *other != index);
        let others: Vec<usize> = others.map(|(_, factor)| factor.of[place]).collect();
        let block = blocks.entry(others).or_insert_with(|| vec![None; levels]);
        block[factors[index].of[place]] = Some(setting.test.mean);
    }
    let whole: Vec<Vec<f64>> =
        blocks.into_values().filter_map(|block| block.into_iter().collect::<Option<Vec<f64>>>()).collect();
    if whole.is_empty() {
        return Vec::new();
    }
    let mean = |level: usize| whole.iter().map(|block| block[level]).sum::<f64>() / whole.len() as f64;
    let named = factors[index].levels.iter().enumerate();
    named.map(|(level, name)| Level { name: name.clone(), mean: mean(level) }).collect()
}

/// The name of each factor that has an effect, with its levels.
pub(super) fn effects_of(settings: &[Setting]) -> Vec<(String, Vec<Level>)> {
    let factors = factors(settings);
    let named = factors.iter().enumerate();
    let effects = named.map(|(index, factor)| (factor.name.clone(), effect(&factors, index, settings)));
    effects.filter(|(_, levels)| !levels.is_empty()).collect()
}

/// The greatest difference of accuracy between two levels.
pub(super) fn range(levels: &[Level]) -> f64 {
    let means = || levels.iter().map(|level| level.mean);
    means().fold(f64::NEG_INFINITY, f64::max) - means().fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Report;
    use crate::statistics::testing::{run, with};

    /// 8 and 16 units at two learning rates; 32 units at one of them alone.
    fn settings() -> Vec<Setting> {
        let at = |units, rate: f64, correct| with(run(units, 1, correct), "learning-rate", rate);
        let runs = [(8, 0.1, 5000), (8, 0.01, 6000), (16, 0.1, 7000), (16, 0.01, 9000)];
        Report::new(runs.map(|(units, rate, correct)| at(units, rate, correct)).to_vec(), Vec::new()).settings
    }

    #[test]
    fn factors_are_what_varies_with_numbers_in_order() {
        let found = factors(&settings());
        let names: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|factor| (factor.name.as_str(), factor.levels.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(names, [("units", vec!["8", "16"]), ("learning-rate", vec!["0.01", "0.1"])]);
    }

    #[test]
    fn an_effect_is_the_mean_over_all_combinations_of_the_others_and_only_whole_ones_count() {
        let means = |settings: &[Setting], index| {
            let levels = effect(&factors(settings), index, settings);
            levels.iter().map(|level| (level.mean * 10_000.0).round()).collect::<Vec<_>>()
        };
        let all = settings();
        assert_eq!((means(&all, 0), means(&all, 1)), (vec![5500.0, 8000.0], vec![7500.0, 6000.0]));
        // Without 16 units at 0.1, units are compared at 0.01 alone.
        let some: Vec<Setting> = all.into_iter().filter(|setting| setting.test.mean != 0.7).collect();
        assert_eq!(means(&some, 0), [6000.0, 9000.0]);
        assert_eq!(means(&some[1..], 0), Vec::<f64>::new());
    }
}
