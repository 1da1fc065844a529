//! What tells runs apart: the settings as tables, their digests, their differences.

use super::TrainConfig;
use sha2::{Digest, Sha256};

/// Keys that say where a run is made, not what it computes: no part of its identity.
const PLACE_KEYS: [&str; 4] = ["data-dir", "threads", "runs-dir", "out"];
/// Keys that came when there were runs already. At their default they are no part of a run's identity, so that those runs
/// keep theirs.
const LATER_KEYS: [&str; 3] = ["rows", "permute", "head-initializer"];
/// Keys whose effect people compare; runs that agree in all others share a protocol.
pub const COMPARED_KEYS: [&str; 3] = ["num-units", "num-layers", "seed"];

impl TrainConfig {
    /// SHA-256, in hexadecimal, of every setting that can change a result, and of the data's checksum. Two runs
    /// with the same identity compute the same thing.
    pub fn identity(&self, data_checksum: &str) -> String {
        self.digest_without(&PLACE_KEYS, data_checksum)
    }

    /// Like [`Self::identity`], but blind to units, layers and seed: runs of one protocol may stand in one table.
    pub fn protocol(&self, data_checksum: &str) -> String {
        self.digest_without(&[&PLACE_KEYS[..], &COMPARED_KEYS[..]].concat(), data_checksum)
    }

    fn digest_without(&self, left_out: &[&str], data_checksum: &str) -> String {
        let mut table = self.to_table();
        let defaults = Self::default().to_table();
        let is_later =
            |key: &str, value: &toml::Value| LATER_KEYS.contains(&key) && defaults.get(key) == Some(value);
        table.retain(|key, value| !left_out.contains(&key) && !is_later(key, value));
        let text = format!("rowlstm settings 1\n{table}data = {data_checksum}\n");
        hexadecimal(&Sha256::digest(text.as_bytes()))
    }

    /// The settings as a TOML table with keys in alphabetical order.
    pub fn to_table(&self) -> toml::Table {
        let mut config = self.clone();
        for path in [&mut config.data_dir, &mut config.runs_dir, &mut config.out] {
            *path = path.to_string_lossy().into_owned().into();
        }
        toml::Table::try_from(config).expect("validated settings are plain numbers, names and UTF-8 paths")
    }

    /// The settings, other than where a run is made, in which this differs from `other`, in words.
    pub fn differences(&self, other: &Self) -> String {
        let (mine, theirs) = (self.to_table(), other.to_table());
        let keys =
            mine.keys().filter(|key| !PLACE_KEYS.contains(&key.as_str()) && mine[*key] != theirs[*key]);
        let parts: Vec<String> =
            keys.map(|key| format!("{key} = {}, not {}", theirs[key], mine[key])).collect();
        parts.join("; ")
    }

    /// Adds to the settings of a stored run those that came later, at the defaults that it was made with.
    pub fn complete(settings: &mut serde_json::Map<String, serde_json::Value>) {
        let defaults = Self::default().to_json();
        for key in LATER_KEYS {
            if !settings.contains_key(key) {
                settings.insert(key.to_string(), defaults[key].clone());
            }
        }
    }

    /// The settings as a JSON object with the same keys.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        match serde_json::to_value(self.to_table()) {
            Ok(serde_json::Value::Object(object)) => object,
            _ => unreachable!("a TOML table of plain values is a JSON object"),
        }
    }
}

/// Lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
