//! Records in a file, as TensorFlow frames them (tensorflow/core/lib/io/record_writer.h):
//!
//! ```text
//! length of the data     u64, little-endian
//! masked CRC of that     u32, little-endian
//! data
//! masked CRC of the data u32, little-endian
//! ```
//!
//! The CRC is CRC-32C (Castagnoli). To mask it, it is rotated right by 15 bits and 0xa282ead8 is added.

use std::io::{ErrorKind, Read, Result};

const MASK_DELTA: u32 = 0xa282_ead8;
/// More than any record written here: a longer length is damaged.
const LONGEST: u64 = 1 << 20;

/// The data as a record.
pub fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let crc = |bytes: &[u8]| masked_crc(bytes).to_le_bytes();
    [&length[..], &crc(&length), data, &crc(data)].concat()
}

/// The next record's data; `None` at the end and at a torn or damaged record, after which no other can be found.
///
/// # Errors
/// When reading fails.
pub fn next(file: &mut impl Read) -> Result<Option<Vec<u8>>> {
    let Some(head) = read(file, 12)? else { return Ok(None) };
    let (length, crc) = head.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("a head has eight bytes of length"));
    if crc != masked_crc(&head[..8]).to_le_bytes() || length > LONGEST {
        return Ok(None);
    }
    let Some(mut data) = read(file, length as usize + 4)? else { return Ok(None) };
    let crc = data.split_off(length as usize);
    Ok((crc == masked_crc(&data).to_le_bytes()).then_some(data))
}

/// The next `count` bytes; `None` if there are fewer left.
fn read(file: &mut impl Read, count: usize) -> Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; count];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK_DELTA)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CRC-32C bit by bit, from its definition: polynomial 0x1edc6f41, reflected, all bits inverted before and after.
    fn crc32c_by_bits(bytes: &[u8]) -> u32 {
        let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        !bytes.iter().fold(!0, |crc: u32, byte| (0..8).fold(crc ^ u32::from(*byte), step))
    }

    /// The examples of RFC 3720 (iSCSI), B.4, and the check value of CRC-32/ISCSI, "123456789".
    #[test]
    fn the_crc_is_castagnolis() {
        let ascending: Vec<u8> = (0..32).collect();
        let descending: Vec<u8> = (0..32).rev().collect();
        let known: [(&[u8], u32); 5] = [
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&ascending, 0x46dd_794e),
            (&descending, 0x113f_db5c),
            (b"123456789", 0xe306_9283),
        ];
        for (bytes, crc) in known {
            assert_eq!(crc32c::crc32c(bytes), crc);
            assert_eq!(crc32c_by_bits(bytes), crc);
        }
    }

    #[test]
    fn a_record_is_length_and_data_each_with_its_masked_crc() {
        let record = framed(b"123456789");
        assert_eq!(record.len(), 8 + 4 + 9 + 4);
        assert_eq!(record[..8], [9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&record[12..21], b"123456789");
        // A rotation left by 17 bits is one right by 15.
        let masked = |crc: u32| crc.rotate_left(17).wrapping_add(0xa282_ead8).to_le_bytes();
        assert_eq!(record[8..12], masked(crc32c_by_bits(&record[..8])));
        assert_eq!(record[21..], masked(0xe306_9283));
        assert_eq!(record[21..], 0xc78a_b0e5_u32.to_le_bytes(), "by hand");
    }

    #[test]
    fn records_are_read_up_to_the_first_that_is_not_whole() {
        let whole = [framed(b"one"), framed(b""), framed(b"three")].concat();
        let read = |bytes: &[u8]| {
            let mut rest = bytes;
            std::iter::from_fn(|| next(&mut rest).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(read(&whole), [b"one".to_vec(), b"".to_vec(), b"three".to_vec()]);
        let last = whole.len() - framed(b"three").len();
        for length in last..whole.len() {
            assert_eq!(read(&whole[..length]).len(), 2, "{length} bytes");
        }
        for byte in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[byte] ^= 1;
            assert!(read(&damaged).len() < 3, "byte {byte}");
        }
    }

    #[test]
    fn a_record_that_claims_to_be_huge_is_damaged() {
        let length = u64::MAX.to_le_bytes();
        let head = [&length[..], &masked_crc(&length).to_le_bytes()].concat();
        assert_eq!(next(&mut &head[..]).unwrap(), None);
    }
}
