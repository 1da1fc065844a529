//! The settings files of published experiments: valid, with the sources' networks and updates, and nothing untold.

use super::support::{mnist, rowlstm};
use rowlstm::config::{ConfigFile, TrainConfig};
use rowlstm::model::ModelShape;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/published")
}

/// Name, text and settings of every file, by name.
fn experiments() -> BTreeMap<String, (String, TrainConfig)> {
    let paths = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let config = ConfigFile::read(&path).unwrap().config;
        config.validate().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, (std::fs::read_to_string(path).unwrap(), config))
    };
    paths.map(read).collect()
}

#[test]
fn every_experiment_has_the_parameters_and_updates_of_its_source() {
    // Parameters: printed by the source where its file says so; otherwise 4U(W + U + 1) a layer and 10(U + 1), with one
    // bias a gate (PyTorch's two act as one). Updates: stated, or ceil(60,000 / batch) an epoch.
    let expected = [
        ("aymericdamien-1", 81_674, 781),
        ("aymericdamien-2", 4 * 32 * (28 + 32 + 1) + 330, 1_000),
        ("jasdeep06", 81_674, 799),
        ("morvanzhou", 4 * 64 * (28 + 64 + 1) + 650, 938),
        ("roatienza-adam", 294_410, 20 * 469),
        ("roatienza-sgd", 294_410, 20 * 469),
        ("tgjeon", 7_390, 50 * 469),
        ("yunjey", 80_384 + 4 * 128 * (128 + 128 + 1) + 1_290, 2 * 600),
    ];
    let found: Vec<_> = experiments()
        .into_iter()
        .map(|(name, (text, config))| {
            let parameters = ModelShape::of(&config).parameters();
            if let Some(stated) = text.lines().find_map(|line| line.strip_prefix("# parameters: ")) {
                assert_eq!(stated.parse(), Ok(parameters), "{name}");
            }
            (name, parameters, config.total_steps())
        })
        .collect();
    assert_eq!(found, expected.map(|(name, parameters, updates)| (name.to_string(), parameters, updates)));
}

#[test]
fn every_experiment_tells_its_source_and_of_each_setting_where_it_is_from() {
    for (name, (text, _)) in experiments() {
        for fact in ["experiment", "source", "claim", "published", "test images", "network", "training"] {
            assert!(text.contains(&format!("# {fact}: ")), "{name} states no {fact}");
        }
        let lines: Vec<&str> = text.lines().collect();
        let settings = lines.windows(2).filter(|pair| !pair[1].is_empty() && !pair[1].starts_with('#'));
        for pair in settings {
            let origins = ["# stated", "# default of the source's library", "# chosen: "];
            assert!(origins.iter().any(|origin| pair[0].starts_with(origin)), "{name}: {}", pair[1]);
        }
    }
}

#[test]
fn settings_that_the_sources_do_without_are_off_in_every_experiment() {
    for (name, (text, config)) in experiments() {
        assert_eq!((config.clip_norm, config.dropout, config.weight_decay), (0.0, 0.0, 0.0), "{name}");
        assert_eq!(config.schedule.to_string(), "constant", "{name}");
        for key in ["num-units", "num-layers", "timesteps", "initializer", "head-initializer", "batch-size"] {
            assert!(text.contains(&format!("\n{key} = ")), "{name} leaves {key} to our default");
        }
    }
}

#[test]
fn an_experiment_trains_with_a_head_that_is_drawn_as_its_source_draws_it() {
    let runs = tempfile::tempdir().unwrap();
    let mut command = rowlstm();
    command.args(["train", "--quiet", "--json", "--steps", "2", "--num-units", "4", "--config"]);
    command.arg(folder().join("jasdeep06.toml")).arg("--data-dir").arg(mnist());
    let output = command.arg("--runs-dir").arg(runs.path()).assert().success();
    let result: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(result["settings"]["head-initializer"], "normal");
    // Weights of deviation 1 give logits that are far from equal: a loss above ln 10 = 2.303, which Glorot's start at.
    assert!(result["train_loss"].as_f64().unwrap() > 2.35, "{}", result["train_loss"]);
}
