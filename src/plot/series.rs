//! What distinguishes the series of a chart: colour, dash and shape, which together repeat only after 84 series. The class
//! `s` with a series' number is on all that belongs to it, so that the page's script can hide it.

use super::canvas::{Anchor, Canvas, Point, TEXT, width, wrap};
use super::colours::SERIES;

/// Dashes of lines; the first is a solid line.
pub(crate) const DASHES: usize = 4;
/// Shapes of marks; the first is a circle.
const SHAPES: usize = 6;
/// Height of a line of a legend.
const LINE: f64 = 20.0;
/// From the mark to the text of an entry.
const INDENT: f64 = 26.0;

/// A series by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Series(pub usize);

impl Series {
    pub fn line_class(self) -> String {
        let dash = match (self.0 / SERIES) % DASHES {
            0 => String::new(),
            dash => format!(" d{dash}"),
        };
        format!("l{}{dash} s{}", self.0 % SERIES, self.0)
    }

    /// The class of what is filled in its colour: marks and text.
    pub fn fill_class(self) -> String {
        format!("f{} s{}", self.0 % SERIES, self.0)
    }

    /// The class of rings and of lines beside the series' own.
    pub fn thin_class(self, class: &str) -> String {
        format!("{class}{} s{}", self.0 % SERIES, self.0)
    }

    /// A mark in the series' shape and colour. A browser shows `value` to those who point at it.
    pub fn mark(self, canvas: &mut Canvas, centre: Point, radius: f64, value: &str) {
        canvas.mark(&self.fill_class(), self.0 % SHAPES, centre, radius, value);
    }
}

/// The names of series below `top`, in two columns if they fit, each with its mark; makes the canvas as high as it takes.
pub(crate) fn legend(canvas: &mut Canvas, top: f64, names: &[(Series, &str)]) {
    let room = |columns: usize| (canvas.width - 24.0) / columns as f64;
    let widest = names.iter().map(|(_, name)| width(name, TEXT)).fold(0.0, f64::max);
    let columns = if widest + INDENT + 12.0 <= room(2) { 2 } else { 1 };
    let column = room(columns);
    let mut y = top;
    for row in names.chunks(columns) {
        let mut lines = 1;
        for (index, (series, name)) in row.iter().enumerate() {
            let x = 18.0 + column * index as f64;
            canvas.line(&series.line_class(), (x - 6.0, y), (x + 14.0, y));
            series.mark(canvas, (x + 4.0, y), 4.5, "");
            let wrapped = wrap(name, column - INDENT - 8.0, TEXT);
            lines = lines.max(wrapped.len());
            for (line, text) in wrapped.iter().enumerate() {
                let at = (x + INDENT - 4.0, y + TEXT * 0.35 + LINE * line as f64);
                canvas.text(&format!("ink key s{}", series.0), at, Anchor::Start, TEXT, text);
            }
        }
        y += LINE * lines as f64;
    }
    canvas.height = canvas.height.max(y);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_of_84_series_look_alike() {
        let look = |number| {
            let mut canvas = Canvas::new(20.0, 20.0);
            let series = Series(number);
            canvas.line(series.line_class().split(" s").next().unwrap(), (0.0, 0.0), (20.0, 20.0));
            canvas.mark("", number % SHAPES, (5.0, 5.0), 4.0, "");
            canvas.inline("", "", "")
        };
        assert_eq!((0..84).map(look).collect::<BTreeSet<_>>().len(), 84);
        assert_eq!(look(0), look(84));
    }

    #[test]
    fn a_legend_has_every_name_whole() {
        let names: Vec<String> = (0..20)
            .map(|index| format!("2 layers, learning-rate 0.00{index}, a long name {index}"))
            .collect();
        let names: Vec<(Series, &str)> =
            names.iter().enumerate().map(|(index, name)| (Series(index), name.as_str())).collect();
        let mut canvas = Canvas::new(500.0, 10.0);
        legend(&mut canvas, 20.0, &names);
        let svg = canvas.inline("", "", "");
        assert!(!svg.contains('…') && canvas.height >= 20.0 * LINE, "{svg}");
        assert_eq!(svg.matches("key s19\"").count(), 1);
    }
}
