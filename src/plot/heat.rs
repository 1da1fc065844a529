//! Grids of shaded squares: images of digits, and the values of units over time. One path for all squares of a shade keeps
//! the file small.

use super::canvas::{Canvas, Point};
use std::ops::Range;

/// Shades from nothing to full colour.
const SHADES: usize = 7;

/// Values in rows, each in -1..=1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    pub columns: usize,
    pub values: Vec<f32>,
}

impl Grid {
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// The grid with neighbouring values averaged, by the smallest whole factors that give at most `rows` and `columns`.
    pub fn at_most(&self, rows: usize, columns: usize) -> Self {
        let (down, across) = (self.rows().div_ceil(rows), self.columns.div_ceil(columns));
        let mut values = Vec::new();
        for block in self.values.chunks(down * self.columns) {
            for left in (0..self.columns).step_by(across) {
                let right = (left + across).min(self.columns);
                let cells = block.chunks_exact(self.columns).flat_map(|row| &row[left..right]);
                let count = (block.len() / self.columns * (right - left)) as f32;
                values.push(cells.sum::<f32>() / count);
            }
        }
        Self { columns: self.columns.div_ceil(across), values }
    }

    /// Some of its columns.
    pub fn part(&self, columns: Range<usize>) -> Self {
        let rows = self.values.chunks_exact(self.columns);
        Self { columns: columns.len(), values: rows.flat_map(|row| row[columns.clone()].to_vec()).collect() }
    }

    /// Draws values above 0 in the first class and below 0 in the second, more opaque the farther from 0.
    pub fn draw(&self, canvas: &mut Canvas, classes: [&str; 2], corner: Point, size: Point) {
        let scale = (size.0 / self.columns as f64, size.1 / self.rows() as f64);
        for (class, sign) in classes.into_iter().zip([1.0, -1.0]) {
            for level in 1..=SHADES {
                let d = self.cells_of(|value| shade(sign * value) == level);
                if !d.is_empty() {
                    canvas.shade(class, level as f64 / SHADES as f64, corner, scale, &d);
                }
            }
        }
    }

    /// A path around all wanted squares, joined along the rows, each 1 wide and 1 high.
    fn cells_of(&self, wanted: impl Fn(f32) -> bool) -> String {
        let mut d = String::new();
        for (y, row) in self.values.chunks_exact(self.columns).enumerate() {
            let mut x = 0;
            while x < row.len() {
                let length = row[x..].iter().take_while(|value| wanted(**value)).count();
                if length > 0 {
                    d.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
                }
                x += length.max(1);
            }
        }
        d
    }
}

/// The nearest shade of a value; 0 if it is not above 0.
fn shade(value: f32) -> usize {
    (value.clamp(0.0, 1.0) * SHADES as f32).round() as usize
}

/// All shades from one end to the other, for a key.
pub(crate) fn shades(signed: bool) -> Grid {
    let steps = SHADES as i32;
    let values = (if signed { -steps } else { 0 })..=steps;
    let values: Vec<f32> = values.map(|step| step as f32 / steps as f32).collect();
    Grid { columns: values.len(), values }
}

#[cfg(test)]
pub(crate) use tests::drawn;

#[cfg(test)]
mod tests {
    use super::*;

    /// The shade of each square that the paths of these classes draw, negative for the second class.
    pub(crate) fn drawn(
        svg: &str,
        classes: [&str; 2],
        corner: Point,
    ) -> std::collections::BTreeMap<(usize, usize), i32> {
        let mut cells = std::collections::BTreeMap::new();
        let place = format!("translate({} {})", corner.0, corner.1);
        for (class, sign) in classes.into_iter().zip([1, -1]) {
            let start = format!("<path class=\"{class}\" fill-opacity=\"");
            for line in svg.lines().filter(|line| line.starts_with(&start) && line.contains(&place)) {
                let opacity: f64 = line[start.len()..].split('"').next().unwrap().parse().unwrap();
                let d = line.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
                for run in d.split('M').skip(1) {
                    let (at, rest) = run.split_once('h').unwrap();
                    let (x, y) = at.split_once(' ').unwrap();
                    let length: usize = rest.split('v').next().unwrap().parse().unwrap();
                    let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
                    for x in x..x + length {
                        let level = (opacity * SHADES as f64).round() as i32;
                        assert!(cells.insert((y, x), sign * level).is_none(), "cell {x} {y} is drawn once");
                    }
                }
            }
        }
        cells
    }

    #[test]
    fn every_cell_is_drawn_once_in_its_shade() {
        let values: Vec<f32> = (0..6 * 5).map(|index| (index as f32 - 15.0) / 15.0).collect();
        let grid = Grid { columns: 6, values: values.clone() };
        let mut canvas = Canvas::new(100.0, 100.0);
        grid.draw(&mut canvas, ["f1", "f0"], (7.0, 9.0), (60.0, 50.0));
        let cells = drawn(&canvas.inline("x", "", ""), ["f1", "f0"], (7.0, 9.0));
        for (index, value) in values.iter().enumerate() {
            let level = (value * 7.0).round() as i32;
            assert_eq!(cells.get(&(index / 6, index % 6)).copied().unwrap_or(0), level, "cell {index}");
        }
    }

    #[test]
    fn a_large_grid_is_averaged_and_a_small_one_is_left_alone() {
        let grid = Grid { columns: 5, values: (0..15).map(|value| value as f32).collect() };
        assert_eq!(grid.at_most(3, 5), grid);
        // Columns 0 1 | 2 3 | 4, rows 0 1 | 2.
        let binned = grid.at_most(2, 3);
        assert_eq!(binned, Grid { columns: 3, values: vec![3.0, 5.0, 6.5, 10.5, 12.5, 14.0] });
    }

    #[test]
    fn values_out_of_range_and_no_numbers_have_a_shade() {
        assert_eq!([2.0, f32::NAN, -1.0].map(shade), [7, 0, 0]);
    }
}
