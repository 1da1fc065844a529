//! The views of one run and of several sizes side by side: `inspect`, `predict`, `show`, `explain`, and the chart of the images
//! that size decides.

use super::support::{quick_train, rowlstm, trained};
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::data::SIDE;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn json(output: &[u8]) -> Value {
    serde_json::from_slice(output).expect("one JSON value on stdout and nothing else")
}

fn text(command: &mut assert_cmd::Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// A folder with finished runs of 4 and of 70 units, trained once for all tests.
fn sizes() -> &'static Path {
    static RUNS: OnceLock<PathBuf> = OnceLock::new();
    RUNS.get_or_init(|| {
        let runs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sizes");
        let _ = fs::remove_dir_all(&runs);
        for units in ["4", "70"] {
            quick_train(&runs).args(["--num-units", units, "-q"]).assert().success();
        }
        runs
    })
}

fn with_sizes(command: &str) -> assert_cmd::Command {
    let mut program = rowlstm();
    program.args([command, "--runs-dir"]).arg(sizes());
    program
}

fn fits_80_columns(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line:?}", line.chars().count());
    }
}

#[test]
fn inspect_draws_several_sizes_on_one_scale() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let mut command = with_sizes("inspect");
    command.args(["u4", "u70", "--image", "8", "--svg"]).arg(file("a.svg"));
    command.arg("--png").arg(file("a.png")).arg("--html").arg(file("a.html"));
    let printed = text(&mut command);
    fits_80_columns(&printed);
    let svg = fs::read_to_string(file("a.svg")).unwrap();
    // A column is 3 wide in both; the 70 units are drawn in lines of 64 and 6.
    let widths: Vec<&str> = svg
        .lines()
        .filter_map(|line| line.strip_prefix("<path class=\"grid\" d=\"M158 "))
        .filter_map(|path| path.split('L').nth(1)?.split(' ').next())
        .collect();
    assert_eq!(widths, ["170", "350", "176"], "right edges of 4, 64 and 6 units from 158 on");
    assert!(svg.contains(">4 units</text>") && svg.contains(">70 units</text>"));
    assert!(fs::read(file("a.png")).unwrap().starts_with(b"\x89PNG"));
    let page = fs::read_to_string(file("a.html")).unwrap();
    // A table of each network.
    assert_eq!(page.matches("<table>").count(), 2);
    assert!(page.contains("rowlstm inspect u4 u70 --image 8"));
    // The terminal: both sizes in columns of their own, the last 6 units below.
    for words in ["4 units", "70 units", "units 65 to 70", "test image 8", "a 5", "settled after"] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

#[test]
fn a_network_is_settled_after_the_row_from_which_its_answer_no_longer_changes() {
    let found = text(with_sizes("inspect").args(["u4", "u70", "--image", "3", "--json"]));
    let found = json(found.as_bytes());
    for (one, units) in found.as_array().unwrap().iter().zip([4, 70]) {
        assert_eq!(one["num_units"], units);
        let answers = one["digit_after"].as_array().unwrap();
        let settled = one["settled_after"].as_u64().unwrap() as usize;
        assert!(answers[settled - 1..].iter().all(|answer| *answer == one["digit"]), "{one}");
        assert!(settled == 1 || answers[settled - 2] != one["digit"], "{one}");
        // One run is the same object.
        let alone = text(with_sizes("inspect").args([&format!("u{units}"), "--image", "3", "--json"]));
        assert_eq!(json(alone.as_bytes()), *one);
    }
}

#[test]
fn inspect_of_one_run_fits_80_columns_and_shows_the_units_beside_the_digit() {
    let printed = text(rowlstm().arg("inspect").arg(trained()).args(["--image", "0", "--ascii"]));
    fits_80_columns(&printed);
    assert!(printed.contains("8 units, layer 2 of 2") && printed.contains("settled after row"), "{printed}");
}

#[test]
fn inspect_says_which_run_has_no_such_layer_and_when_runs_have_no_image_in_common() {
    let drawing = tempfile::tempdir().unwrap().path().join("a.svg");
    let mut command = with_sizes("inspect");
    command.arg("u4").arg(trained()).args(["--layer", "2", "--svg"]).arg(drawing);
    command.assert().code(2).stderr(contains("--layer 2: u4-l1-s1-").and(contains("only layer 1")));
}

/// A test image as a picture.
fn picture(folder: &Path) -> PathBuf {
    let file = folder.join("one.png");
    let data = rowlstm::data::Dataset::load(&super::support::mnist()).unwrap();
    let encoder = png::Encoder::new(fs::File::create(&file).unwrap(), SIDE as u32, SIDE as u32);
    encoder.write_header().unwrap().write_image_data(data.test.image(2)).unwrap();
    file
}

#[test]
fn predict_shows_the_answers_of_several_runs_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let file = picture(folder.path());
    let table = text(with_sizes("predict").args(["u4", "u70"]).arg(&file).arg(&file));
    fits_80_columns(&table);
    assert_eq!(table.lines().count(), 5 + 1 + 5, "for each picture its name and a table: {table}");
    assert!(table.contains("settled after") && table.starts_with("one.png:\n"), "{table}");
    let drawn = text(with_sizes("predict").args(["u4", "u70", "--show"]).arg(&file));
    fits_80_columns(&drawn);
    assert!(drawn.contains("units 65 to 70") && drawn.contains('█'), "{drawn}");
    let lines = text(with_sizes("predict").args(["u4", "u70", "--json"]).arg(&file));
    let answers: Vec<Value> = lines.lines().map(|line| json(line.as_bytes())).collect();
    let found = text(with_sizes("inspect").args(["u4", "u70", "--json", "--file"]).arg(&file));
    let found = json(found.as_bytes());
    assert_eq!(answers.len(), 2);
    for (answer, found) in answers.iter().zip(found.as_array().unwrap()) {
        for field in ["network", "num_units", "digit", "settled_after"] {
            assert_eq!(answer[field], found[field], "{field}");
        }
        assert_eq!(answer["probabilities"], found["probabilities_after"][SIDE - 1]);
    }
    let of_folder = text(with_sizes("predict").args(["u4", "u70"]).arg(folder.path()));
    assert_eq!(
        of_folder.lines().count(),
        1 + 2 + 2,
        "the name of the one picture above the table: {of_folder}"
    );
    let nothing = with_sizes("predict").args(["u4", "u70"]).assert().code(2);
    nothing.stderr(contains("no pictures given: name the runs first, then PNG or JPEG files"));
}

#[test]
fn show_is_one_run_at_a_glance() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("run.html");
    let printed = text(with_sizes("show").arg("u70").arg("--html").arg(&page));
    fits_80_columns(&printed);
    let result = fs::read_dir(sizes()).unwrap().map(|run| run.unwrap().path());
    let run = result.into_iter().find(|run| run.to_string_lossy().contains("u70-")).unwrap();
    let stored = json(&fs::read(run.join("result.json")).unwrap());
    let bytes = fs::metadata(run.join("model.safetensors")).unwrap().len();
    // 28 timesteps of 4 × 70 × (28 + 70) products, and 70 × 10 of the head.
    let multiply_adds = 28 * 4 * 70 * (28 + 70) + 700;
    for words in [
        run.file_name().unwrap().to_str().unwrap(),
        "70 units, 1 layer, 28 timesteps of 28 values",
        "769,020 per image",
        " ms alone, ",
        "num-units 70",
        "Learning curve:",
        "epoch 2",
        "Test images by true digit (row) and predicted digit (column)",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert_eq!(multiply_adds, 769_020);
    // The first row of the matrix with its accuracy.
    let row = stored["confusion_matrix"][0].as_array().unwrap();
    let counts = row.iter().map(|count| if *count == 0 { ".".into() } else { count.to_string() });
    let accuracy = format!("{:.2}", 100.0 * stored["per_class_accuracy"][0].as_f64().unwrap());
    let expected: Vec<String> =
        ["0".into()].into_iter().chain(counts).chain([accuracy, "%".into()]).collect();
    let found = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert!(found.into_iter().any(|line| line == expected), "{expected:?}: {printed}");

    let found = text(with_sizes("show").args(["u70", "--json"]));
    let found = json(found.as_bytes());
    for (field, value) in stored.as_object().unwrap() {
        assert_eq!(found[field], *value, "{field}");
    }
    assert_eq!((&found["model_file_bytes"], &found["multiply_adds"]), (&bytes.into(), &multiply_adds.into()));
    assert_eq!(found["history"].as_array().unwrap().len(), 2);
    assert!(found["inference"]["alone"].as_f64().unwrap() > 0.0);

    let page = fs::read_to_string(page).unwrap();
    for words in
        ["id=\"learning-curves\"", "id=\"confusion-matrix\"", "Accuracy per digit", "rowlstm show u70-"]
    {
        assert!(page.contains(words), "{words}");
    }
    for words in ["<script", "<link", "<img", "@import", "url(", "src=", " href="] {
        assert!(!page.contains(words), "{words}");
    }
}

#[test]
fn show_needs_a_finished_run_and_does_without_images() {
    let run = trained().join("model.safetensors");
    let file = rowlstm().arg("show").arg(run).assert().code(2);
    file.stderr(contains("is a file of weights, not a run"));
    let missing = rowlstm().arg("show").arg(trained()).args(["--data-dir", "no/such"]).assert().success();
    missing
        .stdout(contains("inference time").not().and(contains("Learning curve")))
        .stderr(contains("the inference was not timed: ").and(contains("--data-dir")));
}

#[test]
fn explain_explains_the_network_of_a_run() {
    let printed = text(with_sizes("explain").arg("u70"));
    assert!(printed.starts_with("The network of u70-l1-s1-"), "{printed}");
    assert!(printed.contains("4 × 70 × (28 + 70 + 1) = 27,720"), "{printed}");
    // The run's batch size, not the default.
    assert!(printed.contains("Memory for a training step of 50 images"), "{printed}");
    let both = with_sizes("explain").args(["u70", "--num-units", "8"]).assert().code(2);
    both.stderr(contains("cannot be used with"));
}

#[test]
fn explain_sets_unit_counts_side_by_side() {
    let printed = text(rowlstm().args(["explain", "--num-units", "8,32,128"]));
    fits_80_columns(&printed);
    let cells = |name: &str| -> Vec<String> {
        let line = printed.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        line.trim_start()[name.len()..]
            .split("  ")
            .map(|cell| cell.trim().to_string())
            .filter(|cell| !cell.is_empty())
            .collect()
    };
    assert_eq!(cells("num_units"), ["8", "32", "128"]);
    assert_eq!(cells("recurrent weights"), ["[8, 32]", "[32, 128]", "[128, 512]"]);
    assert_eq!(cells("all parameters"), ["1,274", "8,138", "81,674"]);
    assert_eq!(cells("timesteps"), ["28", "28", "28"]);
    assert!(printed.contains("From 8 to 128 units, 16.0 times as many"), "{printed}");
    // More counts than fit side by side stand below.
    let many = text(rowlstm().args(["explain", "--num-units", "1,2,4,8,4096", "--num-layers", "16"]));
    fits_80_columns(&many);
    assert_eq!(
        many.matches("num_units").count(),
        2 + 2,
        "two tables, and what does not depend on it: {many}"
    );
    let doubled = text(rowlstm().args(["explain", "-u", "8..32"]));
    assert!(
        doubled.lines().any(|line| line.split_whitespace().eq(["num_units", "8", "16", "32"])),
        "{doubled}"
    );
    let array = json(text(rowlstm().args(["explain", "--num-units", "8,32", "--json"])).as_bytes());
    assert_eq!((&array[0]["num_units"], &array[1]["parameters"]), (&8.into(), &8138.into()));
    let drawing = rowlstm().args(["explain", "--num-units", "8,32", "--svg", "a.svg"]).assert().code(2);
    drawing.stderr(contains("name one unit count with --svg or --png"));
    rowlstm().args(["explain", "--num-units", "8,0"]).assert().code(2).stderr(contains("must "));
}

#[test]
fn the_report_shows_the_images_that_size_decides() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = rowlstm();
    command.arg("report").arg(sizes()).arg("--svg").arg(folder.path());
    text(&mut command);
    let svg = fs::read_to_string(folder.path().join("images-by-size.svg")).unwrap();
    // Counted from the stored predictions: what 4 units miss and 70 read.
    let data = rowlstm::data::Dataset::load(&super::support::mnist()).unwrap();
    let mut runs: Vec<PathBuf> = fs::read_dir(sizes()).unwrap().map(|run| run.unwrap().path()).collect();
    runs.sort();
    let [small, large] = [0, 1].map(|run| fs::read(runs[run].join("predictions.bin")).unwrap());
    let labels = data.test.labels();
    let decided =
        (0..labels.len()).filter(|at| small[*at] != labels[*at] && large[*at] == labels[*at]).count();
    let mut digits = decided.to_string();
    if digits.len() > 3 {
        digits.insert(digits.len() - 3, ',');
    }
    assert!(
        svg.contains(&format!("4 units miss and 70 units read {digits} images: {digits} from 70 units on.")),
        "{svg}"
    );
    assert!(svg.contains("Test images where size decides"));
}
