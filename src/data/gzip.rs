//! Reads a file's content whether or not it is gzip-compressed.
//!
//! The first two bytes decide, never the name. Distinguishes truncated, damaged and overlong gzip files; does not know what
//! the content means. Gzip: RFC 1952.

use std::io::{self, BufRead, ErrorKind, Read};
use std::mem;
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use crate::error::DataError;

/// The first two bytes of every gzip member (RFC 1952, section 2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The uncompressed content of one file.
pub(super) struct Content<R> {
    path: PathBuf,
    stream: Stream<R>,
}

enum Stream<R> {
    Plain(R),
    /// Boxed because a decoder is much larger than a reader.
    Gzip(Box<GzDecoder<R>>),
    /// Read to its end, or failed.
    Ended,
}

impl<R: BufRead> Content<R> {
    /// Starts reading `source`, which errors call `path`.
    pub(super) fn new(path: &Path, mut source: R) -> Result<Self, DataError> {
        let path = path.to_owned();
        let start = source.fill_buf().map_err(|cause| DataError::Read { path: path.clone(), cause })?;
        let stream = if start.starts_with(&MAGIC) {
            Stream::Gzip(Box::new(GzDecoder::new(source)))
        } else {
            Stream::Plain(source)
        };
        Ok(Self { path, stream })
    }

    /// The name to use in errors.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fills `buffer`; returns fewer bytes than it holds only at the content's end.
    ///
    /// A gzip file's checksums are verified at its end: to have them verified, read until a call returns less than was
    /// asked for.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, DataError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    /// Like [`Read::read`] for a buffer that is not empty.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, DataError> {
        loop {
            let result = match &mut self.stream {
                Stream::Plain(source) => source.read(buffer),
                Stream::Gzip(decoder) => decoder.read(buffer),
                Stream::Ended => return Ok(0),
            };
            match result {
                Ok(0) => self.next_member()?,
                Ok(count) => return Ok(count),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(self.failure(cause)),
            }
        }
    }

    /// Continues after the end of a gzip member: a gzip file may have several, whose contents are concatenated.
    fn next_member(&mut self) -> Result<(), DataError> {
        let Stream::Gzip(decoder) = mem::replace(&mut self.stream, Stream::Ended) else {
            return Ok(());
        };
        let mut source = decoder.into_inner();
        match source.fill_buf() {
            Err(cause) => Err(DataError::Read { path: self.path.clone(), cause }),
            Ok([]) => Ok(()),
            Ok([first, ..]) if *first == MAGIC[0] => {
                self.stream = Stream::Gzip(Box::new(GzDecoder::new(source)));
                Ok(())
            }
            Ok(_) => Err(DataError::GzipTrailing { path: self.path.clone() }),
        }
    }

    /// What a failed read means: only errors of the operating system have its error number.
    fn failure(&mut self, cause: io::Error) -> DataError {
        let path = self.path.clone();
        match mem::replace(&mut self.stream, Stream::Ended) {
            Stream::Gzip(_) if cause.raw_os_error().is_some() => DataError::Read { path, cause },
            Stream::Gzip(_) if cause.kind() == ErrorKind::UnexpectedEof => DataError::GzipTruncated { path },
            Stream::Gzip(_) => DataError::GzipCorrupt { path, cause },
            Stream::Plain(_) | Stream::Ended => DataError::Read { path, cause },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::gzip;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> Result<Vec<u8>, DataError> {
        let mut content = Content::new(Path::new("file"), bytes)?;
        let mut buffer = vec![0; 4096];
        let count = content.fill(&mut buffer)?;
        buffer.truncate(count);
        Ok(buffer)
    }

    #[test]
    fn plain_and_gzip_bytes_read_the_same() {
        assert_eq!(read_all(b"digits").unwrap(), b"digits");
        assert_eq!(read_all(&gzip(b"digits")).unwrap(), b"digits");
        assert_eq!(read_all(b"").unwrap(), b"");
        assert_eq!(read_all(&gzip(b"")).unwrap(), b"");
    }

    #[test]
    fn several_gzip_members_are_one_content() {
        let members = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        assert_eq!(read_all(&members).unwrap(), b"one two");
    }

    #[test]
    fn bytes_after_the_gzip_data_are_refused() {
        for garbage in [&b"\0"[..], b"garbage"] {
            let error = read_all(&[&gzip(b"digits"), garbage].concat()).unwrap_err();
            assert!(matches!(error, DataError::GzipTrailing { .. }), "{error}");
        }
    }

    #[test]
    fn a_wrong_gzip_checksum_is_refused() {
        let mut bytes = gzip(b"digits");
        let check_sum = bytes.len() - 8; // the trailer: 4 bytes CRC-32, 4 bytes length
        bytes[check_sum] ^= 1;
        let error = read_all(&bytes).unwrap_err();
        assert!(matches!(error, DataError::GzipCorrupt { .. }), "{error}");
    }

    #[test]
    fn a_failing_disk_is_not_a_damaged_file() {
        struct FailsLater(bool);
        impl Read for FailsLater {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.fill_buf()?.read(buffer)?;
                self.consume(count);
                Ok(count)
            }
        }
        impl BufRead for FailsLater {
            fn fill_buf(&mut self) -> io::Result<&[u8]> {
                const INPUT_OUTPUT_ERROR: i32 = 5;
                if self.0 {
                    Err(io::Error::from_raw_os_error(INPUT_OUTPUT_ERROR))
                } else {
                    Ok(&[0x1f, 0x8b, 8])
                }
            }
            fn consume(&mut self, count: usize) {
                self.0 |= count > 0;
            }
        }
        let mut content = Content::new(Path::new("file"), FailsLater(false)).unwrap();
        let error = content.fill(&mut [0; 16]).unwrap_err();
        assert!(matches!(error, DataError::Read { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, as_gzip: bool) {
            let start: &[u8] = if as_gzip { &[0x1f, 0x8b, 8, 0] } else { &[] };
            let _ = read_all(&[start, &bytes].concat());
        }

        #[test]
        fn every_truncation_of_a_gzip_file_is_an_error(content: Vec<u8>, cut: prop::sample::Index) {
            let bytes = gzip(&content);
            // From 2 on: shorter starts are not recognisable as gzip, and read as plain bytes.
            let length = 2 + cut.index(bytes.len() - 2);
            let error = read_all(&bytes[..length]).unwrap_err();
            prop_assert!(matches!(error, DataError::GzipTruncated { .. }), "{}", error);
        }
    }
}
