//! `rowlstm explain` as people run it.

use super::support::rowlstm;
use predicates::prelude::*;
use predicates::str::{contains, is_empty};
use serde_json::Value;

#[test]
fn explain_needs_nothing_but_the_program() {
    let empty = tempfile::tempdir().unwrap();
    let explained = rowlstm().arg("explain").current_dir(empty.path()).assert().success().stderr(is_empty());
    explained.stdout(
        contains("4 × 128 × (28 + 128 + 1) = 80,384")
            .and(contains("PyTorch             80,896"))
            .and(contains("It is not the length of the input sequence.")),
    );
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn explain_prints_json_and_writes_the_picture_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("pictures/unrolled.svg");
    let pixels = folder.path().join("unrolled.png");
    let mut command = rowlstm();
    command.arg("explain").arg("--png").arg(&pixels).args(["--png-width", "960"]);
    command.args(["--json", "--num-units", "32", "--num-layers", "2", "--rows", "14", "--svg"]);
    let output = command.arg(&picture).assert().success().stderr(contains("wrote "));
    let value: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!((&value["timesteps"], &value["lstm_parameters"]), (&14.into(), &(7_808 + 8_320).into()));
    assert!(std::fs::read(pixels).unwrap().starts_with(b"\x89PNG"));
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("num_units = 32") && svg.contains("row 8</text>"));
}

#[test]
fn explain_refuses_what_train_refuses() {
    for options in
        [&["--num-units", "0"][..], &["--num-layers", "17"], &["--timesteps", "5"], &["--rows", "29"]]
    {
        rowlstm().arg("explain").args(options).assert().code(2).stderr(contains("must "));
    }
    let both = rowlstm().args(["explain", "--rows", "14", "--timesteps", "28"]).assert().code(2);
    both.stderr(contains("timesteps = 28: must be 14 with rows = 14"));
    let nowhere = rowlstm().args(["explain", "--svg", "/dev/null/x.svg"]).assert().code(1);
    nowhere.stderr(contains("/dev/null"));
}
