//! MNIST: four IDX files -> a checked [`Dataset`] -> a [`Split`] -> shuffled, augmented [`Batch`]es.
//!
//! Owns the files' format, the choice of validation images, the order of training images, and what is done to
//! their pixels. A filled batch is `[B, 784]`; a [`Reading`] leaves of it what a network is to see, in the order in
//! which it is to see it, so that reading it as `[B, T, W]` is a pure reshape. Pictures of other origin are brought into
//! the same form ([`read_picture`]).

mod augment;
mod batches;
mod gzip;
mod idx;
mod images;
mod load;
mod picture;
mod reading;
mod split;
#[cfg(test)]
mod testing;

pub use augment::Augmenter;
pub use batches::{Batch, EpochOrder};
pub use images::{CLASSES, Images, PIXELS, SIDE};
pub use load::{Dataset, FileDigest, TEST_IMAGES, TRAIN_IMAGES};
pub use picture::{mnist_form, read_picture};
pub use reading::Reading;
pub use split::Split;
