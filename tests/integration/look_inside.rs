//! `rowlstm inspect` on a trained network and real images.

use super::support::{DEVICES, mnist, quick_train, rowlstm, trained};
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::data::{Dataset, SIDE};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn json(output: &[u8]) -> Value {
    serde_json::from_slice(output).expect("one JSON value on stdout and nothing else")
}

fn inspect(arguments: &[&str]) -> assert_cmd::assert::Assert {
    rowlstm().arg("inspect").arg(trained()).args(arguments).assert()
}

/// How often a text occurs.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// The cells that the paths of a class at a place cover, as (row, column).
fn cells(svg: &str, class: &str, place: &str) -> Vec<(usize, usize)> {
    let start = format!("<path class=\"{class}\"");
    let mut cells = Vec::new();
    for line in svg.lines().filter(|line| line.starts_with(&start) && line.contains(place)) {
        for run in line.split(" d=\"").nth(1).unwrap().split('"').next().unwrap().split('M').skip(1) {
            let (at, rest) = run.split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = rest.split('v').next().unwrap().parse().unwrap();
            cells.extend((x..x + length).map(|x| (y, x)));
        }
    }
    cells.sort_unstable();
    cells
}

#[test]
fn the_answer_after_the_last_row_is_that_of_the_test_and_backends_agree() {
    let stored = fs::read(trained().join("predictions.bin")).unwrap();
    for image in [0, 8, 9999] {
        let number = image.to_string();
        let output = inspect(&["--image", &number, "--json"]).success();
        let found = json(&output.get_output().stdout);
        assert_eq!(found["digit"], stored[image]);
        let rows = found["probabilities_after"].as_array().unwrap();
        assert!(rows.len() == SIDE && rows.iter().all(|row| row.as_array().unwrap().len() == 10));
        assert_eq!(found["digit_after"].as_array().unwrap().len(), SIDE);
        for &backend in DEVICES {
            let other = inspect(&["--image", &number, "--json", "--backend", &backend.to_string()]).success();
            assert_eq!(json(&other.get_output().stdout), found, "{backend}: the same numbers to the bit");
        }
    }
}

#[test]
fn without_a_file_the_digit_and_the_answer_after_each_row_are_printed() {
    let output = inspect(&["--image", "1", "--ascii"]).success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("settled after row ") && text.contains("\ntest image 1 ") && text.contains("\na 2 "),
        "{text}"
    );
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(lines[0].contains("row") && lines[0].contains("reads") && lines[0].contains("9 %"), "{text}");
    assert_eq!(lines.len(), 2 + SIDE, "{text}");
    let image = Dataset::load(&mnist()).unwrap().test.image(1).to_vec();
    let inked = |row: usize| image[2 * row * SIDE..][..2 * SIDE].iter().any(|pixel| *pixel > 0);
    for (row, line) in text.lines().skip(2).take(14).enumerate() {
        // The answers and the units stand beside the digit.
        let digit: String = line.chars().take(SIDE).collect();
        assert_eq!(!digit.trim().is_empty(), inked(row), "line {row}:\n{text}");
    }
}

#[test]
fn the_drawing_has_a_cell_for_each_unit_and_row_and_names_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/inside.svg");
    let shown = "hidden,cell,input,forget,output,candidate";
    inspect(&["--image", "4", "--layer", "1", "--show", shown, "--svg", file.to_str().unwrap()])
        .success()
        .stderr(contains("wrote "));
    let svg = fs::read_to_string(&file).unwrap();
    for words in [
        "<title id=\"inside-title\">Inside ",
        "layer 1 of 2, while it reads test image 4, a 4",
        "<desc id=\"inside-desc\">",
        "What it reads",
        "Hidden state h",
        "Cell state c",
        "Input gate i",
        "Forget gate f",
        "Output gate o",
        "Candidate g",
        ">Probability<",
        "8 units, layer 1 of 2",
        "A column is a unit, equally wide everywhere",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    assert_eq!(count(&svg, ">What it reads</text>"), 6, "one image a band");
    // Gates are never near 0 everywhere: each is drawn in cells of 8 units and 28 rows, none outside.
    let bands: Vec<&str> = svg.lines().filter(|line| line.starts_with("<path class=\"f2\"")).collect();
    assert!(!bands.is_empty());
    for place in (0..6).map(|band| format!("translate(158 {})", 76 + 164 * band)) {
        let classes = ["f0", "f1", "f2"];
        let drawn: Vec<(usize, usize)> =
            classes.iter().flat_map(|class| cells(&svg, class, &place)).collect();
        assert!(drawn.iter().all(|(row, unit)| *row < SIDE && *unit < 8), "{place}");
        let units: std::collections::BTreeSet<usize> = drawn.iter().map(|cell| cell.1).collect();
        assert!(units.len() >= 6, "{place}: units {units:?} are seen");
    }
    // The image is the test image: ink from 1/14 on, which is the least that has a shade.
    let image = Dataset::load(&mnist()).unwrap().test.image(4).to_vec();
    let expected: Vec<(usize, usize)> = (0..784)
        .filter(|at| (f32::from(image[*at]) / 255.0 * 7.0).round() > 0.0)
        .map(|at| (at / SIDE, at % SIDE))
        .collect();
    assert_eq!(cells(&svg, "ink", "translate(34 76)"), expected);
    assert!(is_closed(&svg), "tags are balanced");
}

/// Whether every element is closed, by counting: the drawing nests nothing but the elements of its head.
fn is_closed(svg: &str) -> bool {
    ["svg", "title", "desc", "style", "text"].iter().all(|tag| {
        count(svg, &format!("<{tag} ")) + count(svg, &format!("<{tag}>")) == count(svg, &format!("</{tag}>"))
    })
}

#[test]
fn the_page_needs_nothing_beside_it_and_holds_every_probability() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inside.html");
    inspect(&["--html", file.to_str().unwrap()]).success();
    let page = fs::read_to_string(&file).unwrap();
    for words in ["<script", "<link", "<img", "@import", "url(", "src=", " href="] {
        assert!(!page.contains(words), "{words}");
    }
    assert_eq!(count(&page, "<tr>"), 1 + SIDE);
    assert_eq!(count(&page, "<td>"), SIDE * 11);
    assert!(page.contains("prefers-color-scheme:dark") && page.contains("rowlstm inspect u8-l2-s7-"));
    assert!(!page.contains(trained().to_str().unwrap()), "a page names no folders of this machine");
}

#[test]
fn a_picture_is_inspected_as_predict_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("<seven>.png");
    let image = Dataset::load(&mnist()).unwrap().test.image(0).to_vec();
    let encoder = png::Encoder::new(fs::File::create(&file).unwrap(), 28, 28);
    encoder.write_header().unwrap().write_image_data(&image).unwrap();
    let svg = folder.path().join("seven.svg");
    let output =
        inspect(&["--json", "--svg", svg.to_str().unwrap(), "--file", file.to_str().unwrap()]).success();
    let found = json(&output.get_output().stdout);
    let known = json(&inspect(&["--json", "--image", "0"]).success().get_output().stdout);
    assert_eq!(found["probabilities_after"], known["probabilities_after"]);
    assert_eq!((&found["label"], &known["label"]), (&Value::Null, &Value::from(7)));
    let svg = fs::read_to_string(&svg).unwrap();
    assert!(svg.contains("&lt;seven&gt;.png") && !svg.contains("<seven>"));
}

#[test]
fn accuracy_by_rows_ends_in_the_accuracy_of_the_test_and_grows() {
    let folder = tempfile::tempdir().unwrap();
    let runs = tempfile::tempdir().unwrap();
    // One more network, which reads an image in 7 pieces of 4 rows.
    quick_train(runs.path()).args(["--timesteps", "7", "-q"]).assert().success();
    let other = super::support::only_run(runs.path());
    let file = |name: &str| folder.path().join(name);
    let mut command = rowlstm();
    command.arg("inspect").args([trained(), &other]).arg("--rows");
    let output = command.arg("--json").arg("--svg").arg(file("rows.svg")).assert().success();
    let found = json(&output.get_output().stdout);
    for (entry, run) in found.as_array().unwrap().iter().zip([trained(), &other as &Path]) {
        let result = json(&fs::read(run.join("result.json")).unwrap());
        let correct = entry["correct_after"].as_array().unwrap();
        let steps = result["timesteps"].as_u64().unwrap() as usize;
        assert_eq!((correct.len(), entry["test_total"].as_u64()), (steps, Some(10_000)));
        assert_eq!(correct.last(), Some(&result["test_correct"]), "what the run stored, exactly");
        assert_eq!(entry["accuracy_after"][steps - 1], result["test_accuracy"]);
        assert_eq!(entry["rows_after"][0], 28.0 / steps as f64);
        // After the first rows there is nothing but paper to see.
        assert!(correct[0].as_u64() < correct[steps - 1].as_u64());
        for field in entry.as_object().unwrap().keys() {
            let documented = fs::read_to_string("docs/look-inside.md").unwrap();
            assert!(
                documented.contains(&format!("`{field}`")),
                "docs/look-inside.md does not describe {field}"
            );
        }
    }
    let svg = fs::read_to_string(file("rows.svg")).unwrap();
    // A point for each answer.
    assert_eq!((count(&svg, "<circle class=\"f0 s0\""), count(&svg, "<path class=\"f1 s1\"")), (7, 28));
    assert!(svg.contains("Rows of the image read") && svg.contains("1 layer"));

    let text = rowlstm()
        .arg("inspect")
        .args([trained(), &other])
        .args(["--rows", "--html"])
        .arg(file("r.html"))
        .assert();
    let text = String::from_utf8(text.success().get_output().stdout.clone()).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with('|')).count(), 2 + SIDE, "{text}");
    assert!(text.contains("Within one point of the accuracy in the end: 1 layer, timesteps 7"), "{text}");
    assert_eq!(count(&fs::read_to_string(file("r.html")).unwrap(), "<tr>"), 1 + SIDE);
}

#[test]
fn wide_networks_are_drawn_in_several_lines() {
    let runs = tempfile::tempdir().unwrap();
    let steps = ["--num-units", "300", "--steps", "2", "--timesteps", "112", "-q"];
    quick_train(runs.path()).args(steps).assert().success();
    let file = runs.path().join("wide.svg");
    let mut command = rowlstm();
    command.arg("inspect").arg(super::support::only_run(runs.path())).arg("--svg").arg(&file);
    let shown = "hidden,cell,input,forget,output,candidate";
    let output = command.args(["--show", shown]).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(text.contains("timestep"), "{text}");
    let svg = fs::read_to_string(&file).unwrap();
    assert!(svg.contains(">257 to 300</text>"), "five lines of at most 64 units");
    // Six bands of 112 x 300 cells, each at most 20 bytes.
    assert!(svg.len() < 6 * 112 * 300 * 20, "{} bytes", svg.len());
    let gates = cells(&svg, "f2", "translate(158 ");
    assert!(!gates.is_empty() && gates.iter().all(|(step, column)| *step < 112 && *column < 64));
}

#[test]
fn what_cannot_be_is_said() {
    inspect(&["--image", "10000"]).code(2).stderr(contains("the test images are counted from 0 to 9999"));
    inspect(&["--layer", "3"]).code(2).stderr(contains("has layers 1 to 2"));
    inspect(&["--show", "soul"]).code(2).stderr(contains("candidate"));
    inspect(&["--rows", "--image", "3"]).code(2).stderr(contains("cannot be used with"));
    inspect(&["--file", "no/such.png"]).code(1).stderr(contains("cannot read no/such.png"));
    let empty = tempfile::tempdir().unwrap();
    rowlstm()
        .arg("inspect")
        .arg(empty.path())
        .assert()
        .code(1)
        .stderr(contains("is not a run's folder").and(contains("panicked").not()));
}

#[test]
fn a_folder_of_runs_stands_for_the_finished_runs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    quick_train(&runs).args(["--epochs", "1", "-q"]).assert().success();
    quick_train(&runs).args(["--epochs", "1", "-q", "--rows", "7"]).assert().success();
    fs::write(runs.join("notes.txt"), "not a run").unwrap();
    let output = rowlstm().arg("inspect").arg(&runs).args(["--rows", "--json"]).assert().success();
    let found = json(&output.get_output().stdout);
    let mut views: Vec<Value> = found.as_array().unwrap().iter().map(|run| run["view"].clone()).collect();
    views.sort_by_key(Value::to_string);
    assert_eq!(views, [serde_json::json!(["the middle 7 rows"]), serde_json::json!([])]);
    let text = rowlstm().arg("inspect").arg(&runs).arg("--rows").assert().success();
    text.stdout(contains("| rows 7 "));
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let refused = rowlstm().arg("inspect").arg(&empty).arg("--rows").assert().code(1);
    refused.stderr(contains("is not a run and contains no finished run"));
}

#[test]
fn files_are_written_though_stdout_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inside.svg");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("rowlstm"))
        .arg("inspect")
        .arg(trained())
        .arg("--svg")
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait().unwrap();
    assert!(file.exists());
}

#[test]
fn options_of_the_drawing_without_a_drawing_are_refused() {
    for options in [["--show", "cell"], ["--order", "stored"], ["--layer", "1"]] {
        inspect(&options).code(2).stderr(contains("say with --html, --svg or --png where to"));
    }
}
