//! Tables, comparisons and reports as people see them: what stands last, what fits 80 columns, what is compared with what.

use super::support::{mnist, only_run, quick_train, rowlstm};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::path::Path;

/// What a successful command prints.
fn printed(command: &mut assert_cmd::Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// `rowlstm train` of a few training steps, with more arguments.
fn train(runs: &Path, arguments: &[&str]) -> String {
    printed(quick_train(runs).args(["-q", "--steps", "3"]).args(arguments))
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('|')).collect()
}

fn assert_narrow(text: &str) {
    let wide: Vec<&str> = rows(text).into_iter().filter(|row| row.chars().count() > 80).collect();
    assert!(wide.is_empty(), "wider than 80 columns:\n{}", wide.join("\n"));
}

/// Lines that a text takes in a terminal of 80 columns.
fn lines_of_80(text: &str) -> usize {
    text.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum()
}

/// The run whose name begins so.
fn run_of(runs: &Path, start: &str) -> String {
    let names =
        std::fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.into_iter().find(|name| name.starts_with(start)).unwrap()
}

#[test]
fn after_a_training_the_accuracy_is_last_below_the_runs_of_its_protocol() {
    let runs = tempfile::tempdir().unwrap();
    train(runs.path(), &["--num-units", "4", "--label-smoothing", "0.1"]);
    train(runs.path(), &["--num-units", "5"]);
    let text = train(runs.path(), &["--num-units", "6"]);
    let lines: Vec<&str> = text.lines().collect();
    let [.., table_end, others, accuracy] = lines.as_slice() else { panic!("{text}") };
    assert!(accuracy.starts_with("Test accuracy ") && accuracy.len() <= 80, "{text}");
    let compare = format!("1 run of other protocols: rowlstm compare {}", runs.path().display());
    assert_eq!(*others, compare, "{text}");
    assert_eq!(*table_end, "* this run, seed 1", "{text}");
    for name in ["u5-l1-s1-", "u6-l1-s1-"] {
        assert!(text.contains(&run_of(runs.path(), name)), "{name} can be typed: {text}");
    }
    assert!(rows(&text).iter().all(|row| !row.contains("u4-l1")), "another protocol: {text}");
    assert_narrow(&text);
    // The line on stderr before it, and the prompt.
    assert!(lines_of_80(&text) + 2 <= 24, "{text}");
}

#[test]
fn of_many_networks_the_newest_fit_a_terminal_and_the_current_run_is_among_them() {
    let runs = tempfile::tempdir().unwrap();
    for units in 2..=14 {
        train(runs.path(), &["--num-units", &units.to_string()]);
    }
    let text = train(runs.path(), &["--num-units", "1"]);
    assert!(text.contains("Newest 12 of 14 networks, 3 training steps, "), "{text}");
    assert!(lines_of_80(&text) + 2 <= 24, "{text}");
    let units: Vec<&str> = rows(&text)[2..].iter().map(|row| row.split('|').nth(2).unwrap().trim()).collect();
    assert_eq!(units, ["1", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"]);
    assert!(rows(&text)[2].starts_with("| * |"), "{text}");
}

#[test]
fn runs_with_layers_and_several_seeds_fit_80_columns_too() {
    let runs = tempfile::tempdir().unwrap();
    for seed in ["1", "2", "3", "4", "5"] {
        train(runs.path(), &["--num-units", "3", "--seed", seed]);
    }
    let text = train(runs.path(), &["--num-units", "3", "--num-layers", "2"]);
    assert_narrow(&text);
    assert!(text.contains("and 2 more"), "three of five names are shown: {text}");
    let all = printed(rowlstm().arg("compare").arg(runs.path()));
    assert_narrow(&all);
    assert_eq!(rows(&all).len(), 2 + 6, "every run has a line: {all}");
}

#[test]
fn two_runs_of_different_protocols_are_described_before_they_are_compared() {
    let runs = tempfile::tempdir().unwrap();
    train(runs.path(), &["--num-units", "3", "--train-limit", "300"]);
    train(runs.path(), &["--num-units", "5", "--train-limit", "0"]);
    let named = |start: &str| runs.path().join(run_of(runs.path(), start));
    let compare = || {
        let mut command = rowlstm();
        command.arg("compare").args([named("u3"), named("u5")]).args(["--images", "0"]);
        command
    };
    let text = printed(&mut compare());
    assert_narrow(&text);
    for part in [
        "| units | seed | epochs | images |",
        " |     3 |    1 |      1 |    300 | ",
        " |     5 |    1 |      1 |  59800 | ",
        "The second run also differs in: all images, not 300 images.",
        "different protocols: a difference may come from the units, the other settings that differ",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.find("also differs") < text.find("McNemar"), "{text}");
    let json: Value = serde_json::from_str(&printed(compare().arg("--json"))).unwrap();
    assert_eq!(json["runs"][0]["name"], run_of(runs.path(), "u3"));
    assert_eq!(json["runs"][1]["train_images"], 59_800);
    assert_eq!(json["differences"], serde_json::json!(["all images, not 300 images"]));
}

#[test]
fn two_runs_of_one_protocol_differ_in_nothing_else() {
    let runs = tempfile::tempdir().unwrap();
    train(runs.path(), &["--num-units", "3"]);
    train(runs.path(), &["--num-units", "5"]);
    let named = |start: &str| runs.path().join(run_of(runs.path(), start));
    let text = printed(rowlstm().arg("compare").args([named("u3"), named("u5")]).args(["--images", "0"]));
    assert!(!text.contains("also differs") && !text.contains("protocol"), "{text}");
}

#[test]
fn a_report_chooses_within_the_protocol_with_most_runs_or_the_one_asked_for() {
    let runs = tempfile::tempdir().unwrap();
    for units in ["3", "5"] {
        train(runs.path(), &["--num-units", units]);
    }
    train(runs.path(), &["--num-units", "9", "--batch-size", "40", "--train-limit", "0"]);
    let report = |arguments: &[&str]| {
        let mut command = rowlstm();
        command.arg("report").arg(runs.path()).args(arguments);
        command
    };
    let text = printed(&mut report(&[]));
    let nine = run_of(runs.path(), "u9");
    assert!(text.contains(&format!("- batch-size 40, not 50; all images, not 600 images: {nine}")), "{text}");
    assert!(text.contains("| 3 units |") && !text.contains("| 9 units |"), "{text}");
    report(&[]).assert().stderr(contains("left out 1 run of other protocols"));
    let text = printed(&mut report(&["--where", "batch-size=40"]));
    assert!(
        text.contains("| 9 units |") && !text.contains("| 3 units |") && !text.contains("Not averaged"),
        "{text}"
    );
    let missing = report(&["--where", "batch-size=41"]).assert().code(1);
    missing.stderr(contains("--where batch-size=41: no run in ").and(contains("batch-size is 40, 50")));
    report(&["--where", "nope=1"]).assert().code(2).stderr(contains("there is no setting nope"));
    report(&["--where", "epochs"]).assert().code(2).stderr(contains("must be SETTING=VALUE"));
}

#[test]
fn a_grid_has_labels_of_what_varies_and_a_page_that_is_whole_without_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let (out, page) = (folder.path().join("grid"), folder.path().join("grid.html"));
    let mut sweep = rowlstm();
    sweep.args([
        "sweep",
        "-q",
        "--num-units",
        "2,3",
        "--num-layers",
        "1,2",
        "--learning-rate",
        "0.001,0.01,0.1",
    ]);
    sweep.args(["--steps", "2", "--batch-size", "20", "--train-limit", "100", "--folds", "100"]);
    sweep.args(["--seeds", "1", "-j", "2", "--data-dir"]).arg(mnist()).arg("--out").arg(&out);
    assert_narrow(&printed(&mut sweep));
    let text = printed(rowlstm().arg("report").arg(&out).arg("--html").arg(&page));
    assert_narrow(&text);
    assert!(text.contains("Effect of each setting") && text.contains("| learning-rate | 0.001: "), "{text}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("script-src 'sha256-") && page.matches("<script").count() == 1);
    let whole = page.split_once("</script>").unwrap().1;
    for layers in ["1 layer", "2 layers"] {
        for rate in ["0.001", "0.01", "0.1"] {
            let row = format!("<th scope=\"row\">3 units, {layers}, learning-rate {rate}</th>");
            // Among the settings and among the runs; one setting is marked as chosen.
            assert!(whole.matches(&row).count() >= 1, "{row}");
            assert!(
                whole.contains(&format!(">{layers}, learning-rate {rate}</text>")),
                "a whole name in a chart"
            );
        }
    }
    for chart in [
        "factor-effects",
        "all-settings",
        "learning-curves",
        "accuracy-by-parameters",
        "accuracy-by-bytes",
        "accuracy-by-multiply-adds",
        "accuracy-by-milliseconds",
        "accuracy-by-seconds",
    ] {
        assert!(whole.contains(&format!("id=\"{chart}\"")), "{chart}");
    }
}

#[test]
fn a_result_has_its_size_its_work_and_its_time_and_a_trial_no_memory_of_its_sweep() {
    let runs = tempfile::tempdir().unwrap();
    train(runs.path(), &["--num-units", "4"]);
    let result = |run: &Path| -> Value {
        serde_json::from_slice(&std::fs::read(run.join("result.json")).unwrap()).unwrap()
    };
    let own = result(&only_run(runs.path()));
    // 4U(28 + U + 1) weights and biases of the layer, 10(U + 1) of the head, 4 bytes each.
    assert_eq!(own["model_bytes"], 4 * (16 * 33 + 50));
    // 28 timesteps of 4U(28 + U), and the head's 10U.
    assert_eq!(own["multiply_adds"], 28 * 16 * 32 + 40);
    assert!(own["inference_ms_per_image"].as_f64().unwrap() > 0.0 && own["peak_memory_bytes"].is_u64());

    let out = runs.path().join("sweep");
    let mut sweep = rowlstm();
    sweep.args([
        "sweep",
        "-q",
        "--num-units",
        "2,64",
        "--steps",
        "2",
        "--batch-size",
        "20",
        "--train-limit",
        "100",
    ]);
    sweep
        .args(["--seeds", "1", "-j", "1", "--data-dir"])
        .arg(mnist())
        .arg("--out")
        .arg(&out)
        .assert()
        .success();
    for start in ["u2", "u64"] {
        assert_eq!(result(&out.join(run_of(&out, start)))["peak_memory_bytes"], Value::Null, "{start}");
    }
}

#[test]
fn bench_fits_80_columns_and_explains_its_peak_below_the_table() {
    let mut bench = rowlstm();
    bench.args(["bench", "--num-units", "3,128", "--steps", "2", "-j", "1", "--data-dir"]).arg(mnist());
    let text = printed(&mut bench);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("of peak: GFLOP/s of a training step as a percentage of "), "{text}");
    assert!(text.contains("Above\n100 % is possible: products with pixels of 0 are counted"), "{text}");
    let measured: Value = serde_json::from_str(printed(bench.arg("--json")).lines().next().unwrap()).unwrap();
    assert_eq!(
        (&measured["model_bytes"], &measured["multiply_adds"]),
        (&(4 * 424).into(), &(28 * 372 + 30).into())
    );
    let product = measured["inference_ms_per_image"].as_f64().unwrap()
        * measured["inference_images_per_second"].as_f64().unwrap();
    assert!((product - 1000.0).abs() < 1e-6, "rounding of f64: {product}");
}
