//! What is inside the page besides its program: networks, test images, and digits to compare drawings with.

use crate::data::{Images, PIXELS, Reading, first_built_in_images};
use crate::exchange::weights_file;
use crate::plot::page::base64;
use crate::run::StoredNetwork;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write;
use std::ops::Range;

/// Test images in the page, the first.
pub const PAGE_IMAGES: usize = 200;
/// Training images with whose outlines a drawing is compared, the first.
const KNOWN: usize = 8_000;
/// Shades of these images, from paper to full ink; fewer are smaller.
const SHADES: u16 = 4;
/// The largest distance of a digit from them, which leaves out as many digits as that of `data::KnownDigits`;
/// docs/playground.md has the measurement.
const FARTHEST: f32 = 0.600;

/// What a page shows.
pub struct Content<'a> {
    /// The networks, in the order in which they are offered.
    pub networks: &'a [StoredNetwork],
    /// The test images, of which the first [`PAGE_IMAGES`] are in the page.
    pub images: &'a Images,
    /// Whether these are MNIST's digits, so that a drawing may be unlike any.
    pub digits: bool,
}

impl Content<'_> {
    /// As JSON that may stand in HTML. `page/source.js` reads it; binary data is base64, images are compressed with gzip.
    pub(super) fn to_json(&self) -> String {
        let count = self.images.len().min(PAGE_IMAGES);
        let networks: Vec<Value> = self.networks.iter().map(network).collect();
        let content = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "networks": networks,
            "images": images(self.images, 0..count),
            "known": self.digits.then(known),
        });
        // A name could hold the end of the script element.
        content.to_string().replace('<', "\\u003c")
    }
}

fn network(stored: &StoredNetwork) -> Value {
    let StoredNetwork { name, weights, config, result, test_accuracy, .. } = stored;
    json!({
        "name": name,
        "timesteps": config.timesteps,
        "sources": Reading::new(config).sources(),
        "view": config.view_in_words(),
        "seed": result.as_ref().map(|result| result.seed),
        "epochs": result.as_ref().map(|result| result.epochs),
        "accuracy": test_accuracy,
        "weights": base64(&weights_file::to_bytes(weights)),
    })
}

/// Images that exist, with their labels.
pub(super) fn images(images: &Images, range: Range<usize>) -> Value {
    let pixels: Vec<u8> = range.clone().flat_map(|index| images.image(index).to_vec()).collect();
    json!({ "labels": &images.labels()[range], "pixels": compressed(&pixels) })
}

/// Digits of the training set in few shades, to compare drawings with.
pub(super) fn known() -> Value {
    let images = first_built_in_images(KNOWN);
    debug_assert_eq!(images.len(), KNOWN * PIXELS);
    let most = SHADES - 1;
    let shades: Vec<u8> = images.iter().map(|pixel| ((u16::from(*pixel) * most + 127) / 255) as u8).collect();
    json!({ "farthest": FARTHEST, "shades": SHADES, "pixels": compressed(&shades) })
}

fn compressed(bytes: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    base64(&written.expect("memory takes every byte"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HeadInitializerName, InitializerName, TrainConfig};
    use crate::data::CLASSES;
    use crate::model::{ModelShape, initializers::initial_weights};

    fn stored(name: &str) -> StoredNetwork {
        let shape = ModelShape { inputs: 28, units: 3, layers: 1, classes: CLASSES };
        let weights = initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 1);
        let config = TrainConfig { num_units: 3, rows: 14, timesteps: 14, ..TrainConfig::default() };
        StoredNetwork {
            name: name.into(),
            weights,
            config,
            result: None,
            test_accuracy: None,
            absent: Vec::new(),
        }
    }

    #[test]
    fn the_content_cannot_end_its_element() {
        let images = Images::new(vec![7; 3 * PIXELS], vec![1, 2, 3]).unwrap();
        let networks = [stored("</script><script>alert(1)")];
        let content = Content { networks: &networks, images: &images, digits: false }.to_json();
        assert!(!content.contains('<'));
        let read: Value = serde_json::from_str(&content).unwrap();
        assert_eq!(read["networks"][0]["name"], "</script><script>alert(1)");
        assert_eq!(read["networks"][0]["sources"][0], 7 * 28);
        assert_eq!(read["images"]["labels"], json!([1, 2, 3]));
        assert!(read["known"].is_null());
    }
}
