//! Bad input: one clear error on stderr, exit code 1, no panic, nothing half-written.

#[cfg(target_os = "linux")]
use super::support::SmallDisk;
use super::support::{mnist, quick_train, rowlstm};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

/// A folder with links to the real data, of which one file is replaced.
fn data_with(name: &str, content: Option<&[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(mnist()).unwrap().map(Result::unwrap) {
        if entry.file_name() != format!("{name}.gz").as_str() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    if let Some(content) = content {
        fs::write(folder.path().join(format!("{name}.gz")), content).unwrap();
    }
    folder
}

fn train_on(data: &Path) -> (assert_cmd::assert::Assert, tempfile::TempDir) {
    let runs = tempfile::tempdir().unwrap();
    let mut command = rowlstm();
    command.args(["train", "--num-units", "4", "--data-dir"]).arg(data).arg("--runs-dir").arg(runs.path());
    let result = command.assert().code(1).stdout("").stderr(contains("panicked").not());
    assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 0, "no half-written run");
    (result, runs)
}

#[test]
fn a_missing_folder_or_file_is_named() {
    train_on(Path::new("no/such/folder")).0.stderr(contains("no/such/folder"));
    let data = data_with("t10k-labels-idx1-ubyte", None);
    train_on(data.path()).0.stderr(contains("t10k-labels-idx1-ubyte"));
}

#[test]
fn damaged_files_are_named_with_what_is_wrong() {
    let labels = "train-labels-idx1-ubyte";
    let whole = fs::read(mnist().join(format!("{labels}.gz"))).unwrap();
    let images = fs::read(mnist().join("train-images-idx3-ubyte.gz")).unwrap();
    for (content, message) in [
        (&whole[..whole.len() / 2], "is the file complete?"),
        (&b""[..], "empty"),
        (&b"neither gzip nor IDX"[..], "IDX"),
        (&images[..], "0x00000803"),
    ] {
        let data = data_with(labels, Some(content));
        train_on(data.path()).0.stderr(contains(message).and(contains(labels)));
    }
}

#[test]
fn a_folder_of_other_things_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "work of years").unwrap();
    let refused = quick_train(folder.path()).arg("--out").arg(folder.path()).assert().code(1);
    refused.stderr(contains("holds files but no run"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let forced = quick_train(folder.path()).arg("--force").arg("--out").arg(folder.path()).assert().code(1);
    forced.stderr(contains("holds files but no run"));
}

#[test]
fn evaluating_what_is_no_finished_run_says_so() {
    let folder = tempfile::tempdir().unwrap();
    rowlstm().arg("evaluate").arg(folder.path()).assert().code(1).stderr(contains("is not a run's folder"));
    rowlstm().args(["evaluate", "no/such/run"]).assert().code(1).stderr(contains("no/such/run"));
}

#[test]
fn a_run_folder_that_cannot_be_made_is_named() {
    let runs = tempfile::tempdir().unwrap();
    let blocked = runs.path().join("file");
    fs::write(&blocked, "").unwrap();
    let failed = quick_train(runs.path()).arg("--out").arg(blocked.join("run")).assert().code(1);
    failed.stderr(contains("cannot create the folder"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_the_run_goes_on_when_there_is_space() {
    let Some(disk) = SmallDisk::mount(800) else {
        println!("not tested: mounting a small disk needs root");
        return;
    };
    let train = || {
        let mut command = quick_train(disk.path());
        command.args(["--num-units", "64", "--epochs", "6"]);
        command
    };
    let full = train().assert().code(1).stderr(contains("panicked").not());
    full.stderr(contains("No space left").and(contains("free some space and run the command again")));
    disk.grow();
    train().assert().success().stderr(contains("resuming "));
}
