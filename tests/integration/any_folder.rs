//! The program in a folder that holds nothing: MNIST and the configs are inside it.

use super::support::{mnist, only_run, quick_train, rowlstm};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// A command in `folder`.
fn at(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = rowlstm();
    command.current_dir(folder).args(arguments);
    command
}

/// 10 training steps of a small network.
const SMALL: [&str; 7] = ["--num-units", "4", "--steps", "10", "--validation", "200", "-q"];

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn without_a_data_folder_mnist_comes_from_inside_the_program_and_gives_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    at(folder.path(), &["train", "--seed", "3"]).args(SMALL).assert().success();
    let run = only_run(&folder.path().join("runs"));
    let other = folder.path().join("other");
    let mut from_files = at(folder.path(), &["train", "--seed", "3", "--runs-dir", "other", "--data-dir"]);
    from_files.arg(mnist()).args(SMALL).assert().success();
    let of_files = only_run(&other);
    assert_eq!(run.file_name(), of_files.file_name(), "one identity");
    assert_eq!(json(&run.join("run.json")), json(&of_files.join("run.json")));
    for file in ["model.safetensors", "predictions.bin"] {
        assert!(fs::read(run.join(file)).unwrap() == fs::read(of_files.join(file)).unwrap(), "{file}");
    }
    let help = rowlstm().args(["train", "--help"]).assert().success();
    help.stdout(contains("MNIST from inside"));
}

/// Runs as they were stored before MNIST was inside the program, in a folder without data/mnist.
fn old_runs(folder: &Path) -> Vec<String> {
    for seed in ["1", "2"] {
        let mut command = quick_train(&folder.join("runs"));
        command.args(["-q", "--seed", seed]).assert().success();
    }
    let runs = fs::read_dir(folder.join("runs")).unwrap().map(|entry| entry.unwrap().path());
    runs.map(|run| {
        for file in ["settings.toml", "result.json"] {
            let text = fs::read_to_string(run.join(file)).unwrap();
            let old = text.replace(mnist().to_str().unwrap(), "data/mnist");
            assert!(old.contains("data/mnist") && old != text, "{file}");
            fs::write(run.join(file), old).unwrap();
        }
        format!("runs/{}", run.file_name().unwrap().to_str().unwrap())
    })
    .collect()
}

#[test]
fn an_old_run_is_read_where_its_data_folder_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let runs = old_runs(folder.path());
    let [one, other] = [runs[0].as_str(), runs[1].as_str()];
    let succeeds = |arguments: &[&str]| at(folder.path(), arguments).assert().success();
    succeeds(&["evaluate", one]).stdout(contains("of 10000 images"));
    succeeds(&["compare", one, other]);
    succeeds(&["inspect", one]);
    succeeds(&["inspect", "--rows", "runs"]);
    succeeds(&["report", "runs", "--html", "report.html"]).stderr(contains("warning").not());
    // Without its result the run is unfinished.
    fs::remove_file(folder.path().join(one).join("result.json")).unwrap();
    succeeds(&["train", "--resume", one, "-q"]);
    // A folder that is typed is read, and refused.
    for arguments in [&["evaluate", other][..], &["train", "--resume", one, "-q"]] {
        let typed = at(folder.path(), arguments).args(["--data-dir", "data/mnist"]).assert().code(1);
        typed.stderr(contains("there is no data folder data/mnist: --data-dir names a folder"));
    }
}

#[test]
fn a_sweep_goes_on_where_its_data_folder_does_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let mut sweep = at(folder.path(), &["sweep", "--num-units", "2,3", "--steps", "3", "--seeds", "1", "-q"]);
    sweep.args(["--out", "sweep", "--shard", "1/2", "--jobs", "1", "--data-dir"]).arg(mnist());
    sweep.assert().success();
    let plan = folder.path().join("sweep/sweep.json");
    let old = fs::read_to_string(&plan).unwrap().replace(mnist().to_str().unwrap(), "data/mnist");
    assert!(old.contains("data/mnist"));
    fs::write(&plan, old).unwrap();
    at(folder.path(), &["sweep", "--out", "sweep", "--jobs", "1", "-q"]).assert().success();
    let status = at(folder.path(), &["sweep", "status", "sweep"]).assert().success();
    status.stdout(contains("2 finished"));
}

#[test]
fn configs_are_inside_the_program_and_a_file_of_the_same_name_wins() {
    let folder = tempfile::tempdir().unwrap();
    let dry_run = |command: &str, config: &str| {
        at(folder.path(), &[command, "--config", config, "--dry-run"]).assert().success()
    };
    for name in ["published/tgjeon", "published/tgjeon.toml", "configs/published/tgjeon.toml"] {
        dry_run("train", name).stdout(contains("num-units = 30\n"));
    }
    fs::create_dir(folder.path().join("published")).unwrap();
    fs::write(folder.path().join("published/tgjeon.toml"), "num-units = 3").unwrap();
    dry_run("train", "published/tgjeon.toml").stdout(contains("num-units = 3\n"));
    // The folder that a sweep of the plan makes is not a file of its name.
    fs::create_dir_all(folder.path().join("sweeps/rows")).unwrap();
    dry_run("sweep", "sweeps/rows").stdout(contains("12 "));
}

#[test]
fn configs_are_listed_with_a_line_each_and_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let list = at(folder.path(), &["configs"]).assert().success();
    let list = String::from_utf8(list.get_output().stdout.clone()).unwrap();
    for words in
        ["  best ", "The most accurate network", "  published/tgjeon ", "07_lstm, tgjeon", "  sweeps/units "]
    {
        assert!(list.contains(words), "{words}: {list}");
    }
    let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/best.toml")).unwrap();
    at(folder.path(), &["configs", "show", "best"]).assert().success().stdout(file);
    for arguments in
        [&["configs", "show", "bset"][..], &["train", "--config", "bset"], &["sweep", "--config", "bset"]]
    {
        let unknown = at(folder.path(), arguments).assert().code(1);
        unknown.stderr(contains("there is no config bset").and(contains("`rowlstm configs` lists those")));
    }
}

/// `flex` is a cargo feature: a build without it refuses the name where it is typed, and reads a stored run of flex on
/// ndarray.
#[test]
fn a_backend_that_is_not_in_the_build_is_refused_and_a_stored_run_of_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let built_in = super::support::DEVICES.contains(&rowlstm::config::BackendName::Flex);
    at(folder.path(), &["train", "--seed", "3"]).args(SMALL).assert().success();
    let run = only_run(&folder.path().join("runs"));
    let settings = fs::read_to_string(run.join("settings.toml")).unwrap().replace("\"ndarray\"", "\"flex\"");
    fs::write(run.join("settings.toml"), settings).unwrap();
    let evaluated = at(folder.path(), &["evaluate"]).arg(&run).assert().success();
    let stderr = String::from_utf8_lossy(&evaluated.get_output().stderr).into_owned();
    assert!(stderr.contains("bit-identical with the result that the run stored"), "{stderr}");
    assert_eq!(stderr.contains("this build has no backend flex: ndarray computes"), !built_in, "{stderr}");
    for arguments in [
        &["train", "--dry-run", "--num-units", "2"][..],
        &["sweep", "--dry-run", "--num-units", "2", "--seeds", "1"],
        &["bench", "--steps", "1", "--num-units", "2"],
        &["evaluate", run.to_str().unwrap()],
    ] {
        let typed = at(folder.path(), arguments).args(["--backend", "flex"]).assert();
        if built_in {
            typed.success();
        } else {
            typed.code(2).stderr(contains("build one with `cargo build --release --features flex`"));
        }
    }
}
