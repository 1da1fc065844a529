//! Training inside this process: bit-identical when repeated, resumable at any training step, learning, stopping.

use super::support::{DEVICES, folder_files, small_config, small_data};
use rowlstm::config::{Augmentation, OptimizerName, ScheduleName, TrainConfig};
use rowlstm::error::TrainError;
use rowlstm::machine::with_threads;
use rowlstm::run::{Checkpoint, EpochRecord, RunFolder, RunInfo, RunResult};
use rowlstm::training::{Observer, Outcome, Session, Silent, StepReport};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Requests a stop after so many training steps of this session.
struct StopAfter<'a> {
    steps: usize,
    stop: &'a AtomicBool,
}

impl Observer for StopAfter<'_> {
    fn step(&mut self, _: &StepReport) {
        self.steps -= 1;
        self.stop.store(self.steps == 0, Ordering::Relaxed);
    }

    fn epoch(&mut self, _: &EpochRecord) {}
}

fn started(path: &Path, config: &TrainConfig) -> RunFolder {
    let mut folder = RunFolder::at(path);
    folder.claim().unwrap();
    folder.begin(config, &RunInfo::new(config, &small_data().checksum)).unwrap();
    folder
}

fn train(path: &Path, config: &TrainConfig) -> RunResult {
    let folder = started(path, config);
    let session = Session::new(config, small_data(), &folder, None).unwrap();
    match session.run(&mut Silent, &AtomicBool::new(false)).unwrap() {
        Outcome::Finished(result) => *result,
        Outcome::Interrupted { .. } => panic!("no stop was requested"),
    }
}

/// Trains with a stop after every `steps` training steps and resumes from each checkpoint; returns the number of stops.
fn train_in_parts(path: &Path, config: &TrainConfig, steps: usize) -> usize {
    let folder = started(path, config);
    for stops in 0.. {
        let checkpoint = Checkpoint::load(&folder).unwrap().map(|(checkpoint, _)| checkpoint);
        let session = Session::new(config, small_data(), &folder, checkpoint).unwrap();
        let stop = AtomicBool::new(false);
        let outcome = session.run(&mut StopAfter { steps, stop: &stop }, &stop).unwrap();
        if matches!(outcome, Outcome::Finished(_)) {
            return stops;
        }
    }
    unreachable!("the range has no end");
}

/// Weights, predictions, and the history without its seconds.
fn outcome(path: &Path) -> (Vec<u8>, Vec<u8>, Vec<EpochRecord>) {
    let files = folder_files(path);
    let history = String::from_utf8(files["history.jsonl"].clone()).unwrap();
    let record = |line| EpochRecord { seconds: 0.0, ..serde_json::from_str(line).unwrap() };
    (
        files["model.safetensors"].clone(),
        files["predictions.bin"].clone(),
        history.lines().map(record).collect(),
    )
}

/// Settings that use every source of randomness and every kind of state.
fn demanding_config() -> TrainConfig {
    TrainConfig {
        num_layers: 2,
        dropout: 0.2,
        augment: "affine".parse().unwrap(),
        early_stopping: 5,
        label_smoothing: 0.1,
        optimizer: OptimizerName::Adamw,
        weight_decay: 0.01,
        ..small_config()
    }
}

#[test]
fn the_same_settings_are_bit_identical_on_any_number_of_threads() {
    for &backend in DEVICES {
        let config = TrainConfig { backend, ..demanding_config() };
        let folder = tempfile::tempdir().unwrap();
        let mut outcomes = [1, 1, 2, 3].iter().enumerate().map(|(index, threads)| {
            let path = folder.path().join(index.to_string());
            with_threads(*threads, || train(&path, &config)).unwrap();
            outcome(&path)
        });
        let first = outcomes.next().unwrap();
        for other in outcomes {
            assert!(first == other, "{backend}: {:?} and {:?}", first.2, other.2);
        }
    }
}

#[test]
fn an_interrupted_run_is_bit_identical_with_an_uninterrupted_one() {
    let optimizers = [OptimizerName::Adam, OptimizerName::Adamw, OptimizerName::Rmsprop, OptimizerName::Sgd];
    for optimizer in optimizers {
        let config =
            TrainConfig { optimizer, weight_decay: 0.001, learning_rate: 0.003, ..demanding_config() };
        let folder = tempfile::tempdir().unwrap();
        let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
        train(&whole, &config);
        // 20 training steps, stopped after 7 and 14: in mid-epoch each time.
        assert_eq!(train_in_parts(&parts, &config, 7), 2);
        assert!(outcome(&whole) == outcome(&parts), "{optimizer}");
    }
}

#[test]
fn a_stop_at_the_end_of_an_epoch_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    train(&whole, &small_config());
    assert!(train_in_parts(&parts, &small_config(), 10) >= 1);
    assert!(outcome(&whole) == outcome(&parts));
}

#[test]
fn seeds_change_the_weights() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["1", "2"].map(|name| folder.path().join(name));
    train(&one, &small_config());
    train(&two, &TrainConfig { seed: 2, ..small_config() });
    assert_ne!(outcome(&one).0, outcome(&two).0);
}

#[test]
fn every_optimizer_and_schedule_learns() {
    let optimizers = [
        (OptimizerName::Adam, 0.01),
        (OptimizerName::Adamw, 0.01),
        (OptimizerName::Rmsprop, 0.01),
        (OptimizerName::Sgd, 0.5),
    ];
    let schedules =
        [ScheduleName::OneCycle, ScheduleName::Cosine, ScheduleName::Step, ScheduleName::Constant];
    for ((optimizer, learning_rate), schedule) in optimizers.into_iter().zip(schedules) {
        let folder = tempfile::tempdir().unwrap();
        let config =
            TrainConfig { optimizer, learning_rate, schedule, epochs: 8, num_units: 16, ..small_config() };
        let result = train(folder.path(), &config);
        let history = outcome(folder.path()).2;
        assert!(result.test_accuracy > 0.4, "{optimizer}, {schedule}: {}", result.test_accuracy);
        assert!(history[7].train_loss < 0.8 * history[0].train_loss, "{optimizer}, {schedule}");
    }
}

#[test]
fn the_result_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let result = train(folder.path(), &small_config());
    let files = folder_files(folder.path());
    let predictions = &files["predictions.bin"];
    let labels = small_data().test.labels();
    let right = predictions.iter().zip(labels).filter(|(predicted, label)| predicted == label).count();
    assert_eq!(result.test_correct, right);
    assert_eq!((result.test_total, predictions.len()), (300, 300));
    assert_eq!(result.test_accuracy, right as f64 / 300.0);
    assert_eq!(result.confusion_matrix.iter().flatten().sum::<usize>(), 300);
    assert_eq!((0..10).map(|class| result.confusion_matrix[class][class]).sum::<usize>(), right);
    assert_eq!(result.parameters, 4 * 8 * (28 + 8 + 1) + 10 * 9);
    assert_eq!((result.epochs, result.steps, result.validation_total), (2, 20, 200));
    let expected = 2.0 * 490.0 / result.train_seconds;
    assert!(
        (result.images_per_second - expected).abs() < 1e-6 * expected,
        "the last partial batch counts once"
    );
}

#[test]
fn steps_end_a_run_in_mid_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let result = train(folder.path(), &TrainConfig { steps: 13, ..small_config() });
    assert_eq!((result.epochs, result.steps), (2, 13));
    let history = outcome(folder.path()).2;
    assert_eq!(history.iter().map(|record| record.steps).collect::<Vec<_>>(), [10, 13]);
}

#[test]
fn early_stopping_keeps_the_weights_of_the_best_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let [long, best] = ["long", "best"].map(|name| folder.path().join(name));
    // A learning rate so high that the validation loss soon rises.
    let config = TrainConfig {
        epochs: 40,
        early_stopping: 3,
        learning_rate: 0.05,
        schedule: ScheduleName::Constant,
        ..small_config()
    };
    let result = train(&long, &config);
    let history = outcome(&long).2;
    assert!(history.len() < 40, "it stopped early");
    assert_eq!(result.epochs, result.kept_epoch + 3);
    let lowest =
        history.iter().min_by(|a, b| a.validation_loss.partial_cmp(&b.validation_loss).unwrap()).unwrap();
    assert_eq!(lowest.epoch, result.kept_epoch);
    assert_eq!(result.validation_accuracy, lowest.validation_accuracy);
    train(&best, &TrainConfig { epochs: result.kept_epoch, early_stopping: 0, ..config });
    assert_eq!(outcome(&long).0, outcome(&best).0, "the same weights as a run that ends with that epoch");
}

#[test]
fn a_run_without_validation_images_has_no_validation_accuracy() {
    let folder = tempfile::tempdir().unwrap();
    let result = train(folder.path(), &TrainConfig { validation: 0, epochs: 1, ..small_config() });
    assert_eq!((result.validation_accuracy, result.validation_total), (None, 0));
}

#[test]
fn divergence_ends_the_run_without_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig {
        optimizer: OptimizerName::Sgd,
        learning_rate: 10.0,
        weight_decay: 1.0,
        momentum: 0.999,
        clip_norm: 0.0,
        schedule: ScheduleName::Constant,
        epochs: 400,
        ..small_config()
    };
    let run = started(folder.path(), &config);
    let session = Session::new(&config, small_data(), &run, None).unwrap();
    let error = session.run(&mut Silent, &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("at step ") && message.contains("learning-rate (now 10)"), "{message}");
    assert!(run.result().unwrap().is_none());
    assert!(!folder_files(folder.path()).contains_key("model.safetensors"));
}

#[test]
fn every_number_of_timesteps_and_augmentation_trains() {
    for (timesteps, augment) in
        [(1, "none"), (7, "shift:2"), (56, "affine"), (112, "affine:rotation=30"), (784, "none")]
    {
        let augment: Augmentation = augment.parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let result = train(folder.path(), &TrainConfig { timesteps, augment, steps: 3, ..small_config() });
        assert_eq!(result.parameters, 4 * 8 * (784 / timesteps + 8 + 1) + 90);
    }
}
