//! A run's folder under adversity: damage, newer versions, other data, two processes at once.

use super::support::{mnist, only_run, quick_train, rowlstm};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A run stopped by a kill after its first epochs, with two checkpoints.
fn interrupted(runs: &Path) -> PathBuf {
    interrupted_with(runs, &[])
}

/// The same with more options.
pub fn interrupted_with(runs: &Path, options: &[&str]) -> PathBuf {
    let template = quick_train(runs);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("rowlstm"))
        .args(template.get_args())
        .args(["--epochs", "100000", "-q"])
        .args(options)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let found = || {
        let runs = fs::read_dir(runs).ok()?;
        let path = runs.flatten().next()?.path();
        path.join("checkpoint-previous.safetensors").exists().then_some(path)
    };
    let start = std::time::Instant::now();
    let run = loop {
        if let Some(run) = found() {
            break run;
        }
        assert!(start.elapsed().as_secs() < 60, "two epochs take no minute");
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    // A kill between the two renames of a checkpoint leaves only the previous one.
    if !run.join("checkpoint.safetensors").exists() {
        fs::copy(run.join("checkpoint-previous.safetensors"), run.join("checkpoint.safetensors")).unwrap();
    }
    run
}

/// Resumes with a stop right away is not possible from outside, so the run's length is cut in its settings: that
/// changes nothing the checkpoint depends on but its end.
fn resume(run: &Path) -> assert_cmd::assert::Assert {
    cut(run, 1);
    rowlstm().args(["train", "--resume"]).arg(run).assert()
}

/// Cuts an interrupted run to this number of epochs.
pub fn cut(run: &Path, epochs: usize) {
    let settings = fs::read_to_string(run.join("settings.toml")).unwrap();
    fs::write(run.join("settings.toml"), settings.replace("epochs = 100000", &format!("epochs = {epochs}")))
        .unwrap();
    let info = fs::read_to_string(run.join("run.json")).unwrap();
    let config = rowlstm::config::ConfigFile::read(&run.join("settings.toml")).unwrap().config;
    let mut value: serde_json::Value = serde_json::from_str(&info).unwrap();
    value["identity"] = config.identity(value["data_checksum"].as_str().unwrap()).into();
    fs::write(run.join("run.json"), value.to_string()).unwrap();
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_previous_one_used() {
    let runs = tempfile::tempdir().unwrap();
    let run = interrupted(runs.path());
    let path = run.join("checkpoint.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    resume(&run).success().stderr(
        contains("checkpoint.safetensors is damaged: its checksum does not match")
            .and(contains("resuming from the previous checkpoint")),
    );
}

#[test]
fn without_an_undamaged_checkpoint_the_run_says_so_and_can_be_restarted() {
    let runs = tempfile::tempdir().unwrap();
    let run = interrupted(runs.path());
    fs::write(run.join("checkpoint.safetensors"), "").unwrap();
    fs::write(run.join("checkpoint-previous.safetensors"), "not a checkpoint at all").unwrap();
    resume(&run).code(1).stderr(contains("all checkpoints of this run are damaged").and(contains("--force")));
    assert!(run.join("checkpoint.safetensors").exists(), "nothing is removed unasked");
}

#[test]
fn an_unfinished_run_of_another_version_starts_again_and_says_so() {
    let [runs, fresh] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let run = interrupted(runs.path());
    let info = fs::read_to_string(run.join("run.json")).unwrap();
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(info.contains(&version));
    fs::write(run.join("run.json"), info.replace(&version, "\"0.1.0\"")).unwrap();
    resume(&run).success().stderr(
        contains("rowlstm 0.1.0 left the run in")
            .and(contains("starts again"))
            .and(contains("resuming").not()),
    );
    quick_train(fresh.path()).args(["--epochs", "1", "-q"]).assert().success();
    let weights = |run: &Path| fs::read(run.join("model.safetensors")).unwrap();
    assert!(weights(&run) == weights(&only_run(fresh.path())), "no step of the old run is left");
}

#[test]
fn a_torn_history_is_mended_from_the_checkpoint() {
    let runs = tempfile::tempdir().unwrap();
    let run = interrupted(runs.path());
    let whole = fs::read_to_string(run.join("history.jsonl")).unwrap();
    fs::write(run.join("history.jsonl"), &whole[..whole.len() - 20]).unwrap();
    resume(&run).success();
    let mended = fs::read_to_string(run.join("history.jsonl")).unwrap();
    assert!(mended.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert!(mended.starts_with(whole.lines().next().unwrap()));
}

#[test]
fn two_processes_do_not_train_in_one_folder() {
    let runs = tempfile::tempdir().unwrap();
    let folder = runs.path().join("run");
    let template = quick_train(runs.path());
    let mut first = std::process::Command::new(assert_cmd::cargo::cargo_bin("rowlstm"))
        .args(template.get_args())
        .args(["--epochs", "100000", "-q", "--out"])
        .arg(&folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !folder.join("run.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let mut second = quick_train(runs.path());
    second.args(["--epochs", "100000", "--out"]).arg(&folder);
    second.assert().code(1).stderr(contains("another process is training in"));
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_folder_of_a_newer_version_is_refused_and_kept() {
    let runs = tempfile::tempdir().unwrap();
    quick_train(runs.path()).arg("-q").assert().success();
    let run = only_run(runs.path());
    let info = fs::read_to_string(run.join("run.json")).unwrap().replace("\"format\": 1", "\"format\": 2");
    fs::write(run.join("run.json"), info).unwrap();
    let message = || contains("has format 2, but this program reads formats up to 1: use a newer rowlstm");
    quick_train(runs.path()).assert().code(1).stderr(message());
    quick_train(runs.path()).arg("--force").assert().code(1).stderr(message());
    rowlstm().arg("evaluate").arg(&run).assert().code(1).stderr(message());
    rowlstm().arg("compare").arg(runs.path()).assert().success().stderr(message());
    assert!(run.join("result.json").exists());
}

#[test]
fn other_settings_or_other_data_in_the_same_folder_are_refused() {
    let runs = tempfile::tempdir().unwrap();
    let out = runs.path().join("run");
    quick_train(runs.path()).arg("-q").arg("--out").arg(&out).assert().success();
    let mut other = quick_train(runs.path());
    other.args(["--seed", "2", "--out"]).arg(&out).assert().code(1).stderr(contains("seed = 1, not 2"));

    let data = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(mnist()).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), data.path().join(entry.file_name())).unwrap();
    }
    // The test set of another data set of the same form: every label moved on by one.
    let labels = fs::File::open(mnist().join("t10k-labels-idx1-ubyte.gz")).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(labels), &mut bytes).unwrap();
    bytes[8..].iter_mut().for_each(|label| *label = (*label + 1) % 10);
    fs::write(data.path().join("t10k-labels-idx1-ubyte"), bytes).unwrap();
    let mut other = rowlstm();
    other.args(["train", "--resume"]).arg(&out).arg("--data-dir").arg(data.path());
    other.assert().code(1).stderr(contains("is not what the run was started with"));
    let other = rowlstm().arg("evaluate").arg(&out).arg("--data-dir").arg(data.path()).assert().success();
    other.stderr(contains("scored on other data than the run"));
}

#[test]
fn a_damaged_result_is_named_and_hides_no_other() {
    let runs = tempfile::tempdir().unwrap();
    quick_train(runs.path()).arg("-q").assert().success();
    let run = only_run(runs.path());
    quick_train(runs.path()).args(["-q", "--seed", "2"]).assert().success();
    fs::write(run.join("result.json"), "").unwrap();
    let compared = rowlstm().arg("compare").arg(runs.path()).assert().success();
    compared.stderr(contains("result.json is damaged")).stdout(contains("1274"));
    quick_train(runs.path()).assert().code(1).stderr(contains("result.json is damaged"));
}
