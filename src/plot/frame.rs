//! The frame of a chart whose vertical axis is an accuracy: grid, ticks, axis titles, and the marks that charts share.

use super::canvas::{Anchor, Canvas, Point, TEXT, width};
use super::place::{Area, near};
use super::scale::{AccuracyScale, Tick};

/// Width of every chart: a phone shows it at seven tenths of its size, a page with two columns at full size.
pub(crate) const WIDTH: f64 = 500.0;

/// The rectangle of a chart's data, in user units.
pub(crate) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Frame {
    /// The area in which labels may be placed.
    pub fn bounds(&self) -> Area {
        Area(self.left, self.top - 8.0, WIDTH - 4.0, self.bottom - 2.0)
    }

    /// Horizontal lines with their labels.
    pub fn grid(&self, canvas: &mut Canvas, ticks: impl Iterator<Item = Tick>) {
        for (y, label) in ticks {
            canvas.line("grid", (self.left, y), (self.right, y));
            canvas.text("soft", (self.left - 8.0, y + TEXT * 0.35), Anchor::End, TEXT, &label);
        }
    }

    /// Grid and labels of the accuracy axis, with its title above them and `key` on a second line.
    pub fn accuracy_axis(&self, canvas: &mut Canvas, scale: &AccuracyScale, what: &str, key: &[Key]) {
        self.grid(canvas, scale.ticks().into_iter());
        let title = format!("{what}, scaled by the logarithm of the error");
        canvas.text("ink", (12.0, 16.0), Anchor::Start, TEXT, &title);
        let mut x = 18.0;
        for entry in key {
            x = entry.draw(canvas, (x, 36.0 - TEXT * 0.35));
        }
    }

    /// The horizontal axis with its title; labels that would touch go to a second line.
    pub fn bottom_axis(&self, canvas: &mut Canvas, ticks: &[Tick], title: &str) {
        canvas.line("axis", (self.left, self.bottom), (self.right, self.bottom));
        let mut ends = [f64::NEG_INFINITY; 2];
        for (x, label) in ticks {
            canvas.line("axis", (*x, self.bottom), (*x, self.bottom + 5.0));
            let half = width(label, TEXT) / 2.0;
            // Keeps a label at the right end inside the picture.
            let x = x.min(canvas.width - half - 4.0);
            let Some(row) = (0..2).find(|row| x - half >= ends[*row] + 5.0) else { continue };
            ends[row] = x + half;
            let y = self.bottom + 19.0 + 16.0 * row as f64;
            canvas.text("soft", (x, y), Anchor::Middle, TEXT, label);
        }
        let y = self.bottom + if ends[1].is_finite() { 58.0 } else { 42.0 };
        canvas.text("ink", ((self.left + self.right) / 2.0, y), Anchor::Middle, TEXT, title);
    }

    /// The name of each point beside it, if there is room.
    pub fn name_points(&self, canvas: &mut Canvas, named: &[(Point, String)], taken: &mut Vec<Area>) {
        let places: Vec<Point> = named.iter().map(|(place, _)| *place).collect();
        for (place, name) in named {
            if let Some(at) = near(*place, name, &places, &self.bounds(), taken) {
                canvas.text("ink halo", at, Anchor::Start, TEXT, name);
            }
        }
    }

    /// An interval as a bar with caps between two heights, the lower end first; an end outside the plot has no cap.
    pub fn interval(&self, canvas: &mut Canvas, class: &str, x: f64, ends: [f64; 2]) {
        let [bottom, top] = ends;
        canvas.line(class, (x, bottom.min(self.bottom)), (x, top.max(self.top)));
        for end in ends.iter().filter(|end| (self.top..=self.bottom).contains(*end)) {
            canvas.line(class, (x - 5.0, *end), (x + 5.0, *end));
        }
    }
}

/// One entry of a key above a chart.
pub(crate) enum Key {
    Mean,
    Seed,
    Interval,
    Front,
    Validation,
    Training,
}

impl Key {
    /// Draws the entry with the middle of its left edge at `at`; returns where the next one may begin.
    fn draw(&self, canvas: &mut Canvas, at: Point) -> f64 {
        let (x, y) = at;
        let (indent, text) = match self {
            Self::Mean => (11.0, "mean of the seeds"),
            Self::Seed => (9.0, "one seed"),
            Self::Interval => (11.0, "its 95 % interval"),
            Self::Front => (26.0, "none is better and cheaper"),
            Self::Validation => (26.0, "validation"),
            Self::Training => (26.0, "training, while it trained"),
        };
        match self {
            Self::Mean => canvas.circle("f0", at, 4.5),
            Self::Seed => canvas.circle("o0", at, 3.0),
            Self::Interval => {
                canvas.line("l0", (x, y - 6.0), (x, y + 6.0));
                canvas.line("l0", (x - 5.0, y - 6.0), (x + 5.0, y - 6.0));
                canvas.line("l0", (x - 5.0, y + 6.0), (x + 5.0, y + 6.0));
            }
            Self::Front => canvas.line("front", (x - 5.0, y), (x + 19.0, y)),
            Self::Validation => canvas.line("l0", (x - 5.0, y), (x + 19.0, y)),
            Self::Training => canvas.line("t0", (x - 5.0, y), (x + 19.0, y)),
        }
        canvas.text("soft", (x + indent, y + TEXT * 0.35), Anchor::Start, TEXT, text);
        x + indent + width(text, TEXT) + 12.0
    }
}
