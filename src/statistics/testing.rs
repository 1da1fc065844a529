//! Results of runs that never ran.

use crate::config::TrainConfig;
use crate::machine::Machine;
use crate::run::RunResult;

/// A run of `units` units with a seed, that scored `correct` of 10,000 test images and half of that of 5,000 validation
/// images.
pub(crate) fn run(units: usize, seed: u64, correct: usize) -> RunResult {
    let settings = TrainConfig { num_units: units, seed, ..TrainConfig::default() };
    RunResult {
        name: format!("u{units}-l1-s{seed}"),
        num_units: units,
        num_layers: 1,
        timesteps: 28,
        parameters: 4 * units * (units + 29) + 10 * (units + 1),
        seed,
        epochs: 10,
        steps: 4300,
        batch_size: 128,
        train_images: 55_000,
        kept_epoch: 10,
        train_loss: 0.01,
        validation_accuracy: Some((correct / 2) as f64 / 5000.0),
        validation_correct: correct / 2,
        validation_total: 5000,
        test_accuracy: correct as f64 / 10_000.0,
        test_loss: 0.04,
        test_correct: correct,
        test_total: 10_000,
        per_class_accuracy: vec![correct as f64 / 10_000.0; 10],
        confusion_matrix: vec![vec![100; 10]; 10],
        train_seconds: units as f64,
        images_per_second: 550_000.0 / units as f64,
        inference_ms_per_image: Some(0.001 * units as f64),
        model_bytes: None,
        multiply_adds: None,
        peak_memory_bytes: Some(100_000_000),
        backend: "ndarray".into(),
        threads: 2,
        version: "0.1.0".into(),
        burn_version: "0.22.1".into(),
        instructions: Some("avx2".into()),
        machine: Machine { processor: "a processor".into(), cores: 2, system: "linux x86_64".into() },
        finished_at: None,
        data_checksum: "e9914cff2ade".into(),
        identity: format!("{units} {seed}"),
        protocol: "p".into(),
        format: 1,
        settings,
    }
}

/// The run with another value of a setting, in all its fields.
pub(crate) fn with(mut run: RunResult, key: &str, value: impl Into<toml::Value>) -> RunResult {
    let value = value.into();
    run.name = format!("{} {key} {value}", run.name);
    let mut table = run.settings.to_table();
    table.insert(key.into(), value);
    run.settings = table.try_into().unwrap();
    (run.num_layers, run.timesteps) = (run.settings.num_layers, run.settings.timesteps);
    run
}
