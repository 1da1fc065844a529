//! What each setting does to a run's identity and to comparisons, and what follows from it: identities, protocols,
//! differences.

use super::TrainConfig;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// What a setting is to the result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Where the run is made, and with how many threads. Changes no result.
    Place,
    /// Where the data is. The data's checksum stands for it.
    Data,
    /// Seed, and the fold that it decides: runs that differ in these alone are averaged.
    Seed,
    /// Size of the network, which people compare: runs that differ in it share a protocol.
    Size,
    /// Everything else. Runs that differ in it have different protocols.
    Protocol,
}

/// The role of the setting with this key. A new setting is part of the protocol until it is listed here.
pub fn role(key: &str) -> Role {
    match key {
        "threads" | "runs-dir" | "out" => Role::Place,
        "data-dir" => Role::Data,
        "seed" | "fold" => Role::Seed,
        "num-units" | "num-layers" => Role::Size,
        _ => Role::Protocol,
    }
}

/// Whether the setting was added when runs were stored already. At its default it is not part of a run's identity, so that
/// those runs keep theirs.
fn is_later(key: &str) -> bool {
    matches!(key, "rows" | "permute" | "head-initializer" | "folds" | "fold")
}

impl TrainConfig {
    /// SHA-256, in hexadecimal, of every setting that can change a result, and of the data's checksum. Two runs with the
    /// same identity compute the same thing.
    pub fn identity(&self, data_checksum: &str) -> String {
        self.digest(&[Role::Seed, Role::Size, Role::Protocol], data_checksum)
    }

    /// Like [`Self::identity`], without units, layers, seed and fold.
    pub fn protocol(&self, data_checksum: &str) -> String {
        self.digest(&[Role::Protocol], data_checksum)
    }

    fn digest(&self, roles: &[Role], data_checksum: &str) -> String {
        let mut table = self.table_of(roles);
        let defaults = Self::default().to_table();
        table.retain(|key, value| !is_later(key) || defaults[key] != *value);
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

    /// The settings with one of these roles.
    pub fn table_of(&self, roles: &[Role]) -> toml::Table {
        let mut table = self.to_table();
        table.retain(|key, _| roles.contains(&role(key)));
        table
    }

    /// The settings with one of these roles that are different in `other`: `epochs = 3, not 10` for 3 in `other`.
    pub fn differences(&self, other: &Self, roles: &[Role]) -> Vec<String> {
        let (mine, theirs) = (self.table_of(roles), other.to_table());
        let changed = mine.iter().filter(|(key, value)| theirs[*key] != **value);
        changed.map(|(key, value)| format!("{key} = {}, not {value}", theirs[key])).collect()
    }

    /// Whether there is a setting with this key.
    pub fn has(key: &str) -> bool {
        Self::default().to_table().contains_key(key)
    }
}

/// Writes settings in a stored record: with keys in alphabetical order, and paths that are not UTF-8 as well as they go.
pub fn serialize_settings<S: Serializer>(config: &TrainConfig, serializer: S) -> Result<S::Ok, S::Error> {
    config.to_table().serialize(serializer)
}

/// Lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AffineBounds, HeadInitializerName, OptimizerName, Placement, ScheduleName};

    /// Golden values: `identity` and `protocol` in the result of the first commit's `rowlstm train --num-units 128`, and of
    /// commit 13fd5e5's `rowlstm train --num-units 4 --steps 1 --train-limit 100 --batch-size 50 --validation 0` with the
    /// options that stand above each.
    #[test]
    fn identities_are_those_of_stored_runs() {
        let mnist = "e9914cff2ade526da2ab1ac60c072f9173cc53e35b9411692de8207cb1b9009d";
        let base = TrainConfig {
            num_units: 4,
            steps: 1,
            train_limit: 100,
            batch_size: 50,
            validation: 0,
            ..TrainConfig::default()
        };
        let golden = [
            (
                TrainConfig::default(),
                "3d8b8514ec511e9b88f66e044219b3b68f687cee2fe5bb26ffcb4bec9a13a306",
                "7f1a8800755b75a943c05d2c2f6105d99cc4fb17a9ea51f3e52ebd6b765eee6b",
            ),
            (
                TrainConfig {
                    threads: 7,
                    data_dir: "x".into(),
                    runs_dir: "y".into(),
                    out: "z".into(),
                    ..base.clone()
                },
                "3aeaea7d3e6b7e00cb00f88d2cd1c51553793b3954a1525ff2233fa4f255ff26",
                "03ba2ebff6e9932610185edc0ad70fe39aab340ac8ae7f10f4a9f309658d2f49",
            ),
            // --rows 14
            (
                TrainConfig { rows: 14, timesteps: 14, ..base.clone() },
                "9bc1eb00f125d97bfeddcc8f7a5e4a10cd010df6cd765ee4fd65c307c75be63e",
                "91654a87dc161e6d7391f276d200f754de1443415f8ea66d24aaabec0f0951be",
            ),
            // --permute 3
            (
                TrainConfig { permute: 3, ..base.clone() },
                "a097a985a24a44ca311ab63d00276a5ea1829689b1518937e49f7f82b8b8c44e",
                "b714429323fd7a932636adae2550c50468ca41e78d8f5cdeefe3780e34c5d624",
            ),
            // --head-initializer normal
            (
                TrainConfig { head_initializer: HeadInitializerName::Normal, ..base.clone() },
                "c6f4f6863b8e1d560a2c6fbc91ab0d5570dc3380cb6339668328d9d921791b6b",
                "739667fc81a55215a6beef34b1ab28119c59ffe7c01a67802f84a7e52b1a0162",
            ),
            // --num-units 5 --num-layers 2 --seed 7 --dropout 0.1 --augment shift:1 --optimizer sgd
            // --learning-rate 0.00001 --clip-norm 0 --schedule step --timesteps 7
            (
                TrainConfig {
                    num_units: 5,
                    num_layers: 2,
                    seed: 7,
                    dropout: 0.1,
                    augment: Placement::Shift { pixels: 1 }.into(),
                    optimizer: OptimizerName::Sgd,
                    learning_rate: 1e-5,
                    clip_norm: 0.0,
                    schedule: ScheduleName::Step,
                    timesteps: 7,
                    ..base.clone()
                },
                "997dbeec6527fe76567d60247f9a25d1f2aa596a0a385bf908755b9feafa5240",
                "4d21c4813e574a4e83817a321e1854f71e9b7ce6a7c212cb55d47ffe639cf59a",
            ),
            // --rows 7 --permute 9223372036854775807 --head-initializer small-normal --augment affine
            // --label-smoothing 0.1
            (
                TrainConfig {
                    rows: 7,
                    timesteps: 7,
                    permute: i64::MAX as u64,
                    head_initializer: HeadInitializerName::SmallNormal,
                    augment: Placement::Affine(AffineBounds::default()).into(),
                    label_smoothing: 0.1,
                    ..base
                },
                "c24a187c614ed6b78c717fb80d3a33d0d4ca89bd9abeb06677f904d3a1d7fccf",
                "35f02f3b28b3990ad204ffce8048d8605a77e94003ff8ed87964152d472e58de",
            ),
        ];
        for (config, identity, protocol) in golden {
            let found = (config.identity(mnist), config.protocol(mnist));
            assert_eq!((found.0.as_str(), found.1.as_str()), (identity, protocol), "{config:?}");
        }
    }

    #[test]
    fn folds_are_of_the_protocol_and_a_fold_is_like_a_seed() {
        let with = |folds, fold| TrainConfig { folds, fold, validation: 0, ..TrainConfig::default() };
        let (one, other) = (with(12, 1), with(12, 2));
        assert_ne!(one.identity("data"), other.identity("data"));
        assert_eq!(one.protocol("data"), other.protocol("data"));
        assert_ne!(one.protocol("data"), with(10, 1).protocol("data"));
        assert_ne!(one.protocol("data"), with(0, 0).protocol("data"));
    }

    #[test]
    fn every_key_with_a_role_of_its_own_or_a_late_start_is_a_setting() {
        let table = TrainConfig::default().to_table();
        let keys = |wanted: &dyn Fn(&str) -> bool| table.keys().filter(|key| wanted(key)).count();
        assert_eq!(keys(&|key| role(key) != Role::Protocol), 8);
        assert_eq!(keys(&is_later), 5);
    }

    #[test]
    fn differences_name_what_is_found_and_what_was_expected() {
        let base = TrainConfig::default();
        let other = TrainConfig { epochs: 3, seed: 2, threads: 7, label_smoothing: 0.1, ..base.clone() };
        assert_eq!(
            base.differences(&other, &[Role::Protocol]),
            ["epochs = 3, not 10", "label-smoothing = 0.1, not 0.0"]
        );
        assert_eq!(other.differences(&base, &[Role::Seed, Role::Size]), ["seed = 1, not 2"]);
    }
}
