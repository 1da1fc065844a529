//! Folders that each version wrote, in `tests/versions`: read as they were written, continued, or refused by name.
//!
//! Made by the version that the folder's name says:
//!
//! ```text
//! rowlstm train --num-units 4 --dropout 0.2 --augment shift:1 --early-stopping 3 --validation 50 SMALL --out finished
//! rowlstm sweep --num-units 2,4 --seeds 2 SMALL --folds 100 --out sweep-fixed
//! rowlstm sweep --num-units 2 --seeds 2 --until-decided --max-seeds 2 SMALL --folds 100 --out sweep-until-decided
//! rowlstm sweep --num-units 2 --seeds 2 --tune weight-decay=0.1,0.2 SMALL --folds 100 --out sweep-tuned
//! ```
//!
//! with `--train-limit 200 --batch-size 50 --epochs 3 --quiet` for SMALL. `interrupted` is the first, killed after two
//! checkpoints. The files named `lock` were removed. Runs of version 0.1.0 are in `tests/old_runs`.

use super::support::{folder_files, rowlstm, status};
use assert_cmd::assert::Assert;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn versions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/versions");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_all(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// A copy of what a version wrote, which may be written to.
fn copy(version: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_all(version, folder.path());
    folder
}

fn json_in(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn change(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = json_in(path);
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

fn is_this_version(version: &Path) -> bool {
    version.file_name().is_some_and(|name| name == env!("CARGO_PKG_VERSION"))
}

fn train_resumed(run: &Path) -> Assert {
    rowlstm().args(["train", "--quiet", "--resume"]).arg(run).assert()
}

/// The trials of a sweep.
fn trials(sweep: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(sweep).unwrap().map(|entry| entry.unwrap().path());
    let mut trials: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    trials.sort();
    trials
}

#[test]
fn a_finished_run_of_each_version_is_evaluated_with_the_numbers_that_it_stored() {
    for version in versions() {
        let run = version.join("finished");
        let output = rowlstm().arg("evaluate").arg(&run).arg("--json").assert().success();
        let scored: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        let stored = json_in(&run.join("result.json"));
        assert_eq!(scored["test_correct"], stored["test_correct"], "{}", run.display());
    }
}

#[test]
fn an_interrupted_run_is_finished_by_its_version_as_if_undisturbed_and_started_again_by_another() {
    for version in versions() {
        let folder = copy(&version);
        let run = folder.path().join("interrupted");
        let resumed = train_resumed(&run).success();
        if is_this_version(&version) && json_in(&run.join("result.json"))["instructions"] != "plain" {
            let file = |name: &str| fs::read(folder.path().join(name).join("model.safetensors")).unwrap();
            assert!(file("finished") == file("interrupted"), "not bit-identical");
        }
        if !is_this_version(&version) {
            resumed.stderr(contains("computes other last digits: it starts again"));
        }
        assert!(run.join("result.json").exists());
    }
}

#[test]
fn sweeps_of_each_version_are_read_continued_and_reported_without_training_anything() {
    for version in versions() {
        let folder = copy(&version);
        for (name, trials) in [("sweep-fixed", 4), ("sweep-until-decided", 2), ("sweep-tuned", 6)] {
            let sweep = folder.path().join(name);
            assert_eq!(status(&sweep)["counts"]["finished"], trials, "{name}");
            let before: Vec<_> = self::trials(&sweep).iter().map(|trial| folder_files(trial)).collect();
            rowlstm().args(["sweep", "--quiet", "--out"]).arg(&sweep).assert().success();
            let after: Vec<_> = self::trials(&sweep).iter().map(|trial| folder_files(trial)).collect();
            assert!(before == after, "{name} was changed");
            rowlstm().arg("report").arg(&sweep).assert().success().stdout(contains("Verdict"));
        }
    }
}

#[test]
fn what_a_newer_program_wrote_is_refused_by_name_and_kept() {
    for version in versions() {
        let folder = copy(&version);
        let at = |name: &str| folder.path().join(name);
        let refused = |assert: Assert, words: &str| {
            assert.code(1).stderr(contains(words).and(contains("panicked").not()));
        };

        change(&at("interrupted").join("run.json"), |info| info["format"] = json!(9));
        let before = folder_files(&at("interrupted"));
        refused(train_resumed(&at("interrupted")), "has format 9, but this program reads formats up to");
        assert!(before == folder_files(&at("interrupted")), "the run was changed");

        change(&at("sweep-fixed").join("sweep.json"), |sweep| sweep["format"] = json!(9));
        for command in [&["report"][..], &["sweep", "status"], &["sweep", "--out"]] {
            let refusal = rowlstm().args(command).arg(at("sweep-fixed")).assert();
            refused(refusal, "has format 9, but this program reads formats up to");
        }

        // A setting that came later, in a plan and in a result: the trial is not trained again over it.
        let file = at("sweep-until-decided").join("sweep.json");
        change(&file, |sweep| sweep["plans"][0]["grid"]["colour"] = json!(["red"]));
        let refusal = rowlstm().args(["sweep", "status"]).arg(at("sweep-until-decided")).assert();
        refused(refusal, "has the setting `colour`, which this program does not know");
        let trial = trials(&at("sweep-tuned")).remove(0);
        change(&trial.join("result.json"), |result| result["settings"]["colour"] = json!("red"));
        let before = folder_files(&trial);
        let swept = rowlstm().args(["sweep", "--out"]).arg(at("sweep-tuned")).assert().code(1);
        swept.stderr(contains("has the setting `colour`, which this program does not know"));
        assert!(before == folder_files(&trial), "the trial was changed");
    }
}

#[test]
fn half_of_an_upgrade_is_reported_apart_and_finished() {
    for version in versions() {
        let folder = copy(&version);
        let sweep = folder.path().join("sweep-fixed");
        let all = trials(&sweep);
        // One trial is of an older version, one was left unfinished by it, and one by a killed program of this version.
        change(&all[0].join("result.json"), |result| result["version"] = json!("0.1.0"));
        fs::remove_file(all[1].join("result.json")).unwrap();
        change(&all[1].join("run.json"), |info| info["version"] = json!("0.1.0"));
        fs::remove_file(all[2].join("result.json")).unwrap();
        fs::remove_file(all[2].join("predictions.bin")).unwrap();
        let expected = fs::read(all[2].join("model.safetensors")).unwrap();
        assert_eq!(
            status(&sweep)["counts"],
            json!({ "finished": 2, "running": 0, "interrupted": 2, "failed": 0, "missing": 0 })
        );
        rowlstm().args(["sweep", "--quiet", "--out"]).arg(&sweep).assert().success();
        assert_eq!(status(&sweep)["counts"]["finished"], 4);
        if is_this_version(&version) && json_in(&all[2].join("result.json"))["instructions"] != "plain" {
            assert!(fs::read(all[2].join("model.safetensors")).unwrap() == expected, "not bit-identical");
        }
        rowlstm().arg("report").arg(&sweep).assert().success().stdout(contains("0.1.0"));
    }
}
