//! MNIST-shaped files and folders for tests.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::load::{TEST_IMAGES, TRAIN_IMAGES};
use super::{Images, PIXELS};

/// The folder with the real data.
pub(crate) fn mnist_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An IDX file of images: the header declares what the arguments say, true or not.
pub(crate) fn images_file(count: u32, rows: u32, columns: u32, pixels: &[u8]) -> Vec<u8> {
    let header = [0x803, count, rows, columns].map(u32::to_be_bytes).concat();
    [&header, pixels].concat()
}

/// An IDX file of labels: the header declares what the arguments say, true or not.
pub(crate) fn labels_file(count: u32, labels: &[u8]) -> Vec<u8> {
    let header = [0x801, count].map(u32::to_be_bytes).concat();
    [&header, labels].concat()
}

/// A data folder of black images, labelled 0 to 9 in turn, in plain files.
pub(crate) fn black_mnist() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (set, count) in [("train", TRAIN_IMAGES), ("t10k", TEST_IMAGES)] {
        let labels: Vec<u8> = (0..count).map(|index| (index % 10) as u8).collect();
        let images = images_file(count as u32, 28, 28, &vec![0; count * PIXELS]);
        std::fs::write(folder.path().join(format!("{set}-images-idx3-ubyte")), images).unwrap();
        let labels = labels_file(count as u32, &labels);
        std::fs::write(folder.path().join(format!("{set}-labels-idx1-ubyte")), labels).unwrap();
    }
    folder
}

/// `count` images of noise; image i has the label i modulo 10.
pub(crate) fn noise_images(count: usize) -> Images {
    let pixels = (0..count * PIXELS).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    Images::new(pixels, (0..count).map(|i| (i % 10) as u8).collect()).unwrap()
}
