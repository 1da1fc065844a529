//! Uneven light: the brightness of the paper as a smooth surface, and the picture without it.

use super::Grey;

/// Coefficients of a surface: of 1, x, y, x², xy and y², with x and y from -1 to 1 across and down the picture.
type Surface = [f64; TERMS];
const TERMS: usize = 6;
/// Fits of the surface; after each, pixels that are far from it are left out of the next.
const FITS: usize = 6;
/// Median deviations from the surface within which a pixel is paper; for Gaussian noise 2.7 standard deviations.
const PAPER: f64 = 4.0;
/// Levels of 255 within which a pixel is paper in any case: rounding, and what a surface of second order cannot follow.
const LEVELS: f64 = 3.0;
/// The darkest paper that is corrected: below, a quotient would be mostly noise.
const DARKEST: f64 = 16.0;

/// The picture as even light would show it, if the brightness along its border is better described by a surface of second
/// order than by one number: each pixel is divided by the surface and multiplied by the paper's middle brightness, as light
/// falls on ink and paper alike.
///
/// * `border`: the pixels that are paper for the most part.
/// * returns `None` if the light is even, if the paper is too dark, and if the border's median deviation is not halved.
pub(super) fn evened(picture: &Grey, border: &[usize]) -> Option<Grey> {
    let value = |at: usize| f64::from(picture.values[at]);
    let paper = median(border.iter().map(|at| value(*at)));
    let uneven = median(border.iter().map(|at| (value(*at) - paper).abs()));
    if uneven == 0.0 {
        return None;
    }
    let terms = Terms::of(picture);
    let mut surface = [paper, 0.0, 0.0, 0.0, 0.0, 0.0];
    for fit in 0..FITS {
        let off = |at: usize| (value(at) - terms.height(&surface, at)).abs();
        let near = (PAPER * median(border.iter().map(|at| off(*at)))).max(LEVELS);
        // The border alone first: the digit's ink is not on it.
        surface = if fit < FITS / 2 {
            terms.fit(border.iter().copied().filter(|at| off(*at) <= near), value)?
        } else {
            terms.fit((0..picture.values.len()).filter(|at| off(*at) <= near), value)?
        };
    }
    let heights: Vec<f64> = (0..picture.values.len()).map(|at| terms.height(&surface, at)).collect();
    if heights.iter().any(|height| *height < DARKEST) {
        return None;
    }
    let even = |at: usize| value(at) / heights[at] * paper;
    let left = median(border.iter().map(|at| (even(*at) - paper).abs()));
    let values = (0..heights.len()).map(|at| even(at) as f32).collect();
    (2.0 * left <= uneven).then_some(Grey { width: picture.width, values, lossy: picture.lossy })
}

/// The middle value, of an even number of them the lower; there is at least one.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// The terms of surfaces over a picture.
struct Terms {
    width: usize,
    height: usize,
}

impl Terms {
    fn of(picture: &Grey) -> Self {
        Self { width: picture.width, height: picture.values.len() / picture.width }
    }

    fn at(&self, at: usize) -> Surface {
        let place = |at: usize, size: usize| (2 * at + 1) as f64 / size as f64 - 1.0;
        let (x, y) = (place(at % self.width, self.width), place(at / self.width, self.height));
        [1.0, x, y, x * x, x * y, y * y]
    }

    fn height(&self, surface: &Surface, at: usize) -> f64 {
        self.at(at).iter().zip(surface).map(|(term, coefficient)| term * coefficient).sum()
    }

    /// The surface of least squares through `value` at some pixels; `None` if they do not determine one.
    fn fit(&self, pixels: impl Iterator<Item = usize>, value: impl Fn(usize) -> f64) -> Option<Surface> {
        // The normal equations, with the right side in the last column.
        let mut rows = [[0.0; TERMS + 1]; TERMS];
        for at in pixels {
            let terms = self.at(at);
            for (row, term) in rows.iter_mut().zip(terms) {
                for (sum, other) in row.iter_mut().zip(terms.into_iter().chain([value(at)])) {
                    *sum += term * other;
                }
            }
        }
        solve(rows)
    }
}

/// Solves symmetric, positive equations by Gauss-Jordan elimination; `None` if they are singular.
fn solve(mut rows: [[f64; TERMS + 1]; TERMS]) -> Option<Surface> {
    for pivot in 0..TERMS {
        let row = rows[pivot];
        // Sums of as many squares as there are pixels: far above rounding if the pixels determine the surface.
        if row[pivot] <= 1e-9 * rows[0][0].max(1.0) {
            return None;
        }
        for (index, other) in rows.iter_mut().enumerate() {
            let factor = if index == pivot { 1.0 - 1.0 / row[pivot] } else { other[pivot] / row[pivot] };
            other.iter_mut().zip(row).for_each(|(value, above)| *value -= factor * above);
        }
    }
    Some(rows.map(|row| row[TERMS]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture 60 wide and 40 high, whose values are a function of x and y from -1 to 1.
    fn picture(value: impl Fn(f64, f64) -> f64) -> Grey {
        let terms = Terms { width: 60, height: 40 };
        let values = (0..2400).map(|at| terms.at(at)).map(|[_, x, y, ..]| value(x, y) as f32);
        Grey { width: 60, values: values.collect(), lossy: false }
    }

    fn border() -> Vec<usize> {
        (0..2400).filter(|at| [0, 59].contains(&(at % 60)) || [0, 39].contains(&(at / 60))).collect()
    }

    fn light(x: f64, y: f64) -> f64 {
        160.0 + 50.0 * x - 20.0 * y + 12.0 * x * y - 25.0 * x * x - 10.0 * y * y
    }

    #[test]
    fn a_surface_of_second_order_is_found_whatever_ink_stands_on_it() {
        let inked = |x: f64, y: f64| x.abs() < 0.3 && y.abs() < 0.6;
        let found = evened(&picture(|x, y| light(x, y) * if inked(x, y) { 0.25 } else { 1.0 }), &border());
        let found = found.unwrap().values;
        let paper = found[0];
        let even = picture(|x, y| f64::from(paper) * if inked(x, y) { 0.25 } else { 1.0 });
        for (at, (found, expected)) in found.iter().zip(&even.values).enumerate() {
            // The picture's values are rounded to f32.
            assert!((found - expected).abs() < 1e-3, "{at}: {found}, {expected}");
        }
    }

    #[test]
    fn even_light_noise_and_dark_paper_are_left_as_they_are() {
        let noise = |x: f64, y: f64| (x * 7919.0 + y * 104_729.0).sin() * 6.0;
        assert!(evened(&picture(|_, _| 230.0), &border()).is_none());
        assert!(evened(&picture(|x, y| 200.0 + noise(x, y)), &border()).is_none());
        assert!(evened(&picture(|x, _| 10.0 + 8.0 * x), &border()).is_none());
        // Half of the border is ink: nothing is paper for the most part.
        assert!(evened(&picture(|x, _| if x < 0.0 { 240.0 } else { 30.0 }), &border()).is_none());
    }

    #[test]
    fn a_line_of_pixels_determines_no_surface() {
        let line = Grey { width: 9, values: (0..9).map(|x| 100.0 + 5.0 * x as f32).collect(), lossy: false };
        assert!(evened(&line, &(0..9).collect::<Vec<_>>()).is_none());
    }
}
