//! Settings: files, precedence, ranges, identity.

use super::support::rowlstm;
use predicates::prelude::*;
use predicates::str::contains;
use proptest::prelude::*;
use rowlstm::config::{ConfigFile, HeadInitializerName, TrainConfig};
use rowlstm::sweep::Plan;
use std::path::{Path, PathBuf};

fn refused(file: &str) -> assert_cmd::assert::Assert {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, file).unwrap();
    rowlstm().args(["train", "--dry-run", "--config"]).arg(path).assert().code(1)
}

#[test]
fn default_toml_shows_every_key_with_its_built_in_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/default.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table, TrainConfig::default().to_table());
    let reasonless = text
        .lines()
        .zip(text.lines().skip(1))
        .find(|(above, line)| !line.is_empty() && !line.starts_with('#') && !above.starts_with('#'));
    assert_eq!(reasonless, None, "every key has a reason above it");
}

#[test]
fn every_settings_file_of_the_project_is_valid() {
    let files = |folder: &str| -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_file()).collect()
    };
    for path in files("configs") {
        let file = ConfigFile::read(&path).unwrap();
        file.config.validate().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    for path in files("configs/sweeps") {
        let trials = Plan::read(&path).and_then(|plan| plan.trials(Path::new("sweeps"), "0123456789"));
        assert!(trials.unwrap_or_else(|e| panic!("{}: {e}", path.display())).len() > 1);
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_known_ones() {
    refused("num-units = 4\n\nnum-cells = 3\n")
        .stderr(contains("settings.toml, line 3").and(contains("num-cells")).and(contains("num-units")));
}

#[test]
fn a_wrong_type_is_named_with_its_line() {
    refused("epochs = 1\nnum-units = \"many\"\n").stderr(
        contains("line 2")
            .and(contains("num-units = \"many\""))
            .and(contains("must be a whole number, not \"many\"")),
    );
}

#[test]
fn a_wrong_name_is_answered_with_the_allowed_ones() {
    refused("optimizer = \"adma\"\n").stderr(contains("line 1").and(contains("adamw")).and(contains("sgd")));
}

#[test]
fn a_value_out_of_range_is_named_with_file_line_key_and_range() {
    refused("# a comment\nnum-units = 0\n")
        .stderr(contains("settings.toml, line 2: num-units = 0: must be 1 to 4096"));
}

#[test]
fn a_file_that_is_not_toml_or_not_there_is_an_error() {
    refused("num-units = = 3").stderr(contains("line 1"));
    let missing = rowlstm().args(["train", "--config", "no-such.toml"]).assert().code(1);
    missing.stderr(contains("there is no config no-such.toml: no such file"));
}

#[test]
fn what_is_typed_wins_over_the_file_and_the_file_over_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, "num-units = 7\nepochs = 3\n").unwrap();
    let mut command = rowlstm();
    command.args(["train", "--dry-run", "--num-units", "5", "--data-dir"]).arg(super::support::mnist());
    command.arg("--config").arg(path).assert().success().stdout(
        contains("num-units = 5\n").and(contains("epochs = 3\n")).and(contains("batch-size = 128\n")),
    );
}

#[test]
fn a_value_out_of_range_on_the_command_line_is_wrong_usage() {
    for value in ["0", "100000000"] {
        rowlstm().args(["train", "--num-units", value]).assert().code(2).stderr(contains("num-units"));
    }
    rowlstm().args(["train", "--num-units", "many"]).assert().code(2);
    rowlstm()
        .args(["train", "--timesteps", "27"])
        .assert()
        .code(2)
        .stderr(contains("error: --timesteps 27: must divide 784 (1, 2, 4, 7, 8, 14, 16, 28, "));
}

#[test]
fn a_batch_larger_than_the_data_is_refused() {
    let mut command = rowlstm();
    command.args(["train", "--batch-size", "200", "--train-limit", "100"]);
    command
        .assert()
        .code(2)
        .stderr(contains("--batch-size 200: must be at most 100, the number of training images in use"));
}

#[test]
fn the_identity_follows_what_changes_a_result_and_nothing_else() {
    let base = TrainConfig::default();
    let same = TrainConfig { threads: 7, data_dir: "elsewhere".into(), out: "x".into(), ..base.clone() };
    assert_eq!(base.identity("data"), same.identity("data"));
    assert_ne!(base.identity("data"), base.identity("other data"));
    let other = TrainConfig { seed: 2, ..base.clone() };
    assert_ne!(base.identity("data"), other.identity("data"));
    assert_eq!(base.protocol("data"), other.protocol("data"), "seeds are compared within a protocol");
    let longer = TrainConfig { epochs: 11, ..base.clone() };
    assert_ne!(base.protocol("data"), longer.protocol("data"));
}

/// A finished run is found again by its identity, so settings that are added must leave those of earlier runs alone. Golden
/// value: `run.json` of `rowlstm train --num-units 128` at commit 71f989a.
#[test]
fn settings_that_came_later_leave_earlier_runs_their_identity() {
    let data = "e9914cff2ade526da2ab1ac60c072f9173cc53e35b9411692de8207cb1b9009d";
    let base = TrainConfig::default();
    assert_eq!(base.identity(data), "3d8b8514ec511e9b88f66e044219b3b68f687cee2fe5bb26ffcb4bec9a13a306");
    let other = TrainConfig { head_initializer: HeadInitializerName::Normal, ..base.clone() };
    assert_ne!(base.identity(data), other.identity(data));
    assert_ne!(base.protocol(data), other.protocol(data));
}

proptest! {
    #[test]
    fn settings_survive_a_file(
        num_units in 1usize..=4096, seed in 0u64..=i64::MAX as u64, learning_rate in 1e-12..10.0f64,
        dropout in 0.0..1.0f64, warmup in 0.0..1.0f64,
    ) {
        let config = TrainConfig { num_units, seed, learning_rate, dropout, warmup, ..TrainConfig::default() };
        config.validate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, config.to_table().to_string()).unwrap();
        prop_assert_eq!(ConfigFile::read(&path).unwrap().config, config);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}|([a-z-]{1,12} = [-0-9a-z.\"]{1,12}\n){1,4}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        if let Ok(file) = ConfigFile::read(&path) {
            let _ = file.config.validate();
        }
    }
}
