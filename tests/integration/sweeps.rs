//! `rowlstm sweep` and what is left of it when it is killed, shared out, or fails.

use super::support::{mnist, rowlstm, status};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use rand::RngExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A sweep of tiny networks on few images, 2 unit counts and 2 seeds, with some options in place of or beside its own.
fn sweep_with(out: &Path, options: &[(&str, &str)]) -> Command {
    let own = [
        ("--num-units", "3,5"),
        ("--seeds", "2"),
        ("--epochs", "3"),
        ("--batch-size", "20"),
        ("--train-limit", "300"),
        ("--validation", "100"),
        ("--folds", "0"),
        ("-j", "2"),
    ];
    let mut all: BTreeMap<&str, &str> = own.into();
    all.extend(options.iter().copied());
    let mut command = rowlstm();
    command.arg("sweep").arg("--data-dir").arg(mnist()).arg("--out").arg(out);
    command.args(all.into_iter().flat_map(|(name, value)| [name, value]));
    command
}

fn sweep(out: &Path) -> Command {
    sweep_with(out, &[])
}

/// What a trial computed: weights, predictions, history without seconds, and accuracies.
type Computed = (Vec<u8>, Vec<u8>, Vec<Value>, Value);

/// What every trial computed, by name.
fn bits(out: &Path) -> BTreeMap<String, Computed> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(out).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let path = entry.path();
        let read = |name: &str| std::fs::read(path.join(name)).unwrap_or_default();
        let history = String::from_utf8(read("history.jsonl")).unwrap();
        let record = |line: &str| {
            let mut record: Value = serde_json::from_str(line).unwrap_or_default();
            record["seconds"] = Value::Null;
            record
        };
        let result: Value = serde_json::from_slice(&read("result.json")).unwrap_or_default();
        let kept =
            serde_json::json!([result["test_correct"], result["test_loss"], result["validation_accuracy"]]);
        all.insert(
            entry.file_name().into_string().unwrap(),
            (read("model.safetensors"), read("predictions.bin"), history.lines().map(record).collect(), kept),
        );
    }
    all
}

#[test]
fn a_sweep_makes_every_trial_once_and_a_larger_one_adds_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    sweep(&out)
        .assert()
        .success()
        .stdout(contains("5 units").and(contains("paired t test")))
        .stderr(contains("4/4"));
    let first = bits(&out);
    assert_eq!(first.len(), 4);
    sweep_with(&out, &[("--seeds", "3")]).assert().success().stderr(contains("4 of 6 trials finished"));
    let second = bits(&out);
    assert_eq!(second.len(), 6);
    assert!(first.iter().all(|(name, trial)| second[name] == *trial));
    assert_eq!(status(&out)["counts"]["finished"], 6);
    let refused = sweep_with(&out, &[("--epochs", "4")]).assert().code(1);
    refused.stderr(contains("other settings").and(contains("epochs = 4, not 3")));
    assert_eq!(bits(&out).len(), 6);
    // Going on without a grid finds nothing left to do.
    rowlstm().args(["sweep", "-j", "1", "--out"]).arg(&out).assert().success().stderr(contains("6 of 6"));
}

#[test]
fn any_number_of_jobs_and_shards_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, single, parts] = ["whole", "single", "parts"].map(|name| folder.path().join(name));
    sweep(&whole).assert().success();
    sweep_with(&single, &[("-j", "1")]).assert().success();
    for shard in ["2/3", "1/3", "3/3"] {
        sweep(&parts).args(["--shard", shard]).assert().success();
    }
    assert_eq!(bits(&whole), bits(&single));
    assert_eq!(bits(&whole), bits(&parts));
}

#[test]
fn two_processes_at_once_share_the_trials_and_both_end_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let [alone, together] = ["alone", "together"].map(|name| folder.path().join(name));
    sweep(&alone).assert().success();
    let other = std::thread::scope(|scope| {
        let other = scope.spawn(|| sweep(&together).output().unwrap());
        sweep(&together).assert().success();
        other.join().unwrap()
    });
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stderr));
    assert_eq!(bits(&alone), bits(&together));
}

#[test]
fn a_sweep_killed_twenty_times_ends_with_the_bits_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    let enlarged = |out: &Path| sweep_with(out, &[("--num-units", "30,40"), ("--train-limit", "3000")]);
    let begun = Instant::now();
    enlarged(&whole).assert().success();
    let undisturbed = begun.elapsed();
    let mut generator = rowlstm::seeds::generator(1, "moments to kill at", &[]);
    let mut ended = 0;
    for _ in 0..20 {
        let command = enlarged(&killed);
        let mut process = std::process::Command::new(command.get_program());
        process.args(command.get_args()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        // Machines differ tenfold in how long it takes.
        std::thread::sleep(undisturbed.mul_f64(generator.random_range(0.2..0.7)));
        ended += usize::from(process.try_wait().unwrap().is_some());
        process.kill().unwrap();
        process.wait().unwrap();
    }
    assert!(ended < 20, "no sweep was killed while it ran");
    enlarged(&killed).assert().success();
    assert_eq!(bits(&whole), bits(&killed));
    assert_eq!(status(&killed)["counts"]["finished"], 4);
}

#[test]
fn torn_and_empty_files_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, torn] = ["whole", "torn"].map(|name| folder.path().join(name));
    sweep(&whole).assert().success();
    sweep(&torn).assert().success();
    let trials: Vec<_> = bits(&torn).into_keys().collect();
    std::fs::write(torn.join(&trials[0]).join("result.json"), "").unwrap();
    let history = torn.join(&trials[1]).join("history.jsonl");
    let text = std::fs::read_to_string(&history).unwrap();
    std::fs::write(&history, &text[..text.len() - 20]).unwrap();
    std::fs::remove_file(torn.join(&trials[1]).join("result.json")).unwrap();
    std::fs::write(torn.join(&trials[2]).join("run.json"), "{").unwrap();
    std::fs::remove_file(torn.join(&trials[2]).join("result.json")).unwrap();
    assert!(status(&torn)["counts"]["finished"] == 1);
    sweep(&torn).assert().success();
    assert_eq!(bits(&whole), bits(&torn));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_a_sweep_and_nothing_finished_is_lost() {
    let Some(disk) = super::support::SmallDisk::mount(800) else {
        println!("not tested: mounting a small disk needs root");
        return;
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let (whole, out) = (elsewhere.path().join("sweep"), disk.path().join("sweep"));
    let larger = |out: &Path| sweep_with(out, &[("--num-units", "3,64"), ("--seeds", "2")]);
    larger(&whole).assert().success();
    sweep_with(&out, &[("--num-units", "3"), ("--seeds", "2")]).assert().success();
    let first = bits(&out);
    let full = larger(&out).assert().code(1).stderr(contains("panicked").not());
    full.stderr(contains("No space left"));
    let kept = bits(&out);
    assert!(first.iter().all(|(name, trial)| kept[name] == *trial));
    assert!(status(&out)["counts"]["finished"].as_u64().unwrap() >= 2);
    disk.grow();
    larger(&out).assert().success();
    assert_eq!(bits(&whole), bits(&out));
}

#[test]
fn a_failing_trial_is_recorded_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let failing = |retry: bool| {
        let mut command = sweep_with(
            &out,
            &[
                ("--learning-rate", "0.01,10"),
                ("--clip-norm", "0"),
                ("--optimizer", "sgd"),
                ("--weight-decay", "1"),
                ("--schedule", "constant"),
                ("--num-units", "200"),
                ("--seeds", "1"),
            ],
        );
        command.args(retry.then_some("--retry-failed"));
        command
    };
    failing(false).assert().code(1).stderr(contains("1 trial failed").and(contains("diverged")));
    let counts = |of: &str| status(&out)["counts"][of].clone();
    assert_eq!((counts("finished"), counts("failed")), (1.into(), 1.into()));
    let status = rowlstm().args(["sweep", "status"]).arg(&out).assert().success();
    status.stdout(contains("failed").and(contains("training diverged at step")));
    rowlstm().arg("report").arg(&out).assert().success().stdout(contains("training diverged at step"));
    failing(false).assert().code(1);
    failing(true).assert().code(1).stderr(contains("diverged"));
}

#[test]
fn a_dry_run_predicts_the_cost_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let output = sweep(&out).arg("--dry-run").assert().success();
    output.stdout(
        contains("u5-l1-s2-").and(contains("4 trials: about ")).and(contains("error at a unit count")),
    );
    assert!(!out.exists());
}

#[test]
fn ctrl_c_leaves_checkpoints_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, stopped] = ["whole", "stopped"].map(|name| folder.path().join(name));
    let long = |out: &Path| sweep_with(out, &[("--num-units", "60,70"), ("--train-limit", "4000")]);
    long(&whole).assert().success();
    let command = long(&stopped);
    let mut process = std::process::Command::new(command.get_program());
    let process =
        process.args(command.get_args()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = || {
        let trials = std::fs::read_dir(&stopped).into_iter().flatten();
        trials.map(Result::unwrap).any(|trial| trial.path().join("run.json").exists())
    };
    let start = Instant::now();
    while !begun() {
        assert!(start.elapsed() < Duration::from_secs(60), "no trial was begun");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::process::Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    let output = process.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(message.contains("rowlstm sweep --out "), "{message}");
    rowlstm().args(["sweep", "-j", "2", "--out"]).arg(&stopped).assert().success();
    assert_eq!(bits(&whole), bits(&stopped));
}

#[test]
fn a_trial_whose_folder_was_renamed_is_not_missing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    sweep(&out).assert().success();
    let before = bits(&out);
    let one = before.keys().next().unwrap();
    std::fs::rename(out.join(one), out.join("my best")).unwrap();
    assert_eq!(status(&out)["counts"]["finished"], 4, "{}", status(&out));
    let report = rowlstm().args(["report", "--csv"]).arg(&out).assert().success();
    report.stdout(contains("\nmy best,").or(contains(",my best,")).and(contains(one.as_str()).not()));
    // Continued, and enlarged, it is not trained again.
    sweep_with(&out, &[("--seeds", "3")]).assert().success().stderr(contains("4 of 6 trials finished"));
    let after = bits(&out);
    assert_eq!((after.len(), &after["my best"]), (6, &before[one]));
}

#[test]
fn a_report_has_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    sweep(&out).assert().success();
    let report = || {
        let mut command = rowlstm();
        command.arg("report").arg(&out);
        command
    };
    report().assert().success().stdout(contains("one standard error"));
    report().arg("--markdown").assert().success().stdout(contains("| "));
    let csv = report().arg("--csv").assert().success().get_output().stdout.clone();
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), 5);
    let json = report().arg("--json").assert().success().get_output().stdout.clone();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["settings"].as_array().unwrap().len(), 2);
    let [page, charts, pictures] = ["page.html", "charts", "pictures"].map(|name| folder.path().join(name));
    let mut drawn = report();
    drawn.arg("--html").arg(&page).arg("--svg").arg(&charts).arg("--png").arg(&pictures);
    drawn.assert().success();
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("rowlstm sweep --batch-size 20") && page.matches("<svg").count() >= 5);
    for (folder, extension) in [(&charts, "svg"), (&pictures, "png")] {
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(
            files.len() >= 5 && files.iter().all(|file| file.extension().unwrap() == extension),
            "{files:?}"
        );
    }
    let runs: Vec<_> = bits(&out).into_keys().map(|name| out.join(name)).collect();
    let paired = rowlstm().arg("compare").args(&runs[..2]).arg("--ascii").assert().success();
    paired.stdout(contains("McNemar's exact test").and(contains("first wrong")));
}

/// Ten thousand finished trials, 100 unit counts with 100 seeds, written without training.
fn ten_thousand_trials(out: &Path) {
    let data = super::support::small_data();
    let units: Vec<toml::Value> = (1..=100).map(toml::Value::Integer).collect();
    let mut plan = rowlstm::sweep::Plan { seeds: (1..=100).collect(), ..Default::default() };
    plan.set("num-units", units).unwrap();
    let folder = rowlstm::sweep::SweepFolder::add(out, &plan, &data.checksum).unwrap();
    let source = tempfile::tempdir().unwrap();
    sweep_with(source.path(), &[("--num-units", "2"), ("--seeds", "1")]).assert().success();
    let one = bits(source.path()).into_keys().next().unwrap();
    let text = std::fs::read(source.path().join(one).join("result.json")).unwrap();
    let mut result: Value = serde_json::from_slice(&text).unwrap();
    for trial in folder.trials().unwrap() {
        let path = folder.trial_path(&trial);
        std::fs::create_dir(&path).unwrap();
        let (units, seed) = (trial.config.num_units, trial.config.seed);
        result["name"] = trial.name.into();
        result["num_units"] = units.into();
        result["seed"] = seed.into();
        result["settings"] = serde_json::to_value(trial.config.to_table()).unwrap();
        let correct = 9_000 + 8 * units as u64 + seed % 7;
        result["test_correct"] = correct.into();
        result["test_accuracy"] = (correct as f64 / 1e4).into();
        std::fs::write(path.join("result.json"), result.to_string()).unwrap();
    }
}

#[test]
fn ten_thousand_finished_trials_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    ten_thousand_trials(folder.path());
    assert_eq!(status(folder.path())["counts"]["finished"], 10_000);
    let report = rowlstm().args(["report", "--json"]).arg(folder.path()).assert().success();
    let report: Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    let settings = report["settings"].as_array().unwrap();
    assert_eq!(settings.len(), 100);
    assert!(settings.iter().all(|setting| setting["test"]["values"].as_array().unwrap().len() == 100));
    if let Some(kept) = std::env::var_os("KEEP_TEN_THOUSAND_TRIALS") {
        // For timing `rowlstm report` and `rowlstm sweep status` by hand.
        std::fs::rename(folder.keep(), kept).unwrap();
    }
}
