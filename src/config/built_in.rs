//! The config files inside the program, which `--config` finds by name. Owns which there are; `file` and `sweep` parse them.

use crate::error::ConfigError;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

macro_rules! configs {
    ($($name:literal),+) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/", $name, ".toml")))),+]
    };
}

/// Names and texts of the files in configs/. Those under `sweeps/` are plans of `sweep`, the others settings of `train`.
pub const CONFIGS: &[(&str, &str)] = configs![
    "default",
    "best",
    "digits",
    "quick",
    "published/aymericdamien-1",
    "published/aymericdamien-2",
    "published/jasdeep06",
    "published/morvanzhou",
    "published/roatienza-adam",
    "published/roatienza-sgd",
    "published/tgjeon",
    "published/yunjey",
    "sweeps/layers",
    "sweeps/pieces",
    "sweeps/rows",
    "sweeps/units"
];

/// The config of this name inside the program. `best`, `best.toml` and `configs/best.toml` are the same.
pub fn built_in(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("configs/").unwrap_or(name);
    let name = name.strip_suffix(".toml").unwrap_or(name);
    CONFIGS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The text of the file `path`, or if there is none, of the config of that name inside the program.
///
/// # Errors
/// [`ConfigError::Unknown`] if there is neither, [`ConfigError::Read`] if the file cannot be read.
pub fn read_config(path: &Path) -> Result<String, ConfigError> {
    match (fs::read_to_string(path), path.to_str().and_then(built_in)) {
        (Ok(text), _) => Ok(text),
        // A sweep of the plan sweeps/units makes a folder of that name.
        (Err(error), Some(text)) if error.kind() == ErrorKind::NotFound || path.is_dir() => Ok(text.into()),
        (Err(error), None) if error.kind() == ErrorKind::NotFound => {
            Err(ConfigError::Unknown { path: path.to_path_buf() })
        }
        (Err(cause), _) => Err(ConfigError::Read { path: path.to_path_buf(), cause }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn files(folder: PathBuf) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(path) } else { vec![path] }).collect()
    }

    #[test]
    fn every_file_in_configs_is_inside_the_program_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
        let mut found: Vec<String> = files(folder.clone())
            .iter()
            .map(|path| path.strip_prefix(&folder).unwrap().with_extension("").display().to_string())
            .collect();
        found.sort();
        let mut known: Vec<&str> = CONFIGS.iter().map(|(name, _)| *name).collect();
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
