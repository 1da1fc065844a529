//! Which digit is taken for which: the confusion matrix of one setting, all its seeds together.

use super::Material;
use crate::format::{count, list, percent, thousands};
use crate::plot::Chart;
use crate::plot::canvas::{Anchor, Canvas, TEXT};
use crate::plot::frame::WIDTH;
use crate::statistics::{Report, Setting};

const CELL: f64 = 37.0;
const LEFT: f64 = 50.0;
const TOP: f64 = 62.0;

/// The chart of the chosen setting, or of the largest one without a choice; `None` where no run has a matrix.
pub(super) fn confusion_matrix(material: &Material) -> Option<Chart> {
    let Report { settings, choice, .. } = material.report;
    let setting = match choice {
        Some(choice) => settings.get(choice.chosen)?,
        None => settings.iter().max_by_key(|setting| setting.parameters)?,
    };
    let matrix = total(setting)?;
    let classes = matrix.len();
    let side = CELL * classes as f64;
    let mut canvas = Canvas::new(WIDTH, TOP + side + 16.0);
    draw_frame(&mut canvas, &matrix);
    let most = errors(&matrix).map(|(_, _, count)| count).max().unwrap_or(0).max(1);
    for (row, counts) in matrix.iter().enumerate() {
        for (column, count) in counts.iter().enumerate() {
            let corner = (LEFT + CELL * column as f64, TOP + CELL * row as f64);
            let middle = (corner.0 + CELL / 2.0, corner.1 + CELL / 2.0 + TEXT * 0.35);
            if row == column {
                let size = if *count > 9999 { 11.0 } else { 12.5 };
                canvas.text("soft", middle, Anchor::Middle, size, &count.to_string());
            } else if *count > 0 {
                // The square root lets small counts be seen beside large ones.
                let opacity = 0.08 + 0.67 * (*count as f64 / most as f64).sqrt();
                canvas.cell("heat", opacity, (corner.0 + 1.0, corner.1 + 1.0), (CELL - 2.0, CELL - 2.0));
                canvas.text("ink", middle, Anchor::Middle, 15.5, &count.to_string());
            }
        }
    }
    let title = format!("Which digit is taken for which: {}, {}", setting.label, seeds(setting));
    Some(Chart::new("confusion-matrix", title, describe(setting, &matrix), canvas))
}

/// "1 seed", "3 seeds together"
fn seeds(setting: &Setting) -> String {
    let seeds = count(setting.runs.len(), "seed");
    if setting.runs.len() == 1 { seeds } else { seeds + " together" }
}

/// The sum over the setting's runs, as long as they agree on the number of classes.
fn total(setting: &Setting) -> Option<Vec<Vec<usize>>> {
    let classes = setting.runs.first()?.confusion_matrix.len();
    let mut sum = vec![vec![0; classes]; classes];
    for run in &setting.runs {
        for (row, counts) in sum.iter_mut().zip(&run.confusion_matrix) {
            if counts.len() != classes {
                return None;
            }
            row.iter_mut().zip(counts).for_each(|(cell, count)| *cell += count);
        }
    }
    (classes > 0).then_some(sum)
}

/// Digits at the sides, thin lines between the rows, and each digit's share of right answers.
fn draw_frame(canvas: &mut Canvas, matrix: &[Vec<usize>]) {
    let side = CELL * matrix.len() as f64;
    canvas.text("ink", (LEFT, 16.0), Anchor::Start, TEXT, "Predicted digit →");
    canvas.text("ink", (12.0, 34.0), Anchor::Start, TEXT, "True digit ↓");
    canvas.text("ink", (LEFT + side + 68.0, 34.0), Anchor::End, TEXT, "Right");
    for (index, row) in matrix.iter().enumerate() {
        let offset = CELL * (index as f64 + 0.5);
        for at in [(LEFT + offset, TOP - 8.0), (LEFT - 16.0, TOP + offset + TEXT * 0.35)] {
            canvas.text("ink strong", at, Anchor::Middle, TEXT, &index.to_string());
        }
        let all: usize = row.iter().sum();
        if all > 0 {
            let share = format!("{:.1} %", 100.0 * row[index] as f64 / all as f64);
            let at = (LEFT + side + 68.0, TOP + offset + TEXT * 0.35);
            canvas.text("soft", at, Anchor::End, TEXT, &share);
        }
    }
    for index in 0..=matrix.len() {
        let offset = CELL * index as f64;
        canvas.line("grid", (LEFT, TOP + offset), (LEFT + side, TOP + offset));
        canvas.line("grid", (LEFT + offset, TOP), (LEFT + offset, TOP + side));
    }
}

/// (true digit, predicted digit, count) off the diagonal.
fn errors(matrix: &[Vec<usize>]) -> impl Iterator<Item = (usize, usize, usize)> {
    matrix.iter().enumerate().flat_map(|(row, counts)| {
        let cells = counts.iter().enumerate().filter(move |(column, _)| *column != row);
        cells.map(move |(column, count)| (row, column, *count))
    })
}

fn describe(setting: &Setting, matrix: &[Vec<usize>]) -> String {
    let all: usize = matrix.iter().flatten().sum();
    let wrong: usize = errors(matrix).map(|(_, _, count)| count).sum();
    let mut worst: Vec<_> = errors(matrix).filter(|(_, _, count)| *count > 0).collect();
    worst.sort_by_key(|(row, column, count)| (std::cmp::Reverse(*count), *row, *column));
    let worst = worst.iter().take(3);
    let worst: Vec<String> = worst
        .map(|(row, column, times)| format!("{row} taken for {column}, {}", count(*times, "time")))
        .collect();
    let share = if all > 0 { percent(wrong as f64 / all as f64) } else { "none".into() };
    let most = if worst.is_empty() { String::new() } else { format!(" Most often: {}.", list(&worst)) };
    format!(
        "{}, {}: {} of {} answers are wrong ({share}).{most}",
        setting.label,
        seeds(setting),
        thousands(wrong),
        thousands(all)
    )
}
