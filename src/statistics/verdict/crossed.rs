//! The mean of one value per seed and image, all seeds on the same images.

/// A table of seeds by images, summed up: a two-way analysis of variance with random effects and one value per place.
///
/// With mean squares MS of R seeds, n images and the rest, the variance of the mean for new seeds and new images is
/// (MS_seeds + MS_images - MS_rest) / (R n): their expectations are σ² + n σ_seeds², σ² + R σ_images² and σ², and the mean has
/// σ_seeds²/R + σ_images²/n + σ²/(R n) (Searle, Casella and McCulloch, Variance Components, 1992, chapter 4; in generalizability
/// theory the absolute error variance of a crossed design, Brennan, Generalizability Theory, 2001). The degrees of freedom are
/// those of Satterthwaite (An approximate distribution of estimates of variance components, 1946).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crossed {
    pub mean: f64,
    /// Mean square of the seeds.
    pub of_seeds: f64,
    /// Mean square of the images.
    pub of_images: f64,
    /// Mean square of the rest.
    pub of_rest: f64,
    pub seeds: usize,
    pub images: usize,
}

impl Crossed {
    /// `None` for fewer than two seeds, fewer than two images, and rows of different lengths.
    ///
    /// * `rows`: of each seed the values by image, small whole numbers.
    pub fn new(rows: &[Vec<i8>]) -> Option<Self> {
        let (seeds, images) = (rows.len(), rows.first()?.len());
        if seeds < 2 || images < 2 || rows.iter().any(|row| row.len() != images) {
            return None;
        }
        let (mut columns, mut squares) = (vec![0_i64; images], 0_i64);
        for row in rows {
            for (column, &value) in columns.iter_mut().zip(row) {
                *column += i64::from(value);
                squares += i64::from(value) * i64::from(value);
            }
        }
        let sums: Vec<i64> = rows.iter().map(|row| row.iter().map(|&value| i64::from(value)).sum()).collect();
        // Sums of squares in whole numbers: exact, and 0 where nothing varies.
        let square = |sums: &[i64]| sums.iter().map(|&sum| i128::from(sum) * i128::from(sum)).sum::<i128>();
        let total: i128 = sums.iter().map(|&sum| i128::from(sum)).sum();
        let (r, n) = (seeds as i128, images as i128);
        // Each times R n.
        let (all, rows, columns) = (r * n * i128::from(squares), r * square(&sums), n * square(&columns));
        let whole = (r * n) as f64;
        let mean_square = |times: i128, degrees: usize| times as f64 / whole / degrees as f64;
        let total_square = total * total;
        Some(Self {
            mean: total as f64 / whole,
            of_seeds: mean_square(rows - total_square, seeds - 1),
            of_images: mean_square(columns - total_square, images - 1),
            of_rest: mean_square(all - rows - columns + total_square, (seeds - 1) * (images - 1)),
            seeds,
            images,
        })
    }

    /// The variance of the mean, at least that which the rest alone gives: a mean square below that of the rest is chance,
    /// because no variance is below 0, and counts as much as the rest.
    pub fn variance(&self) -> f64 {
        (self.seeds_at_least() + self.images_at_least() - self.of_rest) / self.values()
    }

    fn seeds_at_least(&self) -> f64 {
        self.of_seeds.max(self.of_rest)
    }

    fn images_at_least(&self) -> f64 {
        self.of_images.max(self.of_rest)
    }

    /// The part of the variance that more seeds would shrink, and the part that only more images would.
    pub fn parts(&self) -> (f64, f64) {
        let seeds = self.seeds_at_least() / self.values();
        (seeds, (self.images_at_least() - self.of_rest) / self.values())
    }

    /// Satterthwaite's degrees of freedom of the variance, at least those of the seeds or the images alone.
    pub fn degrees(&self) -> f64 {
        let (seeds, images) = ((self.seeds - 1) as f64, (self.images - 1) as f64);
        let squares = self.seeds_at_least().powi(2) / seeds
            + self.images_at_least().powi(2) / images
            + self.of_rest.powi(2) / (seeds * images);
        let degrees = (self.variance() * self.values()).powi(2) / squares;
        if squares > 0.0 { degrees.clamp(seeds.min(images), seeds * images) } else { seeds.min(images) }
    }

    fn values(&self) -> f64 {
        self.seeds as f64 * self.images as f64
    }
}
