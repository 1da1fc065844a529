//! Loads the whole of MNIST from a folder.
//!
//! The `mnist` crate reads the files, but it panics on bad ones, takes the length of the labels as it comes,
//! knows uncompressed files only, and cuts its sets out of one concatenation of training and test images:
//! asked for fewer training images, it returns training images as test images. So every file is checked first
//! (`idx`), decompressed (`gzip`), and staged under its plain name in a private temporary folder; from there
//! the crate is asked for exactly 60,000 + 0 + 10,000. Nothing is written to the data folder.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::{env, panic, thread};

use mnist::{Mnist, MnistBuilder};
use sha2::{Digest, Sha256};

use super::gzip::Content;
use super::idx::{Kind, Layout};
use super::images::Images;
pub use crate::config::TRAIN_IMAGES;
use crate::error::DataError;

/// Images in the test set's files.
pub const TEST_IMAGES: usize = 10_000;

/// Bytes of a file read at a time.
const READ_BYTES: usize = 256 * 1024;

struct DataFile {
    name: &'static str,
    layout: Layout,
}

/// The four files, in the order of [`Dataset::checksum`].
const FILES: [DataFile; 4] = [
    DataFile::new("train-images-idx3-ubyte", Kind::Images, TRAIN_IMAGES),
    DataFile::new("train-labels-idx1-ubyte", Kind::Labels, TRAIN_IMAGES),
    DataFile::new("t10k-images-idx3-ubyte", Kind::Images, TEST_IMAGES),
    DataFile::new("t10k-labels-idx1-ubyte", Kind::Labels, TEST_IMAGES),
];

/// The whole of MNIST, or of a data set of exactly its shape.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The 60,000 images of the training set.
    pub train: Images,
    /// The 10,000 images of the test set.
    pub test: Images,
    /// Names the data: SHA-256, in hexadecimal, of the 4 x 32 bytes of the files' own digests in the order of
    /// [`files`](Self::files). The same for gzip and plain files.
    pub checksum: String,
    /// The digests of train images, train labels, test images, test labels.
    pub files: [FileDigest; 4],
}

/// The digest of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// The file's name, without `.gz`.
    pub name: &'static str,
    /// SHA-256 of the uncompressed file, in hexadecimal.
    pub sha256: String,
}

impl Dataset {
    /// Loads MNIST from `folder`.
    ///
    /// The folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
    /// t10k-labels-idx1-ubyte, each under that name or with `.gz` appended; where both exist, the plain name
    /// is taken and the other ignored. Whether a file is compressed is told by its content, not by its name.
    /// The folder is only read; about 55 MB of the system's temporary folder (TMPDIR) are used meanwhile.
    ///
    /// # Errors
    ///
    /// When a file is missing, unreadable or not exactly what MNIST's is in length and format, and when the
    /// temporary folder cannot take the copies.
    pub fn load(folder: &Path) -> Result<Self, DataError> {
        Self::load_through(folder, &env::temp_dir())
    }

    /// [`load`](Self::load) with the parent of the temporary folder given.
    fn load_through(folder: &Path, temporary: &Path) -> Result<Self, DataError> {
        let paths = locate(folder)?;
        let staging = tempfile::Builder::new()
            .prefix("rowlstm-data-")
            .tempdir_in(temporary)
            .map_err(|cause| staging_error(temporary, "write", cause))?;
        // The crate takes a `&str`; the data folder's own path is not given to it and may be anything.
        let base =
            (staging.path().to_str()).ok_or_else(|| DataError::StagingPath { path: temporary.to_owned() })?;
        let digests = stage_all(&paths, staging.path())?;
        let Mnist { mut trn_img, mut trn_lbl, tst_img, tst_lbl, .. } = read_staged(base)?;
        // The crate cut them out of vectors that also held the test set.
        trn_img.shrink_to_fit();
        trn_lbl.shrink_to_fit();
        Ok(Self {
            train: Images::new(trn_img, trn_lbl)?,
            test: Images::new(tst_img, tst_lbl)?,
            checksum: hex(&Sha256::digest(digests.as_flattened())),
            files: std::array::from_fn(|i| FileDigest { name: FILES[i].name, sha256: hex(&digests[i]) }),
        })
    }
}

impl DataFile {
    const fn new(name: &'static str, kind: Kind, count: usize) -> Self {
        Self { name, layout: Layout { kind, count: count as u32 } }
    }
}

/// The path of each of [`FILES`] in `folder`, the plain name before the one with `.gz`.
fn locate(folder: &Path) -> Result<[PathBuf; 4], DataError> {
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(DataError::FolderMissing { path: folder.to_owned() });
        }
        Err(cause) => {
            return Err(DataError::Read { path: folder.to_owned(), cause });
        }
    };
    if !metadata.is_dir() {
        return Err(DataError::NotAFolder { path: folder.to_owned() });
    }
    let mut paths = [const { PathBuf::new() }; 4];
    let mut missing = Vec::new();
    for (path, file) in paths.iter_mut().zip(&FILES) {
        match existing_file(folder.join(file.name))? {
            Some(plain) => *path = plain,
            None => match existing_file(folder.join(format!("{}.gz", file.name)))? {
                Some(compressed) => *path = compressed,
                None => missing.push(file.name),
            },
        }
    }
    if missing.is_empty() {
        Ok(paths)
    } else {
        Err(DataError::FilesMissing { path: folder.to_owned(), names: missing })
    }
}

/// `path` if there is a file, none if there is nothing.
fn existing_file(path: PathBuf) -> Result<Option<PathBuf>, DataError> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(path)),
        Ok(_) => Err(DataError::NotAFile { path }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(DataError::Read { path, cause }),
    }
}

/// Checks the four files and copies them to `staging`, each on a thread of its own; returns their SHA-256
/// digests. Where several files are wrong, the error is that of the first in the order of [`FILES`].
fn stage_all(paths: &[PathBuf; 4], staging: &Path) -> Result<[[u8; 32]; 4], DataError> {
    let mut results = [const { Ok([0; 32]) }; 4];
    thread::scope(|scope| {
        for ((result, path), file) in results.iter_mut().zip(paths).zip(&FILES) {
            scope.spawn(move || *result = stage(path, file, staging));
        }
    });
    let mut digests = [[0; 32]; 4];
    for (digest, result) in digests.iter_mut().zip(results) {
        *digest = result?;
    }
    Ok(digests)
}

/// Checks one file and copies it, decompressed, to its plain name in `staging`; returns its SHA-256 digest.
fn stage(path: &Path, file: &DataFile, staging: &Path) -> Result<[u8; 32], DataError> {
    let source = File::open(path).map_err(|cause| DataError::Read { path: path.to_owned(), cause })?;
    let mut content = Content::new(path, BufReader::with_capacity(READ_BYTES, source))?;
    let copy =
        File::create_new(staging.join(file.name)).map_err(|cause| staging_error(staging, "write", cause))?;
    copy_into(copy, staging, &mut content, &file.layout)
}

/// Checks `content` and writes it to `copy`, a file in `staging`.
fn copy_into<R: BufRead>(
    mut copy: File,
    staging: &Path,
    content: &mut Content<R>,
    layout: &Layout,
) -> Result<[u8; 32], DataError> {
    layout.copy_checked(content, |piece| {
        copy.write_all(piece).map_err(|cause| staging_error(staging, "write", cause))
    })
}

/// Lets the `mnist` crate read the checked files in `staging`.
fn read_staged(base: &str) -> Result<Mnist, DataError> {
    // The crate panics where files cannot be opened or read, which no check before can rule out: another
    // program may clear the temporary folder, or the process run out of file descriptors. Its message goes to stderr.
    panic::catch_unwind(|| {
        MnistBuilder::new()
            .base_path(base)
            .label_format_digit()
            .training_set_length(TRAIN_IMAGES as u32)
            .validation_set_length(0)
            .test_set_length(TEST_IMAGES as u32)
            .finalize()
    })
    .map_err(|_| {
        staging_error(
            Path::new(base),
            "read back",
            io::Error::other("the mnist crate failed on files found good before"),
        )
    })
}

fn staging_error(folder: &Path, action: &'static str, cause: io::Error) -> DataError {
    DataError::Staging { path: folder.to_owned(), action, cause }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
