//! Serves the playground until Ctrl-C.

use super::playground::PlaygroundArguments;
use super::terminal::{note, print};
use super::{Interrupted, stop_on_signal, usage_error};
use crate::data::Dataset;
use crate::machine::thread_count;
use crate::playground::laboratory::Laboratory;
use crate::playground::{Server, is_in_use};
use crate::run::RunFolder;
use anyhow::{Context, anyhow};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

pub fn serve(arguments: &PlaygroundArguments) -> anyhow::Result<()> {
    for folder in &arguments.runs {
        check_folder(folder)?;
    }
    let PlaygroundArguments { runs, folder, port, .. } = arguments;
    let stop = stop_on_signal("ending; what is in training writes a checkpoint")?;
    let server = Server::listen(*port).map_err(|error| match error {
        error if is_in_use(&error) => anyhow!(
            "--port {port}: another program listens there, perhaps this one; --port 0 takes a free port"
        ),
        error => anyhow!("--port {port}: cannot listen there: {error}; --port 0 takes a free port"),
    })?;
    let data_dir = arguments.data_dir.as_deref().unwrap_or(Path::new(""));
    let data = Dataset::load(data_dir)?;
    let cores = thread_count(0);
    let laboratory = Arc::new(Laboratory::new(&folder.runs_dir, runs.clone(), data, data_dir, cores)?);
    let address = server.address();
    print(&address)?;
    note(&format!("the playground, with the runs in {}; Ctrl-C ends it", folder.runs_dir.display()));
    if arguments.open {
        open(&address).unwrap_or_else(|error| note(&format!("warning: {error:#}: open {address} yourself")));
    }
    server.run(laboratory.clone(), &stop);
    let left = laboratory.close();
    if left.is_empty() {
        return Ok(());
    }
    for name in left {
        let path = folder.runs_dir.join(name);
        note(&format!("interrupted; resume with\n  rowlstm train --resume {}", path.display()));
    }
    Err(Interrupted.into())
}

/// Refuses what is not a folder of runs.
fn check_folder(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    if !folder.is_dir() {
        return usage_error(format!(
            "there is no folder {shown}: the served page takes folders of runs or sweeps; --html takes single runs"
        ));
    }
    if RunFolder::at(folder).info().is_ok() {
        return usage_error(format!(
            "{shown} is a single run: the served page takes folders of runs or sweeps; --html takes single runs"
        ));
    }
    Ok(())
}

/// Opens an address in the reader's browser.
fn open(address: &str) -> anyhow::Result<()> {
    let (program, before): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(before).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("cannot run {program}"))?;
    // It may run as long as the browser does.
    std::thread::spawn(move || child.wait());
    Ok(())
}
