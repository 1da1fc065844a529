//! Pictures as PNG, for slides.

use crate::error::ReportError;
use resvg::{tiny_skia, usvg};

/// Pixels that a picture may be wide or high.
const LARGEST: u32 = 20_000;

/// The SVG, which has no text elements, as a PNG; width and errors as for [`Chart::png`](super::Chart::png).
pub(super) fn render(svg: &str, width: u32) -> Result<Vec<u8>, ReportError> {
    let failed = |detail: String| ReportError::Png { detail };
    let tree =
        usvg::Tree::from_str(svg, &usvg::Options::default()).map_err(|error| failed(error.to_string()))?;
    let scale = width as f32 / tree.size().width();
    let height = (tree.size().height() * scale).round() as u32;
    if !(1..=LARGEST).contains(&width) || !(1..=LARGEST).contains(&height) {
        return Err(failed(format!(
            "it would have {width} x {height} pixels; both sides must be in 1 to {LARGEST}"
        )));
    }
    let mut pixels = tiny_skia::Pixmap::new(width, height)
        .ok_or_else(|| failed(format!("no room for {width} x {height} pixels")))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::plot::Chart;
    use crate::plot::canvas::{Anchor, Canvas};

    /// A picture of a line and of letters.
    fn picture(letters: &str) -> Chart {
        let mut canvas = Canvas::new(400.0, 180.0);
        canvas.line("axis", (10.0, 10.0), (390.0, 170.0));
        canvas.text("ink", (20.0, 90.0), Anchor::Start, 14.0, letters);
        Chart::new("name", String::new(), String::new(), canvas)
    }

    /// Width and height from the header of a PNG (W3C, Portable Network Graphics, 11.2.2).
    fn size(png: &[u8]) -> (u32, u32) {
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    #[test]
    fn a_picture_is_drawn_as_wide_as_asked_and_as_high_as_its_shape_asks() {
        let (width, height) = size(&picture("letters").png(800).unwrap());
        assert_eq!(width, 800);
        assert!((380..=460).contains(&height), "{height}");
    }

    #[test]
    fn text_is_drawn_without_fonts_of_the_system() {
        let full = picture("The quick brown fox jumps over the lazy dog").png(700).unwrap();
        let silent = picture("").png(700).unwrap();
        assert!(silent.len() * 3 < full.len() * 2, "{} and {} bytes", silent.len(), full.len());
    }

    #[test]
    fn a_width_that_cannot_be_is_an_error() {
        for width in [0, u32::MAX] {
            let error = picture("").png(width).unwrap_err().to_string();
            assert!(error.contains("20000"), "{error}");
        }
    }
}
