//! Random changes to training images: their kinds, bounds and spelling on the command line and in settings files. `data`
//! carries them out.
//!
//! ```text
//! none
//! shift:2
//! affine
//! affine:rotation=10,scale=0.1,shear=0.15,shift=2
//! ```
//!
//! `affine` uses the default of each part that is not named. What is printed reads back as the same value.

use crate::error::ConfigError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Random change of each training image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Augmentation {
    /// Nothing.
    #[default]
    None,
    /// Moves the image by a whole number of pixels across and another one down, each drawn uniformly from `-pixels` to
    /// `pixels`. What leaves the frame is lost; what enters is background.
    Shift {
        /// 0 to 14.
        pixels: u8,
    },
    /// Rotates, scales, shears and shifts the image, by amounts drawn uniformly within the bounds.
    Affine(AffineBounds),
}

/// Bounds of an affine change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineBounds {
    /// Largest rotation in either direction, 0 to 180 degrees.
    pub rotation_degrees: f32,
    /// Largest change of size, at least 0 and below 1: 0.1 scales by 0.9 to 1.1, both axes alike.
    pub scale: f32,
    /// Largest horizontal shear in pixels across per pixel down, 0 to 1.
    pub shear: f32,
    /// Largest shift across and down in pixels, fractions included, 0 to 14.
    pub shift_pixels: f32,
}

impl Default for AffineBounds {
    /// Bounds within which a person still reads the same digit.
    fn default() -> Self {
        Self { rotation_degrees: 10.0, scale: 0.1, shear: 0.15, shift_pixels: 2.0 }
    }
}

impl Augmentation {
    /// Largest shift in pixels: half an image.
    const MAX_SHIFT: u8 = 14;
}

impl fmt::Display for Augmentation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(formatter, "none"),
            Self::Shift { pixels } => write!(formatter, "shift:{pixels}"),
            Self::Affine(AffineBounds { rotation_degrees, scale, shear, shift_pixels }) => write!(
                formatter,
                "affine:rotation={rotation_degrees},scale={scale},shear={shear},shift={shift_pixels}"
            ),
        }
    }
}

impl FromStr for Augmentation {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        parse(text).map_err(|problem| ConfigError::Augmentation { text: text.to_owned(), problem })
    }
}

/// The value, or what is wrong with the writing or the range.
fn parse(text: &str) -> Result<Augmentation, String> {
    const MOST: u8 = Augmentation::MAX_SHIFT;
    match text.split_once(':') {
        None if text == "none" => Ok(Augmentation::None),
        None if text == "affine" => Ok(Augmentation::Affine(AffineBounds::default())),
        None if text == "shift" => Err("a shift needs a number of pixels, as in shift:2".to_owned()),
        Some(("shift", pixels)) => match pixels.parse() {
            Ok(pixels @ 0..=MOST) => Ok(Augmentation::Shift { pixels }),
            Ok(pixels) => Err(format!("{pixels} pixels: must be 0 to {MOST}")),
            Err(_) => Err(format!("`{pixels}`: must be a whole number of pixels, 0 to {MOST}")),
        },
        Some(("affine", parts)) => parse_bounds(parts).map(Augmentation::Affine),
        Some(("none", _)) => Err("`none` takes no values".to_owned()),
        _ => Err("no such augmentation".to_owned()),
    }
}

/// The parts of `affine`: name, highest value, and the range in words.
const PARTS: [(&str, f32, &str); 4] = [
    ("rotation", 180.0, "0 to 180 degrees"),
    ("scale", 1.0_f32.next_down(), "at least 0 and below 1"),
    ("shear", 1.0, "0 to 1"),
    ("shift", Augmentation::MAX_SHIFT as f32, "0 to 14 pixels"),
];

fn parse_bounds(parts: &str) -> Result<AffineBounds, String> {
    let AffineBounds { rotation_degrees, scale, shear, shift_pixels } = AffineBounds::default();
    let mut values = [rotation_degrees, scale, shear, shift_pixels];
    let mut named = [false; 4];
    for part in parts.split(',') {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("`{part}` is not written name=value"))?;
        let known = PARTS.iter().position(|(known, ..)| *known == name);
        let index = known.ok_or_else(|| format!("affine has no part `{name}`"))?;
        values[index] = value.parse().map_err(|_| format!("`{value}` in `{part}` is not a number"))?;
        if std::mem::replace(&mut named[index], true) {
            return Err(format!("`{name}` is given twice"));
        }
    }
    for (value, (name, most, range)) in values.iter().zip(PARTS) {
        if !(0.0..=most).contains(value) {
            return Err(format!("{name}={value}: must be {range}"));
        }
    }
    let [rotation_degrees, scale, shear, shift_pixels] = values;
    Ok(AffineBounds { rotation_degrees, scale, shear, shift_pixels })
}

impl TryFrom<String> for Augmentation {
    type Error = ConfigError;

    fn try_from(text: String) -> Result<Self, ConfigError> {
        text.parse()
    }
}

impl From<Augmentation> for String {
    fn from(augmentation: Augmentation) -> Self {
        augmentation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Augmentation {
        text.parse().unwrap()
    }

    #[test]
    fn each_form_reads_as_documented() {
        let bounds = AffineBounds { rotation_degrees: 10.0, scale: 0.1, shear: 0.15, shift_pixels: 2.0 };
        assert_eq!(read("none"), Augmentation::None);
        assert_eq!(read("shift:2"), Augmentation::Shift { pixels: 2 });
        assert_eq!(read("affine"), Augmentation::Affine(bounds));
        assert_eq!(read("affine:rotation=10,scale=0.1,shear=0.15,shift=2"), Augmentation::Affine(bounds));
        let turned = AffineBounds { rotation_degrees: 180.0, scale: 0.0, ..bounds };
        assert_eq!(read("affine:scale=0,rotation=180"), Augmentation::Affine(turned));
    }

    #[test]
    fn each_form_prints_in_full() {
        assert_eq!(read("none").to_string(), "none");
        assert_eq!(read("shift:14").to_string(), "shift:14");
        assert_eq!(read("affine").to_string(), "affine:rotation=10,scale=0.1,shear=0.15,shift=2");
    }

    #[test]
    fn every_error_names_what_was_typed_what_is_wrong_and_what_is_allowed() {
        for (text, problem) in [
            ("", "no such augmentation"),
            ("None", "no such augmentation"),
            ("flip:1", "no such augmentation"),
            ("none:1", "`none` takes no values"),
            ("shift", "a shift needs a number of pixels, as in shift:2"),
            ("shift:", "``: must be a whole number of pixels, 0 to 14"),
            ("shift:1.5", "`1.5`: must be a whole number of pixels, 0 to 14"),
            ("shift:-1", "`-1`: must be a whole number of pixels, 0 to 14"),
            ("shift:15", "15 pixels: must be 0 to 14"),
            ("shift:1000", "`1000`: must be a whole number of pixels, 0 to 14"),
            ("affine:", "`` is not written name=value"),
            ("affine:scale", "`scale` is not written name=value"),
            ("affine:scale=0.1,", "`` is not written name=value"),
            ("affine:zoom=1", "affine has no part `zoom`"),
            ("affine:scale=big", "`big` in `scale=big` is not a number"),
            ("affine:scale=0.1,scale=0.2", "`scale` is given twice"),
            ("affine:scale=1", "scale=1: must be at least 0 and below 1"),
            ("affine:scale=NaN", "scale=NaN: must be at least 0 and below 1"),
            ("affine:rotation=-1", "rotation=-1: must be 0 to 180 degrees"),
            ("affine:rotation=inf", "rotation=inf: must be 0 to 180 degrees"),
            ("affine:shear=1.01", "shear=1.01: must be 0 to 1"),
            ("affine:shift=14.5", "shift=14.5: must be 0 to 14 pixels"),
        ] {
            let error = text.parse::<Augmentation>().unwrap_err().to_string();
            let start = format!("augment {text}: {problem} (none, shift:N with N");
            assert!(error.starts_with(&start), "{error}");
        }
    }

    fn augmentations() -> impl Strategy<Value = Augmentation> {
        let affine = (0.0..=180_f32, 0.0..1_f32, 0.0..=1_f32, 0.0..=14_f32).prop_map(
            |(rotation_degrees, scale, shear, shift_pixels)| {
                Augmentation::Affine(AffineBounds { rotation_degrees, scale, shear, shift_pixels })
            },
        );
        let shift = (0..=14_u8).prop_map(|pixels| Augmentation::Shift { pixels });
        prop_oneof![Just(Augmentation::None), shift, affine]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(augmentation in augmentations()) {
            prop_assert_eq!(read(&augmentation.to_string()), augmentation);
        }

        #[test]
        fn arbitrary_text_never_panics(text: String, affine: bool) {
            let _ = if affine { format!("affine:{text}") } else { text }.parse::<Augmentation>();
        }
    }
}
