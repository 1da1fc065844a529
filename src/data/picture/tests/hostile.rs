//! Files that are no pictures, that were damaged, or that were made to harm: an error each, never a panic, and no memory on a
//! file's word.

use super::{chunk, jpeg, jpeg_of, message, png, read, some};
use crate::data::read_picture;
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;
use std::path::Path;

/// A PNG in grey that says it is of this size, with other chunks.
fn crafted(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunks.concat(), chunk(b"IEND", &[])].concat()
}

fn deflated(length: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..length >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn what_is_no_picture_is_named() {
    assert!(message(b"").contains("is empty; only PNG and JPEG"));
    assert!(message(b"a letter to a friend").contains("is not a picture; only PNG and JPEG"));
    assert!(message(b"GIF89a\x01\x00\x01\x00").contains("is of type image/gif; only PNG and JPEG"));
    let missing = read_picture(Path::new("no/such.png")).unwrap_err().to_string();
    assert!(missing.contains("cannot read no/such.png"), "{missing}");
    let folder = read_picture(Path::new("src")).unwrap_err().to_string();
    assert!(folder.contains("cannot read src"), "{folder}");
}

#[test]
fn sizes_of_nothing_and_of_too_much_are_refused_before_decoding() {
    assert!(message(&crafted(0, 0, &[])).contains("has 0 x 0 pixels: there is nothing to see"));
    assert!(message(&crafted(28, 0, &[])).contains("has 28 x 0 pixels"));
    assert!(message(&crafted(10_000, 10_000, &[])).contains("has 10000 x 10000 pixels"));
    assert!(message(&crafted(u32::MAX, u32::MAX, &[])).contains("scale it down"));
    // Height and width of a JPEG stand behind the marker of its frame (ITU-T T.81, B.2.2).
    let small = jpeg(&(64, (0..4096).map(|at| (at % 251) as u8).collect()));
    let frame = small.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    for (height, width, words) in [(0xffff, 0xffff, "has 65535 x 65535 pixels"), (0, 64, "")] {
        let mut changed = small.clone();
        changed[frame + 5..frame + 9].copy_from_slice(
            &[[(height >> 8) as u8, height as u8], [(width >> 8) as u8, width as u8]].concat(),
        );
        assert!(message(&changed).contains(words), "{}", message(&changed));
    }
}

#[test]
fn what_inflates_without_end_is_not_followed() {
    let bomb = deflated(1 << 29);
    assert!(bomb.len() < 8 << 20, "{} bytes", bomb.len());
    // More image data than the size asks for: the rest is not inflated, and what there is, is blank.
    assert!(read(&crafted(28, 28, &[chunk(b"IDAT", &bomb)])).is_err());
    for name in [b"iCCP", b"zTXt"] {
        let text = [b"name\0\0", &bomb[..]].concat();
        let picture = crafted(28, 28, &[chunk(name, &text), chunk(b"IDAT", &deflated(1 << 20))]);
        assert!(read(&picture).is_err(), "blank, or refused");
    }
}

#[test]
fn a_picture_cut_short_anywhere_is_refused() {
    let picture = some().next().unwrap();
    let (png, jpeg) = (png(&picture), jpeg(&picture));
    for whole in [png, jpeg] {
        for length in 0..whole.len() {
            let message = message(&whole[..length]);
            // Before its marks a file is no picture.
            assert!(length < 8 || message.contains("ends in the middle"), "{length} bytes: {message}");
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let picture = some().nth(1).unwrap();
    let mut state = 1_u64;
    let mut random = |below: usize| {
        // A step of splitmix64 (Steele, Lea and Flood, 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)) % below as u64) as usize
    };
    let mut refused = 0;
    for whole in [png(&picture), jpeg(&picture)] {
        for _ in 0..1500 {
            let mut damaged = whole.clone();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                damaged[at] = random(256) as u8;
            }
            refused += usize::from(read(&damaged).is_err());
        }
    }
    assert!(refused > 500, "only {refused} were refused: were they damaged at all?");
}

#[test]
fn a_jpeg_on_which_the_decoder_panics_is_an_error() {
    // Progressive CMYK of one pixel: zune-jpeg 0.5.15 fails an assertion when it upsamples.
    let picture = jpeg_of(1, &[0; 4], jpeg_encoder::ColorType::Cmyk, true);
    assert!(message(&picture).contains("the decoder failed on it"), "{}", message(&picture));
}
