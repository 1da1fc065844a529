//! Reads a file's content whether or not it is gzip-compressed.
//!
//! The first two bytes decide, never the name. Distinguishes truncated, damaged and overlong gzip files; does not know what
//! the content means. Gzip: RFC 1952.

use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;

use crate::error::DataError;

/// The first two bytes of every gzip member (RFC 1952, section 2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Appends the uncompressed content of `source`, which errors call `path`, to `content`, until it has `most` bytes.
///
/// A gzip file's checksums are verified at its end: if `content` has fewer bytes afterwards, they are right.
///
/// # Errors
///
/// If `source` cannot be read or is a damaged gzip file. What could be read before that is in `content`.
pub(super) fn read(
    path: &Path,
    mut source: impl BufRead,
    most: usize,
    content: &mut Vec<u8>,
) -> Result<(), DataError> {
    let failed = |cause| DataError::Read { path: path.to_owned(), cause };
    let wrong = |problem: String| DataError::File { path: path.to_owned(), problem };
    if !source.fill_buf().map_err(failed)?.starts_with(&MAGIC) {
        source.take(most as u64).read_to_end(content).map_err(failed)?;
        return Ok(());
    }
    // A gzip file may have several members, whose contents are concatenated.
    loop {
        let mut member = GzDecoder::new(source);
        let left = most.saturating_sub(content.len());
        let read = member.by_ref().take(left as u64).read_to_end(content);
        read.map_err(|cause: io::Error| match cause.kind() {
            // Only errors of the operating system have its error number.
            _ if cause.raw_os_error().is_some() => failed(cause),
            ErrorKind::UnexpectedEof => {
                wrong("ends in the middle of its gzip data: is the file complete? Fetch it again".into())
            }
            _ => wrong(format!("is damaged: {cause}; fetch the file again")),
        })?;
        if content.len() >= most {
            return Ok(());
        }
        source = member.into_inner();
        match source.fill_buf().map_err(failed)? {
            [] => return Ok(()),
            [first, ..] if *first == MAGIC[0] => {}
            _ => {
                return Err(wrong(
                    "has other bytes after the end of its gzip data: fetch the file again".into(),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::testing::gzip;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> Result<Vec<u8>, DataError> {
        let mut content = Vec::new();
        read(Path::new("file"), bytes, 4096, &mut content).map(|()| content)
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
            assert!(error.to_string().contains("has other bytes after the end of its gzip data"), "{error}");
        }
    }

    #[test]
    fn a_wrong_gzip_checksum_is_refused() {
        let mut bytes = gzip(b"digits");
        let check_sum = bytes.len() - 8; // the trailer: 4 bytes CRC-32, 4 bytes length
        bytes[check_sum] ^= 1;
        let error = read_all(&bytes).unwrap_err();
        assert!(error.to_string().starts_with("file is damaged: "), "{error}");
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
        let error = read(Path::new("file"), FailsLater(false), 16, &mut Vec::new()).unwrap_err();
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
            prop_assert!(error.to_string().contains("ends in the middle of its gzip data"), "{}", error);
        }
    }
}
