//! How an [`Augmentation`] is written.

use super::{AffineBounds, Augmentation, Placement, ThicknessBounds};
use crate::error::ConfigError;
use std::fmt;
use std::str::FromStr;

impl fmt::Display for Augmentation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { placement, elastic_pixels, thickness, softness, contrast } = *self;
        let mut kinds = Vec::new();
        match placement {
            Placement::Same => {}
            Placement::Shift { pixels } => kinds.push(format!("shift:{pixels}")),
            Placement::Affine(AffineBounds { rotation_degrees, scale, stretch, shear, shift_pixels }) => {
                // Runs from before there was a stretch have this text in their identity.
                let stretch = if stretch > 0.0 { format!(",stretch={stretch}") } else { String::new() };
                kinds.push(format!(
                    "affine:rotation={rotation_degrees},scale={scale},shear={shear},shift={shift_pixels}{stretch}"
                ));
            }
        }
        if elastic_pixels > 0.0 {
            kinds.push(format!("elastic:{elastic_pixels}"));
        }
        if thickness != ThicknessBounds::default() {
            let ThicknessBounds { thicker, thinner } = thickness;
            kinds.push(format!("thickness:thicker={thicker},thinner={thinner}"));
        }
        if softness > 0.0 {
            kinds.push(format!("softness:{softness}"));
        }
        if contrast > 0.0 {
            kinds.push(format!("contrast:{contrast}"));
        }
        formatter.write_str(if kinds.is_empty() { "none" } else { "" })?;
        formatter.write_str(&kinds.join("+"))
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
    let mut augmentation = Augmentation::default();
    if text == "none" {
        return Ok(augmentation);
    }
    let mut seen: Vec<&str> = Vec::new();
    for kind in text.split('+') {
        let (name, values) = match kind.split_once(':') {
            Some((name, values)) => (name, Some(values)),
            None => (kind, None),
        };
        parse_kind(&mut augmentation, name, values)?;
        if seen.contains(&name) {
            return Err(format!("`{name}` is given twice"));
        }
        seen.push(name);
    }
    if seen.contains(&"shift") && seen.contains(&"affine") {
        return Err("`affine` has a shift of its own: leave `shift` out".to_owned());
    }
    Ok(augmentation)
}

fn parse_kind(augmentation: &mut Augmentation, name: &str, values: Option<&str>) -> Result<(), String> {
    match name {
        "shift" => {
            augmentation.placement = parse_shift(values)?;
        }
        "affine" => {
            let default = AffineBounds::default();
            let AffineBounds { rotation_degrees, scale, shear, shift_pixels, stretch } = default;
            let defaults = [rotation_degrees, scale, shear, shift_pixels, stretch];
            let [rotation_degrees, scale, shear, shift_pixels, stretch] =
                named_values("affine", values, &AFFINE, defaults)?;
            augmentation.placement =
                Placement::Affine(AffineBounds { rotation_degrees, scale, stretch, shear, shift_pixels });
        }
        "elastic" => augmentation.elastic_pixels = one_value(values, ELASTIC, Augmentation::ELASTIC)?,
        "thickness" => {
            let ThicknessBounds { thicker, thinner } = Augmentation::THICKNESS;
            let [thicker, thinner] = named_values("thickness", values, &THICKNESS, [thicker, thinner])?;
            augmentation.thickness = ThicknessBounds { thicker, thinner };
        }
        "softness" => augmentation.softness = one_value(values, SOFTNESS, Augmentation::SOFTNESS)?,
        "contrast" => augmentation.contrast = one_value(values, CONTRAST, Augmentation::CONTRAST)?,
        "none" if values.is_some() => return Err("`none` takes no values".to_owned()),
        "none" => return Err("`none` stands alone".to_owned()),
        _ => return Err("no such augmentation".to_owned()),
    }
    Ok(())
}

fn parse_shift(values: Option<&str>) -> Result<Placement, String> {
    const MOST: u8 = Augmentation::MAX_SHIFT;
    let pixels = values.ok_or("a shift needs a number of pixels, as in shift:2")?;
    match pixels.parse() {
        Ok(pixels @ 0..=MOST) => Ok(Placement::Shift { pixels }),
        Ok(pixels) => Err(format!("{pixels} pixels: must be 0 to {MOST}")),
        Err(_) => Err(format!("`{pixels}`: must be a whole number of pixels, 0 to {MOST}")),
    }
}

/// A bound: name, highest value, and the range in words.
type Bound = (&'static str, f32, &'static str);

const AFFINE: [Bound; 5] = [
    ("rotation", 180.0, "0 to 180 degrees"),
    ("scale", 1.0_f32.next_down(), "at least 0 and below 1"),
    ("shear", 1.0, "0 to 1"),
    ("shift", Augmentation::MAX_SHIFT as f32, "0 to 14 pixels"),
    ("stretch", 1.0_f32.next_down(), "at least 0 and below 1"),
];
const THICKNESS: [Bound; 2] =
    [("thicker", 3.0, "0 to 3 pixels"), ("thinner", 1.0_f32.next_down(), "at least 0 and below 1 pixel")];
const ELASTIC: Bound = ("elastic", Augmentation::MAX_ELASTIC as f32, "0 to 7 pixels");
const SOFTNESS: Bound = ("softness", 1.0, "0 to 1");
const CONTRAST: Bound = ("contrast", 1.0_f32.next_down(), "at least 0 and below 1");

/// The values of a kind that is written `name=value,name=value`; `defaults` where they are not named.
fn named_values<const N: usize>(
    kind: &str,
    values: Option<&str>,
    bounds: &[Bound; N],
    defaults: [f32; N],
) -> Result<[f32; N], String> {
    let (mut found, mut named) = (defaults, [false; N]);
    for part in values.into_iter().flat_map(|values| values.split(',')) {
        let (name, value) =
            part.split_once('=').ok_or_else(|| format!("`{part}` is not written name=value"))?;
        let known = bounds.iter().position(|(known, ..)| *known == name);
        let index = known.ok_or_else(|| format!("{kind} has no part `{name}`"))?;
        found[index] = value.parse().map_err(|_| format!("`{value}` in `{part}` is not a number"))?;
        if std::mem::replace(&mut named[index], true) {
            return Err(format!("`{name}` is given twice"));
        }
    }
    for (value, bound) in found.iter().zip(bounds) {
        check(*value, *bound, '=')?;
    }
    Ok(found)
}

/// The value of a kind that has one.
fn one_value(value: Option<&str>, bound: Bound, default: f32) -> Result<f32, String> {
    let Some(value) = value else { return Ok(default) };
    let (name, ..) = bound;
    let number = value.parse().map_err(|_| format!("`{value}` in `{name}:{value}` is not a number"))?;
    check(number, bound, ':')?;
    Ok(number)
}

fn check(value: f32, (name, most, range): Bound, between: char) -> Result<(), String> {
    if (0.0..=most).contains(&value) {
        Ok(())
    } else {
        Err(format!("{name}{between}{value}: must be {range}"))
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
        let bounds =
            AffineBounds { rotation_degrees: 10.0, scale: 0.1, stretch: 0.0, shear: 0.15, shift_pixels: 2.0 };
        let affine = |bounds| Augmentation::from(Placement::Affine(bounds));
        assert_eq!(read("none"), Augmentation::default());
        assert_eq!(read("shift:2"), Placement::Shift { pixels: 2 }.into());
        assert_eq!(read("affine"), affine(bounds));
        assert_eq!(read("affine:rotation=10,scale=0.1,shear=0.15,shift=2"), affine(bounds));
        let turned = AffineBounds { rotation_degrees: 180.0, scale: 0.0, ..bounds };
        assert_eq!(read("affine:scale=0,rotation=180"), affine(turned));
        assert_eq!(read("affine:stretch=0.2"), affine(AffineBounds { stretch: 0.2, ..bounds }));
        let thickness = ThicknessBounds { thicker: 1.0, thinner: 0.3 };
        let all =
            Augmentation { elastic_pixels: 4.0, thickness, softness: 1.0, contrast: 0.5, ..affine(bounds) };
        assert_eq!(read("affine+elastic+thickness+softness+contrast"), all);
        assert_eq!(read("contrast:0.5+softness:1+thickness:thinner=0.3+elastic:4+affine"), all);
        let thickness = ThicknessBounds { thicker: 2.0, ..thickness };
        assert_eq!(read("thickness:thicker=2"), Augmentation { thickness, ..Augmentation::default() });
        assert_eq!(read("thickness:thicker=0,thinner=0+elastic:0+softness:0+contrast:0"), read("none"));
    }

    #[test]
    fn each_form_prints_in_full() {
        assert_eq!(read("none").to_string(), "none");
        assert_eq!(read("shift:14").to_string(), "shift:14");
        assert_eq!(read("affine").to_string(), "affine:rotation=10,scale=0.1,shear=0.15,shift=2");
        assert_eq!(
            read("contrast+thickness+softness+elastic+affine:stretch=0.1").to_string(),
            "affine:rotation=10,scale=0.1,shear=0.15,shift=2,stretch=0.1+elastic:4+thickness:thicker=1,thinner=0.3+\
             softness:1+contrast:0.5"
        );
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
            ("affine:stretch=1", "stretch=1: must be at least 0 and below 1"),
            ("none+affine", "`none` stands alone"),
            ("affine+", "no such augmentation"),
            ("affine+affine", "`affine` is given twice"),
            ("shift:1+affine", "`affine` has a shift of its own: leave `shift` out"),
            ("elastic:8", "elastic:8: must be 0 to 7 pixels"),
            ("elastic:much", "`much` in `elastic:much` is not a number"),
            ("thickness:1", "`1` is not written name=value"),
            ("thickness:thicker=3.5", "thicker=3.5: must be 0 to 3 pixels"),
            ("thickness:thinner=1", "thinner=1: must be at least 0 and below 1 pixel"),
            ("softness:2", "softness:2: must be 0 to 1"),
            ("contrast:NaN", "contrast:NaN: must be at least 0 and below 1"),
            ("affine:shift=14.5", "shift=14.5: must be 0 to 14 pixels"),
        ] {
            let error = text.parse::<Augmentation>().unwrap_err().to_string();
            let start = format!("augment {text}: {problem} (none, shift:N with N");
            assert!(error.starts_with(&start), "{error}");
        }
    }

    fn augmentations() -> impl Strategy<Value = Augmentation> {
        let affine = (0.0..=180_f32, 0.0..1_f32, 0.0..1_f32, 0.0..=1_f32, 0.0..=14_f32).prop_map(
            |(rotation_degrees, scale, stretch, shear, shift_pixels)| {
                Placement::Affine(AffineBounds { rotation_degrees, scale, stretch, shear, shift_pixels })
            },
        );
        let shift = (0..=14_u8).prop_map(|pixels| Placement::Shift { pixels });
        let placement = prop_oneof![Just(Placement::Same), shift, affine];
        let some = |most: f32| prop_oneof![Just(0.0), 0.0..most];
        (placement, some(7.0), some(3.0), some(1.0), some(1.0), some(1.0)).prop_map(
            |(placement, elastic_pixels, thicker, thinner, softness, contrast)| Augmentation {
                placement,
                elastic_pixels,
                thickness: ThicknessBounds { thicker, thinner },
                softness,
                contrast,
            },
        )
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
