//! The unrolled network with the numbers of one network: the picture that most explanations of LSTMs begin with. Here every
//! drawn cell shows its units, and cells that share weights share a colour.

mod shapes;

use super::Explanation;
use crate::format::{count, thousands};
use crate::plot::Chart;
use crate::plot::canvas::{Anchor, Canvas, Point, wrap};
use crate::plot::colours::SERIES;
use shapes::{arrow, arrow_up, dots, frame};

const WIDTH: f64 = 960.0;
/// Width of the labels of the rows, left of the drawn timesteps.
const LABELS: f64 = 214.0;
/// Distance from one drawn timestep, and from one row, to the next.
const COLUMN: f64 = 132.0;
const ROW: f64 = 104.0;
const BOX: Point = (96.0, 58.0);
const LARGE: f64 = 17.0;
const SMALL: f64 = 14.0;
/// Most timesteps, layers and units that are drawn. If there are more, the first ones and the last are.
const MOST_COLUMNS: usize = 5;
const MOST_ROWS: usize = 4;
const MOST_DOTS: usize = 5;

/// The numbers, counted from 1, of the items that are drawn of `count`, in at most `most` places, at least 4: all of them, or
/// the first, a gap (`None`), and the last.
fn places(count: usize, most: usize) -> Vec<Option<usize>> {
    if count <= most {
        return (1..=count).map(Some).collect();
    }
    (1..=most - 2).map(Some).chain([None, Some(count)]).collect()
}

/// The picture of a network.
pub fn unrolled(explanation: &Explanation) -> Chart {
    let picture = Picture::new(explanation);
    let mut canvas = Canvas::new(WIDTH, picture.bottom() + 12.0);
    picture.draw_head(&mut canvas);
    for (row, place) in picture.rows.iter().enumerate() {
        picture.draw_layer(&mut canvas, row, *place);
    }
    picture.draw_inputs(&mut canvas);
    for (index, line) in picture.caption.iter().enumerate() {
        let at = (12.0, picture.caption_top() + LARGE * 1.4 * index as f64);
        canvas.text("ink", at, Anchor::Start, LARGE, line);
    }
    let title = format!("An LSTM with num_units = {}, unrolled", thousands(explanation.num_units));
    Chart::new("unrolled", title, describe(explanation), canvas)
}

struct Picture<'a> {
    explanation: &'a Explanation,
    /// Timesteps from left to right.
    columns: Vec<Option<usize>>,
    /// Layers from the top down.
    rows: Vec<Option<usize>>,
    caption: Vec<String>,
}

impl<'a> Picture<'a> {
    fn new(explanation: &'a Explanation) -> Self {
        let mut rows = places(explanation.num_layers, MOST_ROWS);
        rows.reverse();
        let caption = wrap(&caption(explanation), WIDTH - 24.0, LARGE);
        Self { explanation, columns: places(explanation.timesteps, MOST_COLUMNS), rows, caption }
    }

    /// The middle of a column.
    fn x(&self, column: usize) -> f64 {
        // A few columns are centred.
        let empty = (MOST_COLUMNS - self.columns.len()) as f64 * COLUMN / 2.0;
        LABELS + empty + COLUMN * (column as f64 + 0.5)
    }

    /// The middle of a layer's row. Row -1 is the head, the row after the last layer the inputs.
    fn y(&self, row: isize) -> f64 {
        46.0 + ROW * (row + 1) as f64
    }

    fn caption_top(&self) -> f64 {
        self.y(self.rows.len() as isize) + BOX.1 / 2.0 + 56.0
    }

    fn bottom(&self) -> f64 {
        self.caption_top() + LARGE * 1.4 * (self.caption.len() as f64 - 1.0)
    }

    /// The head above the last timestep, with the scores.
    fn draw_head(&self, canvas: &mut Canvas) {
        let last = self.columns.len() - 1;
        let (x, y) = (self.x(last), self.y(-1));
        frame(canvas, "axis", (x, y));
        canvas.text("ink", (x, y + SMALL * 0.35), Anchor::Middle, SMALL, "dense head");
        arrow_up(canvas, x, self.y(0) - BOX.1 / 2.0, y + BOX.1 / 2.0);
        let states = format!("h: {}", thousands(self.explanation.num_units));
        canvas.text("ink", (x + 7.0, (y + self.y(0)) / 2.0 + SMALL * 0.35), Anchor::Start, SMALL, &states);
        let scores = format!("{} scores", self.explanation.classes);
        canvas.text("ink", (x - BOX.0 / 2.0 - 10.0, y + SMALL * 0.35), Anchor::End, SMALL, &scores);
        let weights = format!("{} weights", thousands(self.explanation.head_parameters));
        label(canvas, y, &["Dense head".into(), weights, "reads the last h alone".into()]);
    }

    fn draw_layer(&self, canvas: &mut Canvas, row: usize, place: Option<usize>) {
        let y = self.y(row as isize);
        let Some(layer) = place else {
            for column in 0..self.columns.len() {
                dots(canvas, (self.x(column), y), (0.0, 12.0), 2.5);
            }
            // The rows above and below are the last layer and the one before the gap.
            let range = format!("Layers {} to {}", MOST_ROWS - 1, self.explanation.num_layers - 1);
            return label(canvas, y, &[range, "as layer 2".into()]);
        };
        // One per drawn layer, from the bottom up.
        let colour = (self.rows.len() - 1 - row) % SERIES;
        for (column, place) in self.columns.iter().enumerate() {
            let middle = (self.x(column), y);
            match place {
                None => dots(canvas, middle, (12.0, 0.0), 2.5),
                Some(_) => self.draw_cell(canvas, middle, colour),
            }
            if column > 0 {
                self.draw_states(canvas, column, y);
            }
            if place.is_some() {
                self.draw_input_arrow(canvas, row, layer, column);
            }
        }
        let weights = format!("{} weights", thousands(self.explanation.layers[layer - 1].parameters));
        let mut lines = vec![format!("LSTM layer {layer}"), weights];
        if self.explanation.timesteps > 1 {
            lines.push(format!("one set for all {} cells", thousands(self.explanation.timesteps)));
        }
        label(canvas, y, &lines);
    }

    /// A cell with its units.
    fn draw_cell(&self, canvas: &mut Canvas, middle: Point, colour: usize) {
        frame(canvas, &format!("o{colour}"), middle);
        let units = self.explanation.num_units;
        let drawn = places(units, MOST_DOTS);
        for (index, place) in drawn.iter().enumerate() {
            let x = middle.0 + 15.0 * (index as f64 - (drawn.len() - 1) as f64 / 2.0);
            let at = (x, middle.1 - 11.0);
            match place {
                Some(_) => canvas.circle(&format!("f{colour}"), at, 5.0),
                None => dots(canvas, at, (4.0, 0.0), 1.2),
            }
        }
        let text = count(units, "unit");
        canvas.text("ink", (middle.0, middle.1 + 19.0), Anchor::Middle, SMALL, &text);
    }

    /// The arrow of h and c into a column from the previous one.
    fn draw_states(&self, canvas: &mut Canvas, column: usize, y: f64) {
        let (from, to) = (self.x(column - 1) + BOX.0 / 2.0, self.x(column) - BOX.0 / 2.0);
        arrow(canvas, (from + 2.0, y), (to - 2.0, y));
        if column == 1 {
            canvas.text("ink", ((from + to) / 2.0, y - 9.0), Anchor::Middle, SMALL, "h, c");
        }
    }

    /// The arrow into a cell from the row below.
    fn draw_input_arrow(&self, canvas: &mut Canvas, row: usize, layer: usize, column: usize) {
        let x = self.x(column);
        let (above, below) = (self.y(row as isize) + BOX.1 / 2.0, self.y(row as isize + 1) - BOX.1 / 2.0);
        let gap_below = self.rows.get(row + 1) == Some(&None);
        arrow_up(canvas, x, if gap_below { below + 6.0 } else { below }, above);
        if column == 0 {
            let numbers = thousands(self.explanation.layers[layer - 1].inputs);
            let label = if layer == 1 { format!("x: {numbers}") } else { format!("h: {numbers}") };
            canvas.text("ink", (x + 7.0, (above + below) / 2.0 + SMALL * 0.35), Anchor::Start, SMALL, &label);
        }
    }

    /// The input of a timestep, with the timestep's number below it.
    fn draw_inputs(&self, canvas: &mut Canvas) {
        let y = self.y(self.rows.len() as isize);
        for (column, place) in self.columns.iter().enumerate() {
            let x = self.x(column);
            let Some(timestep) = place else {
                dots(canvas, (x, y), (12.0, 0.0), 2.5);
                continue;
            };
            frame(canvas, "axis", (x, y));
            let slice = self.explanation.name_of_slice(*timestep);
            canvas.text("ink", (x, y - 5.0), Anchor::Middle, SMALL, &slice);
            let pixels = count(self.explanation.inputs, "pixel");
            canvas.text("soft", (x, y + 15.0), Anchor::Middle, SMALL, &pixels);
            let at = (x, y + BOX.1 / 2.0 + 19.0);
            canvas.text("soft", at, Anchor::Middle, SMALL, &format!("t = {timestep}"));
        }
        let timesteps = self.explanation.timesteps;
        label(canvas, y, &["Image".into(), count(timesteps, "timestep")]);
    }
}

/// The label of a row, up to three lines left of it.
fn label(canvas: &mut Canvas, y: f64, lines: &[String]) {
    let top = y - LARGE * 1.3 * (lines.len() as f64 - 1.0) / 2.0;
    for (index, line) in lines.iter().enumerate() {
        let (class, size) = if index == 0 { ("ink strong", LARGE) } else { ("soft", SMALL) };
        let at = (12.0, top + LARGE * 1.3 * index as f64 + size * 0.35);
        canvas.text(class, at, Anchor::Start, size, line);
    }
}

/// The caption.
fn caption(explanation: &Explanation) -> String {
    let units = thousands(explanation.num_units);
    let timesteps = thousands(explanation.timesteps);
    let of_a_layer = if explanation.num_layers == 1 { "" } else { " of a layer" };
    let sharing = match explanation.timesteps {
        1 => String::new(),
        _ => format!(
            " The {timesteps} cells{of_a_layer} are one cell at {timesteps} timesteps, with the same weights."
        ),
    };
    format!(
        "num_units = {units} is how many numbers h and c hold: the units in each cell, not the number of cells, not the \
         timesteps, not the layers.{sharing}"
    )
}

fn describe(explanation: &Explanation) -> String {
    let layers: Vec<String> = explanation
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| format!("layer {}: {} weights", index + 1, thousands(layer.parameters)))
        .collect();
    format!(
        "{} of {}, each drawn as {} from left to right; {}. Each cell reads {} or the h of the layer below, and h and c of \
         the timestep before. A dense head of {} weights makes {} scores of the last h. {}",
        count(explanation.num_layers, "LSTM layer"),
        count(explanation.num_units, "unit"),
        count(explanation.timesteps, "cell"),
        layers.join(", "),
        count(explanation.inputs, "pixel"),
        thousands(explanation.head_parameters),
        explanation.classes,
        caption(explanation)
    )
}

#[cfg(test)]
mod tests;
