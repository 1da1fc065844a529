//! Charts of a grid in which more than one setting varies: the effect of each factor, and every setting as a line through all
//! factors.

use super::{Chart, Material, accuracy_scale};
use crate::format::{joined, percent};
use crate::plot::canvas::{Anchor, Canvas, Point, TEXT, shorten, width};
use crate::plot::colours::SERIES;
use crate::plot::frame::{Frame, WIDTH};
use crate::plot::scale::AccuracyScale;
use crate::plot::series::Series;
use crate::report::factors::{Factor, Level, effect, factors};
use crate::statistics::Setting;

/// Most factors that fit beside each other.
const MOST: usize = 6;
/// Between two lines through one point of an axis.
const APART: f64 = 2.5;
/// Most room for the names of the first axis.
const FIRST_NAMES: f64 = 120.0;

/// The factors of a grid; `None` unless two to [`MOST`] vary.
fn grid(settings: &[Setting]) -> Option<Vec<Factor>> {
    let factors = factors(settings);
    (2..=MOST).contains(&factors.len()).then_some(factors)
}

/// A small chart per factor on one scale of accuracy: the mean at each of its levels, over all levels of the others.
pub(super) fn factor_effects(material: &Material) -> Option<Chart> {
    let settings = &material.report.settings;
    let factors = grid(settings)?;
    let effects: Vec<Vec<Level>> =
        (0..factors.len()).map(|index| effect(&factors, index, settings)).collect();
    let means: Vec<f64> = effects.iter().flatten().map(|level| level.mean).collect();
    if means.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDTH, 350.0);
    let frame = Frame { left: 68.0, right: WIDTH - 12.0, top: 44.0, bottom: 270.0 };
    let scale = AccuracyScale::new(&means, &[], 10_000, frame.bottom, frame.top);
    frame.accuracy_axis(&mut canvas, &scale, "Mean test accuracy", &[]);
    let panel = (frame.right - frame.left) / factors.len() as f64;
    for (index, (factor, levels)) in factors.iter().zip(&effects).enumerate() {
        let left = frame.left + panel * index as f64;
        let inside = Frame { left: left + 10.0, right: left + panel - 10.0, ..frame };
        canvas.line("axis", (inside.left, inside.bottom), (inside.right, inside.bottom));
        let across = |level: usize| {
            let step = (inside.right - inside.left) / levels.len().max(1) as f64;
            inside.left + step * (level as f64 + 0.5)
        };
        let points: Vec<Point> = levels
            .iter()
            .enumerate()
            .map(|(index, level)| (across(index), scale.place(level.mean)))
            .collect();
        if points.len() > 1 {
            canvas.polyline("l0", &points);
        }
        let mut ends = [f64::NEG_INFINITY; 3];
        for (point, level) in points.iter().zip(levels) {
            let value = format!("{} {}: {}", factor.name, level.name, percent(level.mean));
            canvas.mark("f0", 0, *point, 4.5, &value);
            let name = shorten(&level.name, panel - 4.0, TEXT);
            let half = width(&name, TEXT) / 2.0;
            let Some(row) = (0..3).find(|row| point.0 - half >= ends[*row] + 5.0) else { continue };
            ends[row] = point.0 + half;
            let at = (point.0, frame.bottom + 18.0 + 16.0 * row as f64);
            canvas.text("soft", at, Anchor::Middle, TEXT, &name);
        }
        let at = (left + panel / 2.0, frame.bottom + 70.0);
        canvas.text("ink", at, Anchor::Middle, TEXT, &shorten(&factor.name, panel - 6.0, TEXT));
    }
    let parts = factors.iter().zip(&effects).filter(|(_, levels)| !levels.is_empty());
    let parts = joined(parts, ". ", |(factor, levels)| {
        let levels = joined(levels, ", ", |level| format!("{} {}", level.name, percent(level.mean)));
        format!("{}: {levels}", factor.name)
    });
    let description = format!(
        "Mean test accuracy at each value of a setting, over all combinations of the others that were trained at every value \
         of it. {parts}."
    );
    Some(Chart::new("factor-effects", "The effect of each setting".into(), description, canvas))
}

/// Parallel coordinates: an axis for each factor and one for the test accuracy; a line for each setting, in the colour of
/// its level of the first factor.
pub(super) fn parallel(material: &Material) -> Option<Chart> {
    let settings = &material.report.settings;
    let factors = grid(settings)?;
    let mut canvas = Canvas::new(WIDTH, 372.0);
    // The first axis's names stand left of it.
    let names = factors[0].levels.iter().map(|name| width(name, TEXT)).fold(36.0, f64::max).min(FIRST_NAMES);
    let frame = Frame { left: names + 8.0, right: WIDTH - 74.0, top: 56.0, bottom: 350.0 };
    let scale = accuracy_scale(settings, &frame, false);
    let across = |axis: usize| frame.left + (frame.right - frame.left) * axis as f64 / factors.len() as f64;
    let height = |factor: &Factor, level: usize| {
        let step = (frame.bottom - frame.top) / factor.levels.len() as f64;
        frame.bottom - step * (level as f64 + 0.5)
    };
    let mut lines: Vec<Vec<Point>> = vec![Vec::new(); settings.len()];
    for (axis, factor) in factors.iter().enumerate() {
        for level in 0..factor.levels.len() {
            // By accuracy, so that lines cross as little as they can.
            let mut here: Vec<usize> =
                (0..settings.len()).filter(|index| factor.of[*index] == level).collect();
            here.sort_by(|a, b| settings[*b].test.mean.total_cmp(&settings[*a].test.mean));
            let room = (frame.bottom - frame.top) / factor.levels.len() as f64;
            let apart = APART.min(room / here.len().max(1) as f64);
            let middle = (here.len() as f64 - 1.0) / 2.0;
            for (rank, index) in here.into_iter().enumerate() {
                let y = height(factor, level) + apart * (rank as f64 - middle);
                lines[index].push((across(axis), y));
            }
        }
    }
    for (index, line) in lines.iter_mut().enumerate() {
        let setting = &settings[index];
        line.push((frame.right, scale.place(setting.test.mean)));
        let series = Series(factors[0].of[index]);
        let value = format!("{}: {}", setting.label, percent(setting.test.mean));
        canvas.valued_line(&series.line_class(), line, &value);
        series.mark(&mut canvas, line[line.len() - 1], 3.5, &value);
    }
    for (axis, factor) in factors.iter().enumerate() {
        let x = across(axis);
        canvas.line("axis", (x, frame.top - 6.0), (x, frame.bottom));
        let anchor = if axis == 0 { Anchor::Start } else { Anchor::Middle };
        let room = across(1) - frame.left - 8.0;
        let at = (if axis == 0 { 4.0 } else { x }, if axis % 2 == 0 { 40.0 } else { 20.0 });
        canvas.text("ink", at, anchor, TEXT, &shorten(&factor.name, 1.9 * room, TEXT));
        for (level, name) in factor.levels.iter().enumerate() {
            let class = if axis == 0 {
                format!("f{} halo key s{level}", level % SERIES)
            } else {
                "ink halo".to_string()
            };
            let at = (x - 6.0, height(factor, level) + TEXT * 0.35);
            canvas.text(
                &class,
                at,
                Anchor::End,
                TEXT,
                &shorten(name, if axis == 0 { names } else { room }, TEXT),
            );
        }
    }
    canvas.line("axis", (frame.right, frame.top - 6.0), (frame.right, frame.bottom));
    canvas.text("ink", (WIDTH - 4.0, 40.0), Anchor::End, TEXT, "test accuracy");
    for (y, label) in scale.ticks() {
        canvas.line("axis", (frame.right, y), (frame.right + 5.0, y));
        canvas.text("soft", (frame.right + 9.0, y + TEXT * 0.35), Anchor::Start, TEXT, &label);
    }
    let names = joined(&factors, ", ", |factor| factor.name.clone());
    let best = settings.iter().max_by(|a, b| a.test.mean.total_cmp(&b.test.mean))?;
    let worst = settings.iter().min_by(|a, b| a.test.mean.total_cmp(&b.test.mean))?;
    let description = format!(
        "A line for each setting through its values of {names} to its mean test accuracy. Best: {} with {}. Worst: {} with {}.",
        best.label,
        percent(best.test.mean),
        worst.label,
        percent(worst.test.mean)
    );
    Some(Chart::new("all-settings", "Every setting as a line through its values".into(), description, canvas))
}
