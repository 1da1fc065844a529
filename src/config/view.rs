//! What a run reads of an image, and in how many timesteps: `rows`, `permute` and `timesteps`, which belong together.
//! `data::Reading` does the reading.

use super::{PIXELS, SIDE, TrainConfig, check};
use crate::error::ConfigError;

impl TrainConfig {
    /// Values per timestep W: 784/T of a whole image, 28 of middle rows.
    pub fn inputs(&self) -> usize {
        self.rows * SIDE / self.timesteps
    }

    /// The first of the N middle rows, counted from 0: `(28 - N) / 2`, rounded down. The middle 7 are rows 10 to 16, the
    /// middle 14 rows 7 to 20, the middle 21 rows 3 to 23.
    pub fn first_row(&self) -> usize {
        (SIDE - self.rows) / 2
    }

    /// What is read other than whole images in their own order, in words: "the middle 14 rows", "pixels permuted with
    /// seed 3".
    pub fn view_in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        match self.rows {
            SIDE.. => {}
            1 => words.push("the middle row".into()),
            rows => words.push(format!("the middle {rows} rows")),
        }
        if self.permute > 0 {
            words.push(format!("pixels permuted with seed {}", self.permute));
        }
        words
    }

    /// Checks the settings of this module.
    pub(super) fn validate_view(&self) -> Result<(), ConfigError> {
        let range = format!("be 1 to {SIDE}");
        check((1..=SIDE).contains(&self.rows), "rows", self.rows, range)?;
        let (ok, must) = if self.rows < SIDE {
            let must = format!(
                "be {0} with rows = {0}: each middle row is a timestep of {SIDE} pixels (leave timesteps out, and it \
                 follows rows)",
                self.rows
            );
            (self.timesteps == self.rows, must)
        } else {
            let divides = |number: usize| number > 0 && PIXELS.is_multiple_of(number);
            let divisors: Vec<String> =
                (1..=PIXELS).filter(|number| divides(*number)).map(|number| number.to_string()).collect();
            (divides(self.timesteps), format!("divide {PIXELS} ({})", divisors.join(", ")))
        };
        check(ok, "timesteps", self.timesteps, must)?;
        let range = format!("be 0 (pixels in their own order) to {}", i64::MAX);
        check(self.permute <= i64::MAX as u64, "permute", self.permute, range)
    }
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
            let expected = format!("timesteps = 28: must be {rows} with rows = {rows}: ");
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
            assert!(message.contains("must divide 784 (1, 2, 4, 7, 8, 14, 16, 28, "), "{message}");
        }
    }

    #[test]
    fn rows_outside_an_image_are_refused() {
        for rows in [0, 29, usize::MAX] {
            let message = with(rows, rows).validate().unwrap_err().to_string();
            assert!(message.contains("rows = ") && message.ends_with("must be 1 to 28"), "{message}");
        }
    }

    #[test]
    fn what_is_read_of_an_image_is_part_of_an_identity() {
        let base = TrainConfig::default();
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
