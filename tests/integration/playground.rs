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
    let (page, _) = page(folder.path(), &["runs", "digits-16"]);

    let inside = between(&page, "<script type=\"application/json\" id=\"inside\">", "</script>");
    let inside: serde_json::Value = serde_json::from_str(inside).unwrap();
    let weights = decoded(inside["networks"][0]["weights"].as_str().unwrap());
    assert_eq!(weights, fs::read(run.join("model.safetensors")).unwrap());
    // By units: that of quick_train has fewer than 16.
    assert_eq!(inside["networks"][1]["name"], "digits-16");
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
    let weights =
        inside["networks"].as_array().unwrap().iter().map(|network| network["weights"].as_str().unwrap());
    let own = page.len() - weights.map(str::len).sum::<usize>();
    assert!(own < 860_000, "{own} bytes without networks");
}

#[test]
fn without_a_run_the_page_has_the_networks_inside_the_program_and_docs_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    // Neither a run nor a folder of such a name takes their place.
    fs::create_dir_all(folder.path().join("digits-8")).unwrap();
    quick_train(&folder.path().join("runs")).assert().success();
    let (page, notes) = page(folder.path(), &[]);
    let inside = between(&page, "<script type=\"application/json\" id=\"inside\">", "</script>");
    let inside: serde_json::Value = serde_json::from_str(inside).unwrap();
    let networks = inside["networks"].as_array().unwrap();
    let names: Vec<&str> = networks.iter().map(|network| network["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["digits-8", "digits-16", "digits-32", "digits-64", "digits-128"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for network in networks {
        let file = format!("data/networks/{}.safetensors", network["name"].as_str().unwrap());
        assert_eq!(decoded(network["weights"].as_str().unwrap()), fs::read(root.join(file)).unwrap());
    }
    assert_eq!(networks[1]["accuracy"], 0.9724);
    assert!(notes.starts_with("wrote ") && notes.lines().count() == 1, "{notes}");
    assert!(page.len() <= 1_500_000, "{} bytes", page.len());
    let committed = fs::read_to_string(root.join("docs/playground.html")).unwrap();
    assert!(page == committed, "make it anew: rowlstm playground --html docs/playground.html");
}

#[test]
fn runs_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    quick_train(&runs).args(["--num-units", "2", "--timesteps", "784", "--steps", "2"]).assert().success();
    let refused = |arguments: &[&str], expected: &str, code: i32| {
        let mut command = rowlstm();
        command.current_dir(folder.path()).arg("playground").args(arguments).args(["--html", "page.html"]);
        command.assert().failure().code(code).stderr(predicate::str::contains(expected));
        assert!(!folder.path().join("page.html").exists());
    };
    let expected =
        "has 2 units and 784 timesteps; a page takes networks of at most 256 units and 112 timesteps";
    refused(&["runs"], expected, 2);
    refused(&["digits-8", "digits-8"], "two networks are called digits-8", 2);
    refused(&["digits-9"], "digits-9", 1);
}
