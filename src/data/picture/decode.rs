//! Files of pictures to shades of grey, within bounded memory. The decoders are the `image` crate's.

use super::Grey;
use crate::error::PictureError;
use image::codecs::{jpeg::JpegDecoder, png::PngDecoder};
use image::metadata::Orientation;
use image::{
    DynamicImage, GenericImageView, ImageBuffer, ImageDecoder, ImageFormat, Limits, LumaA, imageops,
};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

/// Pixels that a reduced picture has on a side, at most.
pub(super) const SIDE: u32 = 512;
/// Largest file that is read.
const MOST_FILE: u64 = 64 << 20;
/// Most pixels that are decoded; cameras in telephones make up to 50 million by default.
const MOST_PIXELS: u64 = 50_000_000;
/// Most bytes that a decoded picture may take.
const MOST_BYTES: u64 = 256 << 20;
/// What a PNG decoder may take besides the picture: lines, colour profiles, texts.
const MOST_BESIDES: u64 = 32 << 20;

/// The bytes of a file, not more than [`MOST_FILE`].
pub(super) fn file(path: &Path) -> Result<Vec<u8>, PictureError> {
    let failed = |cause| PictureError::Read { path: path.to_path_buf(), cause };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_FILE {
        return Err(PictureError::FileTooLarge { path: path.to_path_buf(), most: MOST_FILE });
    }
    Ok(bytes)
}

/// Decodes a PNG or JPEG.
pub(super) fn grey(bytes: &[u8], path: &Path) -> Result<Grey, PictureError> {
    let source = Source { bytes, path };
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => source.png(),
        Ok(ImageFormat::Jpeg) => source.jpeg(),
        Ok(other) => Err(source.other_format(&format!("of type {}", other.to_mime_type()))),
        Err(_) if bytes.is_empty() => Err(source.other_format("empty")),
        Err(_) => Err(source.other_format("no picture")),
    }
}

/// A file in memory.
struct Source<'a> {
    bytes: &'a [u8],
    path: &'a Path,
}

impl Source<'_> {
    fn png(&self) -> Result<Grey, PictureError> {
        // The sizes stand at fixed places (W3C, Portable Network Graphics, 11.2.2), and the decoder's error lacks them.
        if let Some([width, height]) = self.bytes.get(16..24).map(|ihdr| {
            let number = |at: usize| u32::from_be_bytes([ihdr[at], ihdr[at + 1], ihdr[at + 2], ihdr[at + 3]]);
            [number(0), number(4)]
        }) {
            self.check_size(width, height, 1)?;
        }
        if !png_is_whole(self.bytes) {
            return Err(PictureError::Truncated { path: self.path.to_path_buf() });
        }
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(MOST_BESIDES);
        let decoder =
            PngDecoder::with_limits(Cursor::new(self.bytes), limits).map_err(|error| self.failed(&error))?;
        self.decode(decoder, false)
    }

    fn jpeg(&self) -> Result<Grey, PictureError> {
        // The decoder fills what is missing with grey.
        if !jpeg_is_whole(self.bytes) {
            return Err(PictureError::Truncated { path: self.path.to_path_buf() });
        }
        let decoder = JpegDecoder::new(Cursor::new(self.bytes)).map_err(|error| self.failed(&error))?;
        self.decode(decoder, true)
    }

    fn decode(&self, mut decoder: impl ImageDecoder, lossy: bool) -> Result<Grey, PictureError> {
        let (width, height) = decoder.dimensions();
        self.check_size(width, height, decoder.color_type().bytes_per_pixel())?;
        // A picture whose EXIF data is damaged is shown as it is stored.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let picture = DynamicImage::from_decoder(decoder).map_err(|error| self.failed(&error))?;
        Ok(on_paper(turned(reduced(&picture), orientation), lossy))
    }

    fn check_size(&self, width: u32, height: u32, bytes_per_pixel: u8) -> Result<(), PictureError> {
        let path = self.path.to_path_buf();
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 {
            return Err(PictureError::NoPixels { path, width, height });
        }
        if pixels > MOST_PIXELS || pixels * u64::from(bytes_per_pixel) > MOST_BYTES {
            let (most_pixels, most_bytes) = (MOST_PIXELS, MOST_BYTES);
            return Err(PictureError::TooLarge {
                path,
                width,
                height,
                bytes_per_pixel,
                most_pixels,
                most_bytes,
            });
        }
        Ok(())
    }

    fn other_format(&self, found: &str) -> PictureError {
        PictureError::Format { path: self.path.to_path_buf(), found: found.into() }
    }

    fn failed(&self, error: &image::ImageError) -> PictureError {
        PictureError::Damaged { path: self.path.to_path_buf(), detail: error.to_string() }
    }
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

/// Brightness in 0..=255 times alpha, and alpha in 0..=1.
type Shades = ImageBuffer<LumaA<f32>, Vec<f32>>;

/// The picture in grey, square blocks averaged so that no side is longer than [`SIDE`].
fn reduced(picture: &DynamicImage) -> Shades {
    let (width, height) = picture.dimensions();
    let block = width.max(height).div_ceil(SIDE);
    let mut shades = Shades::new(width.div_ceil(block), height.div_ceil(block));
    for (x, y, rgba) in picture.pixels() {
        let [red, green, blue, alpha] = rgba.0.map(f32::from);
        let luma = if red == green && green == blue {
            red // exactly
        } else {
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let sum = shades.get_pixel_mut(x / block, y / block);
        sum.0 = [sum.0[0] + luma * (alpha / 255.0), sum.0[1] + alpha / 255.0];
    }
    for (x, y, sum) in shades.enumerate_pixels_mut() {
        let side = |at: u32, size: u32| block.min(size - at * block) as f32;
        let pixels = side(x, width) * side(y, height);
        sum.0 = sum.0.map(|value| value / pixels);
    }
    shades
}

fn turned(shades: Shades, orientation: Orientation) -> Shades {
    match orientation {
        Orientation::NoTransforms => shades,
        Orientation::Rotate90 => imageops::rotate90(&shades),
        Orientation::Rotate180 => imageops::rotate180(&shades),
        Orientation::Rotate270 => imageops::rotate270(&shades),
        Orientation::FlipHorizontal => imageops::flip_horizontal(&shades),
        Orientation::FlipVertical => imageops::flip_vertical(&shades),
        Orientation::Rotate90FlipH => imageops::flip_horizontal(&imageops::rotate90(&shades)),
        Orientation::Rotate270FlipH => imageops::flip_horizontal(&imageops::rotate270(&shades)),
    }
}

/// The picture with paper behind its transparent parts.
fn on_paper(shades: Shades, lossy: bool) -> Grey {
    let width = shades.width() as usize;
    let pixels: Vec<[f32; 2]> = shades.pixels().map(|pixel| pixel.0).collect();
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
