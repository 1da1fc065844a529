//! Whether pictures are unlike any digit, for the commands that read pictures.

use super::network::Network;
use crate::data::{KnownDigits, Likeness, PIXELS, is_mnist};
use std::cell::LazyCell;

/// Judges how like a digit pictures are.
pub struct Judge {
    known: Option<LazyCell<KnownDigits>>,
}

impl Judge {
    /// Judges pictures that these networks read. If one was trained on other data than MNIST, nothing is judged: its classes
    /// may be no digits.
    pub fn of(networks: &[Network]) -> Self {
        let digits = networks.iter().all(|network| network.data_checksum().is_none_or(is_mnist));
        Self { known: digits.then(|| LazyCell::new(KnownDigits::built_in as fn() -> KnownDigits)) }
    }

    /// How like a digit a picture in MNIST's form is; `None` if that is not judged.
    pub fn likeness(&self, pixels: &[u8; PIXELS]) -> Option<Likeness> {
        self.known.as_ref().map(|known| known.likeness(pixels))
    }
}
