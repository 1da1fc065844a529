//! `rowlstm playground`: the file that it writes, and what it refuses. What the page does is tested in a browser
//! (`scripts/check_playground`).

use crate::support::{only_run, quick_train, rowlstm};
use predicates::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The page that these arguments write, and what they print on stderr.
fn page(folder: &Path, arguments: &[&str]) -> (String, String) {
    let file = folder.join("new/page.html");
    let mut command = rowlstm();
    command.current_dir(folder).arg("playground").args(arguments).arg("--html").arg(&file);
    let output = command.assert().success().get_output().clone();
    (fs::read_to_string(file).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// What stands between the first `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap_or_else(|| panic!("{start} is in the page")).1.split_once(end).unwrap().0
}

/// Decodes base64 with padding.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=').chars().map(|c| DIGITS.find(c).unwrap() as u32);
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0, 0);
    for digit in digits {
        (bits, held) = (bits << 6 | digit, held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

#[test]
fn the_page_holds_the_networks_and_allows_only_its_own_script() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    quick_train(&runs).assert().success();
    let run = only_run(&runs);
    let (page, _) = page(folder.path(), &[]);

    let inside = between(&page, "<script type=\"application/json\" id=\"inside\">", "</script>");
    let inside: serde_json::Value = serde_json::from_str(inside).unwrap();
    let weights = decoded(inside["networks"][0]["weights"].as_str().unwrap());
    assert_eq!(weights, fs::read(run.join("model.safetensors")).unwrap());
    assert_eq!(inside["networks"][0]["name"], run.file_name().unwrap().to_str().unwrap());
    assert_eq!(inside["images"]["labels"].as_array().unwrap().len(), 200);
    assert!(inside["known"]["pixels"].as_str().unwrap().len() > 100_000);

    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    let script = between(&page, "<script type=\"module\">", "</script>");
    let allowed = decoded(between(policy, "script-src 'sha256-", "'"));
    assert_eq!(allowed, Sha256::digest(script.as_bytes()).to_vec());
    assert!(!policy.contains("connect-src"), "no request may leave the page: {policy}");
    let elsewhere = ["src=", "<link", "@import", "url("];
    for word in elsewhere {
        assert!(!page.contains(word), "the page names another file: {word}");
    }
    // Networks of 8 to 128 units take 633,000 bytes, and a page with them may have 1,500,000.
    let own = page.len() - inside["networks"][0]["weights"].as_str().unwrap().len();
    assert!(own < 860_000, "{own} bytes without networks");
}

#[test]
fn runs_that_do_not_fit_are_left_out_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let none = "no finished run of at most 256 units in runs: `rowlstm train --num-units 16` makes one";
    let mut command = rowlstm();
    let command = command.current_dir(folder.path()).args(["playground", "--html", "page.html"]);
    command.assert().failure().code(1).stderr(predicate::str::contains(none));

    for timesteps in ["28", "784"] {
        quick_train(&runs)
            .args(["--num-units", "2", "--timesteps", timesteps, "--steps", "2"])
            .assert()
            .success();
    }
    let (text, notes) = page(folder.path(), &[]);
    assert_eq!(text.matches("\"weights\":").count(), 1);
    let note = "runs holds 2 finished runs; the page has the first 1 of at most 256 units and 112 timesteps";
    assert!(notes.contains(note), "{notes}");

    let mut command = rowlstm();
    let command = command.current_dir(folder.path()).args(["playground", "runs", "--html", "page.html"]);
    let refused =
        "has 2 units and 784 timesteps; a page takes networks of at most 256 units and 112 timesteps";
    command.assert().failure().code(2).stderr(predicate::str::contains(refused));
    assert!(!folder.path().join("page.html").exists());
}
