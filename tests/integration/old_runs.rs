//! Runs that an earlier version stored, in `tests/old_runs`: read as before.
//!
//! Made by `rowlstm train --num-units 4 --steps 20 --train-limit 1000 --validation 500`, with `--seed 2`, and with
//! `--num-units 6`, of commit 13fd5e5. Then the settings that came later (rows, permute, head-initializer) were removed from
//! `settings.toml` and `result.json`: the first version wrote its runs without them.

use super::support::{mnist, rowlstm};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const FIRST: &str = "u4-l1-s1-901f8d21";

fn old_runs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_runs")
}

fn json_of(arguments: &[&str], paths: &[&Path]) -> Value {
    let output = rowlstm().args(arguments).args(paths).arg("--json").assert().success();
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

/// A copy of the first run, which may be written to.
fn copy(folder: &Path) -> PathBuf {
    let run = folder.join(FIRST);
    std::fs::create_dir(&run).unwrap();
    for file in std::fs::read_dir(old_runs().join(FIRST)).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), run.join(file.file_name())).unwrap();
    }
    run
}

#[test]
fn an_old_run_is_compared_and_reported_with_its_numbers() {
    // Golden values: printed by the program that made the runs.
    let compared = rowlstm().arg("compare").arg(old_runs()).assert().success();
    let text = String::from_utf8(compared.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("|     4 |        578 |  21.20 |  17.98 |     0.1 | u4-l1-s1-901f8d21 |"),
        "{text}"
    );
    assert!(
        text.contains("|     6 |        910 |  18.80 |  22.28 |     0.1 | u6-l1-s1-da1a72b2 |"),
        "{text}"
    );
    assert!(
        text.contains("batch 128, 28 timesteps, adam one-cycle to 0.008, 1000 training images"),
        "{text}"
    );
    let results = json_of(&["compare"], &[&old_runs()]);
    let settings = &results[0]["settings"];
    assert_eq!((&settings["rows"], &settings["permute"]), (&json!(28), &json!(0)));
    assert_eq!(settings["head-initializer"], "same");
    let keys: Vec<&String> = settings.as_object().unwrap().keys().collect();
    assert!(keys.is_sorted() && keys.len() == 33, "{keys:?}");
    let report = json_of(&["report"], &[&old_runs()]);
    assert_eq!(report["settings"][0]["test"]["values"], json!([[1, 0.2045], [2, 0.1551]]));
    assert_eq!(report["settings"][1]["validation"]["mean"], 0.188);
    let paired = json_of(&["compare"], &[&old_runs().join(FIRST), &old_runs().join("u6-l1-s1-da1a72b2")]);
    assert_eq!(paired["both_right"].as_u64().unwrap() + paired["only_first_right"].as_u64().unwrap(), 2045);
}

#[test]
fn an_old_run_is_evaluated_and_found_finished() {
    let folder = tempfile::tempdir().unwrap();
    let run = copy(folder.path());
    let data = mnist();
    let scored = json_of(&["evaluate", "--data-dir", data.to_str().unwrap()], &[&run]);
    assert_eq!((&scored["test_correct"], &scored["seed"]), (&json!(2045), &json!(1)));
    let mut resume = rowlstm();
    resume.args(["train", "--data-dir"]).arg(&data).arg("--resume").arg(&run);
    resume
        .assert()
        .success()
        .stderr(contains("was finished by rowlstm 0.1.0"))
        .stdout(contains("2045 of 10000 images"));
}

#[test]
fn a_setting_of_a_newer_program_and_a_damaged_one_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let run = copy(folder.path());
    let file = run.join("result.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let with = |key: &str, value: Value| {
        let mut result: Value = serde_json::from_str(&text).unwrap();
        result["settings"][key] = value;
        std::fs::write(&file, result.to_string()).unwrap();
        let listed = rowlstm().arg("compare").arg(folder.path()).assert().success();
        let warning = String::from_utf8(listed.get_output().stderr.clone()).unwrap();
        let refused = rowlstm().arg("evaluate").arg(&run).assert().code(1);
        refused
            .stderr(contains("panicked").not().and(contains(warning.trim().trim_start_matches("warning: "))));
        warning
    };
    let newer = with("colour", json!("red"));
    assert!(
        newer.contains("result.json has the setting `colour`, which this program does not know"),
        "{newer}"
    );
    let kind = with("epochs", json!("many"));
    assert!(kind.contains("result.json is damaged: ") && kind.contains("must be a whole number"), "{kind}");
    let range = with("timesteps", json!(0));
    assert!(range.contains("result.json is damaged: timesteps = 0: must divide 784"), "{range}");
}
