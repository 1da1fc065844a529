//! What a run reads of an image, and in how many pieces: `rows`, `permute` and `timesteps`, which belong together.
//! `data::Reading` does it.

use super::{PIXELS, SIDE, TrainConfig, check, divisors};
use crate::error::ConfigError;

impl TrainConfig {
    /// Values a timestep W: 784/T of a whole image, 28 of each of its middle rows.
    pub fn inputs(&self) -> usize {
        self.rows * SIDE / self.timesteps
    }

    /// The first of the middle rows, counted from 0: of N rows `(28 - N) / 2`, rounded down, so that of an odd number of
    /// rows left out the larger half is below. The middle 7 are rows 10 to 16, the middle 14 rows 7 to 20, the middle 21
    /// rows 3 to 23.
    pub fn first_row(&self) -> usize {
        (SIDE - self.rows) / 2
    }

    /// What is read other than whole images in their own order, in words: "the middle 14 rows", "pixels permuted with
    /// seed 3".
    pub fn view_in_words(&self) -> Vec<String> {
        view_in_words(self.rows as u64, self.permute)
    }

    /// Checks the settings of this module.
    pub(super) fn validate_view(&self) -> Result<(), ConfigError> {
        let range = format!("a whole number in 1..={SIDE}");
        check((1..=SIDE).contains(&self.rows), "rows", self.rows, range)?;
        let timesteps = |ok, allowed| check(ok, "timesteps", self.timesteps, allowed);
        if self.rows < SIDE {
            timesteps(
                self.timesteps == self.rows,
                format!(
                    "{0} with rows = {0}: each of the middle rows is a timestep of {SIDE} pixels (leave timesteps out and \
                     it follows rows)",
                    self.rows
                ),
            )?;
        } else {
            let ok = self.timesteps > 0 && PIXELS.is_multiple_of(self.timesteps);
            timesteps(ok, format!("a divisor of {PIXELS} ({})", divisors(PIXELS)))?;
        }
        let range = format!("a whole number in 0..={}; 0 leaves the pixels in their order", i64::MAX);
        check(self.permute <= i64::MAX as u64, "permute", self.permute, range)
    }
}

/// As [`TrainConfig::view_in_words`], of the two settings alone.
pub fn view_in_words(rows: u64, permute: u64) -> Vec<String> {
    let mut words = Vec::new();
    match rows {
        rows if rows >= SIDE as u64 => {}
        1 => words.push("the middle row".into()),
        rows => words.push(format!("the middle {rows} rows")),
    }
    if permute > 0 {
        words.push(format!("pixels permuted with seed {permute}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(rows: usize, timesteps: usize) -> TrainConfig {
        TrainConfig { rows, timesteps, ..TrainConfig::default() }
    }

    #[test]
    fn the_middle_rows_are_those_that_the_documents_say() {
        let rows = |count| {
            let first = with(count, count).first_row();
            (first, first + count - 1)
        };
        assert_eq!([7, 14, 21, 28].map(rows), [(10, 16), (7, 20), (3, 23), (0, 27)]);
        assert_eq!([1, 2, 27].map(rows), [(13, 13), (13, 14), (0, 26)]);
    }

    #[test]
    fn every_middle_row_is_a_timestep_of_28_pixels() {
        for rows in 1..=27 {
            assert_eq!(with(rows, rows).inputs(), 28);
            with(rows, rows).validate().unwrap();
            let message = with(rows, 28).validate().unwrap_err().to_string();
            let expected = format!("timesteps = 28: allowed is {rows} with rows = {rows}: ");
            assert!(message.starts_with(&expected), "{message}");
        }
    }

    #[test]
    fn a_whole_image_is_cut_into_any_divisor_of_its_pixels() {
        for (timesteps, inputs) in [(1, 784), (7, 112), (28, 28), (112, 7), (784, 1)] {
            assert_eq!(with(28, timesteps).inputs(), inputs);
            with(28, timesteps).validate().unwrap();
        }
        for timesteps in [0, 27, 1568] {
            let message = with(28, timesteps).validate().unwrap_err().to_string();
            assert!(message.contains("a divisor of 784"), "{message}");
        }
    }

    #[test]
    fn rows_outside_an_image_are_refused_before_anything_is_made_of_them() {
        for rows in [0, 29, usize::MAX] {
            let message = with(rows, rows).validate().unwrap_err().to_string();
            assert!(message.contains("allowed is a whole number in 1..=28"), "{message}");
        }
    }

    #[test]
    fn added_settings_are_at_their_defaults_no_part_of_an_identity() {
        let base = TrainConfig::default();
        // `identity` and `protocol` in the result of `train --num-units 128` on MNIST before there was any such setting.
        let mnist = "e9914cff2ade526da2ab1ac60c072f9173cc53e35b9411692de8207cb1b9009d";
        let identity = "3d8b8514ec511e9b88f66e044219b3b68f687cee2fe5bb26ffcb4bec9a13a306";
        let protocol = "7f1a8800755b75a943c05d2c2f6105d99cc4fb17a9ea51f3e52ebd6b765eee6b";
        assert_eq!((base.identity(mnist).as_str(), base.protocol(mnist).as_str()), (identity, protocol));
        let identities = [
            base.clone(),
            with(14, 14),
            with(28, 14),
            TrainConfig { permute: 1, ..base.clone() },
            TrainConfig { permute: 2, ..base.clone() },
        ]
        .map(|config| (config.identity("data"), config.protocol("data")));
        for (index, one) in identities.iter().enumerate() {
            for other in &identities[index + 1..] {
                assert!(one.0 != other.0 && one.1 != other.1);
            }
        }
    }

    #[test]
    fn only_what_differs_from_a_whole_image_is_put_in_words() {
        assert!(TrainConfig::default().view_in_words().is_empty());
        let config = TrainConfig { permute: 3, ..with(14, 14) };
        assert_eq!(config.view_in_words(), ["the middle 14 rows", "pixels permuted with seed 3"]);
        assert_eq!(with(1, 1).view_in_words(), ["the middle row"]);
    }
}
