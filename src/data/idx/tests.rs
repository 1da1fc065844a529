//! Every way in which a single file can be wrong, on files of three items.

use std::io::{self, BufRead};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::data::testing::{gzip, images_file, labels_file};

const IMAGES: IdxLayout = IdxLayout::images(3);
const LABELS: IdxLayout = IdxLayout::labels(3);

fn images() -> Vec<u8> {
    images_file(3, 28, 28, &vec![7; 3 * PIXELS])
}

fn labels() -> Vec<u8> {
    labels_file(3, &[0, 5, 9])
}

fn read(layout: IdxLayout, source: impl BufRead) -> Result<Vec<u8>, DataError> {
    layout.read(Path::new("the-file"), source)
}

fn error(layout: IdxLayout, bytes: &[u8]) -> DataError {
    let plain = read(layout, bytes).unwrap_err();
    let compressed = read(layout, &gzip(bytes)[..]).unwrap_err();
    assert_eq!(plain.to_string(), compressed.to_string(), "gzip must not change what is found wrong");
    plain
}

#[test]
fn a_valid_file_is_read_unchanged() {
    for (layout, bytes) in [(IMAGES, images()), (LABELS, labels())] {
        for source in [bytes.clone(), gzip(&bytes)] {
            assert_eq!(read(layout, &source[..]).unwrap(), bytes);
        }
    }
}

#[test]
fn an_empty_file_is_named_so() {
    let text = error(IMAGES, b"").to_string();
    assert_eq!(text, "the-file is empty, expected 2368 bytes: fetch the file again");
}

#[test]
fn swapped_images_and_labels_are_named_so() {
    let text = error(IMAGES, &labels()).to_string();
    assert!(text.contains("starts with 0x00000801, expected 0x00000803"), "{text}");
    assert!(text.contains("a file of labels; were images and labels swapped?"), "{text}");
    let text = error(LABELS, &images()).to_string();
    assert!(text.contains("a file of images; were images and labels swapped?"), "{text}");
}

#[test]
fn a_web_page_in_place_of_a_file_is_refused() {
    let text = error(LABELS, b"<html>404</html>").to_string();
    assert!(text.contains("starts with 0x3c68746d") && text.contains("not a file of MNIST"), "{text}");
}

#[test]
fn a_file_compressed_twice_is_named_so() {
    let text = read(IMAGES, &gzip(&gzip(&images()))[..]).unwrap_err().to_string();
    assert!(text.contains("compressed twice"), "{text}");
}

#[test]
fn a_wrong_count_is_refused() {
    let text = error(LABELS, &labels_file(4, &[0; 4])).to_string();
    assert!(text.starts_with("the-file declares 4 labels, expected exactly 3: "), "{text}");
}

#[test]
fn swapped_training_and_test_files_are_named_so() {
    let training = IdxLayout::labels(60_000);
    let text = error(training, &labels_file(10_000, &[0; 10_000])).to_string();
    assert!(text.contains("the test set's file; were training and test files swapped?"), "{text}");
}

#[test]
fn a_wrong_image_size_is_refused() {
    for (rows, columns) in [(28, 27), (32, 28), (0, 0), (u32::MAX, u32::MAX)] {
        let text = error(IMAGES, &images_file(3, rows, columns, &vec![0; 3 * PIXELS])).to_string();
        assert!(text.contains(&format!("images of {rows} x {columns} pixels, expected 28 x 28")), "{text}");
    }
}

#[test]
fn a_missing_byte_is_found() {
    for (layout, bytes) in [(IMAGES, images()), (LABELS, labels())] {
        let found = error(layout, &bytes[..bytes.len() - 1]).to_string();
        let (all, less) = (bytes.len(), bytes.len() - 1);
        let expected = format!("holds {less} bytes (uncompressed), expected {all}: is the file complete?");
        assert!(found.contains(&expected), "{found}");
    }
}

#[test]
fn a_byte_too_many_is_found() {
    for (layout, bytes) in [(IMAGES, images()), (LABELS, labels())] {
        let found = error(layout, &[&bytes[..], b"\0"].concat()).to_string();
        assert!(found.contains(&format!("holds more than the {} bytes", bytes.len())), "{found}");
    }
}

#[test]
fn a_label_above_nine_is_found_with_its_index() {
    let text = error(LABELS, &labels_file(3, &[0, 9, 10])).to_string();
    assert!(text.starts_with("the-file: label 2 (counted from 0) is 10, expected 0 to 9"), "{text}");
    let mut digits = vec![0; 200_000];
    digits[199_998] = 99;
    let found = error(IdxLayout::labels(200_000), &labels_file(200_000, &digits));
    assert!(matches!(found, DataError::FileLabel { index: 199_998, .. }), "{found}");
}

#[test]
fn a_gzip_bomb_is_expanded_by_one_byte_too_many_at_most() {
    /// Counts the bytes taken from it, so that a reader that went on to the end is caught.
    struct Endless {
        header: Vec<u8>,
        taken: usize,
    }
    impl io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.fill_buf()?.read(buffer)?;
            self.consume(count);
            Ok(count)
        }
    }
    impl BufRead for Endless {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            if self.taken < self.header.len() { Ok(&self.header[self.taken..]) } else { Ok(&[1; 64]) }
        }
        fn consume(&mut self, count: usize) {
            self.taken += count;
        }
    }
    let mut endless = Endless { header: labels_file(3, &[]), taken: 0 };
    let found = read(LABELS, &mut endless).unwrap_err().to_string();
    assert!(found.contains("holds more than the 11 bytes"), "{found}");
    assert_eq!(endless.taken, labels().len() + 1);

    // 64 MiB of zero bytes in 64 KiB of gzip data.
    let bomb = gzip(&[labels_file(3, &[]), vec![0; 64 << 20]].concat());
    let mut content = Vec::new();
    gzip::read(Path::new("the-file"), &bomb[..], 12, &mut content).unwrap();
    assert_eq!(content.len(), 12);
    let found = read(LABELS, &bomb[..]).unwrap_err().to_string();
    assert!(found.contains("holds more than the 11 bytes"), "{found}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, layout in prop::sample::select(vec![IMAGES, LABELS])) {
        let _ = read(layout, &bytes[..]);
        let _ = read(layout, &gzip(&bytes)[..]);
        let magic = layout.magic.to_be_bytes();
        let _ = read(layout, &[&magic[..], &bytes].concat()[..]);
    }

    #[test]
    fn every_truncation_is_an_error(
        labels_wanted: bool, compressed: bool, cut: prop::sample::Index
    ) {
        let (layout, bytes) = if labels_wanted { (LABELS, labels()) } else { (IMAGES, images()) };
        let bytes = if compressed { gzip(&bytes) } else { bytes };
        prop_assert!(read(layout, &bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn a_changed_byte_in_a_gzip_file_never_changes_the_content(at: prop::sample::Index, bit in 0..8_u32) {
        let bytes = images();
        let mut compressed = gzip(&bytes);
        let at = at.index(compressed.len());
        compressed[at] ^= 1_u8 << bit;
        if let Ok(content) = read(IMAGES, &compressed[..]) {
            // The byte was one of the header's that carry no data, such as its time.
            prop_assert_eq!(content, bytes);
        }
    }
}
