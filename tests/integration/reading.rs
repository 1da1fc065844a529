//! What a run reads of its images: `--rows`, `--permute` and the timesteps that go with them.

use super::support::{
    DEVICES, folder_files, mnist, only_run, quick_train, rowlstm, small_config, small_data,
};
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::config::TrainConfig;
use rowlstm::data::{Batch, Dataset, Images, PIXELS, Reading};
use rowlstm::run::{RunFolder, RunInfo};
use rowlstm::training::{Session, Silent};
use std::sync::atomic::AtomicBool;

/// The bits of a run on this data: its weights and its predictions of the test images.
fn bits(config: &TrainConfig, data: &Dataset) -> [Vec<u8>; 2] {
    let path = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::at(path.path());
    folder.claim().unwrap();
    folder.begin(config, &RunInfo::new(config, &data.checksum)).unwrap();
    let session = Session::new(config, data, &folder, None).unwrap();
    session.run(&mut Silent, &AtomicBool::new(false)).unwrap();
    let files = folder_files(path.path());
    ["model.safetensors", "predictions.bin"].map(|name| files[name].clone())
}

/// [`small_data`] with every image changed.
fn changed(change: impl Fn(&[u8]) -> Vec<u8>) -> Dataset {
    let all = |images: &Images| {
        let pixels = (0..images.len()).flat_map(|index| change(images.image(index))).collect();
        Images::new(pixels, images.labels().to_vec()).unwrap()
    };
    let data = small_data();
    Dataset { train: all(&data.train), test: all(&data.test), ..data.clone() }
}

/// [`small_data`] with nothing but the middle `rows` left.
fn only_middle(rows: usize) -> Dataset {
    let first = (28 - rows) / 2;
    changed(|image| {
        let keep = |index: usize| (first..first + rows).contains(&(index / 28));
        image.iter().enumerate().map(|(index, pixel)| if keep(index) { *pixel } else { 0 }).collect()
    })
}

/// For each pixel that is read, its number in the image: read from two images that have the number written on each pixel,
/// its higher and its lower byte.
fn order(config: &TrainConfig) -> Vec<usize> {
    let number = |image: usize, pixel: usize| if image == 0 { pixel / 256 } else { pixel % 256 };
    let pixels = (0..2 * PIXELS).map(|index| number(index / PIXELS, index % PIXELS) as u8).collect();
    let mut batch = Batch::default();
    batch.fill(&Images::new(pixels, vec![0, 0]).unwrap(), &[0, 1]);
    Reading::new(config).apply(&mut batch);
    let byte = |value: &f32| (value * 255.0).round() as usize;
    let (high, low) = batch.pixels.split_at(batch.pixels.len() / 2);
    high.iter().zip(low).map(|(high, low)| 256 * byte(high) + byte(low)).collect()
}

#[test]
fn training_validation_and_test_read_the_middle_rows_alone() {
    for &backend in DEVICES {
        let config = TrainConfig { rows: 7, timesteps: 7, backend, ..small_config() };
        assert!(bits(&config, small_data()) == bits(&config, &only_middle(7)), "{backend}");
        assert!(bits(&config, small_data()) != bits(&config, &only_middle(5)), "{backend}: of the 7 all are");
    }
}

#[test]
fn training_validation_and_test_read_pixels_in_one_permuted_order() {
    for &backend in DEVICES {
        let plain = TrainConfig { early_stopping: 5, backend, ..small_config() };
        let permuted = TrainConfig { permute: 6, ..plain.clone() };
        let order = order(&permuted);
        let by_hand = changed(|image| order.iter().map(|&pixel| image[pixel]).collect());
        assert!(bits(&permuted, small_data()) == bits(&plain, &by_hand), "{backend}");
        assert!(bits(&permuted, small_data()) != bits(&plain, small_data()), "{backend}");
    }
}

#[test]
fn images_are_augmented_before_rows_are_cut_out() {
    let plain = TrainConfig { rows: 7, timesteps: 7, ..small_config() };
    let shifted = TrainConfig { augment: "shift:3".parse().unwrap(), ..plain };
    assert!(bits(&shifted, small_data()) != bits(&shifted, &only_middle(7)), "a shift brings other rows in");
}

#[test]
fn the_order_of_pixels_depends_on_the_seed_of_permute_alone() {
    let base = TrainConfig { permute: 6, ..small_config() };
    let of_rows = TrainConfig { rows: 14, timesteps: 14, ..base.clone() };
    for config in [&base, &of_rows] {
        let found = order(config);
        let other_run = TrainConfig { seed: 9, num_units: 3, ..config.clone() };
        assert_eq!(found, order(&other_run));
        assert_ne!(found, order(&TrainConfig { permute: 7, ..config.clone() }));
        let mut sorted = found.clone();
        sorted.sort_unstable();
        assert!(sorted == order(&TrainConfig { permute: 0, ..config.clone() }), "every pixel is read once");
    }
}

#[test]
fn evaluate_reads_images_as_the_run_did() {
    for backend in DEVICES.iter().map(ToString::to_string) {
        for view in [&["--rows", "14", "--permute", "5"][..], &["--permute", "5"], &["--rows", "9"]] {
            let runs = tempfile::tempdir().unwrap();
            quick_train(runs.path()).args(["-q", "--backend", &backend]).args(view).assert().success();
            let evaluated = rowlstm().arg("evaluate").arg(only_run(runs.path())).assert().success();
            evaluated.stderr(contains("bit-identical with the result that the run stored"));
        }
    }
}

#[test]
fn timesteps_follow_rows_unless_they_are_given() {
    let dry_run = || {
        let mut command = rowlstm();
        command.args(["train", "--dry-run", "--num-units", "2", "--data-dir"]).arg(mnist());
        command
    };
    dry_run().args(["--rows", "14", "--permute", "3"]).assert().success().stdout(
        contains("timesteps = 14\n").and(contains(
            "[128, 784] -> the middle 14 rows -> pixels permuted with seed 3 -> [128, 14, 28]",
        )),
    );
    let refused = dry_run().args(["--rows", "14", "--timesteps", "28"]).assert().code(2);
    refused
        .stderr(contains("--timesteps 28: must be 14 with rows = 14").and(contains("leave timesteps out")));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "rows = 21\n").unwrap();
    let with_file = |options: &[&str]| dry_run().arg("--config").arg(&file).args(options).assert();
    with_file(&[]).success().stdout(contains("timesteps = 21\n"));
    with_file(&["--rows", "7"]).success().stdout(contains("timesteps = 7\n"));
    std::fs::write(&file, "rows = 21\ntimesteps = 21\n").unwrap();
    with_file(&["--rows", "7"]).code(1).stderr(contains("settings.toml, line 2: timesteps = 21: must be 7"));
    with_file(&["--rows", "7", "--timesteps", "7"]).success();
}

#[test]
fn rows_and_seeds_that_there_are_not_are_wrong_usage() {
    for (option, value) in [("--rows", "0"), ("--rows", "29"), ("--permute", "9223372036854775808")] {
        let refused = rowlstm().args(["train", option, value]).assert().code(2);
        refused.stderr(contains(": must be "));
    }
    rowlstm().args(["train", "--rows=-1"]).assert().code(2);
}

#[test]
fn runs_on_other_rows_stand_apart_from_runs_made_before_there_were_rows() {
    let runs = tempfile::tempdir().unwrap();
    quick_train(runs.path()).arg("-q").assert().success();
    let result = only_run(runs.path()).join("result.json");
    let mut stored: serde_json::Value = serde_json::from_slice(&std::fs::read(&result).unwrap()).unwrap();
    let settings = stored["settings"].as_object_mut().unwrap();
    assert!(settings.remove("rows").is_some() && settings.remove("permute").is_some());
    std::fs::write(&result, stored.to_string()).unwrap();
    // One protocol with a run that names its 28 rows.
    let both = quick_train(runs.path()).args(["-q", "--seed", "2"]).assert().success();
    both.stdout(contains("| u8-l1-s1-").and(contains("| u8-l1-s2-")).and(contains("other protocols").not()));
    let report = rowlstm().arg("report").arg(runs.path()).assert().success();
    report.stdout(contains("rows").not());
    let other = quick_train(runs.path()).args(["-q", "--rows", "14"]).assert().success();
    other.stdout(
        contains("14 timesteps, the middle 14 rows, adam")
            .and(contains("\n2 runs of other protocols: rowlstm compare ")),
    );
    let compared = rowlstm().arg("compare").arg(runs.path()).assert().success();
    compared.stdout(contains("Another protocol than in the first table: rows 14, not 28\n"));
}
