//! `rowlstm sweep --tune`: every value is trained, each size gets the best one, and any way to the end is the same.

use super::support::{mnist, rowlstm, trials};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use rand::RngExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Two small networks at three learning rates, the untuned 0.008 among them, with 3 seeds.
fn sweep(out: &Path, options: &[&str]) -> Command {
    let own = ["--num-units", "4,12", "--seeds", "3", "--tune", "learning-rate=0.002,0.03"];
    sweep_of(out, &own, options)
}

fn sweep_of(out: &Path, plan: &[&str], options: &[&str]) -> Command {
    let mut command = rowlstm();
    command.args(["sweep", "--folds", "100", "--train-limit", "1500", "--batch-size", "50", "--epochs", "2"]);
    command.args(["-j", "2", "--data-dir"]).arg(mnist()).arg("--out").arg(out).args(plan).args(options);
    command
}

fn report(out: &Path, options: &[&str]) -> String {
    let output = rowlstm().arg("report").arg(out).args(options).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

fn json(out: &Path) -> Value {
    serde_json::from_str(&report(out, &["--json"])).unwrap()
}

/// The parts of a report that do not depend on time.
fn found(out: &Path) -> (Value, Value) {
    let report = json(out);
    (report["tuning"].clone(), report["verdict"].clone())
}

/// Correct answers of each trial, by units, learning rate and seed, read from the results.
fn correct(out: &Path) -> BTreeMap<(u64, String, u64), u64> {
    let mut correct = BTreeMap::new();
    for name in trials(out).keys() {
        let text = std::fs::read_to_string(out.join(name).join("result.json")).unwrap();
        let result: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(result["validation_total"], 600);
        let rate = result["settings"]["learning-rate"].to_string();
        let key = (result["num_units"].as_u64().unwrap(), rate, result["seed"].as_u64().unwrap());
        correct.insert(key, result["validation_correct"].as_u64().unwrap());
    }
    correct
}

#[test]
fn each_size_gets_its_best_value_and_any_way_to_the_end_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, killed, parts] = ["whole", "killed", "parts"].map(|name| folder.path().join(name));
    let ended = sweep(&whole, &["-q"]).assert().success();
    ended.stdout(contains("Tuned beside untuned").and(contains("learning-rate tuned")));
    let all = trials(&whole);
    assert_eq!(all.len(), 18, "{:?}", all.keys());
    let state = rowlstm().args(["sweep", "status"]).arg(&whole).assert().success();
    state.stdout(
        contains("learning-rate is tuned: 0.008 (untuned), 0.002 and 0.03").and(contains("18 finished")),
    );

    // The choice once more, from the results: seed s holds out fold s.
    let (correct, report_json) = (correct(&whole), json(&whole));
    let tuning = &report_json["tuning"];
    assert_eq!(
        (&tuning["setting"], &tuning["values"]),
        (&"learning-rate".into(), &[0.008, 0.002, 0.03].into())
    );
    for (index, units) in [4, 12].into_iter().enumerate() {
        let (mut chosen, mut tuned, mut untuned) = (BTreeMap::<&str, Vec<u64>>::new(), 0, 0);
        for seed in 1..=3 {
            let of = |rate: &str, seed: u64| correct[&(units, rate.to_string(), seed)];
            let sum = |rate: &&str| {
                (1..=3).filter(|other| *other != seed).map(|other| of(rate, other)).sum::<u64>()
            };
            let rates = ["0.008", "0.002", "0.03"];
            let most = rates.iter().map(sum).max().unwrap();
            let best = rates.iter().find(|rate| sum(rate) == most).unwrap();
            chosen.entry(best).or_default().push(seed);
            tuned += of(best, seed);
            untuned += of("0.008", seed);
        }
        let setting = &tuning["settings"][index];
        assert_eq!(setting["label"], format!("{units} units"));
        let listed = setting["chosen"].as_array().unwrap();
        assert_eq!(listed.len(), chosen.len());
        for one in listed {
            assert_eq!(one["folds"], Value::from(chosen[one["value"].to_string().as_str()].clone()));
        }
        let near = |found: &Value, correct: i64| {
            assert!((found.as_f64().unwrap() - correct as f64 / 1800.0).abs() < 1e-12, "{found} {correct}");
        };
        near(&setting["tuned"]["held_out"]["mean"], tuned as i64);
        near(&setting["untuned"]["held_out"]["mean"], untuned as i64);
        near(&setting["gain"]["mean"], tuned as i64 - untuned as i64);
        // The verdict is of the tuned settings.
        let judged = &report_json["verdict"]["settings"][index];
        assert_eq!((&judged["label"], &judged["seeds"]), (&setting["label"], &3.into()));
        near(&judged["accuracy"], tuned as i64);
    }
    assert_eq!(report_json["settings"].as_array().unwrap().len(), 2);

    // Killed at any moment, and continued by its folder alone.
    let mut generator = rowlstm::seeds::generator(3, "moments to kill at", &[]);
    for _ in 0..4 {
        let command = sweep(&killed, &[]);
        let mut process = std::process::Command::new(command.get_program());
        process.args(command.get_args()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        while !killed.join("sweep.json").exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(generator.random_range(50..600)));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    rowlstm().args(["sweep", "-q", "-j", "1", "--out"]).arg(&killed).assert().success();
    assert_eq!(trials(&killed), all);
    assert_eq!(found(&killed), found(&whole));

    // The report of one shard names what the other has not trained, and chooses nothing by it.
    sweep(&parts, &["-q", "--shard", "1/2"]).assert().success();
    let half = report(&parts, &[]);
    assert!(half.contains("no result with seed"), "{half}");
    sweep(&parts, &["-q", "--shard", "2/2"]).assert().success();
    assert_eq!(trials(&parts), all);
    assert_eq!(found(&parts), found(&whole));
}

#[test]
fn every_form_of_the_report_has_tuned_untuned_and_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    sweep(&out, &["-q"]).assert().success();
    let markdown = report(&out, &["--markdown"]);
    for words in [
        "Each setting has its best learning-rate of 3 values, chosen for each fold on the other folds.",
        "## Tuned beside untuned\n",
        "## Tuned beside untuned on test images\n",
        "the selection is not fully nested",
    ] {
        assert!(markdown.contains(words), "{markdown}");
    }
    let narrow = report(&out, &[]);
    let tuned = narrow.split("Tuned beside untuned:").nth(1).unwrap().split("Finished runs").next().unwrap();
    assert!(tuned.lines().all(|line| line.chars().count() <= 80), "{tuned}");
    let csv = report(&out, &["--csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines.len() == 19 && lines[0].ends_with(",chosen"), "{csv}");
    assert_eq!(lines.iter().filter(|line| line.ends_with(",yes")).count(), 6);
    assert!(lines[1].contains("\"4 units, learning-rate 0.002\""), "{}", lines[1]);
    let page = folder.path().join("page.html");
    report(&out, &["--html", page.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    for words in [
        "<h2 id=\"tuned\">",
        "<h2 id=\"tuned-test\">",
        "<h2 id=\"values\">",
        "--tune learning-rate=0.002,0.03",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches(">4 units, learning-rate 0.03</t").count(), 3, "every run is on it");
    // With one value there is nothing to choose.
    let one = report(&out, &["--json", "--where", "learning-rate=0.008"]);
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!((&one["tuning"], one["settings"].as_array().unwrap().len()), (&Value::Null, 2));
    let some: Value = serde_json::from_str(&report(&out, &["--json", "--where", "num-units=4"])).unwrap();
    assert_eq!(some["tuning"]["settings"].as_array().unwrap().len(), 1);

    // More sizes are added with the same values, and others are refused.
    let more = ["--num-units", "6", "--seeds", "2", "--tune", "learning-rate=0.03,0.002"];
    sweep_of(&out, &more, &["-q"]).assert().success();
    assert_eq!(trials(&out).len(), 24);
    for (options, words) in [
        (
            &["--tune", "learning-rate=0.002,0.01"][..],
            "0.008,0.002,0.01, not --tune learning-rate=0.008,0.002,0.03",
        ),
        (&[], "no --tune, not --tune learning-rate=0.008,0.002,0.03"),
        (
            &["--tune", "learning-rate=0.002,0.03", "--learning-rate", "0.01"],
            "learning-rate = 0.01, not 0.008",
        ),
    ] {
        let plan = [&["--num-units", "4", "--seeds", "3"], options].concat();
        sweep_of(&out, &plan, &[]).assert().code(1).stderr(contains(words));
    }
}

#[test]
fn what_cannot_be_tuned_is_refused_and_a_dry_run_shows_every_value() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let dry = sweep(&out, &["--dry-run"]).assert().success();
    dry.stdout(
        contains("18 trials: about").and(contains("learning-rate is tuned: 0.008 (untuned), 0.002 and 0.03")),
    );
    for (options, words) in [
        (&["--tune", "learning-rate"][..], "--tune learning-rate: must be SETTING=VALUES"),
        (&["--tune", "rate=1,2"], "--tune rate: is not a setting of train"),
        (&["--tune", "num-units=1,2"], "give the sizes with --num-units"),
        (&["--tune", "seed=1,2"], "give seeds with --seeds"),
        (&["--tune", "epochs=3"], "must have at least two different values"),
        (&["--tune", "epochs=3,x"], "invalid value 'x' for '--tune epochs': must be a whole number"),
        (
            &["--tune", "learning-rate=0.1,x"],
            "invalid value 'x' for '--tune learning-rate': must be a number",
        ),
        (&["--tune", "learning-rate=0.1,11"], "learning-rate = 11"),
        (&["--tune", "optimizer=adam,nope"], "invalid value 'nope' for '--tune optimizer'"),
        (&["--tune", "epochs=1,2", "--tune", "dropout=0,0.1"], "only one setting can be tuned"),
        (&["--tune", "epochs=1,2", "--epochs", "2,3"], "give --epochs one value"),
        (&["--tune", "epochs=1,2", "--folds", "0"], "leave out --folds 0"),
        (&["--tune", "epochs=1,2", "--seeds", "1"], "give at least two seeds"),
        (&["--tune", "epochs=1,2", "--until-decided"], "leave out --until-decided"),
    ] {
        let mut command = rowlstm();
        command.args(["sweep", "--num-units", "4", "--out"]).arg(&out).args(options);
        let refused = command.assert().code(2).stderr(contains(words));
        refused.stderr(contains("error: error").not().and(contains("float literal").not()));
    }
    assert!(!out.exists());
    let slurm = sweep(&out, &["--slurm", "--no-submit", "--tasks", "3"]).assert().success();
    slurm.stdout(contains("18 trials in 3 tasks"));
    let older = std::fs::read_to_string(out.join("sweep.json")).unwrap();
    assert!(older.contains("\"format\": 3"), "{older}");
}

#[test]
fn a_value_that_fails_is_named_and_not_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let mut command = rowlstm();
    command.args(["sweep", "--num-units", "200", "--seeds", "3", "--tune", "learning-rate=0.01,10"]);
    command.args([
        "--learning-rate",
        "0.01",
        "--clip-norm",
        "0",
        "--optimizer",
        "sgd",
        "--weight-decay",
        "1",
    ]);
    command.args(["--schedule", "constant", "--folds", "100", "--train-limit", "300", "--batch-size", "20"]);
    command.args(["--epochs", "3", "-q", "-j", "2", "--data-dir"]).arg(mnist()).arg("--out").arg(&out);
    command
        .assert()
        .code(1)
        .stderr(contains("3 trials failed"))
        .stdout(contains("failed with seeds 1, 2 and 3"));
    let report = json(&out);
    assert_eq!(
        report["tuning"]["notes"],
        Value::from(vec![
            "200 units, learning-rate 10.0 failed with seeds 1, 2 and 3: it is not chosen for a fold if it failed on another \
             fold."
        ])
    );
    let setting = &report["tuning"]["settings"][0];
    assert_eq!(setting["chosen"][0]["folds"], Value::from(vec![1, 2, 3]));
    assert_eq!((&setting["chosen"][0]["value"], &setting["gain"]["mean"]), (&0.01.into(), &0.0.into()));
    assert_eq!(report["verdict"]["gaps"].as_array().unwrap().len(), 0);
}
