//! Elastic distortion: every pixel moves a little, and its neighbours almost as it does (P. Simard, D. Steinkraus and J. Platt,
//! "Best practices for convolutional neural networks applied to visual document analysis", ICDAR 2003).
//!
//! They draw a random move for every pixel and blur the moves by a Gaussian of standard deviation 4 pixels. Here the moves of
//! points that are 7 pixels apart are drawn, and cubic B-splines interpolate: a B-spline whose points are 7 apart has the
//! standard deviation 7 / sqrt(3) = 4.04 pixels. It takes an eighth of the random numbers, a small fraction of the time, and
//! no pixel moves further than a point may. Moves of their setting (alpha 34) have a root mean square of 1.4 pixels in each
//! direction, as those of `elastic:5` here.

use crate::data::images::SIDE;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Pixels from one point to the next.
const SPACING: usize = 7;
/// Points in each direction: one at each edge of the four intervals, and one more outside on either side.
const POINTS: usize = SIDE / SPACING + 3;
/// Points whose moves count for a pixel, in each direction.
const NEAR: usize = 4;

/// Weight of each point, by pixel, in one direction.
const WEIGHTS: [[f32; SIDE]; POINTS] = weights();

const fn weights() -> [[f32; SIDE]; POINTS] {
    let mut weights = [[0.0; SIDE]; POINTS];
    let mut pixel = 0;
    while pixel < SIDE {
        // From the point before the centre of the pixel, 0 to 1.
        let t = ((pixel % SPACING) as f64 + 0.5) / SPACING as f64;
        let near = [
            (1.0 - t) * (1.0 - t) * (1.0 - t) / 6.0,
            (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
            (-3.0 * t * t * t + 3.0 * t * t + 3.0 * t + 1.0) / 6.0,
            t * t * t / 6.0,
        ];
        let mut point = 0;
        while point < NEAR {
            weights[pixel / SPACING + point][pixel] = near[point] as f32;
            point += 1;
        }
        pixel += 1;
    }
    weights
}

/// How far each pixel moves: the field of moves, spread across; [`Self::row`] spreads it down.
pub(super) struct Field {
    /// For both directions and each row of points, the moves by column, in pixels.
    across: [[[f32; SIDE]; POINTS]; 2],
}

impl Field {
    /// Draws the moves of points, uniformly up to `most` pixels either way, across and down.
    pub(super) fn draw(generator: &mut ChaCha8Rng, most: f32) -> Self {
        let mut across = [[[0.0; SIDE]; POINTS]; 2];
        for line in across.as_flattened_mut() {
            for weights in &WEIGHTS {
                add(line, weights, most * (2.0 * generator.random::<f32>() - 1.0));
            }
        }
        Self { across }
    }

    /// The moves of a row's pixels: `[to the right, down]`, by column.
    pub(super) fn row(&self, row: usize) -> [[f32; SIDE]; 2] {
        let first = row / SPACING;
        // Plain loops: they become vector instructions, iterators over arrays of arrays calls.
        let mut moves = [[0.0; SIDE]; 2];
        for (direction, moves) in moves.iter_mut().enumerate() {
            for near in 0..NEAR {
                let point = first + near;
                add(moves, &self.across[direction][point], WEIGHTS[point][row]);
            }
        }
        moves
    }
}

/// Adds `factor * values` to `sum`.
#[inline(always)]
fn add(sum: &mut [f32; SIDE], values: &[f32; SIDE], factor: f32) {
    for at in 0..SIDE {
        sum[at] += factor * values[at];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::generator;

    fn fields(most: f32) -> impl Iterator<Item = Field> {
        let mut numbers = generator(1, "fields", &[]);
        (0..200).map(move |_| Field::draw(&mut numbers, most))
    }

    #[test]
    fn weights_of_a_pixel_sum_to_one_and_have_the_deviation_of_the_papers_blur() {
        for pixel in 0..SIDE {
            let points = || {
                WEIGHTS
                    .iter()
                    .enumerate()
                    .map(|(point, weights)| ((point as f32 - 1.0) * SPACING as f32 - 0.5, weights[pixel]))
            };
            let sum: f32 = points().map(|(_, weight)| weight).sum();
            let mean: f32 = points().map(|(at, weight)| weight * at).sum();
            let variance: f32 = points().map(|(at, weight)| weight * (at - pixel as f32).powi(2)).sum();
            // Sums of at most four numbers below 200, each rounded to 24 bits.
            assert!((sum - 1.0).abs() < 1e-6, "{pixel}: {sum}");
            assert!((mean - pixel as f32).abs() < 1e-4, "{pixel}: {mean}");
            // A cubic B-spline's variance is a third of its points' distance, squared.
            assert!((variance - 49.0 / 3.0).abs() < 1e-3, "{pixel}: {variance}");
        }
    }

    #[test]
    fn no_pixel_moves_further_than_a_point_and_the_mean_square_is_the_papers() {
        let (mut sum, mut largest) = (0.0, 0.0_f32);
        for field in fields(5.0) {
            for moved in (0..SIDE).flat_map(|row| field.row(row).into_iter().flatten()) {
                sum += f64::from(moved * moved);
                largest = largest.max(moved.abs());
            }
        }
        assert!(largest <= 5.0 && largest > 3.5, "{largest}");
        let deviation = (sum / (200 * 2 * SIDE * SIDE) as f64).sqrt();
        // 34 / sqrt(3) / (2 sqrt(pi) 4) = 1.385, the deviation of uniform moves in -34..34 after a Gaussian blur of
        // deviation 4. Here 5 / sqrt(3) times the mean of the squared weights, 0.479: 1.383; its standard error over 200
        // fields of about 25 independent moves, twice, is 1 %.
        assert!((1.33..1.43).contains(&deviation), "{deviation}");
    }

    #[test]
    fn neighbours_move_almost_alike() {
        for field in fields(1.0) {
            for row in 0..SIDE {
                for moves in field.row(row) {
                    // The slope of a cubic B-spline between points whose values differ by 2 at most, 7 apart.
                    assert!(moves.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 2.0 / 7.0 + 1e-6));
                }
            }
        }
    }
}
