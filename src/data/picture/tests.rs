mod hostile;

use super::*;
use crate::data::testing::mnist_folder;
use crate::data::{Dataset, Images, SIDE};
use flate2::{Compression, Crc, write::ZlibEncoder};
use png::{BitDepth, ColorType};
use std::io::Write;
use std::sync::LazyLock;

/// The 10,000 test images.
static TEST: LazyLock<Images> = LazyLock::new(|| Dataset::load(&mnist_folder()).unwrap().test);

/// A grey picture: its width and its bytes.
type Picture = (usize, Vec<u8>);

/// A PNG of 8-bit samples.
fn encoded(width: usize, bytes: &[u8], colour: ColorType) -> Vec<u8> {
    encoded_at(width, bytes, colour, BitDepth::Eight, |_| {})
}

fn encoded_at(
    width: usize,
    bytes: &[u8],
    colour: ColorType,
    depth: BitDepth,
    more: impl Fn(&mut png::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let row = (width * colour.samples() * depth as usize).div_ceil(8);
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width as u32, (bytes.len() / row) as u32);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    more(&mut encoder);
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
    png
}

fn png((width, bytes): &Picture) -> Vec<u8> {
    encoded(*width, bytes, ColorType::Grayscale)
}

/// A chunk of a PNG (W3C, Portable Network Graphics, 5.3).
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes(), &name[..], data, &crc.sum().to_be_bytes()].concat()
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    jpeg_of(picture.0, &picture.1, jpeg_encoder::ColorType::Luma, false)
}

fn channels(colour: jpeg_encoder::ColorType) -> usize {
    match colour {
        jpeg_encoder::ColorType::Luma => 1,
        jpeg_encoder::ColorType::Rgb => 3,
        _ => 4,
    }
}

fn jpeg_of(width: usize, bytes: &[u8], colour: jpeg_encoder::ColorType, progressive: bool) -> Vec<u8> {
    let height = bytes.len() / width / channels(colour);
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 85);
    encoder.set_progressive(progressive);
    encoder.encode(bytes, width as u16, height as u16, colour).unwrap();
    jpeg
}

fn read(bytes: &[u8]) -> Result<[u8; PIXELS], PictureError> {
    mnist_form(bytes, Path::new("digit.png"))
}

fn message(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

fn enlarged((width, bytes): &Picture, factor: usize) -> Picture {
    let rows = bytes.chunks_exact(*width).flat_map(|row| std::iter::repeat_n(row, factor));
    (width * factor, rows.flatten().flat_map(|byte| std::iter::repeat_n(*byte, factor)).collect())
}

fn inverted((width, bytes): &Picture) -> Picture {
    (*width, bytes.iter().map(|byte| 255 - byte).collect())
}

/// The picture on larger paper of its own paper's brightness, `right` and `down` from the corner.
fn placed((width, bytes): &Picture, size: (usize, usize), right: usize, down: usize) -> Picture {
    let mut paper = vec![bytes[0]; size.0 * size.1];
    for (y, row) in bytes.chunks_exact(*width).enumerate() {
        paper[(y + down) * size.0 + right..][..*width].copy_from_slice(row);
    }
    (size.0, paper)
}

/// Test images whose corner is paper and whose ink is 20 pixels long, which is all but a few.
fn some() -> impl Iterator<Item = Picture> {
    (0..TEST.len()).step_by(331).map(|index| (SIDE, TEST.image(index).to_vec()))
}

#[test]
fn test_images_come_back_unchanged() {
    let changed: Vec<usize> = (0..TEST.len())
        .filter(|index| read(&png(&(SIDE, TEST.image(*index).to_vec()))).unwrap() != TEST.image(*index))
        .collect();
    // The three whose ink is 19 pixels long.
    assert_eq!(changed.len(), 3, "{changed:?}");
}

#[test]
fn polarity_size_and_position_change_nothing() {
    for picture in some() {
        let same = |other: &Picture| assert_eq!(read(&png(other)).unwrap()[..], picture.1[..]);
        same(&inverted(&picture));
        for factor in [2, 3, 10, 18] {
            same(&enlarged(&picture, factor));
        }
        same(&inverted(&placed(&enlarged(&picture, 7), (400, 250), 180, 31)));
    }
}

#[test]
fn colour_depth_and_transparency_change_nothing() {
    for picture in some().take(5) {
        let grey = &picture.1;
        let same =
            |bytes: Vec<u8>, colour| assert_eq!(read(&encoded(SIDE, &bytes, colour)).unwrap()[..], grey[..]);
        same(grey.iter().flat_map(|byte| [*byte; 3]).collect(), ColorType::Rgb);
        same(grey.iter().flat_map(|byte| [0, 0, 0, *byte]).collect(), ColorType::Rgba);
        same(grey.iter().flat_map(|byte| [255, *byte]).collect(), ColorType::GrayscaleAlpha);
        same(grey.iter().flat_map(|byte| [*byte, 255]).collect(), ColorType::GrayscaleAlpha);
        let deep: Vec<u8> = grey.iter().flat_map(|byte| [*byte; 2]).collect();
        let deep = encoded_at(SIDE, &deep, ColorType::Grayscale, BitDepth::Sixteen, |_| {});
        assert_eq!(read(&deep).unwrap()[..], grey[..]);
        // An index into a palette of greys; the opposite order, and transparent but for the last index, which is black.
        let palette =
            |entry: &dyn Fn(u8) -> u8| (0..=255).flat_map(|index| [entry(index); 3]).collect::<Vec<u8>>();
        let indexed = encoded_at(SIDE, grey, ColorType::Indexed, BitDepth::Eight, |encoder| {
            encoder.set_palette(palette(&|index| 255 - index));
        });
        assert_eq!(read(&indexed).unwrap()[..], grey[..]);
        let drawn = encoded_at(SIDE, grey, ColorType::Indexed, BitDepth::Eight, |encoder| {
            encoder.set_palette(palette(&|_| 0));
            encoder.set_trns((0..=255).collect::<Vec<u8>>());
        });
        assert_eq!(read(&drawn).unwrap()[..], grey[..]);
        assert_eq!(read(&interlaced(grey)).unwrap()[..], grey[..]);
    }
}

/// A grey image of MNIST's size as an interlaced PNG (W3C, Portable Network Graphics, 8).
fn interlaced(grey: &[u8]) -> Vec<u8> {
    let passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut data = ZlibEncoder::new(Vec::new(), Compression::fast());
    for (left, top, right, down) in passes {
        for y in (top..SIDE).step_by(down) {
            let row: Vec<u8> = (left..SIDE).step_by(right).map(|x| grey[y * SIDE + x]).collect();
            data.write_all(&[&[0], &row[..]].concat()).unwrap();
        }
    }
    let header = [&28_u32.to_be_bytes()[..], &28_u32.to_be_bytes(), &[8, 0, 0, 0, 1]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &data.finish().unwrap()), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

#[test]
fn a_16_bit_sample_becomes_the_nearest_8_bit_one() {
    for sample in 0..=u16::MAX {
        assert_eq!(decode::to_8_bits(sample), (f64::from(sample) / 257.0).round() as u8);
    }
}

#[test]
fn progressive_and_colour_jpegs_are_read_as_baseline_grey_ones_are() {
    use jpeg_encoder::ColorType::{Luma, Rgb};
    for picture in some().take(5) {
        let (width, grey) = enlarged(&picture, 6);
        let baseline = read(&jpeg(&(width, grey.clone()))).unwrap();
        let rgb: Vec<u8> = grey.iter().flat_map(|byte| [*byte; 3]).collect();
        for (bytes, colour, progressive) in [(&grey, Luma, true), (&rgb, Rgb, false), (&rgb, Rgb, true)] {
            let found = read(&jpeg_of(width, bytes, colour, progressive)).unwrap();
            let difference = difference(&found, &baseline);
            // Colours are rounded once more.
            assert!(difference < 2.0, "{colour:?}: {difference} levels in the mean");
        }
    }
}

/// Whether each pixel of a picture `size` wide and high is in a rectangle `shape` wide and high, 7 right and 11 down.
fn rectangle(size: (usize, usize), shape: (usize, usize)) -> Vec<bool> {
    let inside =
        |at: usize| (7..7 + shape.0).contains(&(at % size.0)) && (11..11 + shape.1).contains(&(at / size.0));
    (0..size.0 * size.1).map(inside).collect()
}

#[test]
fn ink_of_any_colour_on_paper_of_any_colour_is_brought_to_full_strength() {
    for (ink, paper) in
        [([30, 60, 200], [250, 250, 240]), ([255, 255, 0], [255; 3]), ([200, 0, 0], [0, 0, 40])]
    {
        let shape = rectangle((40, 40), (3, 20));
        let bytes: Vec<u8> = shape.iter().flat_map(|inked| if *inked { ink } else { paper }).collect();
        let image = read(&encoded(40, &bytes, ColorType::Rgb)).unwrap();
        assert_eq!((extent(&image), image.iter().max()), ((3, 20), Some(&254)), "{ink:?}");
    }
}

/// Width and height of what is inked.
fn extent(image: &[u8]) -> (usize, usize) {
    let inked: Vec<usize> = (0..PIXELS).filter(|at| image[*at] > 0).collect();
    let size = |place: &dyn Fn(usize) -> usize| {
        let places = || inked.iter().map(|at| place(*at));
        places().max().unwrap() - places().min().unwrap() + 1
    };
    (size(&|at| at % SIDE), size(&|at| at / SIDE))
}

#[test]
fn a_shape_keeps_its_aspect_and_its_longer_side_is_20_pixels() {
    for (wide, high) in [(40, 10), (10, 40), (300, 300), (7, 3), (1, 50), (90, 1)] {
        let shape = rectangle((wide + 30, high + 20), (wide, high));
        let picture = (wide + 30, shape.iter().map(|inked| if *inked { 0 } else { 255 }).collect());
        let longer = wide.max(high) as f64;
        let expected = |side: usize| ((20.0 * side as f64 / longer).round() as usize).max(1);
        assert_eq!(
            extent(&read(&png(&picture)).unwrap()),
            (expected(wide), expected(high)),
            "{wide} x {high}"
        );
    }
}

#[test]
fn the_centre_of_mass_comes_to_pixel_14() {
    // An L: most of its mass is at its foot.
    let shape: Vec<u8> = (0..100 * 100)
        .map(|at| {
            let (x, y) = (at % 100, at / 100);
            let inked = (20..30).contains(&x) && (10..80).contains(&y)
                || (20..60).contains(&x) && (60..80).contains(&y);
            if inked { 0 } else { 255 }
        })
        .collect();
    let image = read(&png(&(100, shape))).unwrap();
    let mass: f64 = image.iter().map(|byte| f64::from(*byte)).sum();
    let centre = |place: &dyn Fn(usize) -> usize| {
        (0..PIXELS).map(|at| f64::from(image[at]) * (place(at) as f64 + 0.5)).sum::<f64>() / mass
    };
    let centre = [centre(&|at| at % SIDE), centre(&|at| at / SIDE)];
    assert!(centre.iter().all(|at| (14.0..15.0).contains(at)), "{centre:?}");
}

/// Mean difference of two images in levels, moved by the pixel, if one at all, that makes it least: by as much a centre of mass
/// near the edge of its pixel moves the image.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let moved = |right: i32, down: i32| {
        let value = |at: usize| {
            let (x, y) = ((at % SIDE) as i32 + right, (at / SIDE) as i32 + down);
            let inside = (0..SIDE as i32).contains(&x) && (0..SIDE as i32).contains(&y);
            if inside { b[(y * SIDE as i32 + x) as usize] } else { 0 }
        };
        (0..PIXELS).map(|at| f64::from(a[at].abs_diff(value(at)))).sum::<f64>() / PIXELS as f64
    };
    (0..9).map(|way| moved(way % 3 - 1, way / 3 - 1)).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_jpeg_is_read_without_the_waves_of_its_compression() {
    for picture in some() {
        let large = enlarged(&picture, 6);
        for picture in [jpeg(&large), jpeg(&inverted(&large))] {
            let (found, expected) = (read(&picture).unwrap(), read(&png(&large)).unwrap());
            let (a, b) = (extent(&found), extent(&expected));
            // Faint ink at the edge of a digit is lost with the waves: up to a pixel on each side.
            assert!(a.0.abs_diff(b.0) <= 2 && a.1.abs_diff(b.1) <= 2, "{a:?}, {b:?}");
            let difference = difference(&found, &expected);
            assert!(difference < 8.0, "{difference} levels in the mean");
        }
    }
}

#[test]
fn uneven_paper_and_specks_are_no_ink() {
    let mut picture = inverted(&placed(&enlarged(&some().next().unwrap(), 8), (400, 300), 60, 40));
    let clean = read(&png(&picture)).unwrap();
    for (at, byte) in picture.1.iter_mut().enumerate() {
        let (x, y) = (at % 400, at / 400);
        // A shadow from left to right, and noise of up to 3 levels either way.
        let shade = x / 20 + (x * 7919 + y * 104_729) % 7;
        *byte = byte.saturating_sub(shade as u8);
    }
    picture.1[20 * 400 + 350] = 0;
    let found = read(&png(&picture)).unwrap();
    let difference = difference(&found, &clean);
    assert!(difference < 8.0, "{difference} levels in the mean");
}

/// EXIF data with one tag, the orientation (CIPA DC-008, 4.6.4).
fn exif(orientation: u8, big_endian: bool) -> Vec<u8> {
    if big_endian {
        [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation, 0, 0, 0, 0, 0, 0]].concat()
    } else {
        [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]].concat()
    }
}

/// The picture as it is stored for an orientation to bring it upright.
fn stored((side, upright): &Picture, orientation: u8) -> Picture {
    let last = side - 1;
    let shown = |x: usize, y: usize| match orientation {
        2 => (last - x, y),
        3 => (last - x, last - y),
        4 => (x, last - y),
        5 => (y, x),
        6 => (last - y, x),
        7 => (last - y, last - x),
        8 => (y, last - x),
        _ => (x, y),
    };
    let pixel = |at: usize| {
        let (x, y) = shown(at % side, at / side);
        upright[y * side + x]
    };
    (*side, (0..side * side).map(pixel).collect())
}

#[test]
fn a_photo_is_turned_as_its_exif_data_asks() {
    let upright = enlarged(&some().next().unwrap(), 6);
    let expected = read(&jpeg(&upright)).unwrap();
    for (orientation, big_endian) in
        (0..=9).flat_map(|orientation| [(orientation, true), (orientation, false)])
    {
        let exif = exif(orientation, big_endian);
        let turned = stored(&upright, orientation);
        let mut photo = jpeg(&turned);
        let mut segment = vec![0xff, 0xe1, 0, exif.len() as u8 + 8];
        segment.extend([b"Exif\0\0", &exif[..]].concat());
        photo.splice(2..2, segment);
        let difference = difference(&read(&photo).unwrap(), &expected);
        // The compression draws other waves around a turned edge.
        assert!(difference < 3.0, "{orientation}: {difference} levels in the mean");

        let mut drawing = png(&turned);
        drawing.splice(33..33, chunk(b"eXIf", &exif)); // behind the header
        assert!(read(&drawing).unwrap() == read(&png(&upright)).unwrap(), "{orientation}");
        for length in 0..exif.len() {
            let mut damaged = png(&turned);
            damaged.splice(33..33, chunk(b"eXIf", &exif[..length]));
            assert!(read(&damaged).is_ok(), "shown as it is stored");
        }
    }
}

#[test]
fn paper_alone_is_refused() {
    for blank in [
        png(&(50, vec![255; 2500])),
        png(&(50, vec![0; 2500])),
        png(&(1, vec![7])),
        jpeg(&(64, vec![200; 4096])),
    ] {
        assert!(message(&blank).contains("shows no digit"));
    }
    let faint = rectangle((40, 40), (5, 20)).iter().map(|inked| if *inked { 235 } else { 250 }).collect();
    assert!(message(&png(&(40, faint))).contains("shows no digit"));
    let transparent = encoded(20, &[0; 4 * 400], ColorType::Rgba);
    assert!(message(&transparent).contains("shows no digit"));
}
