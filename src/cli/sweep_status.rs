//! `rowlstm sweep status`.

use super::terminal::print;
use crate::sweep::SweepFolder;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Prints how many trials are in which state, and those that are not finished.
pub fn status(path: &Path, json: bool) -> anyhow::Result<()> {
    let folder = SweepFolder::open(path)?;
    let mut counts: BTreeMap<&str, usize> =
        ["finished", "running", "interrupted", "failed", "missing"].map(|k| (k, 0)).into();
    let (mut others, mut lines) = (Vec::new(), String::new());
    for trial in folder.trials()? {
        let state = folder.state(&trial);
        let (state, detail) = state.in_words();
        *counts.entry(state).or_default() += 1;
        match state {
            "finished" => {}
            _ if json => others.push(json!({ "name": trial.name, "state": state, "detail": detail })),
            _ => lines.push_str(&format!("\n{:<30} {state:<12} {detail}", trial.name)),
        }
    }
    if json {
        return print(&json!({ "counts": counts, "unfinished": others }).to_string());
    }
    let parts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    print(format!("{}: {}{lines}", path.display(), parts.join(", ")).trim_end())
}
