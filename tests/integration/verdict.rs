//! The verdict of a report, from sweeps with folds that the program itself trained.

use super::support::rowlstm;
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A sweep of 3 and 24 units that is done in seconds: six seeds, each of which holds out 600 images.
fn sweep(out: &Path, folds: &str) -> Command {
    let mut command = rowlstm();
    command.args(["sweep", "--num-units", "3,24", "--seeds", "6", "--epochs", "4", "--batch-size", "20"]);
    command.args(["--train-limit", "300", "-q", "-j", "1", "--folds", folds, "--out"]).arg(out);
    command
}

fn report(out: &Path, options: &[&str]) -> assert_cmd::assert::Assert {
    rowlstm().arg("report").arg(out).args(options).assert()
}

fn json(out: &Path, options: &[&str]) -> Value {
    let printed = report(out, &[&["--json"], options].concat()).success();
    serde_json::from_slice(&printed.get_output().stdout).unwrap()
}

/// The folder of the trial with these units and seed.
fn trial(out: &Path, start: &str) -> PathBuf {
    let mut all = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    all.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start)).unwrap()
}

#[test]
fn a_sweep_with_folds_gets_a_verdict_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    sweep(&out, "100").assert().success().stdout(predicates::str::starts_with("Verdict:\n"));

    // Accuracies cannot be further apart than the whole scale, less a point.
    let all = ["--margin", "99", "--target", "2", "--budget", "2h"];
    let text = report(&out, &all).success().get_output().stdout.clone();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.starts_with("Verdict:\n3 units will do: with 95 % confidence less than 99.00 points"),
        "{text}"
    );
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "The smallest setting shown to reach 2.00 % is",
        "Of 2 settings that take at most 7200 s of training, the highest held-out accuracy is that of 24 units",
        "| 3 to 24 units |",
        "By the one-standard-error rule:",
    ] {
        assert!(flat.contains(words), "{words} is missing in\n{text}");
    }
    let verdict = text.split("Finished runs of").next().unwrap();
    assert!(verdict.lines().all(|line| line.chars().count() <= 80), "{verdict}");
    report(&out, &["--markdown"]).success().stdout(contains("## Verdict").and(contains("| setting")));

    let found = json(&out, &all);
    let verdict = &found["verdict"];
    assert_eq!(verdict["options"]["folds"], 100);
    assert_eq!((&verdict["answer"], &verdict["best_seen"]), (&0.into(), &1.into()));
    assert_eq!(verdict["settings"][0]["class"], "within");
    assert_eq!((&verdict["settings"][1]["seeds"], &verdict["settings"][1]["folds"]), (&6.into(), &6.into()));
    // Of folds of equal size with one trial each the mean is that of all trials.
    let mean = verdict["held_out"][0]["mean"].as_f64().unwrap();
    assert!((mean - found["settings"][0]["validation"]["mean"].as_f64().unwrap()).abs() < 1e-12);
    assert_eq!(verdict["target"]["target"], 0.02);
    assert_eq!(verdict["budget"]["settings"], serde_json::json!([0, 1]));
    let small = json(&out, &["--margin", "0.001"]);
    assert_ne!(small["verdict"]["settings"][0]["class"], "within");

    let page = folder.path().join("page.html");
    report(&out, &["--margin", "99", "--html", page.to_str().unwrap()]).success();
    let page = fs::read_to_string(page).unwrap();
    let (verdict, charts) = (page.find("id=\"points-below-best\""), page.find("id=\"accuracy-by-units\""));
    assert!(verdict.unwrap() < charts.unwrap());
    assert!(page.contains("<p class=\"finding\">3 units will do"), "{page}");

    // Test answers are known by image. Without them the variances of seeds and images add up.
    let width = |found: &Value| {
        let [low, high] = [0, 1].map(|end| found["verdict"]["test"][1]["interval"][end].as_f64().unwrap());
        high - low
    };
    for seed in 1..=6 {
        fs::remove_file(trial(&out, &format!("u24-l1-s{seed}-")).join("predictions.bin")).unwrap();
    }
    let counted = json(&out, &[]);
    assert!(width(&counted) > width(&found), "{} {}", width(&counted), width(&found));
}

#[test]
fn trials_that_are_missing_or_failed_or_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    sweep(&out, "100").assert().success();
    let failed = trial(&out, "u3-l1-s2-");
    fs::remove_file(failed.join("result.json")).unwrap();
    fs::write(failed.join("error.json"), r#"{"error": "the loss diverged", "version": "0.2.0"}"#).unwrap();
    fs::remove_dir_all(trial(&out, "u24-l1-s5-")).unwrap();
    let found = json(&out, &[]);
    let sentences = found["verdict"]["sentences"].as_array().unwrap();
    let last = "2 trials are not counted: 3 units, seed 2 (failed) and 24 units, seed 5 (not trained).";
    assert_eq!(sentences.last().unwrap(), last);
    assert_eq!(found["verdict"]["settings"][0]["seeds"], 5);

    fs::write(trial(&out, "u3-l1-s1-").join("validation-predictions.bin"), [0; 7]).unwrap();
    let damaged = "is damaged: it holds 7 predictions for 600 validation images; only its count";
    report(&out, &[]).success().stderr(contains(damaged));
    let elsewhere = folder.path().join("none");
    let lost = report(&out, &["--data-dir", elsewhere.to_str().unwrap()]).success();
    lost.stderr(contains("intervals are wider without the answers to each image"));
}

#[test]
fn wrong_margins_targets_and_budgets_are_answered_with_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let of = |option: &str, value: &str, message: &str| {
        report(folder.path(), &[option, value]).code(2).stderr(contains(message));
    };
    for wrong in ["0", "-1", "100", "NaN", "x"] {
        of("--margin", wrong, "must be percentage points above 0 and below 100, such as 0.2");
    }
    of("--target", "0.985", "must be an accuracy in percent: type 98.5 for the fraction 0.985");
    of("--target", "100", "must be an accuracy in percent, above 1 and below 100, such as 98.5");
    of(
        "--budget",
        "30",
        "must be a training time, such as 30s, 5min or 2h, or a time per image, such as 0.5ms",
    );
}

#[test]
fn without_folds_the_report_says_what_gives_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let mut command = sweep(&out, "0");
    command.args(["--validation", "200"]).assert().success().stdout(contains("gives a verdict"));
    assert_eq!(json(&out, &[])["verdict"], Value::Null);
    report(&out, &[]).success().stdout(contains("Verdict").not());
    let needs = "--target: needs runs that hold out different folds, as those of `rowlstm sweep` do";
    report(&out, &["--target", "98.5"]).code(2).stderr(contains(needs));
}
