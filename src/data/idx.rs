//! Checks one file of MNIST against the IDX format, byte by byte.
//!
//! An IDX file is a header of big-endian 32-bit numbers followed by the items: the magic number (two zero
//! bytes, 08 for unsigned bytes, the number of dimensions), then each dimension. So 0x803, N, 28, 28 precede
//! N images, and 0x801, N precede N labels. The format is described on the data set's page,
//! yann.lecun.com/exdb/mnist.
//!
//! Owns what a file must be; `load` owns where files are and where copies go.

use std::io::BufRead;
use std::path::Path;

use super::gzip;
use super::images::{PIXELS, SIDE, first_invalid_label};
use crate::error::DataError;
use crate::format::typed_count;

/// The file that is expected: a header, and `count` items of one kind.
#[derive(Clone, Copy, Debug)]
pub struct IdxLayout {
    /// "images" or "labels".
    kind: &'static str,
    magic: u32,
    header_bytes: usize,
    item_bytes: usize,
    count: usize,
}

impl IdxLayout {
    /// `count` images of 28 x 28 pixels.
    pub const fn images(count: usize) -> Self {
        Self { kind: "images", magic: 0x803, header_bytes: 16, item_bytes: PIXELS, count }
    }

    /// `count` labels.
    pub const fn labels(count: usize) -> Self {
        Self { kind: "labels", magic: 0x801, header_bytes: 8, item_bytes: 1, count }
    }

    /// Reads `source`, which errors call `path`, to its end and returns its content, uncompressed.
    ///
    /// Takes at most one byte more of the content than expected, however much a small gzip file may expand to.
    ///
    /// # Errors
    ///
    /// When the content is anything but a file of this layout.
    pub fn read(&self, path: &Path, source: impl BufRead) -> Result<Vec<u8>, DataError> {
        let expected = self.header_bytes + self.count * self.item_bytes;
        // One byte more: it shows a file that is too long, and reading past the last byte makes gzip verify its checksums.
        let mut content = Vec::with_capacity(expected + 1);
        let ended = gzip::read(path, source, expected + 1, &mut content);
        let wrong = |problem| DataError::File { path: path.to_owned(), problem };
        if content.is_empty() {
            ended?;
            return Err(wrong(format!("is empty, expected {expected} bytes: fetch the file again")));
        }
        // What is wrong with the bytes that could be read says more than why there are no others.
        let (header, items) = content.split_at(self.header_bytes.min(content.len()));
        self.check_header(header).map_err(wrong)?;
        if content.len() > expected {
            return Err(wrong(format!(
                "holds more than the {expected} bytes (uncompressed) that its header declares: fetch the file again"
            )));
        }
        // Any byte is a pixel, but not every byte is a label.
        if self.item_bytes == 1
            && let Some((index, found)) = first_invalid_label(items)
        {
            return Err(DataError::FileLabel { path: path.to_owned(), index, found });
        }
        ended?;
        if content.len() < expected {
            let found = typed_count(content.len(), "byte");
            return Err(wrong(format!(
                "holds {found} (uncompressed), expected {expected}: is the file complete?"
            )));
        }
        Ok(content)
    }

    /// The first `count` items of a file that is known to be of this layout.
    ///
    /// # Errors
    ///
    /// When `source` cannot be read that far.
    pub(super) fn first(
        &self,
        path: &Path,
        source: impl BufRead,
        count: usize,
    ) -> Result<Vec<u8>, DataError> {
        let mut content = Vec::new();
        gzip::read(path, source, self.header_bytes + count * self.item_bytes, &mut content)?;
        content.drain(..self.header_bytes);
        Ok(content)
    }

    /// What is wrong with a header, of which the end may be missing.
    fn check_header(&self, header: &[u8]) -> Result<(), String> {
        let &Self { kind, magic, count, .. } = self;
        let words: Vec<u32> =
            header.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)).collect();
        match words[..] {
            [found, ..] if found != magic => Err(format!(
                "starts with 0x{found:08x}, expected 0x{magic:08x}, the magic number of an IDX file of {kind}: {}",
                magic_hint(found)
            )),
            [_, found, ..] if found as usize != count => {
                Err(format!("declares {found} {kind}, expected exactly {count}: {}", count_hint(found)))
            }
            [_, _, rows, columns] if [rows, columns] != [SIDE as u32; 2] => Err(format!(
                "declares images of {rows} x {columns} pixels, expected 28 x 28: only MNIST and data sets of the same \
                 shape can be read"
            )),
            _ => Ok(()),
        }
    }
}

fn magic_hint(found: u32) -> &'static str {
    const GZIP: u32 = 0x1f8b;
    match found {
        0x801 => "this is a file of labels; were images and labels swapped?",
        0x803 => "this is a file of images; were images and labels swapped?",
        _ if found >> 16 == GZIP => "this was compressed twice; decompress it once",
        _ => "this is not a file of MNIST; fetch it again",
    }
}

fn count_hint(found: u32) -> &'static str {
    match found {
        60_000 => "this looks like the training set's file; were training and test files swapped?",
        10_000 => "this looks like the test set's file; were training and test files swapped?",
        _ => "MNIST has 60000 training and 10000 test images, and only whole files can be read",
    }
}

#[cfg(test)]
mod tests;
