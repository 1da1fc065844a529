//! Checks one file of MNIST against the IDX format, byte by byte, while copying it.
//!
//! An IDX file is a header of big-endian 32-bit numbers followed by the items: the magic number (two zero
//! bytes, 08 for unsigned bytes, the number of dimensions), then each dimension. So 0x803, N, 28, 28 precede
//! N images, and 0x801, N precede N labels. The format is described on the data set's page,
//! yann.lecun.com/exdb/mnist.
//!
//! Owns what a file must be; `load` owns where files are and where copies go.

use std::io::BufRead;

use sha2::{Digest, Sha256};

use super::gzip::Content;
use super::images::{PIXELS, SIDE, first_invalid_label};
use crate::error::DataError;

/// Bytes checked and copied at a time: large enough that system calls cost nothing, small enough to stay in
/// cache.
const CHUNK_BYTES: usize = 128 * 1024;

/// What the items of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Images,
    Labels,
}

impl Kind {
    fn plural(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Labels => "labels",
        }
    }

    fn magic(self) -> u32 {
        match self {
            Self::Images => 0x803,
            Self::Labels => 0x801,
        }
    }

    fn header_bytes(self) -> usize {
        match self {
            Self::Images => 16,
            Self::Labels => 8,
        }
    }

    fn item_bytes(self) -> u64 {
        match self {
            Self::Images => PIXELS as u64,
            Self::Labels => 1,
        }
    }
}

/// The file that is expected: `count` items of `kind`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    pub(super) count: u32,
}

impl Layout {
    fn payload_bytes(&self) -> u64 {
        u64::from(self.count) * self.kind.item_bytes()
    }

    fn total_bytes(&self) -> u64 {
        self.kind.header_bytes() as u64 + self.payload_bytes()
    }

    /// Reads `content` to its end, passes each chunk to `sink` once it is checked, and returns the SHA-256 of all.
    ///
    /// Takes at most one byte more from `content` than expected, however much a small gzip file may expand
    /// to.
    ///
    /// # Errors
    ///
    /// When the content is anything but a file of this layout, or `sink` fails.
    pub(super) fn copy_checked<R: BufRead>(
        &self,
        content: &mut Content<R>,
        mut sink: impl FnMut(&[u8]) -> Result<(), DataError>,
    ) -> Result<[u8; 32], DataError> {
        let mut hasher = Sha256::new();
        let mut pass_on = |chunk: &[u8]| {
            hasher.update(chunk);
            sink(chunk)
        };
        let header_bytes = self.kind.header_bytes();
        let mut header = [0; 16];
        let found = content.fill(&mut header[..header_bytes])?;
        self.check_header(content, &header[..found])?;
        pass_on(&header[..header_bytes])?;

        let mut chunk = vec![0; CHUNK_BYTES];
        let mut copied: u64 = 0;
        loop {
            // One byte more than is missing: it shows a file that is too long, and reading past the last byte
            // makes gzip verify its check sums.
            let missing = self.payload_bytes() - copied;
            let wanted = usize::try_from(missing + 1).map_or(CHUNK_BYTES, |bytes| bytes.min(CHUNK_BYTES));
            let count = content.fill(&mut chunk[..wanted])?;
            if count as u64 > missing {
                return Err(DataError::TooLong {
                    path: content.path().to_owned(),
                    expected: self.total_bytes(),
                });
            }
            let items = &chunk[..count];
            self.check_items(content, copied, items)?;
            pass_on(items)?;
            copied += count as u64;
            if count < wanted {
                break;
            }
        }
        if copied < self.payload_bytes() {
            return Err(self.too_short(content, header_bytes as u64 + copied));
        }
        Ok(hasher.finalize().into())
    }

    /// `header` is shorter than a header only where the file ends within it.
    fn check_header<R: BufRead>(&self, content: &Content<R>, header: &[u8]) -> Result<(), DataError> {
        let path = || content.path().to_owned();
        let (words, _) = header.as_chunks::<4>();
        let word = |index: usize| words.get(index).map(|bytes| u32::from_be_bytes(*bytes));
        let kind = self.kind.plural();
        if header.is_empty() {
            return Err(DataError::Empty { path: path(), expected: self.total_bytes() });
        }
        if let Some(found) = word(0).filter(|&found| found != self.kind.magic()) {
            let (expected, hint) = (self.kind.magic(), magic_hint(found));
            return Err(DataError::Magic { path: path(), kind, expected, found, hint });
        }
        if let Some(found) = word(1).filter(|&found| found != self.count) {
            let (expected, hint) = (self.count, count_hint(found));
            return Err(DataError::Count { path: path(), kind, expected, found, hint });
        }
        if let (Some(rows), Some(columns)) = (word(2), word(3))
            && [rows, columns] != [SIDE as u32; 2]
        {
            return Err(DataError::ImageSize { path: path(), rows, columns });
        }
        if header.len() < self.kind.header_bytes() {
            return Err(self.too_short(content, header.len() as u64));
        }
        Ok(())
    }

    /// Any byte is a pixel, but not every byte is a label. `chunk` starts `offset` bytes into the items.
    fn check_items<R: BufRead>(
        &self,
        content: &Content<R>,
        offset: u64,
        chunk: &[u8],
    ) -> Result<(), DataError> {
        if self.kind == Kind::Labels
            && let Some((index, found)) = first_invalid_label(chunk)
        {
            return Err(DataError::FileLabel {
                path: content.path().to_owned(),
                index: offset + index as u64,
                found,
            });
        }
        Ok(())
    }

    fn too_short<R: BufRead>(&self, content: &Content<R>, found: u64) -> DataError {
        DataError::TooShort { path: content.path().to_owned(), expected: self.total_bytes(), found }
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
