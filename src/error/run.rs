//! What can be wrong with a run's folder.

use super::{ModelError, data_name};
use std::{io, path::PathBuf};

/// What can be wrong with a run's folder, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The operating system refused.
    #[error("cannot {action} {}: {cause}{}", path.display(), advice(cause))]
    Io { action: &'static str, path: PathBuf, cause: io::Error },

    /// Another process works in the folder.
    #[error("another process is training in {}: wait for it, or name another folder with --out", path.display())]
    Locked { path: PathBuf },

    /// The folder does not hold a run.
    #[error("{} is not a run's folder: {lacking} is missing", path.display())]
    NotARun { path: PathBuf, lacking: &'static str },

    /// The folder holds something else, which is left alone.
    #[error("{} holds files but no run: name an empty or new folder with --out", path.display())]
    Occupied { path: PathBuf },

    /// The folder was written by a later version of this program.
    #[error("{} has format {found}, this program knows up to {known}: use a newer rowlstm", path.display())]
    NewerFormat { path: PathBuf, found: u64, known: u64 },

    /// The folder holds a run of other settings.
    #[error("{} holds a run with other settings ({difference}): choose another --out, or start anew with --force", path.display())]
    OtherSettings { path: PathBuf, difference: String },

    /// The data is not what the run was started with.
    #[error(
        "{} is not what the run was started with (checksum {found}, expected {expected}): give the original data with \
         --data-dir",
        data_name(data)
    )]
    OtherData { data: PathBuf, expected: String, found: String },

    /// A file of the folder cannot be understood.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged { path: PathBuf, detail: String },

    /// No checkpoint is whole.
    #[error("no checkpoint of this run is whole ({details}): start it anew with --force")]
    NoWholeCheckpoint { details: String },

    /// The weights are wrong.
    #[error(transparent)]
    Weights(#[from] ModelError),

    /// The run has no result yet.
    #[error("{} is not finished: go on with `rowlstm train --resume {}`", path.display(), path.display())]
    Unfinished { path: PathBuf },
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull => {
            "; free some space and give the command again: it goes on from the last checkpoint"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; name a folder you may write to with --out or --runs-dir"
        }
        _ => "",
    }
}
