//! Picture files to shades of grey, within bounded memory. `png` and `zune-jpeg` decode; sizes, completeness and orientation
//! are checked here.

use super::Grey;
use crate::error::PictureError;
use std::fmt::Display;
use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Largest side of a reduced picture, in pixels.
pub(super) const SIDE: usize = 512;
/// Largest file that is read.
const MOST_FILE: u64 = 64 << 20;
/// Most pixels that are decoded; phone cameras make up to 50 million by default.
const MOST_PIXELS: u64 = 50_000_000;
/// Most bytes that a decoded picture may take.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes that a PNG decoder may take besides the picture.
const MOST_BESIDES: usize = 32 << 20;
/// What is wrong with a file whose end is missing.
const TRUNCATED: &str = "ends in the middle of the picture: is the file complete?";

/// The bytes of a file, not more than [`MOST_FILE`].
pub(super) fn file(path: &Path) -> Result<Vec<u8>, PictureError> {
    let failed = |cause| PictureError::Read { path: path.to_path_buf(), cause };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_FILE {
        let problem = format!("is larger than {MOST_FILE} bytes: use a smaller picture");
        return Err(PictureError::Unusable { path: path.to_path_buf(), problem });
    }
    Ok(bytes)
}

/// Decodes a PNG or JPEG, or says what is wrong with it.
pub(super) fn grey(bytes: &[u8]) -> Result<Grey, String> {
    if bytes.starts_with(PNG) {
        return png(bytes);
    }
    if bytes.starts_with(JPEG) {
        return jpeg(bytes);
    }
    let known = OTHERS.iter().find(|(at, mark, _)| bytes.get(*at..).is_some_and(|b| b.starts_with(mark)));
    let found = match known {
        Some((_, _, kind)) => kind,
        None if bytes.is_empty() => "empty",
        None => "not a picture",
    };
    Err(format!("is {found}; only PNG and JPEG pictures can be read"))
}

/// The first bytes of a PNG (W3C, Portable Network Graphics, 5.2) and of a JPEG (ITU-T T.81, B.1.1).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// Formats that are not read: an offset, the bytes there, and what an error calls the file.
const OTHERS: [(usize, &[u8], &str); 9] = [
    (0, b"GIF8", "of type image/gif"),
    (0, b"BM", "of type image/bmp"),
    (0, b"II*\0", "of type image/tiff"),
    (0, b"MM\0*", "of type image/tiff"),
    (0, b"\0\0\x01\0", "of type image/x-icon"),
    (8, b"WEBP", "of type image/webp"),
    (4, b"ftypavif", "of type image/avif"),
    (4, b"ftyphei", "of type image/heic"),
    (0, b"%PDF", "of type application/pdf"),
];

fn png(bytes: &[u8]) -> Result<Grey, String> {
    // The sizes stand at fixed places (W3C, Portable Network Graphics, 11.2.2), and the decoder's error lacks them.
    if let Some([width, height]) = bytes.get(16..24).map(|sizes| sizes.as_chunks::<4>().0) {
        check_size(u32::from_be_bytes(*width), u32::from_be_bytes(*height), 1)?;
    }
    if !png_is_whole(bytes) {
        return Err(TRUNCATED.into());
    }
    let limits = png::Limits { bytes: MOST_BESIDES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // Palettes, fewer than 8 bits and transparent colours become 8-bit channels.
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (colour, depth) = reader.output_color_type();
    let (width, height) = reader.info().size();
    let wide = depth == png::BitDepth::Sixteen;
    check_size(width, height, colour.samples() as u8 * (1 + u8::from(wide)))?;
    let orientation = reader.info().exif_metadata.as_deref().and_then(orientation);
    let mut samples = vec![0; reader.output_buffer_size().unwrap_or_default()];
    reader.next_frame(&mut samples).map_err(damaged)?;
    if wide {
        samples =
            samples.as_chunks::<2>().0.iter().map(|pair| to_8_bits(u16::from_be_bytes(*pair))).collect();
    }
    let shades = reduced(&samples, width as usize, colour.samples());
    Ok(on_paper(turned(shades, orientation), false))
}

fn jpeg(bytes: &[u8]) -> Result<Grey, String> {
    // The decoder would fill missing parts with grey.
    if !jpeg_is_whole(bytes) {
        return Err(TRUNCATED.into());
    }
    let options =
        DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let (colour, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    check_size(width as u32, height as u32, channels)?;
    let orientation = decoder.exif().and_then(|exif| orientation(exif));
    decoder.set_options(options.jpeg_set_out_colorspace(colour));
    // The decoder panics on some progressive files (zune-jpeg 0.5.15, when it upsamples), with a message on stderr.
    let decoded = panic::catch_unwind(AssertUnwindSafe(|| decoder.decode()));
    let samples = decoded.map_err(|_| damaged("the decoder failed on it"))?.map_err(damaged)?;
    Ok(on_paper(turned(reduced(&samples, width, channels.into()), orientation), true))
}

fn damaged(detail: impl Display) -> String {
    format!("is damaged or not a picture: {detail}")
}

fn check_size(width: u32, height: u32, bytes_per_pixel: u8) -> Result<(), String> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(format!("has {width} x {height} pixels: there is nothing to see"));
    }
    if pixels > MOST_PIXELS || pixels * u64::from(bytes_per_pixel) > MOST_BYTES {
        return Err(format!(
            "has {width} x {height} pixels of {bytes_per_pixel} bytes; the limits are {MOST_PIXELS} pixels and \
             {MOST_BYTES} bytes: scale it down"
        ));
    }
    Ok(())
}

/// Whether the closing chunk is there: follows the chunks, each a length, a name, data and a checksum (W3C, Portable Network
/// Graphics, 5.3).
fn png_is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(behind) = length.checked_add(4).and_then(|length| after.get(length..)) else { return false };
        if head[4..] == *b"IEND" {
            return true;
        }
        rest = behind;
    }
    false
}

/// Whether the marker of the end is there: follows the segments and passes over coded data (ITU-T T.81, B.1.1).
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        // Coded data, fill bytes: everything up to the next marker that is not within coded data.
        let within = |pair: &[u8]| pair[0] != 0xff || matches!(pair[1], 0x00 | 0x01 | 0xd0..=0xd8 | 0xff);
        let Some(at) = rest.windows(2).position(|pair| !within(pair)) else { return false };
        if rest[at + 1] == 0xd9 {
            return true;
        }
        let Some(length) = rest.get(at + 2..at + 4) else { return false };
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        rest = rest.get(at + 2 + length..).unwrap_or_default();
    }
}

/// The orientation that EXIF data gives a picture, 1 to 8: the tag Orientation in the first directory of a TIFF header (CIPA
/// DC-008, 4.6). `None` if the data is damaged or has no such tag.
fn orientation(exif: &[u8]) -> Option<u16> {
    let big_endian = match exif.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let number = |at: usize, bytes: usize| {
        let found = exif.get(at..at.checked_add(bytes)?)?;
        let push = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(if big_endian { found.iter().fold(0, push) } else { found.iter().rev().fold(0, push) })
    };
    let directory = number(4, 4)?;
    // An entry: tag, type, number of values, value; type 3 is a 16-bit number.
    for index in 0..number(directory, 2)? {
        let at = directory + 2 + 12 * index;
        if (number(at, 2)?, number(at + 2, 2)?, number(at + 4, 4)?) == (0x112, 3, 1) {
            return number(at + 8, 2).map(|value| value as u16);
        }
    }
    None
}

/// A 16-bit sample as the nearest 8-bit one.
pub(super) fn to_8_bits(sample: u16) -> u8 {
    ((u32::from(sample) + 128) / 257) as u8
}

/// A picture in grey: for each pixel brightness in 0..=255 times alpha, and alpha in 0..=1.
struct Shades {
    width: usize,
    pixels: Vec<[f32; 2]>,
}

/// A decoded picture in grey, square blocks averaged so that no side is longer than [`SIDE`].
///
/// * `samples`: rows from the top, each pixel grey, grey and alpha, RGB or RGBA, which is 1 to 4 `channels`.
fn reduced(samples: &[u8], width: usize, channels: usize) -> Shades {
    let height = samples.len() / channels / width;
    let block = width.max(height).div_ceil(SIDE);
    let (columns, rows) = (width.div_ceil(block), height.div_ceil(block));
    let mut pixels = vec![[0.0_f32; 2]; columns * rows];
    for (y, row) in samples.chunks_exact(width * channels).enumerate() {
        for (x, pixel) in row.chunks_exact(channels).enumerate() {
            let [red, green, blue, alpha] = match *pixel {
                [grey, alpha] => [grey, grey, grey, alpha],
                [red, green, blue] => [red, green, blue, 255],
                [red, green, blue, alpha] => [red, green, blue, alpha],
                _ => [pixel[0], pixel[0], pixel[0], 255],
            }
            .map(f32::from);
            let luma = if red == green && green == blue {
                red // exactly
            } else {
                0.2126 * red + 0.7152 * green + 0.0722 * blue
            };
            let sum = &mut pixels[y / block * columns + x / block];
            *sum = [sum[0] + luma * (alpha / 255.0), sum[1] + alpha / 255.0];
        }
    }
    for (index, sum) in pixels.iter_mut().enumerate() {
        let side = |at: usize, size: usize| block.min(size - at * block) as f32;
        let averaged = side(index % columns, width) * side(index / columns, height);
        *sum = sum.map(|value| value / averaged);
    }
    Shades { width: columns, pixels }
}

/// The picture as an EXIF orientation asks to show it (CIPA DC-008, 4.6.4); values other than 2 to 8 change nothing.
fn turned(shades: Shades, orientation: Option<u16>) -> Shades {
    let (width, height) = (shades.width, shades.pixels.len() / shades.width);
    // The sides are swapped first, then the picture is mirrored across or down.
    let is = |orientations: [u16; 4]| orientation.is_some_and(|number| orientations.contains(&number));
    let (swapped, across, down) = (is([5, 6, 7, 8]), is([2, 3, 7, 8]), is([3, 4, 6, 7]));
    let columns = if swapped { height } else { width };
    let source = |index: usize| {
        let (x, y) = (index % columns, index / columns);
        let (x, y) = if swapped { (y, x) } else { (x, y) };
        let x = if across { width - 1 - x } else { x };
        let y = if down { height - 1 - y } else { y };
        shades.pixels[y * width + x]
    };
    Shades { width: columns, pixels: (0..width * height).map(source).collect() }
}

/// The picture with paper behind its transparent parts.
fn on_paper(Shades { width, pixels }: Shades, lossy: bool) -> Grey {
    let paper = if pixels.iter().all(|[_, alpha]| *alpha == 1.0) { 0.0 } else { paper_of(&pixels) };
    let values = pixels.iter().map(|[luma, alpha]| luma + (1.0 - alpha) * paper).collect();
    Grey { width, values, lossy }
}

/// The brightness of what is transparent.
fn paper_of(pixels: &[[f32; 2]]) -> f32 {
    let opaque = pixels.iter().filter(|[_, alpha]| *alpha >= 0.5);
    let mut sorted: Vec<f32> = opaque.map(|[luma, alpha]| luma / alpha).collect();
    if sorted.is_empty() {
        return 255.0;
    }
    sorted.sort_by(f32::total_cmp);
    let quantile = |twentieths: usize| sorted[(sorted.len() - 1) * twentieths / 20];
    let of_one_brightness = quantile(19) - quantile(1) < 64.0;
    match 2 * sorted.len() < pixels.len() || of_one_brightness {
        true if quantile(10) < 128.0 => 255.0,
        true => 0.0,
        false => quantile(10),
    }
}
