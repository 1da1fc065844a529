//! Loads the whole of MNIST, from inside the program or from a folder.
//!
//! The `mnist` crate parses the files. It reads uncompressed files only, never bytes in memory, panics on bad files, does
//! not check the number of labels, and cuts its sets out of the concatenated training and test images: asked for fewer
//! training images, it returns training images as test images. So each file is first decompressed (`gzip`), checked (`idx`)
//! and written under its plain name to a private temporary folder, MNIST from inside the program too. From there the crate
//! reads exactly 60,000 + 0 + 10,000 images. Nothing is written to the data folder.

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
use crate::config::hexadecimal;
use crate::error::DataError;

/// Images in the test set's files.
pub const TEST_IMAGES: usize = 10_000;

/// Bytes of a file read at a time.
const READ_BYTES: usize = 256 * 1024;

/// [`Dataset::checksum`] of MNIST; a test holds it to the files inside the program.
const MNIST_CHECKSUM: &str = "e9914cff2ade526da2ab1ac60c072f9173cc53e35b9411692de8207cb1b9009d";

struct DataFile {
    name: &'static str,
    layout: Layout,
    /// MNIST's file of this name, gzip-compressed: the one in data/mnist when the program was built.
    built_in: &'static [u8],
}

macro_rules! data_file {
    ($name:literal, $kind:expr, $count:expr) => {
        DataFile {
            name: $name,
            layout: Layout { kind: $kind, count: $count as u32 },
            built_in: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist/", $name, ".gz")),
        }
    };
}

/// The four files, in the order of [`Dataset::checksum`].
static FILES: [DataFile; 4] = [
    data_file!("train-images-idx3-ubyte", Kind::Images, TRAIN_IMAGES),
    data_file!("train-labels-idx1-ubyte", Kind::Labels, TRAIN_IMAGES),
    data_file!("t10k-images-idx3-ubyte", Kind::Images, TEST_IMAGES),
    data_file!("t10k-labels-idx1-ubyte", Kind::Labels, TEST_IMAGES),
];

/// The whole of MNIST, or of a data set of exactly its shape.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The 60,000 images of the training set.
    pub train: Images,
    /// The 10,000 images of the test set.
    pub test: Images,
    /// Identifies the data: SHA-256, in hexadecimal, of the 4 x 32 bytes of the files' digests in the order of
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
    /// Loads the data set in `folder`; the empty path stands for MNIST from inside the program.
    ///
    /// The folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
    /// t10k-labels-idx1-ubyte, each under that name or with `.gz` appended; if both exist, the plain name is read and the
    /// other ignored. The content, not the name, decides whether a file is decompressed. Loading uses 55 MB of the system's
    /// temporary folder (TMPDIR) meanwhile.
    ///
    /// # Errors
    ///
    /// If a file is missing, unreadable or differs from MNIST's in length or format, and if the temporary folder cannot
    /// hold the copies.
    pub fn load(folder: &Path) -> Result<Self, DataError> {
        Self::load_through(folder, &env::temp_dir())
    }

    /// Loads the data of stored settings: from the folder that was `typed`, if any. Otherwise, a run whose data has the
    /// `checksum` of MNIST gets MNIST from inside the program, so that it can be read where its `stored` folder does not
    /// exist; any other data comes from `stored`, and the caller compares its checksum.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn of(typed: Option<&Path>, stored: &Path, checksum: Option<&str>) -> Result<Self, DataError> {
        match typed {
            Some(folder) => Self::load(folder),
            None if checksum == Some(MNIST_CHECKSUM) => Self::load(Path::new("")),
            None => Self::load(stored),
        }
    }

    /// [`load`](Self::load) through a temporary folder in `temporary`.
    fn load_through(folder: &Path, temporary: &Path) -> Result<Self, DataError> {
        let built_in = folder.as_os_str().is_empty();
        let paths = if built_in { None } else { Some(locate(folder)?) };
        let staging = tempfile::Builder::new()
            .prefix("rowlstm-data-")
            .tempdir_in(temporary)
            .map_err(|cause| staging_error(temporary, "write", cause))?;
        // The crate takes a `&str`; it never sees the data folder's own path, which may be anything.
        let base =
            (staging.path().to_str()).ok_or_else(|| DataError::StagingPath { path: temporary.to_owned() })?;
        let digests = stage_all(paths.as_ref(), staging.path())?;
        let Mnist { mut trn_img, mut trn_lbl, tst_img, tst_lbl, .. } = read_staged(base)?;
        // The crate cut them out of vectors that also held the test set.
        trn_img.shrink_to_fit();
        trn_lbl.shrink_to_fit();
        Ok(Self {
            train: Images::new(trn_img, trn_lbl)?,
            test: Images::new(tst_img, tst_lbl)?,
            checksum: hexadecimal(&Sha256::digest(digests.as_flattened())),
            files: std::array::from_fn(|i| FileDigest {
                name: FILES[i].name,
                sha256: hexadecimal(&digests[i]),
            }),
        })
    }
}

/// The path of each of [`FILES`] in `folder`; the plain name is preferred to the one with `.gz`.
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

/// `path` if it is a file, `None` if it does not exist.
fn existing_file(path: PathBuf) -> Result<Option<PathBuf>, DataError> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(path)),
        Ok(_) => Err(DataError::NotAFile { path }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(DataError::Read { path, cause }),
    }
}

/// Checks the four files at `paths`, or those inside the program, and copies them to `staging`, each on its own thread;
/// returns their SHA-256 digests. If several files are wrong, the error is that of the first in the order of [`FILES`].
fn stage_all(paths: Option<&[PathBuf; 4]>, staging: &Path) -> Result<[[u8; 32]; 4], DataError> {
    let mut results = [const { Ok([0; 32]) }; 4];
    thread::scope(|scope| {
        for (index, result) in results.iter_mut().enumerate() {
            scope.spawn(move || {
                let file = &FILES[index];
                *result = match paths {
                    Some(paths) => open(&paths[index]).and_then(|source| stage(source, file, staging)),
                    None => Content::new(Path::new(file.name), file.built_in)
                        .and_then(|source| stage(source, file, staging)),
                };
            });
        }
    });
    let mut digests = [[0; 32]; 4];
    for (digest, result) in digests.iter_mut().zip(results) {
        *digest = result?;
    }
    Ok(digests)
}

fn open(path: &Path) -> Result<Content<BufReader<File>>, DataError> {
    let source = File::open(path).map_err(|cause| DataError::Read { path: path.to_owned(), cause })?;
    Content::new(path, BufReader::with_capacity(READ_BYTES, source))
}

/// Checks one file and copies it, decompressed, to its plain name in `staging`; returns its SHA-256 digest.
fn stage<R: BufRead>(
    mut content: Content<R>,
    file: &DataFile,
    staging: &Path,
) -> Result<[u8; 32], DataError> {
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
    layout.copy_checked(content, |chunk| {
        copy.write_all(chunk).map_err(|cause| staging_error(staging, "write", cause))
    })
}

/// Lets the `mnist` crate read the checked files in `staging`.
fn read_staged(base: &str) -> Result<Mnist, DataError> {
    // The crate panics if a file cannot be opened or read. No earlier check can rule that out: another program may clear
    // the temporary folder, or the process run out of file descriptors. The panic's message goes to stderr.
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
            io::Error::other("the mnist crate failed on files that passed every check"),
        )
    })
}

fn staging_error(folder: &Path, action: &'static str, cause: io::Error) -> DataError {
    DataError::Staging { path: folder.to_owned(), action, cause }
}

#[cfg(test)]
mod tests;
