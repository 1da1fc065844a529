//! Reading, writing and removing the small files of a folder.

use super::atomic;
use crate::error::RunError;
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;
use std::{fs, io};

/// The text of a file; `None` if there is no file.
///
/// # Errors
/// [`RunError::Damaged`] when it is not UTF-8, [`RunError::Io`].
pub fn read_text(path: &Path) -> Result<Option<String>, RunError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            Ok(None)
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(RunError::damaged(path, error)),
        Err(cause) => Err(RunError::io("read", path)(cause)),
    }
}

/// The value in a JSON file; `None` if there is no file.
///
/// # Errors
/// [`RunError::Damaged`] when the file holds something else, [`RunError::Io`].
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RunError> {
    let damaged = |error: serde_json::Error| RunError::damaged(path, error);
    read_text(path)?.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()
}

/// Writes a value as JSON, completely or not at all.
///
/// # Errors
/// [`RunError::Io`]; the file is unchanged then.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), RunError> {
    let mut text = serde_json::to_string_pretty(value).expect("records are plain values");
    text.push('\n');
    atomic::write(path, text.as_bytes())
}

/// Removes a file, which may be gone already: other processes remove their own temporary files at any moment.
///
/// # Errors
/// [`RunError::Io`].
pub fn remove_if_there(path: &Path) -> Result<(), RunError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(RunError::io("remove", path)(cause)),
        _ => Ok(()),
    }
}
