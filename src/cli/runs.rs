//! Runs as they are named on the command line: every command finds them here.

use super::terminal::note;
use crate::error::RunError;
use crate::format::count;
use crate::run::{FinishedRun, Listing, RunFolder, RunResult, finished_runs, is_built_in};
use anyhow::{anyhow, bail};
use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The names of a run, for the help of every command.
macro_rules! names {
    () => {
        "its folder, its name or whole leading parts of it (u128, u128-l1), or `last`, which finished last"
    };
}

/// What names a run to resume.
pub const TO_RESUME: &str = concat!("Resume a run with its settings; RUN is ", names!());
/// What names a network.
pub const NETWORK: &str = concat!(
    "A finished run: ",
    names!(),
    "; a safetensors file with weights; or a network inside the program: digits-8, -16, -32, -64 or -128"
);
/// What names a run, where a file of weights is not enough.
pub const RUN: &str = concat!("A finished run: ", names!());
/// What names several runs.
pub const RUNS: &str =
    concat!("A finished run: ", names!(), "; a folder of runs or of a sweep stands for all in it");

/// Most names in an error.
const LISTED: usize = 20;

/// Where runs are found by name.
#[derive(Clone, Debug, clap::Args)]
pub struct RunsFolder {
    /// Folder in which runs are found by name
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub runs_dir: PathBuf,
}

/// The runs in a folder, each once.
pub struct Runs {
    /// The folder that holds their folders.
    pub folder: PathBuf,
    pub finished: Vec<FinishedRun>,
    /// The number of runs without a result.
    pub unfinished: usize,
}

impl Runs {
    /// The results of the finished runs.
    pub fn results(self) -> Vec<RunResult> {
        self.finished.into_iter().map(|run| run.result).collect()
    }
}

/// What is at a path.
enum Found {
    Nothing,
    File,
    Run,
    /// A folder that is not a run's.
    Folder,
}

impl RunsFolder {
    /// The folder of the run, or the file of weights, that `typed` names, or the name of a network inside the program. The run
    /// is finished, unless only an unfinished one has such a name. A folder of runs stands for its only finished run.
    pub fn one(&self, typed: &Path) -> anyhow::Result<PathBuf> {
        self.find(typed, |listing| {
            let Listing { finished, unfinished, .. } = listing;
            [distinct(finished).into_iter().map(|run| run.folder).collect(), unfinished]
        })
    }

    /// Whether `typed` names a network inside the program, and no run or file.
    pub fn is_built_in(&self, typed: &Path) -> bool {
        is_built_in(typed) && self.one(typed).is_ok_and(|found| found == typed && !found.exists())
    }

    /// Whether `typed` is a folder that is neither a run's nor holds runs.
    pub fn holds_no_run(typed: &Path) -> bool {
        matches!(found(typed), Ok(Found::Folder))
            && finished_runs(typed).is_ok_and(|runs| runs.finished.is_empty() && runs.unfinished.is_empty())
            && inner(typed).is_empty()
    }

    /// As [`Self::one`], but prefers unfinished runs.
    pub fn to_resume(&self, typed: &Path) -> anyhow::Result<PathBuf> {
        let path = self.find(typed, |listing| {
            let Listing { finished, unfinished, .. } = listing;
            [unfinished, distinct(finished).into_iter().map(|run| run.folder).collect()]
        })?;
        refuse_built_in(&path)?;
        Ok(path)
    }

    /// As [`Self::one`], but a network inside the program is an error.
    pub fn one_run(&self, typed: &Path) -> anyhow::Result<PathBuf> {
        let path = self.one(typed)?;
        refuse_built_in(&path)?;
        Ok(path)
    }

    /// All runs that `typed` names: those in a folder, or one; without it, those in the runs folder.
    pub fn all(&self, typed: Option<&Path>) -> anyhow::Result<Runs> {
        let Some(typed) = typed else { return Ok(runs_in(&self.runs_dir)?) };
        if let Found::Folder = found(typed)? {
            let runs = runs_in(typed)?;
            let inner = if runs.finished.is_empty() && runs.unfinished == 0 { inner(typed) } else { vec![] };
            if !inner.is_empty() {
                bail!(
                    "{} holds no runs, but folders of runs: name one of them{}",
                    typed.display(),
                    list(&inner)
                );
            }
            return Ok(runs);
        }
        let path = self.one(typed)?;
        if path.is_file() {
            bail!("{} is a file, not a run: only a run has a stored result", path.display());
        }
        refuse_built_in(&path)?;
        // A path like `.` has a parent only when it is resolved.
        let resolved = if path.file_name().is_some() { path.clone() } else { path.canonicalize()? };
        let parent = resolved.parent().map(Path::to_path_buf).unwrap_or_default();
        let folder = RunFolder::at(path);
        folder.info()?;
        let unfinished = || RunError::Unfinished { path: folder.path().to_path_buf() };
        let result = folder.result()?.ok_or_else(unfinished)?;
        Ok(Runs { folder: parent, finished: vec![FinishedRun { folder, result }], unfinished: 0 })
    }

    /// Finds what `typed` names. `order` divides the runs of a folder in those that are wanted and those that are taken if
    /// no other has such a name.
    fn find(&self, typed: &Path, order: impl Fn(Listing) -> [Vec<RunFolder>; 2]) -> anyhow::Result<PathBuf> {
        match found(typed)? {
            Found::File | Found::Run => return Ok(typed.to_path_buf()),
            Found::Folder => {
                let name = typed.display();
                let runs = order(listing(typed)?);
                let Some(wanted) = runs.into_iter().find(|runs| !runs.is_empty()) else {
                    let inner = inner(typed);
                    let these = if inner.is_empty() { "" } else { "; these folders hold some" };
                    bail!("{name} is not a run's folder and holds no run{these}{}", list(&inner));
                };
                return only(wanted, |number| format!("{name} holds {number} runs: name one of them"));
            }
            Found::Nothing => {}
        }
        let folder = typed.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(&self.runs_dir);
        let name = typed.file_name().unwrap_or_default().to_string_lossy();
        let mut listing = listing(folder)?;
        let all: Vec<String> = listing.finished.iter().map(|run| path_text(&run.folder)).collect();
        let exact = folder.join(&*name);
        if !name.is_empty() && matches!(found(&exact)?, Found::Run) {
            return Ok(exact);
        }
        if name == "last" && !all.is_empty() {
            return last(distinct(listing.finished), folder);
        }
        let fits = |run: &RunFolder| {
            run.name().strip_prefix(&*name).is_some_and(|rest| !name.is_empty() && rest.starts_with('-'))
        };
        listing.finished.retain(|run| fits(&run.folder));
        listing.unfinished.retain(fits);
        match order(listing).into_iter().find(|runs| !runs.is_empty()) {
            Some(wanted) => only(wanted, |number| {
                let (typed, folder) = (typed.display(), folder.display());
                format!("{typed} is the start of the names of {number} runs in {folder}: type more of one")
            }),
            None if is_built_in(typed) => Ok(typed.to_path_buf()),
            None => Err(no_such(typed, folder, &all)),
        }
    }
}

/// Fails if `path` names a network inside the program.
fn refuse_built_in(path: &Path) -> anyhow::Result<()> {
    if is_built_in(path) && !path.exists() {
        bail!(
            "{} is a network inside the program, not a run: only a run has settings and results (rowlstm evaluate scores it)",
            path.display()
        );
    }
    Ok(())
}

/// The runs in a folder, each once. If it does not exist, there are none. Prints a warning for each that cannot be read.
pub fn runs_in(folder: &Path) -> Result<Runs, RunError> {
    let Listing { finished, unfinished, .. } = listing(folder)?;
    Ok(Runs { folder: folder.to_path_buf(), finished: distinct(finished), unfinished: unfinished.len() })
}

fn listing(folder: &Path) -> Result<Listing, RunError> {
    let listing = finished_runs(folder)?;
    for problem in &listing.problems {
        note(&format!("warning: {problem}"));
    }
    Ok(listing)
}

fn found(path: &Path) -> Result<Found, RunError> {
    match fs::metadata(path) {
        Ok(there) if !there.is_dir() => Ok(Found::File),
        Ok(_) => Ok(match RunFolder::at(path).info() {
            Err(RunError::NotARun { .. }) => Found::Folder,
            // If it is damaged, its reader reports that.
            _ => Found::Run,
        }),
        Err(cause) => match cause.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => Ok(Found::Nothing),
            _ => Err(RunError::io("open", path)(cause)),
        },
    }
}

/// What a run and its copies have in common. Another version may compute another result from the same settings.
pub fn same_if_equal(result: &RunResult) -> [String; 3] {
    [&result.identity, &result.version, &result.burn_version].map(Clone::clone)
}

/// Each run once: a copy has the identity of its original. Of several, the one whose name comes from its identity stays, or
/// else the first.
fn distinct(mut runs: Vec<FinishedRun>) -> Vec<FinishedRun> {
    let named_otherwise = |run: &FinishedRun| {
        run.result.identity.get(..8).is_none_or(|digits| !run.result.name.ends_with(digits))
    };
    runs.sort_by_key(named_otherwise);
    let mut seen = HashSet::new();
    runs.retain(|run| seen.insert(same_if_equal(&run.result)));
    runs.sort_by(|a, b| a.result.name.cmp(&b.result.name));
    runs
}

/// The run that finished last.
fn last(finished: Vec<FinishedRun>, folder: &Path) -> anyhow::Result<PathBuf> {
    let times = finished.iter().filter_map(|run| Some((run.result.finished_at?, &run.folder)));
    let newest = times.max_by(|a, b| a.0.total_cmp(&b.0));
    match (newest, finished.as_slice()) {
        (Some((_, run)), _) => Ok(run.path().to_path_buf()),
        (None, [only]) => Ok(only.folder.path().to_path_buf()),
        (None, _) => {
            let names: Vec<String> = finished.iter().map(|run| path_text(&run.folder)).collect();
            bail!(
                "last: the runs in {} were made by a version that did not store when they finished; name one of them{}",
                folder.display(),
                list(&names)
            )
        }
    }
}

/// The only run. With several it is an error, which begins with `problem` of their number.
fn only(runs: Vec<RunFolder>, problem: impl Fn(usize) -> String) -> anyhow::Result<PathBuf> {
    match runs.as_slice() {
        [run] => Ok(run.path().to_path_buf()),
        _ => {
            let names: Vec<String> = runs.iter().map(path_text).collect();
            bail!("{}{}", problem(runs.len()), list(&names))
        }
    }
}

fn no_such(typed: &Path, folder: &Path, all: &[String]) -> anyhow::Error {
    let (typed, folder) = (typed.display(), folder.display());
    if all.is_empty() {
        return anyhow!(
            "there is no run, folder or file {typed}, and no finished run in {folder}: `rowlstm train --num-units 128` \
             makes one, and --runs-dir names another folder"
        );
    }
    let runs = count(all.len(), "finished run");
    anyhow!("there is no run, folder or file {typed}; {folder} holds {runs}{}", list(all))
}

/// The folders in `folder` that hold runs.
fn inner(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let holds_runs = |path: &PathBuf| {
        let listing = finished_runs(path).unwrap_or_default();
        path.is_dir() && !(listing.finished.is_empty() && listing.unfinished.is_empty())
    };
    let mut found: Vec<String> = entries.filter(holds_runs).map(|path| path.display().to_string()).collect();
    found.sort();
    found
}

fn path_text(run: &RunFolder) -> String {
    run.path().display().to_string()
}

/// A line for each of the first names.
fn list(names: &[String]) -> String {
    let mut text: String = names.iter().take(LISTED).map(|name| format!("\n  {name}")).collect();
    if names.len() > LISTED {
        text.push_str(&format!("\n  and {} more", names.len() - LISTED));
    }
    text
}
