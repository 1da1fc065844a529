//! The modules may use only what stands below them: this list is the architecture.

use std::fs;
use std::path::{Path, PathBuf};

/// Top to bottom. A module may use only those after it.
const LAYERS: [&str; 25] = [
    "cli",
    "playground",
    "explain",
    "inside",
    "report",
    "plot",
    "sweep",
    "statistics",
    "benchmark",
    "tensorboard",
    "training",
    "run",
    "inference",
    "exchange",
    "model",
    "head_op",
    "lstm_op",
    "data",
    "host",
    "seeds",
    "device",
    "config",
    "machine",
    "format",
    "error",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path() {
            path if path.is_dir() => files.extend(sources(&path)),
            path => files.push(path),
        }
    }
    files
}

/// The modules that a source text names after `crate::`, in `use crate::{a, b::c}` too.
fn used(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (start, _) in text.match_indices("crate::") {
        let rest = &text[start + "crate::".len()..];
        let name = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match rest.strip_prefix('{') {
            None => names.push(name(rest)),
            Some(list) => {
                let list = &list[..list.find(';').unwrap_or(list.len())];
                let mut depth = 0;
                let top_level: String = list
                    .chars()
                    .filter(|c| {
                        depth += i32::from(*c == '{') - i32::from(*c == '}');
                        depth == 0
                    })
                    .collect();
                names.extend(top_level.split(',').map(|part| name(part.trim())));
            }
        }
    }
    names
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == name)
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for path in sources(&src) {
        let relative = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        let own = relative.split('/').next().unwrap().trim_end_matches(".rs").to_string();
        let Some(own_layer) = layer(&own) else {
            assert!(["lib", "main"].contains(&own.as_str()), "{relative} is in no layer: add it to the list");
            continue;
        };
        for name in used(&fs::read_to_string(&path).unwrap()) {
            let Some(other) = layer(&name) else { continue };
            assert!(other >= own_layer, "{relative} uses crate::{name}, which stands above {own}");
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} uses were seen: does the test still read the source?");
}

#[test]
fn uses_are_found_in_every_form() {
    let text = "use crate::data::Batch; use crate::{error::{A, B}, run}; let x = crate::seeds::generator();";
    assert_eq!(used(text), ["data", "error", "run", "seeds"]);
}

#[test]
fn only_the_command_line_prints() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let others = |path: &&PathBuf| {
        !path.starts_with(src.join("cli")) && !path.components().any(|c| c.as_os_str() == "tests")
    };
    for path in sources(&src).iter().filter(others) {
        let text = fs::read_to_string(path).unwrap();
        for call in ["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!("] {
            assert!(!text.contains(call), "{} prints with {call}", path.display());
        }
    }
}

#[test]
fn only_the_playgrounds_server_knows_http() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let server = src.join("playground/server");
    assert!(server.is_dir());
    for path in sources(&src).iter().filter(|path| !path.starts_with(&server)) {
        let text = fs::read_to_string(path).unwrap();
        for name in ["tokio::", "hyper::", "hyper_util::", "axum::"] {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
    // The laboratory trains whether anyone asks over HTTP or not.
    for path in sources(&src.join("playground/laboratory")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("playground::") && !text.contains("server::"), "{}", path.display());
    }
}

#[test]
fn only_device_rs_knows_the_backends() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        if ["device.rs", "host.rs", "lib.rs"].iter().any(|file| relative.starts_with(file)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for name in ["Device::ndarray", "Device::flex", "burn_ndarray", "burn_flex", "allow(deprecated)"] {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
}
