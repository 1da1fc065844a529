//! Boxes, dots and arrows.

use super::BOX;
use crate::plot::canvas::{Canvas, Point};

/// A box around a point.
pub(super) fn frame(canvas: &mut Canvas, class: &str, middle: Point) {
    let (w, h) = BOX;
    let d = format!("M{} {}h{w}v{h}h-{w}z", middle.0 - w / 2.0, middle.1 - h / 2.0);
    canvas.path(class, &d);
}

/// Three dots for what is left out, `step` from one to the next.
pub(super) fn dots(canvas: &mut Canvas, middle: Point, step: Point, radius: f64) {
    for index in [-1.0, 0.0, 1.0] {
        canvas.circle("soft", (middle.0 + index * step.0, middle.1 + index * step.1), radius);
    }
}

/// An arrow upwards from `from` to `to`, with room at both ends.
pub(super) fn arrow_up(canvas: &mut Canvas, x: f64, from: f64, to: f64) {
    arrow(canvas, (x, from - 2.0), (x, to + 2.0));
}

/// A horizontal or vertical arrow.
pub(super) fn arrow(canvas: &mut Canvas, from: Point, to: Point) {
    let along = (
        (to.0 - from.0).signum() * f64::from(to.0 != from.0),
        (to.1 - from.1).signum() * f64::from(to.1 != from.1),
    );
    let (back, side) = (7.0, 4.0);
    let base = (to.0 - back * along.0, to.1 - back * along.1);
    canvas.line("axis", from, base);
    let corner = |sign: f64| (base.0 + sign * side * along.1, base.1 + sign * side * along.0);
    let ((x1, y1), (x2, y2)) = (corner(1.0), corner(-1.0));
    canvas.path("soft", &format!("M{:.2} {:.2}L{x1:.2} {y1:.2}L{x2:.2} {y2:.2}z", to.0, to.1));
}
