//! `rowlstm sweep status`.

use super::sweep_rounds::{round_text, verdict_text};
use super::terminal::{note, print};
use crate::data::Dataset;
use crate::error::RunError;
use crate::sweep::{Standing, SweepFolder};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Prints how many trials are in which state, and those that are not finished.
pub fn status(path: &Path, json: bool) -> anyhow::Result<()> {
    let folder = SweepFolder::open(path)?;
    let standing = standing_of(&folder).unwrap_or_else(|error| {
        note(&format!("which round it is, and what is undecided, cannot be read: {error:#}"));
        None
    });
    let trials = standing.as_ref().map_or_else(|| folder.trials(), |standing| Ok(standing.all_trials()))?;
    let mut counts: BTreeMap<&str, usize> =
        ["finished", "running", "interrupted", "failed", "missing"].map(|k| (k, 0)).into();
    let (mut others, mut lines) = (Vec::new(), String::new());
    for trial in trials {
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
        let mut object = json!({ "counts": counts, "unfinished": others });
        if let Some(tune) = folder.tune() {
            object["tune"] = json!(tune);
        }
        if let Some(standing) = standing {
            object["until_decided"] = json!({
                "round": standing.round(),
                "rounds": standing.rule.looks,
                "margin": standing.rule.margin,
                "max_seeds": standing.rule.max_seeds,
                "ended": standing.ended,
                "undecided": standing.undecided(),
                "trials": standing.all_trials().len(),
                "most_trials": standing.most_trials,
            });
        }
        return print(&object.to_string());
    }
    let parts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let rounds = standing.map_or_else(String::new, |standing| match standing.ended {
        true => format!("{}\n{}\n", round_text(&standing), verdict_text(&standing)),
        false => round_text(&standing) + "\n",
    });
    let tune = folder.tune().map_or_else(String::new, |tune| tune.in_words() + "\n");
    print(format!("{rounds}{tune}{}: {}{lines}", path.display(), parts.join(", ")).trim_end())
}

/// Where a sweep stands that goes on until its settings are decided; its data is read for that.
fn standing_of(folder: &SweepFolder) -> anyhow::Result<Option<Standing>> {
    if folder.rule().is_none() {
        return Ok(None);
    }
    let (dir, expected) = (folder.data_dir(), folder.data_checksum());
    let data = Dataset::of(None, &dir, Some(expected))?;
    if data.checksum != expected {
        let expected = expected.to_string();
        return Err(RunError::OtherData { data: dir, expected, found: data.checksum }.into());
    }
    Ok(folder.standing(&data)?)
}
