//! A settings file: TOML with the names of the options of `train`. Errors name the line.

use super::{TrainConfig, read_config};
use crate::error::{ConfigError, Place, of_serde};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A settings file: its settings over the defaults, and the line of each key.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// The settings. Keys that the file lacks have their defaults; some follow others
    /// ([`TrainConfig::follow`]).
    pub config: TrainConfig,
    path: PathBuf,
    lines: Vec<(String, usize)>,
}

impl ConfigFile {
    /// Reads and parses the file `path`, or the config of that name inside the program. Ranges are checked later, when
    /// options of the command line are applied.
    ///
    /// # Errors
    /// As [`read_config`], and [`ConfigError::Parse`], with the line, if it is not TOML, has an unknown key or a value of
    /// the wrong type.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read_config(path)?;
        let config: TrainConfig = toml::from_str(&text).map_err(|error| {
            let line = line_of(&text, error.span());
            let message = of_serde(error.message());
            let shown = text.lines().nth(line - 1).unwrap_or_default().trim().to_string();
            ConfigError::Parse { path: path.to_path_buf(), line, shown, message }
        })?;
        let mut file = Self { config, path: path.to_path_buf(), lines: key_lines(&text) };
        let mut config = file.config.clone();
        config.follow(|key| file.names(key));
        file.config = config;
        Ok(file)
    }

    /// Whether the file has this key.
    pub fn names(&self, key: &str) -> bool {
        self.lines.iter().any(|(name, _)| name == key)
    }

    /// Adds file and line to an error about a key of this file.
    pub fn locate(&self, mut error: ConfigError) -> ConfigError {
        if let ConfigError::OutOfRange { key, place: place @ None, .. } = &mut error {
            let line = self.lines.iter().find(|(name, _)| name == key);
            *place = line.map(|(_, line)| Place::Line { path: self.path.clone(), line: *line });
        }
        error
    }
}

/// The line, counted from 1, in which a part of the text begins; the first if it is not known which part.
pub(crate) fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let offset = span.map_or(0, |span| span.start);
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

fn key_lines(text: &str) -> Vec<(String, usize)> {
    let Ok(table) = toml::de::DeTable::parse(text) else {
        return Vec::new();
    };
    let keys = table.get_ref().keys();
    keys.map(|key| (key.get_ref().to_string(), line_of(text, Some(key.span())))).collect()
}
