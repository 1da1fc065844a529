//! Loads the whole of MNIST, from inside the program or from a folder.
//!
//! The `mnist` crate parses the files. It reads uncompressed files only, never bytes in memory, panics on bad files, does
//! not check the number of labels, and cuts its sets out of the concatenated training and test images: asked for fewer
//! training images, it returns training images as test images. So each file is first decompressed (`gzip`), checked (`idx`)
//! and written under its plain name to a private temporary folder, MNIST from inside the program too. From there the crate
//! reads exactly 60,000 + 0 + 10,000 images. Nothing is written to the data folder.

use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::{env, panic, thread};

use mnist::{Mnist, MnistBuilder};
use sha2::{Digest, Sha256};

use super::idx::IdxLayout;
use super::images::Images;
use super::staging::Staging;
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
    layout: IdxLayout,
    /// MNIST's file of this name, gzip-compressed: the one in data/mnist when the program was built.
    built_in: &'static [u8],
}

macro_rules! data_file {
    ($name:literal, $layout:expr) => {
        DataFile {
            name: $name,
            layout: $layout,
            built_in: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist/", $name, ".gz")),
        }
    };
}

/// The four files, in the order of [`Dataset::checksum`].
static FILES: [DataFile; 4] = [
    data_file!("train-images-idx3-ubyte", IdxLayout::images(TRAIN_IMAGES)),
    data_file!("train-labels-idx1-ubyte", IdxLayout::labels(TRAIN_IMAGES)),
    data_file!("t10k-images-idx3-ubyte", IdxLayout::images(TEST_IMAGES)),
    data_file!("t10k-labels-idx1-ubyte", IdxLayout::labels(TEST_IMAGES)),
];

/// The whole of MNIST, or of a data set of exactly its shape.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The 60,000 images of the training set.
    pub train: Images,
    /// The 10,000 images of the test set.
    pub test: Images,
    /// Identifies the data: SHA-256, in hexadecimal, of the 4 x 32 bytes of the uncompressed files' SHA-256 digests: train
    /// images, train labels, test images, test labels. The same for gzip and plain files.
    pub checksum: String,
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
    /// [`DataError::Moved`] if the `stored` folder of a run does not exist; as [`load`](Self::load).
    pub fn of(typed: Option<&Path>, stored: &Path, checksum: Option<&str>) -> Result<Self, DataError> {
        match typed {
            Some(folder) => Self::load(folder),
            None if checksum.is_some_and(is_mnist) => Self::load(Path::new("")),
            None if checksum.is_some() && !stored.as_os_str().is_empty() && !stored.exists() => {
                Err(DataError::Moved { path: stored.to_owned() })
            }
            None => Self::load(stored),
        }
    }

    /// [`load`](Self::load) through a temporary folder in `temporary`.
    fn load_through(folder: &Path, temporary: &Path) -> Result<Self, DataError> {
        let built_in = folder.as_os_str().is_empty();
        let paths = if built_in { None } else { Some(locate(folder)?) };
        let staging = Staging::new(temporary).map_err(|cause| staging_error(temporary, "write", cause))?;
        // The crate takes a `&str`; it never sees the data folder's own path, which may be anything.
        let base =
            (staging.path().to_str()).ok_or_else(|| DataError::StagingPath { path: temporary.to_owned() })?;
        let digests = thread::scope(|scope| {
            let (paths, staging) = (paths.as_ref(), staging.path());
            let stage = |index: usize| move || stage(index, paths.map(|paths| &paths[index]), staging);
            let threads = [0, 1, 2, 3].map(|index| scope.spawn(stage(index)));
            // If several files are wrong, the error is that of the first.
            let results = threads.map(|thread| thread.join().expect("staging a file does not panic"));
            results.into_iter().collect::<Result<Vec<_>, _>>()
        })?;
        let Mnist { mut trn_img, mut trn_lbl, tst_img, tst_lbl, .. } = read_staged(base)?;
        // The crate cut them out of vectors that also held the test set.
        trn_img.shrink_to_fit();
        trn_lbl.shrink_to_fit();
        Ok(Self {
            train: Images::new(trn_img, trn_lbl)?,
            test: Images::new(tst_img, tst_lbl)?,
            checksum: hexadecimal(&Sha256::digest(digests.concat())),
        })
    }
}

/// Whether this is [`Dataset::checksum`] of MNIST.
pub fn is_mnist(checksum: &str) -> bool {
    checksum == MNIST_CHECKSUM
}

/// The pixels of MNIST's first training images, from inside the program, without decompressing the others.
pub(crate) fn first_built_in_images(count: usize) -> Vec<u8> {
    let DataFile { name, layout, built_in } = &FILES[0];
    layout.first(Path::new(name), *built_in, count).expect("a test reads the files inside the program")
}

/// The path of each of [`FILES`] in `folder`; the plain name is preferred to the one with `.gz`.
fn locate(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let path = || folder.to_owned();
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(DataError::NotAFolder { path: path() }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(DataError::FolderMissing { path: path() });
        }
        Err(cause) => return Err(DataError::Read { path: path(), cause }),
    }
    let (mut paths, mut missing) = (Vec::new(), Vec::new());
    for file in &FILES {
        let found = match existing_file(folder.join(file.name))? {
            None => existing_file(folder.join(format!("{}.gz", file.name)))?,
            plain => plain,
        };
        match found {
            Some(path) => paths.push(path),
            None => missing.push(file.name),
        }
    }
    if missing.is_empty() { Ok(paths) } else { Err(DataError::FilesMissing { path: path(), names: missing }) }
}

/// `path` if it is a file, `None` if it does not exist.
fn existing_file(path: PathBuf) -> Result<Option<PathBuf>, DataError> {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(path)),
        Ok(_) => {
            let problem = "is not a regular file: put the data file itself there".into();
            Err(DataError::File { path, problem })
        }
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(DataError::Read { path, cause }),
    }
}

/// Checks the file at `path`, or the one inside the program, and copies it, decompressed, to its plain name in `staging`;
/// returns its SHA-256 digest.
fn stage(index: usize, path: Option<&PathBuf>, staging: &Path) -> Result<[u8; 32], DataError> {
    let DataFile { name, layout, built_in } = &FILES[index];
    let content = match path {
        None => layout.read(Path::new(name), *built_in)?,
        Some(path) => {
            let file = File::open(path).map_err(|cause| DataError::Read { path: path.clone(), cause })?;
            layout.read(path, BufReader::with_capacity(READ_BYTES, file))?
        }
    };
    fs::write(staging.join(name), &content).map_err(|cause| staging_error(staging, "write", cause))?;
    Ok(Sha256::digest(&content).into())
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
        let cause = io::Error::other("the mnist crate failed on files that passed every check");
        staging_error(Path::new(base), "read back", cause)
    })
}

fn staging_error(folder: &Path, action: &'static str, cause: io::Error) -> DataError {
    DataError::Staging { path: folder.to_owned(), action, cause }
}

#[cfg(test)]
mod tests;
