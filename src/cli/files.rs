//! Files that a command writes because it was asked to.

use super::terminal::note;
use crate::plot::Chart;
use crate::run::atomic;
use anyhow::{Context, anyhow, bail};
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Writes a file, creating its folder if needed, and prints a note.
pub fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    create_folder_of(file)?;
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

/// Fails if [`write_new`] would fail. Called before long work, so that its result is not lost.
pub fn check_new(file: &Path, force: bool) -> anyhow::Result<()> {
    if !force && file.exists() {
        return Err(exists(file));
    }
    if file.is_dir() {
        bail!("{} is a folder: name a file in it", file.display());
    }
    Ok(())
}

/// Writes a file atomically, creating its folder if needed; replaces an existing one only with `force`.
pub fn write_new(file: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    create_folder_of(file)?;
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

/// Creates the folder of a file: every command that writes does so.
fn create_folder_of(file: &Path) -> anyhow::Result<()> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))
}

/// The pictures that were named; of a folder, those in it by name.
pub fn pictures(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        path.is_file() && ["png", "jpg", "jpeg"].iter().any(|known| ending == *known)
    };
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        let mut inside: Vec<PathBuf> = paths.filter(is_picture).collect();
        if inside.is_empty() {
            bail!("{} holds no pictures: files that end in .png, .jpg or .jpeg", path.display());
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// Endings that promise a format, of this program or of others.
const ENDINGS: &str = "safetensors onnx keras h5 hdf5 pt pth ckpt npz npy tflite pb svg png jpg jpeg gif webp bmp tif tiff \
                       pdf eps html htm json csv md txt toml";

/// The ending of a file's name if it promises another format than `own`.
pub fn other_ending(file: &Path, own: &str) -> Option<String> {
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    let same = ending == own || (own == "html" && ending == "htm");
    (!same && ENDINGS.split_whitespace().any(|known| known == ending)).then_some(ending)
}

/// Parses the name of a file to write, and refuses one whose ending promises another format than `own`.
pub fn file_of(own: &'static str) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |file| match other_ending(&file, own) {
        Some(other) => {
            let named = file.with_extension(own);
            Err(format!("the file is .{own}, not .{other}: name it {}", named.display()))
        }
        None => Ok(file),
    })
}

fn exists(file: &Path) -> anyhow::Error {
    anyhow!("{} exists: name another file, or replace it with --force", file.display())
}
