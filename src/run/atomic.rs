//! Writing a file completely or not at all.

use crate::error::RunError;
use std::{fs, io, io::Write, path::Path};
use tempfile::NamedTempFile;

/// Writes `bytes` to `path`, replacing an existing file: into a temporary file in the same folder, which is flushed to
/// the disk and then renamed.
///
/// # Errors
/// As the operating system reports; `path` is unchanged then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_readable(&staged(path, bytes)?.persist(path)?)
}

/// As [`replace`], but leaves an existing file alone.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], or another error of the operating system; `path` is unchanged then.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_readable(&staged(path, bytes)?.persist_noclobber(path)?)
}

/// As [`replace`], for the files of a run's folder.
///
/// # Errors
/// [`RunError::Io`]; `path` is unchanged then.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    replace(path, bytes).map_err(RunError::io("write", path))
}

/// Writes the bytes to a temporary file beside `path`.
fn staged(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
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
