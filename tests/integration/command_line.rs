//! The program as people run it, on real images.

use super::support::{mnist, only_run, quick_train, rowlstm};
use predicates::prelude::*;
use predicates::str::{contains, is_empty};
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn json(output: &[u8]) -> Value {
    serde_json::from_slice(output).expect("one JSON value on stdout and nothing else")
}

#[test]
fn train_reports_compares_and_is_evaluated_to_the_same_bits() {
    let runs = tempfile::tempdir().unwrap();
    let trained = quick_train(runs.path()).args(["--seed", "3"]).assert().success();
    trained
        .stdout(
            contains("Test accuracy ")
                .and(contains(" of 10000 images (95 % interval "))
                .and(contains("* this run, seed 3")),
        )
        .stderr(contains("8 units, 1 layer, 1274 parameters").and(contains("epoch 2/2  loss ")));
    let run = only_run(runs.path());
    assert!(run.file_name().unwrap().to_str().unwrap().starts_with("u8-l1-s3-"));
    let stored: Value = json(&std::fs::read(run.join("result.json")).unwrap());

    let evaluated = rowlstm().arg("evaluate").arg(&run).assert().success();
    evaluated.stderr(contains("bit-identical with the result that the run stored"));
    let evaluated = rowlstm().args(["evaluate", "--json", "-j", "1"]).arg(&run).assert().success();
    let evaluated = json(&evaluated.get_output().stdout);
    for field in
        ["test_accuracy", "test_loss", "test_correct", "test_total", "num_units", "parameters", "seed"]
    {
        assert_eq!(evaluated[field], stored[field], "{field}");
    }

    quick_train(runs.path()).args(["--num-units", "5", "-q"]).assert().success().stdout(contains("5 |"));
    quick_train(runs.path()).args(["--seed", "4", "-q"]).assert().success().stderr(is_empty());
    let compared = rowlstm().arg("compare").arg(runs.path()).assert().success();
    compared.stdout(
        contains("Finished runs of 2 epochs, batch 50")
            .and(contains("| u8-l1-s3-").and(contains("| u8-l1-s4-"))),
    );
    let compared = || {
        let output = rowlstm().args(["compare", "--json"]).arg(runs.path()).assert().success();
        let found = json(&output.get_output().stdout);
        let names = found.as_array().unwrap().iter().map(|run| run["name"].to_string());
        (names.collect::<Vec<_>>(), String::from_utf8(output.get_output().stderr.clone()).unwrap())
    };
    let (names, notes) = compared();
    assert_eq!((names.len(), notes.as_str()), (3, ""));
    let one = runs.path().join(names[0].trim_matches('"'));
    std::fs::remove_file(one.join("result.json")).unwrap();
    let (left, notes) = compared();
    assert_eq!(left, names[1..]);
    assert!(notes.contains("left out 1 unfinished run\n"), "{notes}");
}

#[test]
fn json_is_one_object_with_the_documented_fields() {
    let runs = tempfile::tempdir().unwrap();
    let output = quick_train(runs.path()).arg("--json").assert().success();
    let result = json(&output.get_output().stdout);
    let documented = [
        "num_units",
        "num_layers",
        "timesteps",
        "parameters",
        "seed",
        "validation_accuracy",
        "test_accuracy",
        "test_correct",
        "test_total",
        "train_seconds",
        "images_per_second",
        "peak_memory_bytes",
    ];
    for field in documented {
        assert!(result[field].is_number(), "{field}: {}", result[field]);
    }
    assert_eq!(result["test_total"], 10_000);
    let share = result["test_correct"].as_f64().unwrap() / 10_000.0;
    assert_eq!(result["test_accuracy"].as_f64().unwrap(), share);
    let memory = result["peak_memory_bytes"].as_u64().unwrap();
    assert!((50_000_000..2_000_000_000).contains(&memory), "the images alone are 55 MB: {memory}");
}

#[test]
fn runs_of_other_protocols_stand_apart() {
    let runs = tempfile::tempdir().unwrap();
    quick_train(runs.path()).arg("-q").assert().success();
    let other = quick_train(runs.path()).args(["-q", "--label-smoothing", "0.1"]).assert().success();
    other.stdout(contains("\n1 run of other protocols: rowlstm compare "));
    let compared = rowlstm().arg("compare").arg(runs.path()).assert().success();
    compared.stdout(contains("\nAnother protocol than in the first table: label-smoothing "));
}

#[test]
fn a_finished_run_is_not_trained_again_unless_forced() {
    let runs = tempfile::tempdir().unwrap();
    let mut train = quick_train(runs.path());
    train.arg("--json");
    let first = json(&train.assert().success().get_output().stdout);
    let again = train
        .assert()
        .success()
        .stderr(contains("is finished; this is its result (--force trains it again)"));
    assert_eq!(json(&again.get_output().stdout), first);
    let forced = json(&train.arg("--force").assert().success().get_output().stdout);
    assert_ne!(forced["train_seconds"], first["train_seconds"], "it was trained anew");
    for field in ["test_loss", "train_loss", "test_correct", "name"] {
        assert_eq!(forced[field], first[field], "{field}: the same settings give the same bits");
    }
}

#[test]
fn dry_run_shows_settings_shapes_parameters_and_cost_and_leaves_no_trace() {
    let runs = tempfile::tempdir().unwrap();
    let mut command = rowlstm();
    command.args(["train", "--dry-run", "--num-layers", "2", "--data-dir"]).arg(mnist());
    command.arg("--runs-dir").arg(runs.path().join("runs")).assert().success().stdout(
        contains("num-units = 128\n")
            .and(contains("[128, 784] -> [128, 28, 28]"))
            .and(contains("weights [28, 512] and [128, 512], bias [512]: 80384 parameters"))
            .and(contains("4,300 training steps"))
            .and(contains("about ").and(contains(" s of training"))),
    );
    assert!(!runs.path().join("runs").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_termination_leave_a_checkpoint_that_the_same_command_goes_on_from() {
    for signal in ["INT", "TERM"] {
        let runs = tempfile::tempdir().unwrap();
        let whole = tempfile::tempdir().unwrap();
        let steps = ["--steps", "300", "--num-units", "16"];
        quick_train(whole.path()).args(steps).arg("-q").assert().success();
        let program = assert_cmd::cargo::cargo_bin("rowlstm");
        let template = quick_train(runs.path());
        let mut child = std::process::Command::new(program)
            .args(template.get_args())
            .args(steps)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_until(|| {
            runs.path().read_dir().unwrap().flatten().any(|run| run.path().join("history.jsonl").exists())
        });
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let status = child.wait().unwrap();
        let run = only_run(runs.path());
        if status.code() == Some(0) {
            panic!("the run ended before the signal; give it more steps");
        }
        assert_eq!(status.code(), Some(130), "SIG{signal}");
        assert!(run.join("checkpoint.safetensors").exists() && !run.join("result.json").exists());

        let resumed = rowlstm().args(["train", "--resume"]).arg(&run).assert().success();
        resumed.stderr(contains("resuming "));
        let weights = |run: std::path::PathBuf| std::fs::read(run.join("model.safetensors")).unwrap();
        assert!(
            weights(run) == weights(only_run(whole.path())),
            "SIG{signal}: the same bits as uninterrupted"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_with_the_same_command() {
    let runs = tempfile::tempdir().unwrap();
    let template = quick_train(runs.path());
    for delay in [0, 30, 150, 400] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("rowlstm"))
            .args(template.get_args())
            .args(["--steps", "300", "-q"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(300 + delay));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let whole = tempfile::tempdir().unwrap();
    quick_train(runs.path()).args(["--steps", "300", "-q"]).assert().success();
    quick_train(whole.path()).args(["--steps", "300", "-q"]).assert().success();
    let weights = |runs: &std::path::Path| std::fs::read(only_run(runs).join("model.safetensors")).unwrap();
    assert!(weights(runs.path()) == weights(whole.path()));
}

fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "it did not happen within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn resume_refuses_other_settings_and_takes_threads() {
    let runs = tempfile::tempdir().unwrap();
    quick_train(runs.path()).arg("-q").assert().success();
    let run = only_run(runs.path());
    let refused = rowlstm().args(["train", "--num-units", "9", "--resume"]).arg(&run).assert().code(2);
    refused.stderr(contains("--num-units cannot be used with --resume"));
    rowlstm().args(["train", "--threads", "1", "--resume"]).arg(&run).assert().success();
    let missing = rowlstm().args(["train", "--resume"]).arg(runs.path().join("none")).assert().code(1);
    missing.stderr(contains("there is no run, folder or file").and(contains("holds 1 finished run\n  ")));
}

#[test]
fn help_shows_groups_defaults_and_an_example() {
    let help = rowlstm().args(["train", "--help"]).assert().success();
    help.stdout(
        contains("Network:")
            .and(contains("Optimizer:"))
            .and(contains("[default: 128]"))
            .and(contains("Possible values"))
            .and(contains("rowlstm train --num-units 128")),
    );
    rowlstm().assert().code(2).stderr(contains("Usage: rowlstm"));
    rowlstm().args(["train", "--nosuch"]).assert().code(2);
}

#[test]
fn completions_and_manual_pages_are_made_for_every_subcommand() {
    for shell in ["bash", "zsh", "fish"] {
        rowlstm().args(["completions", shell]).assert().success().stdout(contains("num-units"));
    }
    let folder = tempfile::tempdir().unwrap();
    rowlstm().arg("man").arg(folder.path()).assert().success();
    let page = std::fs::read_to_string(folder.path().join("rowlstm-train.1")).unwrap();
    assert!(page.contains("num\\-units") && page.contains("default: 128"));
}

#[test]
fn output_has_no_colours_when_it_is_not_a_terminal() {
    let runs = tempfile::tempdir().unwrap();
    let output = quick_train(runs.path()).arg("-v").assert().success();
    let output = output.get_output();
    assert!(![&output.stdout, &output.stderr].into_iter().flatten().any(|byte| *byte == 0x1b));
}

#[test]
fn compare_without_runs_says_how_to_make_one() {
    let runs = tempfile::tempdir().unwrap();
    rowlstm().arg("compare").arg(runs.path()).assert().success().stdout(contains("No finished runs"));
}

#[test]
fn bench_prints_one_object_a_unit_count_with_the_documented_fields() {
    let mut command = rowlstm();
    command.args(["bench", "--num-units", "3,5", "--batch-size", "16", "--steps", "4", "-j", "2", "--json"]);
    let output = command.arg("--data-dir").arg(mnist()).assert().success();
    let lines: Vec<Value> = output
        .get_output()
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(json)
        .collect();
    assert_eq!(lines.len(), 2);
    let documented = std::fs::read_to_string("docs/performance.md").unwrap();
    for (measured, units) in lines.iter().zip([3, 5]) {
        let number = |field: &str| measured[field].as_f64().unwrap_or_else(|| panic!("{field} is a number"));
        assert_eq!(
            (number("num_units"), number("batch_size"), number("threads")),
            (f64::from(units), 16.0, 2.0)
        );
        assert_eq!((number("steps"), number("num_layers"), number("timesteps")), (4.0, 1.0, 28.0));
        assert_eq!(number("parameters"), f64::from(4 * units * (28 + units + 1) + 10 * (units + 1)));
        let step = number("train_step_ms");
        assert!(0.0 < number("train_step_ms_min") && number("train_step_ms_min") <= step);
        assert!(step <= number("train_step_ms_90") && number("inference_images_per_second") > 0.0);
        assert!((number("images_per_second") * step / 16e3 - 1.0).abs() < 1e-9);
        // Forward, backward by the input of each product and by its weights, two operations each.
        let operations = f64::from(6 * 16 * 28 * 4 * units * (28 + units) + 6 * 16 * 10 * units);
        assert!((number("gflop_per_second") * step * 1e6 / operations - 1.0).abs() < 1e-9);
        assert!(
            (number("peak_share") * number("peak_gflop_per_second") / number("gflop_per_second") - 1.0).abs()
                < 1e-9
        );
        // Untrained networks are near the loss of a guess.
        assert!((number("mean_loss") - 10f64.ln()).abs() < 0.5);
        for field in measured.as_object().unwrap().keys() {
            assert!(
                documented.contains(&format!("`{field}`")),
                "docs/performance.md does not describe {field}"
            );
        }
    }
}

#[test]
fn bench_takes_ranges_of_unit_counts_as_sweep_does() {
    let measured = |counts: &str| -> Vec<u64> {
        let mut command = rowlstm();
        command.args(["bench", "-u", counts, "--batch-size", "8", "--steps", "1", "-j", "1", "--json"]);
        let output = command.assert().success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        text.lines().map(|line| json(line.as_bytes())["num_units"].as_u64().unwrap()).collect()
    };
    assert_eq!(measured("2..8"), [2, 4, 8]);
    assert_eq!(measured("2..6:2,9"), [2, 4, 6, 9]);
    for (counts, words) in [
        ("2..7", "--num-units 2..7: doubling from 2 gives 4 and 8, not 7"),
        ("two", "--num-units two: must be a whole number or a range"),
        ("0", "num-units"),
    ] {
        rowlstm().args(["bench", "-u", counts]).assert().code(2).stderr(contains(words));
    }
}

#[test]
fn a_file_is_refused_if_its_ending_promises_another_format() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (
            &["explain", "--svg", "a.png"][..],
            "invalid value 'a.png' for '--svg <FILE>': the file is .svg, not .png",
        ),
        (&["explain", "--png", "in/a.SVG"], "the file is .png, not .svg: name it in/a.png"),
        (&["inspect", "last", "--svg", "a.html"], "the file is .svg, not .html: name it a.svg"),
        (&["inspect", "last", "--png", "a.jpg"], "the file is .png, not .jpg"),
        (&["inspect", "last", "--html", "a.svg"], "the file is .html, not .svg"),
        (&["show", "last", "--html", "a.json"], "the file is .html, not .json"),
        (&["report", "--html", "a.csv"], "the file is .html, not .csv"),
        (&["evaluate", "last", "--logits", "a.npz"], "the file is .safetensors, not .npz"),
    ] {
        let refused = rowlstm().current_dir(folder.path()).args(arguments).assert().code(2);
        refused.stderr(contains(words));
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was written");
    for file in ["a.svg", "b.SVG", "c", "of.two.layers"] {
        rowlstm().current_dir(folder.path()).args(["explain", "--svg", file]).assert().success();
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_value_that_is_not_a_number_is_refused_in_words() {
    let whole = rowlstm().args(["train", "--num-units", "12O"]).assert().code(2);
    whole.stderr(contains("invalid value '12O' for '--num-units <U>': must be a whole number"));
    let number = rowlstm().args(["train", "--dropout", "half"]).assert().code(2);
    number.stderr(contains("invalid value 'half' for '--dropout <").and(contains("must be a number")));
    let missing = rowlstm().args(["evaluate", "missing.safetensors"]).assert().code(1);
    missing.stderr(contains("missing.safetensors").and(contains("os error").not()));
}
