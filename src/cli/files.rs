//! Files that a command writes because it was asked to.

use super::terminal::note;
use crate::plot::Chart;
use crate::run::atomic;
use anyhow::{Context, anyhow, bail};
use std::io::ErrorKind;
use std::path::Path;

/// Writes a file, creating its folder if needed, and prints a note.
pub fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    note(&format!("wrote {}", file.display()));
    Ok(())
}

/// Writes a drawing as SVG and as PNG, `png_width` pixels wide, to those files that are given.
pub fn write_drawing(
    chart: &Chart,
    svg: Option<&Path>,
    png: Option<&Path>,
    png_width: u32,
) -> anyhow::Result<()> {
    if let Some(file) = svg {
        write(file, chart.svg().as_bytes())?;
    }
    if let Some(file) = png {
        write(file, &chart.png(png_width)?)?;
    }
    Ok(())
}

/// Fails if [`write_new`] would fail, before the long work whose result it writes.
pub fn check_new(file: &Path, force: bool) -> anyhow::Result<()> {
    if !force && file.exists() {
        return Err(exists(file));
    }
    if file.is_dir() {
        bail!("{} is a folder: name a file in it", file.display());
    }
    match file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        Some(folder) => bail!("the folder {} does not exist: create it, or name another", folder.display()),
        None => Ok(()),
    }
}

/// Writes a file atomically; replaces an existing one only with `force`.
pub fn write_new(file: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    let written = if force { atomic::replace(file, bytes) } else { atomic::create(file, bytes) };
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(file)),
        written => written.with_context(|| format!("cannot write {}", file.display()))?,
    }
    note(&format!("wrote {}, {} bytes", file.display(), bytes.len()));
    Ok(())
}

/// The name of a file or folder without the path to it.
pub fn last_part(path: &Path) -> String {
    Path::new(path.file_name().unwrap_or(path.as_os_str())).display().to_string()
}

fn exists(file: &Path) -> anyhow::Error {
    anyhow!("{} exists: name another file, or replace it with --force", file.display())
}
