//! Writing a file completely or not at all.

use crate::error::RunError;
use std::{fs, io, io::Write, path::Path};
use tempfile::NamedTempFile;

/// Writes `bytes` to `path`, replacing an existing file: into a temporary file in the same folder, which is flushed to
/// the disk and then renamed. Afterwards the name is on the disk too: files that are written one after the other are there
/// one after the other, also if the machine loses power.
///
/// # Errors
/// As the operating system reports; `path` holds its old bytes or the new ones then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    staged(path, bytes)?.persist(path)?;
    sync_folder_of(path)
}

/// As [`replace`], but leaves an existing file alone.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], or another error of the operating system.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    staged(path, bytes)?.persist_noclobber(path)?;
    sync_folder_of(path)
}

/// As [`replace`], for the files of a run's folder.
///
/// # Errors
/// [`RunError::Io`].
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    replace(path, bytes).map_err(RunError::io("write", path))
}

/// Creates a folder and those above it that are missing, and flushes their names to the disk.
///
/// # Errors
/// As the operating system reports.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    fs::create_dir_all(path)?;
    missing.into_iter().try_for_each(sync_folder_of)
}

/// Writes the bytes to a temporary file beside `path`, flushed to the disk.
pub(super) fn staged(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder_of(path))?;
    make_readable(file.as_file())?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Flushes the names in the folder of `path` to the disk: renamed, created and removed files. Without it a name may be
/// lost although the file's bytes are safe.
#[cfg(unix)]
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot, and one may write into a folder that one may not read.
        Err(error) if [InvalidInput, PermissionDenied, Unsupported].contains(&error.kind()) => Ok(()),
        other => other,
    }
}

/// Other systems have no such operation.
#[cfg(not(unix))]
pub(super) fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Gives the file the permissions of an ordinary new file; temporary files are readable by their owner only.
#[cfg(unix)]
fn make_readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
        let error = write(&folder.path().join("missing/result.json"), b"x").unwrap_err();
        assert!(error.to_string().contains("cannot write"), "{error}");
    }

    #[test]
    fn creating_a_file_that_exists_leaves_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        create(&path, b"old").unwrap();
        assert_eq!(create(&path, b"new").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
