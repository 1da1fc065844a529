//! `rowlstm predict` and `inspect --file` say when a picture is unlike any digit, and reads a digit in uneven light.

use super::support::{mnist, quick_train, rowlstm, trained};
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::data::{Dataset, Images, SIDE};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static TEST: LazyLock<Images> = LazyLock::new(|| Dataset::load(&mnist()).unwrap().test);

/// A grey picture: its width and its bytes.
type Picture = (usize, Vec<u8>);

fn write_png(path: &Path, (width, bytes): &Picture) {
    let (wide, high) = (*width as u32, (bytes.len() / width) as u32);
    let encoder = png::Encoder::new(fs::File::create(path).unwrap(), wide, high);
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
}

/// What `predict --json` answers to the pictures, in their order.
fn answers(run: &Path, pictures: &[Picture]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> =
        (0..pictures.len()).map(|index| folder.path().join(format!("{index}.png"))).collect();
    files.iter().zip(pictures).for_each(|(file, picture)| write_png(file, picture));
    let output = rowlstm().arg("predict").arg(run).arg("--json").args(&files).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), pictures.len());
    lines
}

fn doubted(pictures: &[Picture]) -> usize {
    answers(trained(), pictures).iter().filter(|answer| answer["unlike_a_digit"].is_string()).count()
}

/// Dark on white: what is within `breadth` of a line between two points, in parts of the picture's side of 140 pixels.
fn strokes(breadth: f64, lines: &[[f64; 4]]) -> Picture {
    let side = 140;
    let inked = |at: usize| {
        let (x, y) = ((at % side) as f64 / side as f64, (at / side) as f64 / side as f64);
        lines.iter().any(|[left, top, right, bottom]| {
            let (across, down) = (right - left, bottom - top);
            let along = ((x - left) * across + (y - top) * down) / (across * across + down * down);
            let along = along.clamp(0.0, 1.0);
            (x - left - along * across).hypot(y - top - along * down) < breadth
        })
    };
    (side, (0..side * side).map(|at| if inked(at) { 30 } else { 240 }).collect())
}

/// A, E, F, H, K, M, N, T, W, X as lines from left, top to right, bottom.
const LETTERS: [(&str, &[[f64; 4]]); 10] = [
    ("A", &[[0.2, 0.8, 0.5, 0.2], [0.5, 0.2, 0.8, 0.8], [0.33, 0.58, 0.67, 0.58]]),
    ("E", &[[0.3, 0.2, 0.3, 0.8], [0.3, 0.2, 0.7, 0.2], [0.3, 0.5, 0.65, 0.5], [0.3, 0.8, 0.7, 0.8]]),
    ("F", &[[0.3, 0.2, 0.3, 0.8], [0.3, 0.2, 0.7, 0.2], [0.3, 0.5, 0.65, 0.5]]),
    ("H", &[[0.3, 0.2, 0.3, 0.8], [0.7, 0.2, 0.7, 0.8], [0.3, 0.5, 0.7, 0.5]]),
    ("K", &[[0.3, 0.2, 0.3, 0.8], [0.3, 0.5, 0.7, 0.2], [0.3, 0.5, 0.7, 0.8]]),
    ("M", &[[0.2, 0.8, 0.2, 0.2], [0.2, 0.2, 0.5, 0.6], [0.5, 0.6, 0.8, 0.2], [0.8, 0.2, 0.8, 0.8]]),
    ("N", &[[0.3, 0.8, 0.3, 0.2], [0.3, 0.2, 0.7, 0.8], [0.7, 0.8, 0.7, 0.2]]),
    ("T", &[[0.2, 0.2, 0.8, 0.2], [0.5, 0.2, 0.5, 0.8]]),
    ("W", &[[0.1, 0.2, 0.3, 0.8], [0.3, 0.8, 0.5, 0.3], [0.5, 0.3, 0.7, 0.8], [0.7, 0.8, 0.9, 0.2]]),
    ("X", &[[0.25, 0.2, 0.75, 0.8], [0.75, 0.2, 0.25, 0.8]]),
];

#[test]
fn letters_blobs_and_pairs_of_digits_are_doubted_and_test_digits_are_not() {
    let letters: Vec<Picture> = LETTERS.iter().map(|(_, lines)| strokes(0.04, lines)).collect();
    assert!(2 * doubted(&letters) >= letters.len(), "{} of {} letters", doubted(&letters), letters.len());

    // Ellipses, turned: thick lines.
    let blob = |index: usize| {
        let (turn, length) = (index as f64 * 0.4, 0.02 * (index % 10) as f64);
        let (across, down) = (length * turn.cos(), length * turn.sin());
        strokes(0.12 + 0.002 * index as f64, &[[0.5 - across, 0.5 - down, 0.501 + across, 0.501 + down]])
    };
    let blobs: Vec<Picture> = (0..40).map(blob).collect();
    assert!(10 * doubted(&blobs) >= 9 * blobs.len(), "{} of {} blobs", doubted(&blobs), blobs.len());

    let pair = |index: usize| {
        let rows = TEST.image(index).chunks_exact(SIDE).zip(TEST.image(index + 1).chunks_exact(SIDE));
        // Without the outer and four of the inner columns of paper each, which brings them near each other.
        (48, rows.flat_map(|(left, right)| [&left[..24], &right[4..]].concat()).collect())
    };
    let pairs: Vec<Picture> = (0..80).step_by(2).map(pair).collect();
    assert!(10 * doubted(&pairs) >= 9 * pairs.len(), "{} of {} pairs", doubted(&pairs), pairs.len());

    // Every tenth, to save time; scripts/score_doubts counts all.
    let digits: Vec<Picture> =
        (0..TEST.len()).step_by(10).map(|index| (SIDE, TEST.image(index).to_vec())).collect();
    assert!(100 * doubted(&digits) <= digits.len(), "{} of {} test digits", doubted(&digits), digits.len());
}

#[test]
fn a_doubt_is_printed_with_its_reason_below_the_table_and_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_png(&path("digit.png"), &(SIDE, TEST.image(0).to_vec()));
    write_png(&path("letter.png"), &strokes(0.04, LETTERS[1].1));
    write_png(&path("blob.png"), &strokes(0.3, &[[0.49, 0.5, 0.51, 0.5]]));
    let mut command = rowlstm();
    command.current_dir(folder.path()).arg("predict").arg(fs::canonicalize(trained()).unwrap());
    command.args(["digit.png", "letter.png", "blob.png"]).assert().success().stdout(
        contains("\nletter.png is unlike any digit: its outline is ")
            .and(contains("\nblob.png is unlike any digit: it is a blob"))
            .and(contains("digit.png is unlike").not()),
    );
}

#[test]
fn inspect_doubts_a_picture_as_predict_does_in_text_json_and_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_png(&path("digit.png"), &(SIDE, TEST.image(0).to_vec()));
    write_png(&path("letter.png"), &strokes(0.04, LETTERS[1].1));
    let inspect = |options: &[&str]| {
        let mut command = rowlstm();
        command.current_dir(folder.path()).arg("inspect").arg(fs::canonicalize(trained()).unwrap());
        let output = command.args(options).assert().success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    let words = "letter.png is unlike any digit: its outline is ";
    let text = inspect(&["--file", "letter.png", "--html", "letter.html"]);
    assert!(text.lines().last().unwrap().starts_with(words), "{text}");
    let page = fs::read_to_string(path("letter.html")).unwrap();
    assert!(page.contains(words), "{page}");
    let text = inspect(&["--file", "digit.png", "--html", "digit.html"]);
    assert!(!text.contains("unlike") && !fs::read_to_string(path("digit.html")).unwrap().contains("unlike"));

    let pictures = [strokes(0.04, LETTERS[1].1), (SIDE, TEST.image(0).to_vec())];
    let predicted = answers(trained(), &pictures);
    for (file, expected) in ["letter.png", "digit.png"].iter().zip(&predicted) {
        let found: Value = serde_json::from_str(&inspect(&["--json", "--file", file])).unwrap();
        ["unlike_a_digit", "distance", "solid"]
            .iter()
            .for_each(|field| assert_eq!(found[field], expected[field]));
    }
    // A test image is a digit: nothing is judged.
    let known: Value = serde_json::from_str(&inspect(&["--json", "--image", "0"])).unwrap();
    assert_eq!(
        (known.get("distance"), known.get("unlike_a_digit")),
        (Some(&Value::Null), Some(&Value::Null))
    );
}

#[test]
fn the_doubt_does_not_depend_on_the_network_and_is_not_made_of_a_network_of_other_data() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = [strokes(0.04, LETTERS[1].1), (SIDE, TEST.image(0).to_vec())];
    let runs = folder.path().join("runs");
    quick_train(&runs).arg("-q").assert().success();
    let other = answers(&super::support::only_run(&runs), &pictures);
    let fields = ["unlike_a_digit", "distance", "solid"];
    for (found, expected) in other.iter().zip(answers(trained(), &pictures)) {
        fields.iter().for_each(|field| assert_eq!(found[field], expected[field]));
        assert!(found["distance"].is_number() && found["solid"].is_number());
    }
    assert!(other[0]["unlike_a_digit"].is_string() && other[1]["unlike_a_digit"].is_null());

    // MNIST with another last label is other data.
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    for entry in fs::read_dir(mnist()).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), data.join(entry.file_name())).unwrap();
    }
    let labels = data.join("t10k-labels-idx1-ubyte");
    let mut bytes = [&[0, 0, 8, 1, 0, 0, 0x27, 0x10][..], TEST.labels()].concat();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(labels, bytes).unwrap();
    let runs = folder.path().join("runs of other data");
    let mut train = quick_train(&runs);
    train.args(["-q", "--data-dir"]).arg(&data).assert().success();
    for answer in answers(&super::support::only_run(&runs), &pictures) {
        fields.iter().for_each(|field| assert_eq!(answer.get(field), Some(&Value::Null), "{field}"));
        assert!(answer["digit"].is_number());
    }
}

/// The fraction of full light at a place of a picture, x and y from 0 to 1.
type Light = dyn Fn(f64, f64) -> f64;

/// Test image `index`, dark on light, in this light.
fn lit(index: usize, light: &Light) -> Picture {
    let (side, paper, factor) = (280, 40, 7);
    let image = TEST.image(index);
    let shade = |at: usize| {
        let (x, y) = (at % side, at / side);
        let pixel = |at: usize| at.checked_sub(paper).map(|at| at / factor).filter(|at| *at < SIDE);
        let ink = pixel(x).zip(pixel(y)).map_or(0, |(x, y)| image[y * SIDE + x]);
        // Ink reflects a fifth of the light that paper reflects.
        let reflected = 235.0 - 0.8 * 235.0 * f64::from(ink) / 255.0;
        let noise = (x * 7919 + y * 104_729) % 5;
        let place = |at: usize| at as f64 / side as f64;
        (reflected * light(place(x), place(y)) + noise as f64) as u8
    };
    (side, (0..side * side).map(shade).collect())
}

#[test]
fn a_digit_on_unevenly_lit_paper_is_read_as_in_even_light() {
    let lights: [(&str, &Light); 6] = [
        ("even", &|_, _| 1.0),
        ("45 % less at the right", &|x, _| 1.0 - 0.45 * x),
        ("70 % less at the right", &|x, _| 1.0 - 0.7 * x),
        ("60 % less at the upper left", &|x, y| 0.4 + 0.3 * (x + y)),
        ("a lamp above", &|x, y| 1.0 - 0.5 * ((x - 0.5).powi(2) + (y + 0.2).powi(2)) / 1.7),
        ("darker corners", &|x, y| 1.0 - 0.9 * ((x - 0.5).powi(2) + (y - 0.5).powi(2))),
    ];
    // The first of each digit but 0 that the network of the tests reads; index 18 is the first 3.
    let digits = [2, 1, 18, 4, 8, 11, 0, 61, 7];
    let by_light: Vec<Vec<Value>> =
        lights.iter().map(|(_, light)| answers(trained(), &digits.map(|index| lit(index, light)))).collect();
    for ((name, _), found) in lights.iter().zip(&by_light) {
        for (answer, even) in found.iter().zip(&by_light[0]) {
            assert_eq!(answer["digit"], even["digit"], "{name}");
            assert!(answer["unlike_a_digit"].is_null(), "{name}: {answer}");
        }
    }
}
