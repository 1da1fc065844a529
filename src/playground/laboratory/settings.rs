//! The settings of a request: those of a settings file, as JSON. What a request may not say, or not so large, is refused here.

use super::LaboratoryError;
use crate::config::TrainConfig;
use crate::device::BUILT_IN;
use crate::error::of_serde;
use crate::model::{ModelShape, StepMemory};
use serde_json::{Map, Value};

/// Most units of a network that is trained for the page.
pub const MOST_UNITS: usize = 1024;
/// Most bytes of a training step: it is the server's memory.
const MOST_BYTES: usize = 2_000_000_000;
/// Where and how a run is made is the server's to say.
const OF_THE_SERVER: [&str; 4] = ["data-dir", "runs-dir", "out", "threads"];

/// Validated settings of a JSON object.
///
/// # Errors
/// [`LaboratoryError::Settings`].
pub fn from_json(given: Map<String, Value>) -> Result<TrainConfig, LaboratoryError> {
    let refuse = |text: String| Err(LaboratoryError::Settings(text));
    for (key, value) in &given {
        if OF_THE_SERVER.contains(&key.as_str()) {
            return refuse(format!(
                "{key}: must not be in a request; the options of `rowlstm playground` decide it"
            ));
        }
        if !TrainConfig::has(key) {
            return refuse(format!("{key}: there is no such setting; `rowlstm train --help` lists them"));
        }
        // Alone, because serde does not say which key an error is about.
        let alone = Map::from_iter([(key.clone(), value.clone())]);
        if let Err(error) = serde_json::from_value::<TrainConfig>(alone.into()) {
            return refuse(format!("{key}: {}", of_serde(&error.to_string())));
        }
    }
    let keys: Vec<String> = given.keys().cloned().collect();
    let read = serde_json::from_value::<TrainConfig>(given.into());
    let mut config = read.map_err(|error| LaboratoryError::Settings(of_serde(&error.to_string())))?;
    config.follow(|key| keys.iter().any(|given| given == key));
    config.validate().map_err(|error| LaboratoryError::Settings(error.to_string()))?;
    if config.num_units > MOST_UNITS {
        return refuse(format!(
            "num-units = {}: must be 1 to {MOST_UNITS} in the page; `rowlstm train` takes more",
            config.num_units
        ));
    }
    if !BUILT_IN.contains(&config.backend) {
        return refuse(format!("backend = {}: this build does not have it", config.backend));
    }
    let bytes = StepMemory::new(ModelShape::of(&config), config.batch_size, config.timesteps).total;
    if bytes > MOST_BYTES {
        return refuse(format!(
            "a training step of {} images needs {:.1} GB: must be at most {:.0} GB in the page; lower batch-size, \
             num-layers or timesteps",
            config.batch_size,
            bytes as f64 / 1e9,
            MOST_BYTES as f64 / 1e9
        ));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<TrainConfig, String> {
        let Value::Object(given) = value else { panic!("an object") };
        from_json(given).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_follow_others_as_on_the_command_line() {
        let config = read(json!({ "num-units": 16, "rows": 14, "seed": 3, "folds": 5 })).unwrap();
        assert_eq!((config.num_units, config.timesteps, config.fold, config.validation), (16, 14, 3, 0));
        assert_eq!(read(json!({})).unwrap(), TrainConfig::default());
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (given, expected) in [
            (json!({ "num-units": "many" }), "num-units: must be a whole number, not \"many\""),
            (json!({ "num-units": 1025 }), "num-units = 1025: must be 1 to 1024 in the page"),
            (json!({ "num-units": 0 }), "num-units = 0: must be 1 to 4096"),
            (json!({ "epochs": -1 }), "epochs: must be a whole number, not -1"),
            (json!({ "units": 3 }), "units: there is no such setting"),
            (json!({ "threads": 0 }), "threads: must not be in a request"),
            (json!({ "out": "x" }), "out: must not be in a request"),
            (json!({ "optimizer": "best" }), "optimizer: must be "),
            (json!({ "num-units": 1024, "num-layers": 16 }), "a training step of 128 images needs "),
        ] {
            let error = read(given).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
