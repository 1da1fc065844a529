//! `rowlstm predict` on pictures of real digits, and on files that are none.

use super::support::{DEVICES, mnist, rowlstm, trained};
use predicates::prelude::*;
use predicates::str::contains;
use rowlstm::data::{Dataset, SIDE};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes a grey picture as PNG.
fn write_png(path: &Path, width: usize, bytes: &[u8]) {
    let (wide, high) = (width as u32, (bytes.len() / width) as u32);
    let encoder = png::Encoder::new(fs::File::create(path).unwrap(), wide, high);
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
}

fn enlarged(bytes: &[u8], factor: usize) -> Vec<u8> {
    let rows = bytes.chunks_exact(SIDE).flat_map(|row| std::iter::repeat_n(row, factor));
    rows.flatten().flat_map(|byte| std::iter::repeat_n(*byte, factor)).collect()
}

fn predictions(files: &[PathBuf], more: &[&str]) -> Vec<Value> {
    let output =
        rowlstm().arg("predict").arg(trained()).arg("--json").args(more).args(files).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_test_image_as_a_picture_gets_the_answer_that_it_got_in_the_test_whatever_its_size_and_polarity() {
    let folder = tempfile::tempdir().unwrap();
    let test = Dataset::load(&mnist()).unwrap().test;
    let stored = fs::read(trained().join("predictions.bin")).unwrap();
    let (mut files, mut expected) = (Vec::new(), Vec::new());
    for index in [0, 1, 2, 3, 4, 7, 61, 5000] {
        let image = test.image(index);
        let inverted: Vec<u8> = image.iter().map(|byte| 255 - byte).collect();
        for (name, width, bytes) in [
            ("as-it-is", SIDE, image.to_vec()),
            ("inverted", SIDE, inverted.clone()),
            ("large", 10 * SIDE, enlarged(image, 10)),
            ("large-inverted", 10 * SIDE, enlarged(&inverted, 10)),
        ] {
            let file = folder.path().join(format!("{index}-{name}.png"));
            write_png(&file, width, &bytes);
            files.push(file);
            expected.push(stored[index]);
        }
    }
    let answers = predictions(&files, &[]);
    for ((answer, file), expected) in answers.iter().zip(&files).zip(&expected) {
        assert_eq!(answer["file"], file.to_str().unwrap());
        assert_eq!(answer["digit"], *expected, "{}", file.display());
        let shares: Vec<f64> = serde_json::from_value(answer["probabilities"].clone()).unwrap();
        assert_eq!(shares.len(), 10);
        // Ten quotients of f64.
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    }
    assert_eq!(answers.len(), expected.len());
    for &backend in DEVICES {
        let found = predictions(&files, &["--backend", &backend.to_string(), "-j", "1"]);
        assert_eq!(found, answers, "{backend}: the same numbers to the bit");
    }
}

#[test]
fn predict_prints_a_table_and_draws_what_the_network_sees() {
    let folder = tempfile::tempdir().unwrap();
    let image = Dataset::load(&mnist()).unwrap().test.image(1).to_vec();
    let file = folder.path().join("two.png");
    write_png(&file, 4 * SIDE, &enlarged(&image, 4));
    let output =
        rowlstm().arg("predict").arg(trained()).arg(&file).args(["--show", "--ascii"]).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let drawn: Vec<&str> = text.lines().take(14).collect();
    // The image as `compare` draws it: ink where two pixels, one above the other, have any.
    for (row, line) in drawn.iter().enumerate() {
        for x in 0..SIDE {
            let inked = image[2 * row * SIDE + x] > 0 || image[(2 * row + 1) * SIDE + x] > 0;
            let character = line.chars().nth(x).unwrap_or(' ');
            assert_eq!(character != ' ', inked, "line {row}, column {x}:\n{text}");
        }
    }
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows[0].contains("file") && rows[0].contains("digit") && rows[0].contains("9 %"), "{text}");
    assert!(rows[2].contains("two.png"), "{text}");
    assert_eq!(rows.len(), 3);
}

#[test]
fn bad_files_are_named_and_the_others_are_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let image = Dataset::load(&mnist()).unwrap().test.image(3).to_vec();
    write_png(&path("good.png"), SIDE, &image);
    write_png(&path("blank.png"), 60, &[255; 3600]);
    fs::write(path("letter.png"), "a letter to a friend").unwrap();
    fs::write(path("cut.png"), &fs::read(path("good.png")).unwrap()[..150]).unwrap();
    let bad = ["blank.png", "letter.png", "cut.png", "missing.png"].map(path);

    let mut command = rowlstm();
    command.arg("predict").arg(trained()).args(&bad).arg(path("good.png"));
    command.assert().code(1).stdout(contains("good.png").and(contains("blank.png").not())).stderr(
        contains("blank.png shows no digit")
            .and(contains("letter.png is not a picture; only PNG and JPEG"))
            .and(contains("cut.png ends in the middle"))
            .and(contains("cannot read").and(contains("missing.png")))
            .and(contains("4 of 5 pictures could not be read")),
    );
    let output = command.arg("--json").assert().code(1);
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5, "one object a file, in the order given");
    assert!(lines[..4].iter().all(|line| line["error"].is_string() && line.get("digit").is_none()));
    assert!(lines[4]["digit"].is_number() && lines[4].get("error").is_none());
}

#[test]
fn without_a_run_the_network_inside_the_program_reads_pictures_also_in_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let test = Dataset::load(&mnist()).unwrap().test;
    fs::create_dir(folder.path().join("digits")).unwrap();
    for index in 0..20 {
        let bytes = enlarged(test.image(index), 2);
        write_png(&folder.path().join(format!("digits/{index:02}.png")), 2 * SIDE, &bytes);
    }
    let read = |arguments: &[&str]| -> Vec<Value> {
        let mut command = rowlstm();
        let output = command.current_dir(folder.path()).arg("predict").args(arguments).arg("--json");
        let text = String::from_utf8(output.assert().success().get_output().stdout.clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let answers = read(&["digits"]);
    let right = (0..20).filter(|at| answers[*at]["digit"] == test.label(*at)).count();
    // Untrained, 5 right of 20 are already unlikely.
    assert!(answers.len() == 20 && right >= 19, "{right}");
    assert!(answers.iter().all(|answer| answer["network"] == "digits-128" && answer["num_units"] == 128));
    assert_eq!(read(&["digits-128", "digits"]), answers);
    assert_eq!(read(&["digits/03.png", "digits/04.png"]), answers[3..5]);
    let both = read(&["digits-8", "digits-16", "digits/03.png"]);
    assert_eq!(both.iter().map(|answer| &answer["num_units"]).collect::<Vec<_>>(), [8, 16]);
    // No picture is missing in silence, and a missing run is not a picture.
    let mut command = rowlstm();
    command.current_dir(folder.path()).args(["predict", "nope.png"]).assert().code(1);
    let mut command = rowlstm();
    let refused =
        command.current_dir(folder.path()).args(["predict", "nope", "digits/03.png"]).assert().code(1);
    refused.stderr(contains("there is no run, folder or file nope"));
}

#[test]
fn a_run_comes_before_the_network_inside_the_program_that_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut inspect = rowlstm();
    let inspect = inspect.current_dir(folder.path()).args(["inspect", "digits-64", "--image", "2", "--json"]);
    let text = String::from_utf8(inspect.assert().success().get_output().stdout.clone()).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&answer["network"], &answer["num_units"]), (&"digits-64".into(), &64.into()));
    for command in [
        &["show", "digits-8"][..],
        &["report", "digits-8"],
        &["compare", "digits-8", "digits-16"],
        &["train", "--resume", "digits-8"],
    ] {
        let mut refused = rowlstm();
        let refused = refused.current_dir(folder.path()).args(command).assert().code(1);
        refused.stderr(contains("digits-8 is a network inside the program, not a run"));
    }
    // A copy of the shared run under the name of a network.
    let run = folder.path().join("runs/digits-64");
    fs::create_dir_all(&run).unwrap();
    for entry in fs::read_dir(trained()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), run.join(entry.file_name())).unwrap();
    }
    let text = String::from_utf8(inspect.assert().success().get_output().stdout.clone()).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_ne!(answer["num_units"], 64);
}

/// A PNG of zeros in grey that says it is `width` x `height`, with image data for `rows` of it.
fn zeros(width: u32, height: u32, rows: usize) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let row = vec![0; width as usize + 1];
    for _ in 0..rows {
        encoder.write_all(&row).unwrap();
    }
    let data = encoder.finish().unwrap();
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(data);
        [&(data.len() as u32).to_be_bytes(), &name[..], data, &crc.sum().to_be_bytes()].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &data), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

#[cfg(target_os = "linux")]
#[test]
fn hostile_pictures_take_no_more_memory_than_an_ordinary_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("100-megapixels.png"), zeros(10_000, 10_000, 10_000)).unwrap();
    // One row after the other without end: 600 MB where the size asks for 812 bytes.
    fs::write(path("bomb.png"), zeros(28, 28, 20_700_000)).unwrap();
    assert!(fs::metadata(path("bomb.png")).unwrap().len() < 8 << 20);
    fs::write(path("nothing.png"), zeros(0, 0, 1)).unwrap();

    let mut command = std::process::Command::new("sh");
    // 500 MB of addresses, of which the program's code and threads take the most part; a decoded 100-megapixel picture or the
    // bomb's content does not fit. Where memory runs out, the program aborts, and its exit code is not 1.
    command.arg("-c").arg("ulimit -v 500000; exec \"$@\"").arg("sh");
    command.arg(assert_cmd::cargo::cargo_bin("rowlstm")).args(["predict", "-j", "1"]).arg(trained());
    command.args(["100-megapixels.png", "bomb.png", "nothing.png", "/dev/zero"]).current_dir(folder.path());
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    for words in [
        "100-megapixels.png has 10000 x 10000 pixels",
        "bomb.png shows no digit",
        "nothing.png has 0 x 0 pixels: there is nothing to see",
        "/dev/zero is larger than 67108864 bytes",
        "4 of 4 pictures could not be read",
    ] {
        assert!(errors.contains(words), "{words}: {errors}");
    }
}
