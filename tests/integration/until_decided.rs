//! `rowlstm sweep --until-decided`: the same trials and the same verdict, however the work is shared out and interrupted.

use super::support::{mnist, rowlstm, status, trials};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use rand::RngExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

/// Three small networks, of which the first is far below the others, with 3 seeds in each of 3 rounds.
fn sweep(out: &Path) -> Command {
    sweep_with(out, &[])
}

/// The same with some options in place of or beside its own.
fn sweep_with(out: &Path, options: &[(&str, &str)]) -> Command {
    let own = [
        ("--margin", "5"),
        ("--max-seeds", "9"),
        ("--seeds", "3"),
        ("--num-units", "1,24,32"),
        ("--folds", "100"),
        ("--train-limit", "3000"),
        ("--batch-size", "50"),
        ("--learning-rate", "0.01"),
        ("--epochs", "2"),
        ("-j", "2"),
    ];
    let mut all: BTreeMap<&str, &str> = own.into();
    all.extend(options.iter().copied());
    let mut command = rowlstm();
    command.args(["sweep", "--until-decided", "--data-dir"]).arg(mnist()).arg("--out").arg(out);
    command.args(all.into_iter().flat_map(|(name, value)| [name, value]));
    command
}

/// What `sweep status` says of the end, without the folder.
fn verdict(out: &Path) -> Vec<String> {
    let output = rowlstm().args(["sweep", "status"]).arg(out).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    text.lines().filter(|line| !line.starts_with(&out.display().to_string())).map(String::from).collect()
}

#[test]
fn seeds_are_added_where_they_are_needed_and_any_way_to_the_end_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, killed, parts, together] =
        ["whole", "killed", "parts", "together"].map(|name| folder.path().join(name));
    let begun = Instant::now();
    let ended = sweep(&whole).assert().success().stderr(
        contains("round 1 of 3: 9 trials of 3 settings, nothing is decided yet").and(contains(
            "round 2 of 3: up to 6 seeds for 24 units and 32 units; 2 of 3 settings undecided",
        )),
    );
    let undisturbed = begun.elapsed();
    ended.stdout(contains("Not enough: 1 unit (").and(contains(" of 27 trials in ")));
    let all = trials(&whole);
    let of = |units: &str| all.keys().filter(|name| name.starts_with(units)).count();
    assert_eq!(of("u1-"), 3, "it has lost in the first round: {:?}", all.keys());
    assert!(of("u32-") > 3 && of("u32-") <= 9);
    let state = status(&whole);
    assert_eq!(
        (&state["until_decided"]["ended"], &state["until_decided"]["trials"]),
        (&true.into(), &all.len().into())
    );
    assert_eq!(state["counts"]["missing"], 0);
    // A report judges by the sweep's margin and looks, not by its own.
    let report = rowlstm().args(["report", "--json"]).arg(&whole).assert().success();
    let report: Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    let options = &report["verdict"]["options"];
    assert_eq!((&options["margin"], &options["looks"]), (&0.05.into(), &3.into()));
    let classes = report["verdict"]["settings"].as_array().unwrap().iter().map(|one| one["class"].clone());
    assert_eq!(classes.filter(|class| class == "worse").count(), 1);
    // The same command again has nothing to do, and neither has the folder alone.
    sweep(&whole).assert().success().stdout(contains("Not enough: 1 unit ("));
    rowlstm().args(["sweep", "-j", "1", "--until-decided", "--out"]).arg(&whole).assert().success();
    assert_eq!(trials(&whole), all);

    let mut generator = rowlstm::seeds::generator(2, "moments to kill at", &[]);
    for _ in 0..8 {
        let command = sweep(&killed);
        let mut process = std::process::Command::new(command.get_program());
        process.args(command.get_args()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        std::thread::sleep(undisturbed.mul_f64(generator.random_range(0.05..0.4)));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    sweep(&killed).assert().success();
    assert_eq!(trials(&killed), all);
    assert_eq!(verdict(&killed), verdict(&whole));

    let mut calls = 0;
    loop {
        for shard in ["1/2", "2/2"] {
            let mut part = sweep(&parts);
            let output = part.args(["--shard", shard]).assert().success();
            if calls == 0 && shard == "1/2" {
                output.stderr(contains(
                    "this shard of round 1 has ended: when the others have, run the command",
                ));
                let state = rowlstm().args(["sweep", "status"]).arg(&parts).assert().success();
                state.stdout(contains("round 1 of 3: 9 trials").and(contains("missing")));
            } else if calls == 0 {
                output
                    .stderr(contains("round 1 has ended: run the command of every shard again, for round 2"));
            }
        }
        calls += 1;
        if status(&parts)["until_decided"]["ended"] == true {
            break;
        }
        assert!(calls < 4, "the shards do not end");
    }
    assert_eq!(trials(&parts), all);
    assert_eq!(verdict(&parts), verdict(&whole));

    let other = std::thread::scope(|scope| {
        let other = scope.spawn(|| sweep(&together).output().unwrap());
        sweep(&together).assert().success().stdout(contains("Not enough: 1 unit ("));
        other.join().unwrap()
    });
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stderr));
    assert_eq!(trials(&together), all);
    assert_eq!(verdict(&together), verdict(&whole));
}

#[test]
fn another_rule_is_refused_and_a_dry_run_shows_the_round() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let dry = || {
        let mut command = sweep(&out);
        command.arg("--dry-run");
        command
    };
    dry().assert().success().stdout(
        contains("u32-l1-s3-").and(contains("round 1 of 3: 9 trials")).and(contains("at most 27 trials")),
    );
    assert!(!out.exists());
    let slurm = sweep(&out).args(["--slurm", "--no-submit", "--tasks", "3"]).assert().success();
    slurm.stdout(
        contains("9 trials in 3 tasks: sbatch").and(contains("the same command submits the next round")),
    );
    let refused = |options: &[&str]| {
        let mut command = rowlstm();
        command.args(["sweep", "--out"]).arg(&out).args(options);
        command.assert().code(1)
    };
    refused(&["--until-decided", "--margin", "4"]).stderr(contains("margin = 4, not 5"));
    refused(&["--until-decided", "--max-seeds", "8"]).stderr(contains("max-seeds = 8, not 9"));
    sweep_with(&out, &[("--margin", "6")]).assert().code(1).stderr(contains("margin = 6, not 5"));
    sweep_with(&out, &[("--seeds", "4")]).assert().code(1).stderr(contains("seeds per round = 4, not 3"));
    let new = folder.path().join("new");
    sweep_with(&new, &[("--folds", "0")]).assert().code(2).stderr(contains("leave out --folds 0"));
    rowlstm().args(["sweep", "--margin", "4"]).assert().code(2).stderr(contains("--until-decided"));
    assert!(!new.exists());
}

#[test]
fn a_failing_trial_is_named_in_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let mut command = sweep_with(
        &out,
        &[
            ("--seeds", "2"),
            ("--max-seeds", "2"),
            ("--num-units", "200"),
            ("--train-limit", "300"),
            ("--batch-size", "20"),
            ("--epochs", "3"),
            ("--learning-rate", "0.01,10"),
            ("--clip-norm", "0"),
            ("--optimizer", "sgd"),
            ("--weight-decay", "1"),
            ("--schedule", "constant"),
        ],
    );
    let failed = command.assert().code(1).stderr(contains("2 trials failed"));
    failed.stdout(contains(
        "2 trials are not counted: learning-rate 10.0, seed 1 (failed: training diverged at step",
    ));
    let state = status(&out);
    assert_eq!((&state["counts"]["failed"], &state["until_decided"]["ended"]), (&2.into(), &true.into()));
    let undecided = state["until_decided"]["undecided"].as_array().unwrap();
    assert!(undecided.contains(&"learning-rate 10.0".into()), "{undecided:?}");
}
