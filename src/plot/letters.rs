//! Text as outlines of DejaVu Sans, which the program carries: a picture has the same pixels on every machine, also where
//! no font is installed, and drawing it needs no machinery for fonts.

use super::canvas::{Anchor, Text};
use std::fmt::Write;
use std::sync::LazyLock;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

static REGULAR: LazyLock<Face> = LazyLock::new(|| face(dejavu::sans::regular()));
static BOLD: LazyLock<Face> = LazyLock::new(|| face(dejavu::sans::bold()));

fn face(font: &'static [u8]) -> Face<'static> {
    Face::parse(font, 0).expect("the fonts of the program are whole")
}

/// The text as a filled path with the text's class, letter beside letter by their own widths.
pub(crate) fn outlined(text: &Text) -> String {
    let face: &Face = if text.bold { &BOLD } else { &REGULAR };
    let glyphs: Vec<GlyphId> =
        text.text.chars().map(|letter| face.glyph_index(letter).unwrap_or(GlyphId(0))).collect();
    let scale = text.size / f64::from(face.units_per_em());
    let advance = |glyph: &GlyphId| scale * f64::from(face.glyph_hor_advance(*glyph).unwrap_or(0));
    let width: f64 = glyphs.iter().map(advance).sum();
    let mut x = text.at.0
        - match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
    let mut path = String::new();
    for glyph in &glyphs {
        face.outline_glyph(*glyph, &mut Outline { path: &mut path, at: (x, text.at.1), scale });
        x += advance(glyph);
    }
    format!("<path class=\"{}\" d=\"{path}\"/>", text.class)
}

/// Writes a glyph's outline, whose y grows upwards, as the `d` of a path.
struct Outline<'a> {
    path: &'a mut String,
    at: (f64, f64),
    scale: f64,
}

impl Outline<'_> {
    fn push(&mut self, command: char, points: &[(f32, f32)]) {
        self.path.push(command);
        for (x, y) in points {
            let place = (self.at.0 + self.scale * f64::from(*x), self.at.1 - self.scale * f64::from(*y));
            write!(self.path, "{:.3} {:.3} ", place.0, place.1).expect("writing to a String cannot fail");
        }
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.push('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.path.push('Z');
    }
}
