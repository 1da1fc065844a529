//! The trained networks inside the program, which commands find by name. data/networks/README.md says how they were trained.

use crate::error::ModelError;
use crate::exchange::weights_file;
use crate::model::ModelWeights;
use std::path::Path;

macro_rules! networks {
    ($($name:literal: $correct:literal),+) => {
        &[$(($name, $correct, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/networks/", $name, ".safetensors")))),+]
    };
}

/// Names and files of the networks in data/networks/, from the smallest to the largest, and how many of MNIST's 10,000 test
/// images each reads rightly.
const NETWORKS: &[(&str, u32, &[u8])] = networks![
    "digits-8": 8962, "digits-16": 9724, "digits-32": 9860, "digits-64": 9915, "digits-128": 9924
];
const TEST_IMAGES: f64 = 10_000.0;

/// The network that reads pictures when no run is named: the most accurate of those inside the program.
pub const DEFAULT_NETWORK: &str = "digits-128";

/// Whether a network of this name is inside the program.
pub fn is_built_in(path: &Path) -> bool {
    find(path).is_some()
}

/// The names of the networks inside the program, from the smallest to the largest.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NETWORKS.iter().map(|(name, ..)| *name)
}

/// The accuracy of the network of this name on MNIST's test images, a fraction; `None` if there is none inside the program.
pub(super) fn accuracy(path: &Path) -> Option<f64> {
    let (_, correct, _) = find(path)?;
    Some(f64::from(*correct) / TEST_IMAGES)
}

fn find(path: &Path) -> Option<&'static (&'static str, u32, &'static [u8])> {
    NETWORKS.iter().find(|(name, ..)| Path::new(name) == path)
}

/// The weights of the network of this name inside the program; `None` if there is none.
///
/// # Errors
/// As [`weights_file::from_bytes`]; a test reads them all.
pub(super) fn built_in_weights(path: &Path) -> Option<Result<ModelWeights, ModelError>> {
    let (name, _, bytes) = find(path)?;
    Some(weights_file::from_bytes(bytes, Path::new(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn every_network_has_the_units_of_its_name_and_the_checksum_and_accuracy_of_the_readme() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/networks");
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for (name, correct, bytes) in NETWORKS {
            let shape = built_in_weights(Path::new(name)).unwrap().unwrap().shape;
            assert_eq!(format!("digits-{}", shape.units), *name);
            assert_eq!((shape.layers, shape.inputs, shape.classes), (1, 28, 10));
            let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let row = readme.lines().find(|line| line.contains(&format!("`{name}.safetensors`"))).unwrap();
            assert!(row.contains(&digits), "{name}: {digits}");
            let cells: Vec<&str> = row.split(" | ").collect();
            assert_eq!(cells[2], format!("{:.2} %", f64::from(*correct) / 100.0), "{name}");
        }
        assert!(is_built_in(Path::new(DEFAULT_NETWORK)) && !is_built_in(Path::new("digits-256")));
    }
}
