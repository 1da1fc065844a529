//! Writing a file all at once or not at all.

use crate::error::RunError;
use std::{fs, io::Write, path::Path};

/// Writes `bytes` to `path`: into a temporary file in the same folder, flushed to the disk, then renamed.
///
/// # Errors
/// [`RunError::Io`]; then `path` is as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let failed = |cause| RunError::Io { action: "write", path: path.to_path_buf(), cause };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let kept = file.persist(path).map_err(|error| failed(error.error))?;
    make_readable(&kept).map_err(failed)
}

/// Gives the file the permissions of an ordinary new file; temporary files are private.
#[cfg(unix)]
fn make_readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &fs::File) -> std::io::Result<()> {
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
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
        let error = write(&folder.path().join("missing/result.json"), b"x").unwrap_err();
        assert!(error.to_string().contains("cannot write"), "{error}");
    }
}
