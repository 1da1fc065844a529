//! A first hour at the command line: runs by their names, sizes as people type them, and what to type instead.

use super::support::{mnist, quick_train, rowlstm};
use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn at(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = rowlstm();
    command.current_dir(folder).args(arguments);
    command
}

fn said(assert: &Assert) -> String {
    let output = assert.get_output();
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// A run of 3 training steps in `runs_dir`.
fn short(runs_dir: &Path, units: &str, seed: &str) -> PathBuf {
    let mut train = quick_train(runs_dir);
    train.args(["--steps", "3", "--num-units", units, "--seed", seed, "--json", "-q"]);
    let result: serde_json::Value =
        serde_json::from_slice(&train.assert().success().get_output().stdout).unwrap();
    runs_dir.join(result["name"].as_str().unwrap())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A folder whose `runs` are 16 units with seeds 1 and 2, then 160 units with seed 1, in the order in which they finished.
fn three_runs() -> tempfile::TempDir {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for (units, seed) in [("160", "1"), ("16", "2"), ("16", "1")].iter().rev() {
            short(&folder.path().join("runs"), units, seed);
        }
        folder
    });
    let folder = tempfile::tempdir().unwrap();
    copy(made.path(), folder.path());
    folder
}

fn name_of(folder: &Path, start: &str) -> String {
    let names = fs::read_dir(folder.join("runs")).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).find(|name| name.starts_with(start)).unwrap()
}

fn units_read(folder: &Path, run: &str) -> u64 {
    let output = at(folder, &["evaluate", run, "--json"]).assert().success();
    let value: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    value["num_units"].as_u64().unwrap()
}

#[test]
fn a_run_is_named_by_folder_name_leading_parts_or_last() {
    let folder = three_runs();
    let folder = folder.path();
    let name = name_of(folder, "u160-");
    for run in
        [&name, "u160", "u160-l1", "u160-l1-s1", "last", "runs/last", "runs/u160", &format!("runs/{name}")]
    {
        assert_eq!(units_read(folder, run), 160, "{run}");
    }
    assert_eq!(units_read(folder, "u16-l1-s2"), 16);
    // `last` goes by the time in the result, whatever the names and the files' times are.
    let earlier = folder.join("runs").join(&name).join("result.json");
    let text = fs::read_to_string(&earlier).unwrap();
    let mut result: serde_json::Value = serde_json::from_str(&text).unwrap();
    result["finished_at"] = 1.5.into();
    fs::write(&earlier, result.to_string()).unwrap();
    assert_eq!(units_read(folder, "last"), 16);
    // Runs of versions that stored no time are older than any.
    result["finished_at"] = serde_json::Value::Null;
    fs::write(&earlier, result.to_string()).unwrap();
    assert_eq!(units_read(folder, "last"), 16);
}

#[test]
fn every_command_finds_runs_alike() {
    let folder = three_runs();
    let folder = folder.path();
    for arguments in [
        &["evaluate", "u160"][..],
        &["inspect", "u160"],
        &["inspect", "--rows", "u160"],
        &["export", "u160", "--force", "--format", "onnx", "-o", "a.onnx"],
        &["compare", "u160", "u16-l1-s1"],
        &["compare", "u160"],
        &["report", "u160"],
        &["train", "--resume", "u160"],
    ] {
        at(folder, arguments).assert().success();
        let mut moved = at(folder.parent().unwrap(), arguments);
        moved.arg("--runs-dir").arg(folder.join("runs"));
        if arguments[0] == "export" {
            moved.arg("-o").arg(folder.join("a.onnx"));
        }
        moved.assert().success();
        let several: Vec<&str> =
            arguments.iter().map(|word| if *word == "u160" { "u16" } else { *word }).collect();
        let refused = said(&at(folder, &several).assert().code(1));
        let listed = refused
            .contains("u16 is the start of the names of 2 runs in runs: type more of one\n  runs/u16-l1-s1-")
            && refused.contains("\n  runs/u16-l1-s2-")
            && !refused.contains("u160");
        assert!(listed, "{several:?}: {refused}");
        for missing in ["u1", "nope", "no/such/run"] {
            let none: Vec<&str> =
                arguments.iter().map(|word| if *word == "u160" { missing } else { *word }).collect();
            let refused = said(&at(folder, &none).assert().code(1));
            let named = refused.contains(&format!("error: there is no run, folder or file {missing}"));
            assert!(
                named && (missing.contains('/') || refused.contains("\n  runs/u160-l1-s1-")),
                "{none:?}: {refused}"
            );
        }
    }
    at(folder, &["predict", "u16", "x.png"]).assert().code(1).stderr(contains("the names of 2 runs"));
    for command in ["evaluate", "inspect", "export", "compare", "report", "predict", "train"] {
        let help = said(&rowlstm().args([command, "--help"]).env("COLUMNS", "400").assert().success());
        assert!(help.contains("its folder, its name or whole leading parts of it"), "{command}: {help}");
    }
    rowlstm()
        .arg("--help")
        .assert()
        .success()
        .stdout(contains("RUN names a run: its folder, its name or whole"));
}

#[test]
fn a_path_that_exists_wins_over_a_name() {
    let folder = three_runs();
    let folder = folder.path();
    let name = name_of(folder, "u16-l1-s1");
    copy(&folder.join("runs").join(name), &folder.join("u160"));
    assert_eq!(units_read(folder, "u160"), 16);
}

#[test]
fn a_folder_stands_for_its_only_run_or_for_all_where_a_command_takes_many() {
    let folder = three_runs();
    let folder = folder.path();
    let refused = at(folder, &["evaluate", "runs"]).assert().code(1);
    refused.stderr(contains("runs holds 3 runs: name one of them\n  runs/u16-"));
    let name = name_of(folder, "u160");
    copy(&folder.join("runs").join(&name), &folder.join("alone").join(&name));
    assert_eq!(units_read(folder, "alone"), 160);
    at(folder, &["report", "runs"])
        .assert()
        .success()
        .stdout(contains("160 units").and(contains("16 units")));
    let one =
        at(folder, &["report", &format!("runs/{name}"), "--html", "new/folder/one.html"]).assert().success();
    one.stdout(contains("160 units").and(contains(" 16 units").not()));
    assert!(folder.join("new/folder/one.html").exists());
    at(folder, &["inspect", "--rows", "runs"])
        .assert()
        .success()
        .stdout(contains("16 units").and(contains("160 units")));
}

#[test]
fn a_run_is_reported_from_its_own_folder_and_through_a_link() {
    let folder = three_runs();
    let folder = folder.path();
    let run = folder.join("runs").join(name_of(folder, "u160"));
    for path in [".", "../u160"] {
        let report = at(&run, &["report", path, "--html", "../../report.html"]).assert().success();
        report.stdout(contains("160 units").and(contains(" 16 units").not())).stderr(contains("wrote"));
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&run, folder.join("link")).unwrap();
        let report = at(folder, &["report", "link", "--html", "report.html"]).assert().success();
        report.stdout(contains("160 units"));
    }
    fs::remove_file(run.join("result.json")).unwrap();
    for command in ["report", "evaluate"] {
        let refused = at(folder, &[command, "u160"]).assert().code(1);
        refused.stderr(
            contains("error: runs/u160-")
                .and(contains("is not finished: continue it with `rowlstm train --resume runs/")),
        );
    }
    at(folder, &["train", "--resume", "u160", "-q"]).assert().success();
    at(folder, &["report", "u160"]).assert().success();
}

#[test]
fn a_path_without_runs_is_an_error_that_names_what_there_is() {
    let folder = three_runs();
    let folder = folder.path();
    copy(&folder.join("runs"), &folder.join("sweeps/units"));
    at(folder, &["report", "nope"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("there is no run, folder or file nope"));
    let refused = at(folder, &["report", "sweeps"]).assert().code(1);
    refused.stderr(contains("sweeps holds no runs, but folders of runs: name one of them\n  sweeps/units"));
    let refused = at(folder, &["evaluate", "sweeps"]).assert().code(1);
    refused.stderr(contains(
        "sweeps is not a run's folder and holds no run; these folders hold some\n  sweeps/units",
    ));
    let empty = tempfile::tempdir().unwrap();
    let refused = at(empty.path(), &["evaluate", "last"]).assert().code(1);
    refused.stderr(contains("no finished run in runs: `rowlstm train --num-units 128` makes one"));
}

#[test]
fn a_renamed_or_copied_run_is_one_run() {
    let folder = three_runs();
    let folder = folder.path();
    let runs = folder.join("runs");
    let (first, other) = (name_of(folder, "u160"), name_of(folder, "u16-l1-s1"));
    copy(&runs.join(&first), &runs.join("a-copy"));
    fs::rename(runs.join(&other), runs.join("mine")).unwrap();
    let report = at(folder, &["report", "--json", "--html", "report.html"]).assert().success();
    let names = at(folder, &["compare", "--json"]).assert().success();
    let names: serde_json::Value = serde_json::from_slice(&names.get_output().stdout).unwrap();
    let names: Vec<&str> =
        names.as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["mine", &name_of(folder, "u16-l1-s2"), &first], "each once, under a name to type");
    let report: serde_json::Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    assert_eq!(report["settings"].as_array().unwrap().len(), 2);
    assert_eq!(units_read(folder, "mine"), 16);
    assert_eq!(units_read(folder, "a-copy"), 160);
    let rows = at(folder, &["inspect", "--rows", "runs", "u160", "a-copy", "--json"]).assert().success();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&rows.get_output().stdout).unwrap();
    assert_eq!(rows.len(), 3);
}

#[test]
fn options_have_the_names_of_other_tools_and_the_help_does_not_show_them() {
    let dry_run = |options: &[&str]| rowlstm().args(["train", "--dry-run"]).args(options).assert().success();
    for alias in ["--units", "--hidden-size", "--hidden-units", "--num-units", "-u"] {
        dry_run(&[alias, "6"]).stdout(contains("num-units = 6\n"));
    }
    dry_run(&["--units", "4", "--layers", "2", "--lr", "0.5", "--batch", "7"]).stdout(
        contains("num-layers = 2\n").and(contains("learning-rate = 0.5\n")).and(contains("batch-size = 7\n")),
    );
    for command in
        [&["explain"][..], &["bench", "--steps", "1", "--batch", "4"], &["sweep", "-n", "--seeds", "1"]]
    {
        for name in ["-u", "--hidden-size"] {
            rowlstm().args(command).args([name, "6", "--layers", "1"]).assert().success();
        }
    }
    let help = said(&rowlstm().args(["train", "--help"]).assert().success());
    assert!(
        !["--units", "--hidden-", "--lr", "--layers", "--batch "].iter().any(|name| help.contains(name)),
        "{help}"
    );
}

#[test]
fn several_values_for_train_are_answered_with_the_sweep_to_type() {
    for (typed, advice) in [
        (&["train", "--num-units", "128,256"][..], "type rowlstm sweep --num-units 128,256"),
        (&["train", "--num-units", "8", "16", "32"], "type rowlstm sweep --num-units 8,16,32"),
        (&["train", "--units", "8..64"], "type rowlstm sweep --num-units 8..64"),
        (&["train", "--learning-rate", "0.1,0.2"], "type rowlstm sweep --learning-rate 0.1,0.2"),
        (&["train", "--seed", "1", "2"], "type rowlstm sweep --seeds 1,2"),
        (&["sweep", "--num-units", "8", "16"], "separated by commas: type --num-units 8,16"),
        (&["sweep", "-u", "8", "16"], "separated by commas: type --num-units 8,16"),
        (&["bench", "--units", "8", "16"], "separated by commas: type --num-units 8,16"),
    ] {
        rowlstm().args(typed).assert().code(2).stdout("").stderr(contains(advice));
    }
    // Neither a sweep nor a list has these.
    for typed in [
        &["train", "--threads", "1", "2"][..],
        &["train", "--threads", "1,2"],
        &["inspect", "--image", "1,2"],
    ] {
        rowlstm()
            .args(typed)
            .assert()
            .code(2)
            .stderr(contains("separated").not().and(contains("sweep").not()));
    }
}

/// The names of the trials of a dry run, without their hashes, sorted.
fn trials(options: &[&str]) -> Vec<String> {
    let output = rowlstm().args(["sweep", "--dry-run"]).args(options).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let names = text.lines().filter(|line| line.starts_with('u'));
    let mut names: Vec<String> =
        names.map(|line| line.split('-').take(3).collect::<Vec<_>>().join("-")).collect();
    names.sort();
    names
}

#[test]
fn a_range_doubles_or_counts_in_steps_and_has_both_its_ends() {
    assert_eq!(trials(&["-u", "8..64", "--seeds", "1"]), ["u16-l1-s1", "u32-l1-s1", "u64-l1-s1", "u8-l1-s1"]);
    assert_eq!(
        trials(&["-u", "4,8..24:8", "--seeds", "1"]),
        ["u16-l1-s1", "u24-l1-s1", "u4-l1-s1", "u8-l1-s1"]
    );
    assert_eq!(trials(&["-u", "4", "--seeds", "1..12"]).len(), 12);
    assert_eq!(trials(&["-u", "4", "--seeds", "3,7..8"]), ["u4-l1-s3", "u4-l1-s7", "u4-l1-s8"]);
    assert_eq!(trials(&["-u", "4", "--seeds", "5..5"]), ["u4-l1-s5"]);
    for (typed, advice) in [
        (["--num-units", "8..100"], "gives 64 and 128, not 100: type 8..64 or 8..128"),
        (["--num-units", "64..8"], "type 8..64"),
        (["--num-units", "8.."], "8..64 doubles from 8 to 64, and 8..64:8 counts in steps of 8"),
        (["--seeds", "1-12"], "a number of seeds from 1 to 1000000, a list (1,4,9) or a range (4..9)"),
        (["--seeds", "12..1"], "type 1..12"),
        (["--seeds", "0"], "a number of seeds from 1"),
    ] {
        rowlstm()
            .args(["sweep", "--dry-run"])
            .args(typed)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(advice));
    }
}

#[test]
fn wrong_values_are_answered_without_the_words_of_rust_or_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("folder")).unwrap();
    fs::write(folder.join("binary.toml"), b"\xff\xfe").unwrap();
    for (name, text) in [
        ("text.toml", "num-units = \"many\""),
        ("negative.toml", "num-units = -1"),
        ("large.toml", "seed = 99999999999999999999"),
        ("list.toml", "learning-rate = [1]"),
        ("name.toml", "optimizer = \"adma\""),
        ("seeds.toml", "seeds = \"x\""),
        ("grid.toml", "[grid]\nnum-units = [\"x\"]"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::create_dir_all(folder.join("runs/damaged")).unwrap();
    fs::write(folder.join("runs/damaged/run.json"), r#"{"format": 1, "version": 3}"#).unwrap();
    for (arguments, words) in [
        (&["train", "--config", "nope.toml"][..], "there is no config nope.toml: no such file"),
        (&["train", "--config", "folder"], "cannot read the settings file folder: Is a directory"),
        (&["train", "--config", "binary.toml"], "binary.toml: it is not text in UTF-8"),
        (&["train", "--config", "text.toml"], "line 1: must be a whole number, not \"many\""),
        (&["train", "--config", "negative.toml"], "must be a whole number, not -1"),
        (&["train", "--config", "large.toml"], "must be a whole number, not 99999999999999999999"),
        (&["train", "--config", "list.toml"], "must be a number, not a list"),
        (&["train", "--config", "name.toml"], "must be one of `adam`, `adamw`, `rmsprop`, `sgd`, not `adma`"),
        (&["sweep", "--config", "seeds.toml"], "must be a whole number or a list of whole numbers"),
        (&["sweep", "--config", "grid.toml"], "num-units must be a whole number, not \"x\""),
        (&["sweep", "--num-units", "x"], "must be a whole number"),
        (&["sweep", "--learning-rate", "x"], "must be a number"),
        (&["sweep", "--optimizer", "adma"], "possible values: adam, adamw, rmsprop, sgd"),
        (&["sweep", "--jobs", "0"], "must be 1 to 1024"),
        (&["train", "--num-units", ""], "must be a whole number"),
        (&["train", "--num-units", "-8"], "must be a whole number"),
        (&["train", "--num-units", "99999999999999999999"], "must be a smaller whole number"),
        (&["train", "--dropout", ""], "must be a number"),
        (&["train", "--seed", "1e3"], "must be a whole number"),
        (&["bench", "--steps", "0"], "must be 1 to 1000000"),
        (&["explain", "--png", "a.png", "--png-width", "0"], "must be 1 to 20000"),
        (&["evaluate", "damaged"], "must be text, not 3"),
        (&["evaluate", "missing.safetensors"], "there is no run, folder or file missing.safetensors"),
        (&["train", "--data-dir", "missing"], "there is no data folder missing"),
    ] {
        let refused = at(folder, arguments).assert().failure().stdout("");
        let said = said(&refused);
        assert!(said.contains(words), "{arguments:?}: {said}");
        for foreign in [
            "os error",
            "usize",
            "u64",
            "f64",
            "invalid digit",
            "invalid float",
            "invalid type",
            "..=",
            "empty string",
        ] {
            assert!(!said.contains(foreign), "{arguments:?}: {said}");
        }
        assert!(said.matches("no such file").count() + said.matches("Is a directory").count() <= 1, "{said}");
    }
}

#[test]
fn missing_folders_are_created_by_all_commands_that_write() {
    let folder = three_runs();
    let folder = folder.path();
    for (number, arguments) in [
        &["export", "last", "--format", "onnx", "-o"][..],
        &["evaluate", "last", "--logits"],
        &["inspect", "last", "--svg"],
        &["inspect", "last", "--html"],
        &["report", "last", "--html"],
        &["explain", "--svg"],
        &["man"],
        &["train", "-u", "4", "--steps", "1", "--out"],
        &["sweep", "-u", "4", "--steps", "1", "--seeds", "1", "--out"],
    ]
    .iter()
    .enumerate()
    {
        let path = format!("new{number}/in/here");
        at(folder, arguments).arg(&path).assert().success();
        assert!(folder.join(&path).exists(), "{arguments:?}");
    }
}

#[test]
fn predict_reads_the_pictures_of_a_folder_by_name() {
    let folder = three_runs();
    let folder = folder.path();
    at(folder, &["explain", "--png", "pictures/b.PNG", "--png-width", "200"]).assert().success();
    fs::copy(folder.join("pictures/b.PNG"), folder.join("pictures/a.png")).unwrap();
    fs::write(folder.join("pictures/notes.txt"), "no picture").unwrap();
    fs::create_dir(folder.join("pictures/inner.png")).unwrap();
    let output = at(folder, &["predict", "u160", "pictures", "--json"]).output().unwrap();
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let files: Vec<&str> = lines.iter().map(|line| line["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["pictures/a.png", "pictures/b.PNG"]);
    let refused = at(folder, &["predict", "u160", "runs"]).assert().code(1);
    refused.stderr(contains("runs holds no pictures: files that end in .png, .jpg or .jpeg"));
}

/// MNIST with other labels of the test images: data that is not inside the program.
fn other_data(folder: &Path) {
    copy(&mnist(), folder);
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0x27, 0x10];
    labels.extend((0..10_000).map(|index| (index % 10) as u8));
    fs::write(folder.join("t10k-labels-idx1-ubyte"), labels).unwrap();
}

#[test]
fn a_run_is_read_from_any_folder_and_its_data_with_data_dir_if_they_moved() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    fs::create_dir_all(&there).unwrap();
    other_data(&here.join("data"));
    let small = ["--steps", "2", "--folds", "100", "-q", "--data-dir", "data"];
    for units in ["4", "5"] {
        at(&here, &["train", "-u", units]).args(small).assert().success();
    }
    at(&here, &["sweep", "-u", "4", "--seeds", "2", "--shard", "1/2", "--out", "sweep"])
        .args(small)
        .assert()
        .success();
    let runs = fs::canonicalize(here.join("runs")).unwrap();
    let sweep = here.join("sweep");
    let resumed = ["sweep", "-q", "--out", sweep.to_str().unwrap()];
    for arguments in [
        &["evaluate", "u4", "--runs-dir", runs.to_str().unwrap()][..],
        &["inspect", "u4", "--runs-dir", runs.to_str().unwrap()],
        &["inspect", "--rows", "u4", "--runs-dir", runs.to_str().unwrap()],
        &["compare", "u4", "u5", "--runs-dir", runs.to_str().unwrap()],
        &resumed,
    ] {
        let moved = at(&there, arguments).assert().code(1);
        moved.stderr(contains(
            "the folder data where it was does not exist: --data-dir names the folder where it is now",
        ));
        at(&there, arguments).args(["--data-dir", "../here/data"]).assert().success();
    }
    let status = at(&there, &["sweep", "status", sweep.to_str().unwrap()]).assert().success();
    status.stdout(contains("2 finished"));
    let wrong = at(&there, &resumed).arg("--data-dir").arg(mnist()).assert().code(1);
    wrong.stderr(contains("give the original data with --data-dir"));
}

#[test]
fn a_second_sweep_has_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = |options: &[&str]| {
        let mut command = at(folder.path(), &["sweep", "--seeds", "1", "--jobs", "1", "--folds", "100"]);
        command.args(options).assert().success()
    };
    sweep(&["-u", "3", "--steps", "1"]).stderr(contains("sweeps/default: 0 of 1 trial finished"));
    let second = sweep(&["-u", "4", "--steps", "2"]);
    second.stderr(contains("sweeps/default holds another sweep: this one is in sweeps/default-2"));
    sweep(&["-u", "3", "--steps", "1"]).stderr(contains("sweeps/default: 1 of 1 trial finished"));
    sweep(&["-u", "4", "--steps", "2"]).stderr(contains("sweeps/default-2: 1 of 1 trial finished"));
    assert_eq!(fs::read_dir(folder.path().join("sweeps")).unwrap().count(), 2);
}

#[test]
fn a_name_that_promises_another_format_is_refused_with_the_loaders() {
    let folder = three_runs();
    let folder = folder.path();
    for (format, file, name) in [
        ("keras", "out.keras", "out.safetensors"),
        ("keras", "out.h5", "out.safetensors"),
        ("safetensors", "out.pt", "out.safetensors"),
        ("safetensors", "out.onnx", "out.safetensors"),
        ("onnx", "out.safetensors", "out.onnx"),
    ] {
        let refused = at(folder, &["export", "last", "--format", format, "-o", file]).assert().code(2);
        refused.stderr(
            contains(format!("name it {name}"))
                .and(contains("safetensors.numpy.load_file"))
                .and(contains("safetensors.torch.load_file"))
                .and(contains("onnxruntime.InferenceSession")),
        );
        assert!(!folder.join(file).exists());
    }
    for (format, file) in [("keras", "out.safetensors"), ("onnx", "out.ONNX"), ("keras", "weights")] {
        at(folder, &["export", "last", "--format", format, "-o", file]).assert().success();
        assert!(folder.join(file).exists());
    }
    at(folder, &["evaluate", "last", "--logits", "a.npz"])
        .assert()
        .code(2)
        .stderr(contains("name it a.safetensors"));
}
