//! Folds: which images a run or a trial holds out, what it stores of them, and that folds and the last images never mix.

use super::support::{folder_files, mnist, only_run, quick_train, rowlstm};
use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::config::ConfigFile;
use rowlstm::data::{Dataset, Split};
use rowlstm::run::RunFolder;
use rowlstm::statistics::TrialReader;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A command with settings that are done in a second, and options of its own. 100 folds have 600 images each.
fn quick(command: &str, options: &[&str]) -> Command {
    let mut quick = rowlstm();
    quick.arg(command).args(["--batch-size", "20", "--train-limit", "300", "-q", "-j", "1"]).args(options);
    quick
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Holds the stored predictions of validation images to the labels of the images and to the result. Returns their number.
fn check_predictions(run: &Path) -> usize {
    let config = ConfigFile::read(&run.join("settings.toml")).unwrap().config;
    let data = Dataset::load(&mnist()).unwrap();
    let held_out = Split::of(&config, data.train.len()).validation;
    let predicted = fs::read(run.join("validation-predictions.bin")).unwrap();
    let right = held_out.iter().zip(&predicted).filter(|(index, class)| data.train.label(**index) == **class);
    let (right, result) = (right.count(), json(&run.join("result.json")));
    assert_eq!(
        (held_out.len(), result["validation_total"].as_u64()),
        (predicted.len(), Some(predicted.len() as u64))
    );
    assert_eq!(result["validation_correct"], right);
    assert_eq!(result["validation_accuracy"], right as f64 / predicted.len() as f64);
    // The verdict's reader finds the same, image by image, or counted if there were no predictions.
    let read = |folder: &RunFolder| {
        let result = folder.result().unwrap().unwrap();
        TrialReader::new(&data.train).read(folder, &result).unwrap().held_out.unwrap()
    };
    let answers = read(&RunFolder::at(run));
    assert_eq!((answers.correct(), answers.images()), (right, predicted.len()));
    let counted = tempfile::tempdir().unwrap();
    fs::copy(run.join("result.json"), counted.path().join("result.json")).unwrap();
    let answers = read(&RunFolder::at(counted.path()));
    assert_eq!((answers.correct(), answers.images()), (right, predicted.len()));
    // Images of another part of the training set would fit a guess: a tenth.
    assert!(right as f64 > 0.2 * predicted.len() as f64, "{right} of {}", predicted.len());
    predicted.len()
}

#[test]
fn a_run_holds_out_its_fold_and_stores_its_predictions() {
    let runs = tempfile::tempdir().unwrap();
    let options = ["--num-units", "8", "--epochs", "8", "--fold", "3/100", "--runs-dir"];
    let train = |more: &[&str]| {
        let mut command = quick("train", &options);
        command.arg(runs.path()).args(more);
        command
    };
    train(&["-n"]).assert().success().stdout(contains("then 600 validation images per epoch"));
    train(&[]).assert().success();
    let run = only_run(runs.path());
    assert_eq!(check_predictions(&run), 600);
    let result = json(&run.join("result.json"));
    let setting = |key: &str| result["settings"][key].as_u64().unwrap();
    assert_eq!(["folds", "fold", "validation", "seed"].map(setting), [100, 3, 0, 1]);
    assert_eq!(result["train_images"], 300);

    // The stored settings are those of the run, and the run is read as any other.
    let mut again = rowlstm();
    again.args(["train", "--config"]).arg(run.join("settings.toml"));
    again.assert().success().stderr(contains("is finished"));
    let scored = rowlstm().args(["evaluate", "-j", "1"]).arg(&run).assert().success();
    scored.stderr(contains("bit-identical with the result that the run stored"));
    rowlstm()
        .arg("show")
        .arg(&run)
        .assert()
        .success()
        .stdout(contains("held out           fold 3 of 100, for validation").and(contains("fold 3,")));

    // --folds leaves the fold to the seed.
    let by_seed = ["--num-units", "8", "--epochs", "8", "--folds", "100", "--seed", "102", "-n"];
    quick("train", &by_seed).assert().success().stdout(contains("fold = 2\nfolds = 100\n"));
    let other =
        quick("train", &["--config", run.join("settings.toml").to_str().unwrap(), "--folds", "50", "-n"])
            .assert();
    other.success().stdout(contains("fold = 1\nfolds = 50\n"));
}

#[test]
fn the_last_images_have_stored_predictions_too_and_no_images_none() {
    let runs = tempfile::tempdir().unwrap();
    let out = runs.path().join("run");
    quick_train(runs.path()).args(["-q", "--out"]).arg(&out).assert().success();
    assert_eq!(check_predictions(&out), 200);
    let mut without = quick_train(runs.path());
    without.args(["-q", "--force", "--out"]).arg(&out);
    let options: Vec<_> = without.get_args().map(|word| word.to_owned()).collect();
    let options = options.into_iter().map(|word| if word == "200" { "0".into() } else { word });
    rowlstm().args(options).assert().success();
    // --force has removed the file of the run before.
    assert!(!out.join("validation-predictions.bin").exists());
}

#[test]
fn wrong_folds_are_answered_with_what_to_do() {
    let of = |arguments: &[&str], code: i32, message: &str| {
        rowlstm().args(arguments).arg("-n").assert().code(code).stderr(contains(message));
    };
    let written = "must be f/K with K from 2 to 100 and f from 1 to K, for example 3/12";
    for wrong in ["0/12", "13/12", "1/1", "3", "1/101"] {
        of(&["train", "--fold", wrong], 2, written);
    }
    of(&["train", "--folds", "1"], 2, "--folds 1: must be 0 (no folds) or 2 to 100");
    of(&["train", "--fold", "3/12", "--folds", "12"], 2, "cannot be used with");
    let beside =
        "--validation 500: must be left out with folds = 12: the validation images are those of the fold";
    of(&["train", "--fold", "3/12", "--validation", "500"], 2, beside);
    let stopping =
        "early-stopping = 2: must be 0 with folds = 12: the images that are held out choose nothing";
    of(
        &["train", "--fold", "3/12", "--early-stopping", "2"],
        2,
        &format!("--{}", stopping.replacen(" = ", " ", 1)),
    );
    // A new sweep has folds.
    of(&["sweep", "--early-stopping", "2"], 2, stopping);
    of(&["sweep", "--validation", "500"], 2, "validation = 500: must be left out with folds = 12");
    of(&["sweep", "--validation", "0"], 2, "folds = 0 (--folds 0) keeps the last images aside instead");
    of(&["sweep", "-u", "3", "--folds", "5", "--folds", "10"], 1, "folds must be one number");
    of(&["sweep", "-u", "3", "--fold", "1/12"], 2, "unexpected argument '--fold'");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    fs::write(&file, "folds = 12\nfold = 13\n").unwrap();
    of(
        &["train", "--config", file.to_str().unwrap()],
        1,
        "line 2: fold = 13: must be 1 to 12 with folds = 12",
    );
    fs::write(&file, "[grid]\nfold = 3\n").unwrap();
    of(&["sweep", "--config", file.to_str().unwrap()], 1, "fold cannot be in a grid: the seed decides");
}

/// Seed and fold, folds and validation images of each trial, by unit count and seed.
fn trials(out: &Path) -> BTreeMap<(u64, u64), [u64; 3]> {
    let runs = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let of = |run: std::path::PathBuf| {
        let result = json(&run.join("result.json"));
        let settings = &result["settings"];
        let key = ["num-units", "seed"].map(|key| settings[key].as_u64().unwrap());
        let of = [&settings["fold"], &settings["folds"], &result["validation_total"]];
        ((key[0], key[1]), of.map(|value| value.as_u64().unwrap()))
    };
    runs.filter(|path| path.join("result.json").exists()).map(of).collect()
}

#[test]
fn each_seed_of_a_sweep_holds_out_its_fold_and_is_a_run_of_train() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let sweep = |options: &[&str]| {
        let mut command = quick("sweep", options);
        command.arg("--out").arg(&out);
        command.assert()
    };
    let small = ["--num-units", "3,5", "--epochs", "8"];
    sweep(&[&small[..], &["--seeds", "2,101", "--folds", "100"]].concat())
        .success()
        .stdout(contains("100 folds").and(contains("validation 0").not()));
    let expected = |seeds: &[(u64, u64)]| -> BTreeMap<(u64, u64), [u64; 3]> {
        [3, 5]
            .iter()
            .flat_map(|units| seeds.iter().map(|(seed, fold)| ((*units, *seed), [*fold, 100, 600])))
            .collect()
    };
    assert_eq!(trials(&out), expected(&[(2, 2), (101, 1)]));
    // Without --folds a larger grid keeps the sweep's.
    sweep(&[&small[..], &["--seeds", "2,3"]].concat()).success();
    assert_eq!(trials(&out), expected(&[(2, 2), (3, 3), (101, 1)]));
    sweep(&[&small[..], &["--seeds", "2", "--folds", "12"]].concat())
        .code(1)
        .stderr(contains("folds = 12, not 100"));
    let mut resume = rowlstm();
    resume
        .args(["sweep", "--folds", "12", "--out"])
        .arg(&out)
        .assert()
        .code(1)
        .stderr(contains("folds = 12, not 100"));
    assert_eq!(trials(&out).len(), 6);

    let alone = folder.path().join("run");
    let options = ["--num-units", "5", "--epochs", "8", "--seed", "101", "--fold", "1/100", "--out"];
    quick("train", &options).arg(&alone).assert().success();
    let identity = |run: &Path| json(&run.join("result.json"))["identity"].clone();
    let trial = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let trial = trial.filter(|path| path.is_dir()).find(|path| identity(path) == identity(&alone)).unwrap();
    let (one, other) = (folder_files(&trial), folder_files(&alone));
    for name in ["model.safetensors", "predictions.bin", "validation-predictions.bin"] {
        assert!(one[name] == other[name], "{name}");
    }
    check_predictions(&trial);
    // Runs that differ in seed and fold are averaged.
    let report = rowlstm().args(["report", "--json"]).arg(&out).assert().success();
    let report: Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    assert_eq!(report["settings"][1]["validation"]["values"].as_array().unwrap().len(), 3);
    assert_eq!(report["apart"], serde_json::json!([]));
}

#[test]
fn a_new_sweep_has_twelve_folds() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let mut sweep = quick("sweep", &["--num-units", "3", "--steps", "2", "--seeds", "13,13", "--out"]);
    sweep.arg(&out).assert().success();
    assert_eq!(trials(&out), [((3, 13), [1, 12, 5000])].into());
}

#[test]
fn a_sweep_from_before_folds_goes_on_with_the_last_images() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    fs::create_dir(&out).unwrap();
    // As version 0.1.0 wrote it.
    let data = "e9914cff2ade526da2ab1ac60c072f9173cc53e35b9411692de8207cb1b9009d";
    let grid = r#"{"batch-size": [20], "num-units": [3], "steps": [2], "train-limit": [300]}"#;
    let text = format!(
        r#"{{"format": 1, "version": "0.1.0", "data_checksum": "{data}", "plans": [{{"grid": {grid}, "seeds": [1]}}]}}"#
    );
    fs::write(out.join("sweep.json"), &text).unwrap();
    let sweep = |options: &[&str]| {
        let mut command = rowlstm();
        command.args(["sweep", "-q", "-j", "1", "--out"]).arg(&out).args(options);
        command.assert()
    };
    sweep(&[]).success();
    assert_eq!(trials(&out), [((3, 1), [0, 0, 5000])].into());
    let same = ["--batch-size", "20", "--num-units", "3", "--steps", "2", "--train-limit", "300", "--seeds"];
    sweep(&[&same[..], &["1"]].concat()).success();
    assert_eq!(json(&out.join("sweep.json"))["plans"].as_array().unwrap().len(), 1, "it is the same plan");
    sweep(&[&same[..], &["2"]].concat()).success();
    let both = [((3, 1), [0, 0, 5000]), ((3, 2), [0, 0, 5000])].into();
    assert_eq!(trials(&out), both);
    for refused in [&[&same[..], &["3", "--folds", "12"]].concat()[..], &["--folds", "12"]] {
        sweep(refused).code(1).stderr(contains("holds a sweep with other settings (folds = 12, not 0)"));
    }
    sweep(&["--folds", "0"]).success();
    assert_eq!(trials(&out), both);
}

#[test]
fn the_tasks_on_a_cluster_get_the_folds_and_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let script = |options: &[&str]| {
        let mut command = rowlstm();
        command.current_dir(folder.path()).args([
            "sweep",
            "--slurm",
            "--no-submit",
            "--tasks",
            "1",
            "--out",
            "sweep",
        ]);
        command.args(options).assert().success();
        fs::read_to_string(folder.path().join("sweep/slurm/sweep.sh")).unwrap()
    };
    let here = folder.path().canonicalize().unwrap();
    let data = |name: &str| format!(" --folds 20 --data-dir '{}' --shard ", here.join(name).display());
    copy_data(&folder.path().join("fashion"));
    let text = script(&["--num-units", "3", "--seeds", "1", "--folds", "20", "--data-dir", "fashion"]);
    assert!(text.contains(&data("fashion")), "{text}");
    fs::rename(folder.path().join("fashion"), folder.path().join("moved")).unwrap();
    let text = script(&["--data-dir", "moved"]);
    assert!(text.contains(&data("moved")), "{text}");
    let text = script(&[]);
    assert!(text.contains(" --folds 20 --shard "), "{text}");
}

fn copy_data(to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(mnist()).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
