//! `--instructions`: AVX2 and AVX-512 give the same bits, alone and one after the other.

use super::run_folder::{cut, interrupted_with};
use super::support::{only_run, quick_train, rowlstm};
use lstm_kernel::Tier;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// Whether both can be compared here; says so if not.
fn has_both() -> bool {
    let has = Tier::Avx512.is_available();
    if !has {
        eprintln!("not tested: this processor has no AVX-512");
    }
    has
}

fn weights(run: &Path) -> Vec<u8> {
    fs::read(run.join("model.safetensors")).unwrap()
}

#[test]
fn both_tiers_train_the_same_network_to_the_bit() {
    if !has_both() {
        return;
    }
    for options in [
        &["--num-units", "20", "--epochs", "2"][..],
        &[
            "--num-units",
            "9",
            "--num-layers",
            "2",
            "--dropout",
            "0.1",
            "--augment",
            "affine",
            "--epochs",
            "1",
        ],
        &["--num-units", "33", "--optimizer", "rmsprop", "--schedule", "cosine", "--epochs", "1"],
    ] {
        let trained = ["avx2", "avx512"].map(|instructions| {
            let runs = tempfile::tempdir().unwrap();
            quick_train(runs.path())
                .args(options)
                .args(["--instructions", instructions, "-q"])
                .assert()
                .success();
            let run = only_run(runs.path());
            let result = fs::read_to_string(run.join("result.json")).unwrap();
            let result: serde_json::Value = serde_json::from_str(&result).unwrap();
            assert_eq!(result["instructions"], instructions);
            (
                weights(&run),
                result["train_loss"].clone(),
                result["test_loss"].clone(),
                result["identity"].clone(),
            )
        });
        assert!(trained[0] == trained[1], "{options:?}");
    }
}

#[test]
fn a_run_continues_on_another_processor_to_the_bit() {
    if !has_both() {
        return;
    }
    let [runs, whole] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let constant = ["--schedule", "constant"];
    let run = interrupted_with(runs.path(), &[&constant[..], &["--instructions", "avx512"]].concat());
    let done = fs::read_to_string(run.join("history.jsonl")).unwrap().lines().count();
    cut(&run, done + 2);
    let mut resumed = rowlstm();
    resumed.args(["train", "--instructions", "avx2", "--resume"]).arg(&run);
    resumed.assert().success().stderr(contains("resuming"));
    let epochs = (done + 2).to_string();
    quick_train(whole.path()).args(constant).args(["--epochs", &epochs, "-q"]).assert().success();
    assert!(weights(&run) == weights(&only_run(whole.path())));
}

#[test]
fn instructions_that_the_processor_lacks_and_plain_training_are_refused() {
    let train = |name: &str| rowlstm().args(["train", "--instructions", name]).assert();
    train("plain").failure().stderr(contains("auto, avx512, avx2"));
    if !Tier::Avx512.is_available() {
        train("avx512").failure().stderr(contains("this processor lacks them"));
    }
    let mut bench = rowlstm();
    bench.args(["bench", "-u", "4", "--steps", "2", "--instructions", "plain", "--json"]);
    bench.assert().success().stdout(contains("\"instructions\":\"plain\""));
}
