//! Random changes to training images: their kinds, bounds and spelling on the command line and in settings files. `data`
//! carries them out.
//!
//! ```text
//! none
//! shift:2
//! affine
//! affine:rotation=10,scale=0.1,shear=0.15,shift=2
//! affine+elastic:4+thickness:thicker=1,thinner=0.3
//! ```
//!
//! Kinds are joined with `+`, in any order. `affine`, `thickness` and the others use the default of each value that is not
//! named. What is printed reads back as the same value.

mod text;

use crate::error::ConfigError;
use serde::{Deserialize, Serialize};

/// Random change of each training image. Every kind is off by default, and a kind whose bounds are 0 is the same as none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Augmentation {
    /// Where the digit stands, how large it is and which way it leans.
    pub placement: Placement,
    /// Elastic distortion: the most by which a pixel moves, across and down, 0 to 7 pixels.
    pub elastic_pixels: f32,
    /// How much thicker or thinner strokes become.
    pub thickness: ThicknessBounds,
    /// Blur: 0 none, 1 at most the binomial filter of 3 x 3 pixels.
    pub softness: f32,
    /// Contrast: at most this fraction of all grey levels becomes black or white, at least 0 and below 1.
    pub contrast: f32,
}

/// How an image is moved as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Placement {
    /// It stays.
    #[default]
    Same,
    /// Moves the image by a whole number of pixels across and another one down, each drawn uniformly from `-pixels` to
    /// `pixels`. What leaves the frame is lost; what enters is background.
    Shift {
        /// 0 to 14.
        pixels: u8,
    },
    /// Rotates, scales, stretches, shears and shifts the image, by amounts drawn uniformly within the bounds.
    Affine(AffineBounds),
}

/// Bounds of an affine change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AffineBounds {
    /// Largest rotation in either direction, 0 to 180 degrees.
    pub rotation_degrees: f32,
    /// Largest change of size, at least 0 and below 1: 0.1 scales by 0.9 to 1.1, both axes alike.
    pub scale: f32,
    /// Largest change of proportions, at least 0 and below 1: 0.1 multiplies the width by 0.9 to 1.1 and divides the height
    /// by the same number.
    pub stretch: f32,
    /// Largest horizontal shear in pixels across per pixel down, 0 to 1.
    pub shear: f32,
    /// Largest shift across and down in pixels, fractions included, 0 to 14.
    pub shift_pixels: f32,
}

impl Default for AffineBounds {
    /// Bounds within which a person still reads the same digit.
    fn default() -> Self {
        Self { rotation_degrees: 10.0, scale: 0.1, stretch: 0.0, shear: 0.15, shift_pixels: 2.0 }
    }
}

/// Bounds of the change of stroke thickness, in pixels by which each edge of a stroke moves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ThicknessBounds {
    /// Most outwards, 0 to 3.
    pub thicker: f32,
    /// Most inwards, at least 0 and below 1: even the thinnest stroke keeps some ink.
    pub thinner: f32,
}

impl Augmentation {
    /// Largest shift in pixels: half an image.
    const MAX_SHIFT: u8 = 14;
    /// Largest elastic move in pixels: the distance between the points whose moves are drawn.
    const MAX_ELASTIC: u8 = 7;
    /// What `thickness` without values is.
    const THICKNESS: ThicknessBounds = ThicknessBounds { thicker: 1.0, thinner: 0.3 };
    /// What `elastic` without a value is.
    const ELASTIC: f32 = 4.0;
    /// What `softness` without a value is.
    const SOFTNESS: f32 = 1.0;
    /// What `contrast` without a value is.
    const CONTRAST: f32 = 0.5;
}

impl From<Placement> for Augmentation {
    fn from(placement: Placement) -> Self {
        Self { placement, ..Self::default() }
    }
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
