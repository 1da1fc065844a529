//! MNIST, inside the program or in a folder: four IDX files -> a checked [`Dataset`] -> a [`Split`] -> shuffled, augmented [`Batch`]es.
//!
//! Owns the files' format, the choice of validation images, the order of training images, and the changes of their pixels. A
//! filled batch is `[B, 784]`; a [`Reading`] reduces it to what a network reads, in the order of reading, so that `[B, T, W]`
//! is a pure reshape. Pictures of other origin are brought into the same form ([`read_picture`]) and compared with
//! digits ([`KnownDigits`]).

mod augment;
mod batches;
mod gzip;
mod idx;
mod images;
mod load;
mod picture;
mod reading;
mod split;
mod staging;
#[cfg(test)]
mod testing;

pub use augment::Augmenter;
pub use batches::{Batch, EpochOrder};
pub use idx::IdxLayout;
pub use images::{CLASSES, Images, PIXELS, SIDE};
pub(crate) use load::first_built_in_images;
pub use load::{Dataset, TEST_IMAGES, TRAIN_IMAGES, is_mnist};
pub use picture::{KnownDigits, Likeness, read_picture};
pub use reading::Reading;
pub use split::Split;
