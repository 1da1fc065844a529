//! Event files, read by a reader of their own: framing, checksums and protocol buffers by hand, from their definitions.

use super::support::{folder_files, only_run, quick_train, rowlstm, small_config, small_data};
use rowlstm::run::{Checkpoint, EpochRecord, Progress, RunFolder, RunInfo};
use rowlstm::tensorboard::EventLog;
use rowlstm::training::{Both, Observer, Outcome, Session, StepReport};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What one event says.
#[derive(Debug, Default, PartialEq)]
struct Event {
    wall_time: f64,
    step: u64,
    version: Option<String>,
    restarts: bool,
    scalars: Vec<(String, f32)>,
    hyperparameters: Option<Hyperparameters>,
}

/// What the plugin HParams reads.
#[derive(Debug, PartialEq)]
enum Hyperparameters {
    Start { settings: BTreeMap<String, String>, group: String },
    End { status: u64 },
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc: u32, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn unmasked(bytes: &[u8]) -> u32 {
    let masked = u32::from_le_bytes(bytes.try_into().unwrap()).wrapping_sub(0xa282_ead8);
    masked.rotate_left(15)
}

/// The data of every record; each must be whole.
fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        assert_eq!(unmasked(&bytes[8..12]), crc32c(&bytes[..8]));
        let data = &bytes[12..12 + length];
        assert_eq!(unmasked(&bytes[12 + length..16 + length]), crc32c(data));
        records.push(data);
        bytes = &bytes[16 + length..];
    }
    records
}

/// The value of a field: a number, or bytes.
#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(number) => panic!("bytes expected, not {number}"),
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Number(number) => number,
            Self::Bytes(bytes) => panic!("a number expected, not {bytes:?}"),
        }
    }

    fn text(self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }
}

/// (number, value) of each field of a message (protobuf.dev, "Encoding").
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(count);
        *bytes = rest;
        taken
    }
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for place in 0.. {
            let byte = take(bytes, 1)[0];
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => Field::Bytes(take(&mut bytes, 8)),
            2 => {
                let length = varint(&mut bytes) as usize;
                Field::Bytes(take(&mut bytes, length))
            }
            5 => Field::Bytes(take(&mut bytes, 4)),
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, value));
    }
    fields
}

fn scalar(message: &[u8]) -> (String, f32) {
    let fields: BTreeMap<u64, Field> = fields(message).into_iter().collect();
    (fields[&1].text(), f32::from_le_bytes(fields[&2].bytes().try_into().unwrap()))
}

/// The content of a `SummaryMetadata` of the plugin (tensorboard/plugins/hparams/plugin_data.proto).
fn hyperparameters(tag: &str, metadata: &[u8]) -> Hyperparameters {
    let field = |message: &[u8], number| {
        let found = fields(message).into_iter().find(|(found, _)| *found == number);
        found.map(|(_, field)| field.bytes().to_vec())
    };
    let plugin = field(metadata, 1).unwrap();
    assert_eq!(field(&plugin, 1).unwrap(), b"hparams");
    let data = field(&plugin, 2).unwrap();
    if let Some(end) = field(&data, 4) {
        assert_eq!(tag, "_hparams_/session_end_info");
        return Hyperparameters::End { status: fields(&end)[0].1.number() };
    }
    assert_eq!(tag, "_hparams_/session_start_info");
    let start = field(&data, 3).unwrap();
    let entries = fields(&start).into_iter().filter(|(number, _)| *number == 1);
    let settings = entries.map(|(_, entry)| {
        let key = String::from_utf8(field(entry.bytes(), 1).unwrap()).unwrap();
        // google.protobuf.Value: a double, a string or a bool; a default value is not written.
        let value = field(entry.bytes(), 2).unwrap_or_default();
        let value = fields(&value).first().map_or("nothing".into(), |(number, value)| match number {
            2 => f64::from_le_bytes(value.bytes().try_into().unwrap()).to_string(),
            3 => value.text(),
            4 => (value.number() == 1).to_string(),
            other => panic!("kind {other}"),
        });
        (key, value)
    });
    let settings = settings.collect();
    Hyperparameters::Start { settings, group: String::from_utf8(field(&start, 4).unwrap()).unwrap() }
}

fn event(message: &[u8]) -> Event {
    let mut event = Event::default();
    for (number, value) in fields(message) {
        match number {
            1 => event.wall_time = f64::from_le_bytes(value.bytes().try_into().unwrap()),
            2 => event.step = value.number(),
            3 => event.version = Some(value.text()),
            5 => {
                for (_, part) in fields(value.bytes()) {
                    let parts: BTreeMap<u64, Field> = fields(part.bytes()).into_iter().collect();
                    match parts.get(&9) {
                        Some(metadata) => {
                            event.hyperparameters =
                                Some(hyperparameters(&parts[&1].text(), metadata.bytes()));
                        }
                        None => event.scalars.push(scalar(part.bytes())),
                    }
                }
            }
            7 => event.restarts = fields(value.bytes())[0].1.number() == 1,
            other => panic!("field {other}"),
        }
    }
    event
}

/// The events of each file of a run, in the order of their names.
fn event_files(run: &Path) -> Vec<Vec<Event>> {
    let files = folder_files(run);
    let events = files.iter().filter(|(name, _)| name.starts_with("events.out.tfevents."));
    events.map(|(_, bytes)| records(bytes).into_iter().map(event).collect()).collect()
}

/// The curves that TensorBoard shows: (update, value) by name, less what a restart takes back.
fn curves(run: &Path) -> BTreeMap<String, Vec<(u64, f32)>> {
    let mut curves: BTreeMap<String, Vec<(u64, f32)>> = BTreeMap::new();
    for file in event_files(run) {
        assert_eq!(file[0].version.as_deref(), Some("brain.Event:2"));
        for event in file {
            if event.restarts {
                curves.values_mut().for_each(|curve| curve.retain(|(step, _)| *step < event.step));
            }
            assert!(event.wall_time > 1.7e9, "written after 2023");
            for (tag, value) in event.scalars {
                curves.entry(tag).or_default().push((event.step, value));
            }
        }
    }
    curves
}

/// Holds the curves against what the run stored: each epoch once, in order, with its values.
fn assert_curves_are_the_history(run: &Path, validation: bool) -> BTreeMap<String, Vec<(u64, f32)>> {
    let curves = curves(run);
    let folder = RunFolder::at(run);
    let history = folder.history().unwrap();
    let expected = |value: fn(&EpochRecord) -> f64| -> Vec<(u64, f32)> {
        history.iter().map(|record| (record.steps as u64, value(record) as f32)).collect()
    };
    assert_eq!(curves["loss/training"], expected(|record| record.train_loss));
    assert_eq!(curves["accuracy/training"], expected(|record| record.train_accuracy));
    assert_eq!(curves.contains_key("loss/validation"), validation);
    if validation {
        assert_eq!(curves["loss/validation"], expected(|record| record.validation_loss.unwrap()));
        assert_eq!(curves["accuracy/validation"], expected(|record| record.validation_accuracy.unwrap()));
    }
    if let Some(result) = folder.result().unwrap() {
        let step = result.steps as u64;
        assert_eq!(curves["loss/test"], [(step, result.test_loss as f32)]);
        assert_eq!(curves["accuracy/test"], [(step, result.test_accuracy as f32)]);
    }
    curves
}

#[test]
fn a_run_with_events_has_the_curves_of_its_history_and_the_bits_of_one_without() {
    let [with, without] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    quick_train(with.path()).args(["--tensorboard", "-q"]).assert().success();
    quick_train(without.path()).arg("-q").assert().success();
    let [with, without] = [&with, &without].map(|runs| only_run(runs.path()));
    assert_eq!(with.file_name(), without.file_name(), "events are no part of a run's identity");
    let [mut files, others] = [&with, &without].map(|run| folder_files(run));
    files.retain(|name, _| !name.starts_with("events."));
    assert!(files.keys().eq(others.keys()));
    for name in ["model.safetensors", "predictions.bin"] {
        assert!(files[name] == others[name], "{name}");
    }
    let curves = assert_curves_are_the_history(&with, true);
    // 600 images in batches of 50, twice: 24 training steps, all written.
    let steps: Vec<u64> = curves["loss/update"].iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, (1..=24).collect::<Vec<_>>());
    assert_eq!(curves["learning_rate"].len(), 24);
    let mean = curves["loss/update"][..12].iter().map(|(_, loss)| loss).sum::<f32>() / 12.0;
    // The epoch's loss is the mean over its images, and all batches are of one size; sums of f32 round.
    assert!((mean - curves["loss/training"][0].1).abs() < 1e-5);
}

#[test]
fn a_finished_run_gets_the_events_that_it_lacks_and_no_second_ones() {
    let runs = tempfile::tempdir().unwrap();
    quick_train(runs.path()).arg("-q").assert().success();
    let run = only_run(runs.path());
    assert!(event_files(&run).is_empty());
    for _ in 0..2 {
        quick_train(runs.path()).args(["--tensorboard", "-q"]).assert().success();
        assert_eq!(event_files(&run).len(), 1);
        assert_curves_are_the_history(&run, true);
    }
    quick_train(runs.path()).args(["--force", "--tensorboard", "-q"]).assert().success();
    assert_eq!(event_files(&run).len(), 1, "a run that starts anew leaves no events of the one before");
    assert_curves_are_the_history(&run, true);
}

/// Requests a stop after so many training steps.
struct StopAfter<'a>(usize, &'a AtomicBool);

impl Observer for StopAfter<'_> {
    fn step(&mut self, _: &StepReport) {
        self.0 -= 1;
        self.1.store(self.0 == 0, Ordering::Relaxed);
    }

    fn epoch(&mut self, _: &EpochRecord) {}
}

/// One start of a run of 2 epochs of 10 training steps: resumes from its checkpoint, stops after `steps` training
/// steps, with events or without. Returns whether it was finished.
fn start(path: &Path, steps: usize, with_events: bool) -> bool {
    let (config, mut folder) = (small_config(), RunFolder::at(path));
    folder.claim().unwrap();
    folder.begin(&config, &RunInfo::new(&config, &small_data().checksum)).unwrap();
    let checkpoint = Checkpoint::load(&folder).unwrap().map(|(checkpoint, _)| checkpoint);
    let progress = checkpoint.as_ref().map_or_else(Progress::default, |found| found.progress.clone());
    let stop = AtomicBool::new(false);
    let mut stopper = StopAfter(steps, &stop);
    let session = Session::new(&config, small_data(), &folder, checkpoint).unwrap();
    if !with_events {
        return matches!(session.run(&mut stopper, &stop).unwrap(), Outcome::Finished(_));
    }
    let mut events = EventLog::begin(&folder, &config, &progress).unwrap();
    let outcome = session.run(&mut Both(&mut stopper, &mut events), &stop).unwrap();
    let result = if let Outcome::Finished(result) = &outcome { Some(result.as_ref()) } else { None };
    events.end(result).unwrap();
    result.is_some()
}

fn steps_written(curves: &BTreeMap<String, Vec<(u64, f32)>>) -> Vec<u64> {
    curves["loss/update"].iter().map(|(step, _)| *step).collect()
}

#[test]
fn an_interrupted_run_has_the_curve_of_an_uninterrupted_one() {
    let runs = tempfile::tempdir().unwrap();
    let [whole, parts] = ["whole", "parts"].map(|name| runs.path().join(name));
    assert!(start(&whole, 100, true));
    let mut starts = 1;
    while !start(&parts, 7, true) {
        starts += 1;
    }
    assert_eq!((starts, event_files(&parts).len()), (3, 3));
    assert_curves_are_the_history(&parts, true);
    assert_eq!(curves(&parts), curves(&whole));
}

#[test]
fn repeated_training_steps_replace_those_that_were_lost() {
    let runs = tempfile::tempdir().unwrap();
    let path = runs.path().join("run");
    assert!(!start(&path, 13, true));
    // As if killed after update 13: the checkpoint is that of the epoch's end, update 10.
    let checkpoint = path.join("checkpoint.safetensors");
    std::fs::rename(path.join("checkpoint-previous.safetensors"), checkpoint).unwrap();
    // And in the middle of an event: the file ends with half of one.
    let torn = folder_files(&path).into_keys().find(|name| name.starts_with("events.")).unwrap();
    let mut bytes = std::fs::read(path.join(&torn)).unwrap();
    let whole = bytes.len();
    bytes.extend_from_within(whole - 20..);
    std::fs::write(path.join(&torn), bytes).unwrap();
    assert!(start(&path, 100, true));
    let bytes = std::fs::read(path.join(&torn)).unwrap();
    std::fs::write(path.join(&torn), &bytes[..whole]).unwrap();
    let curves = assert_curves_are_the_history(&path, true);
    assert_eq!(steps_written(&curves), (1..=20).collect::<Vec<_>>());
    let restart = &event_files(&path)[1][1];
    assert!(restart.restarts && restart.step == 11, "{restart:?}");
}

#[test]
fn epochs_of_starts_without_events_are_added_by_the_next_with() {
    let runs = tempfile::tempdir().unwrap();
    let path = runs.path().join("run");
    assert!(!start(&path, 5, true));
    assert!(!start(&path, 7, false));
    assert!(start(&path, 100, true));
    let curves = assert_curves_are_the_history(&path, true);
    assert_eq!(
        steps_written(&curves),
        (1..=5).chain(13..=20).collect::<Vec<_>>(),
        "no observer saw the others"
    );
}

#[test]
fn trials_of_a_sweep_are_sessions_with_their_settings_and_seeds_form_groups() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let sweep = |more: &[&str]| {
        let mut command = rowlstm();
        command.args(["sweep", "--num-units", "3,5", "--seeds", "2", "--quiet", "--jobs", "2"]);
        command.args(["--epochs", "1", "--train-limit", "100", "--batch-size", "50", "--folds", "0"]);
        command.args(["--validation", "0"]);
        command.arg("--out").arg(&out).args(more);
        command.assert().success();
    };
    sweep(&[]);
    // Trials that are finished get their files, and no second ones.
    sweep(&["--tensorboard"]);
    sweep(&["--tensorboard"]);
    let mut groups: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for trial in std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
        if !trial.join("result.json").exists() {
            continue;
        }
        let files = event_files(&trial);
        assert_eq!(files.len(), 1, "{}", trial.display());
        assert_curves_are_the_history(&trial, false);
        let mut sessions: Vec<_> =
            files.into_iter().flatten().filter_map(|event| event.hyperparameters).collect();
        assert_eq!(sessions.pop(), Some(Hyperparameters::End { status: 1 }));
        let Some(Hyperparameters::Start { settings, group }) = sessions.pop() else { panic!("no start") };
        assert_eq!(sessions, []);
        groups.entry(group).or_default().push(settings);
    }
    assert_eq!(groups.len(), 2, "{groups:?}");
    for settings in groups.values() {
        let [one, other] = settings.as_slice() else { panic!("two seeds: {settings:?}") };
        assert_eq!(one, other);
        assert_eq!((one["epochs"].as_str(), one["optimizer"].as_str()), ("1", "adam"));
        assert!(!one.contains_key("seed") && !one.contains_key("out"));
    }
    let units: Vec<&str> = groups.values().map(|settings| settings[0]["num-units"].as_str()).collect();
    assert!(units.contains(&"3") && units.contains(&"5"), "{units:?}");
}
