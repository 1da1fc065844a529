//! Places for labels that cover neither each other nor the data.

use super::canvas::{Point, TEXT, width};

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area(pub f64, pub f64, pub f64, pub f64);

impl Area {
    /// The square around a marker.
    pub fn around(centre: Point, radius: f64) -> Self {
        Self(centre.0 - radius, centre.1 - radius, centre.0 + radius, centre.1 + radius)
    }

    pub fn meets(&self, other: &Area) -> bool {
        self.0 < other.2 && other.0 < self.2 && self.1 < other.3 && other.1 < self.3
    }

    /// The distance of a point from the rectangle; 0 inside it.
    fn distance(&self, point: Point) -> f64 {
        let across = (self.0 - point.0).max(point.0 - self.2).max(0.0);
        let down = (self.1 - point.1).max(point.1 - self.3).max(0.0);
        across.hypot(down)
    }

    fn within(&self, outer: &Area) -> bool {
        self.0 >= outer.0 && self.1 >= outer.1 && self.2 <= outer.2 && self.3 <= outer.3
    }
}

/// A place for a label near a point: the start of its baseline. It is clear of everything in `taken`, to which it is added,
/// and nearer to its point than to any of `others`, so that it cannot be mistaken for the label of another point. `None` if
/// there is no such place; the chart's description names every setting anyway.
pub(crate) fn near(
    point: Point,
    text: &str,
    others: &[Point],
    bounds: &Area,
    taken: &mut Vec<Area>,
) -> Option<Point> {
    let wide = width(text, TEXT);
    for distance in [9.0, 16.0, 26.0, 38.0, 52.0] {
        let beside = distance * 0.8;
        let candidates = [
            (point.0 + beside, point.1 + distance + TEXT * 0.6),
            (point.0 - wide - beside, point.1 - distance),
            (point.0 - wide - beside, point.1 + distance + TEXT * 0.6),
            (point.0 - wide / 2.0, point.1 - distance),
            (point.0 - wide / 2.0, point.1 + distance + TEXT * 0.75),
            (point.0 + distance + 2.0, point.1 + TEXT * 0.35),
            (point.0 - wide - distance - 2.0, point.1 + TEXT * 0.35),
        ];
        for (x, y) in candidates {
            let area = Area(x - 2.0, y - TEXT * 0.9, x + wide + 2.0, y + TEXT * 0.3);
            let is_own =
                others.iter().all(|other| *other == point || area.distance(*other) > area.distance(point));
            if is_own && area.within(bounds) && !taken.iter().any(|other| area.meets(other)) {
                taken.push(area);
                return Some((x, y));
            }
        }
    }
    None
}

/// Areas along the lines from point to point, which keep labels away from them.
pub(crate) fn along(points: &[Point]) -> impl Iterator<Item = Area> {
    points.windows(2).flat_map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        let steps = ((to.0 - from.0).hypot(to.1 - from.1) / 4.0).ceil().max(1.0);
        let at = move |share: f64| (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        (0..=steps as usize).map(move |step| Area::around(at(step as f64 / steps), 2.0))
    })
}

/// Centres of labels one below the other, as near to the `wanted` ones (in any order) as `heights` allow, within
/// `top..=bottom` if they fit there.
pub(crate) fn spread(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut centres = wanted.to_vec();
    let mut limit = top;
    for index in &order {
        centres[*index] = centres[*index].max(limit + heights[*index] / 2.0);
        limit = centres[*index] + heights[*index] / 2.0;
    }
    let mut limit = bottom.max(top + heights.iter().sum::<f64>());
    for index in order.iter().rev() {
        centres[*index] = centres[*index].min(limit - heights[*index] / 2.0);
        limit = centres[*index] - heights[*index] / 2.0;
    }
    centres
}
