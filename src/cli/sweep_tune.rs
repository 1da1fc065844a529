//! `rowlstm sweep --tune`: the setting whose best value each size gets.

use super::train_options::checked;
use super::{usage, usage_error};
use crate::sweep::Plan;

#[derive(Debug, clap::Args)]
pub struct TuneOption {
    /// Give each size its best value of a setting, chosen for each fold on the other folds, such as
    /// learning-rate=0.002,0.004,0.008. The untuned value (that of the setting's option, or its default) is always tried too;
    /// the report shows tuned beside untuned. Needs at least two folds, so at least two seeds; not with --until-decided. (A
    /// value of augment contains commas: give --tune augment=VALUE several times)
    #[arg(long, value_name = "SETTING=VALUES")]
    tune: Vec<String>,
}

impl TuneOption {
    /// The setting and its values, each checked as `train` checks it; `None` without the option.
    pub fn values(&self) -> anyhow::Result<Option<(String, Vec<String>)>> {
        let mut found: Option<(String, Vec<String>)> = None;
        for text in &self.tune {
            let Some((key, texts)) = text.split_once('=') else {
                return usage_error(format!(
                    "--tune {text}: must be SETTING=VALUES, such as learning-rate=0.002,0.004,0.008"
                ));
            };
            let key = key.trim().trim_start_matches("--");
            Plan::check_tunable(key)?;
            let texts: Vec<String> = match key {
                "augment" => vec![texts.trim().to_string()],
                _ => texts.split(',').map(|text| text.trim().to_string()).collect(),
            };
            let (first, values) = found.get_or_insert_with(|| (key.to_string(), Vec::new()));
            if first != key {
                return usage_error(format!(
                    "--tune {key}: only one setting can be tuned, and {first} is: leave out one of them"
                ));
            }
            let place = format!("--tune {key}");
            values.extend(
                checked(key, texts).or_else(|error| usage_error(usage::of_value(&error, key, &place)))?,
            );
        }
        Ok(found)
    }
}
