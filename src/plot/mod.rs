//! Drawing that knows no data: a canvas for SVG with its colours, scales, axes and heat maps, the HTML frame around
//! charts, PNG, and images of digits in characters.
//!
//! Every chart is drawn once, with classes for colours: [`Chart::inline`] takes them, light or dark, from the page's style
//! sheet; [`Chart::svg`] contains fixed light ones.

pub(crate) mod canvas;
pub(crate) mod colours;
pub(crate) mod drawing;
pub(crate) mod frame;
pub(crate) mod heat;
mod letters;
pub(crate) mod lines;
pub(crate) mod page;
pub(crate) mod place;
mod png;
pub(crate) mod scale;
pub(crate) mod series;
pub(crate) mod style;

use canvas::Canvas;
pub(crate) use canvas::escape;
pub use drawing::Drawing;

#[derive(Clone, Debug)]
pub struct Chart {
    /// Its file name without extension.
    pub name: &'static str,
    /// What it shows, on one line.
    pub title: String,
    /// What it shows in words and numbers: the text alternative.
    pub description: String,
    canvas: Canvas,
}

impl Chart {
    pub(crate) fn new(name: &'static str, title: String, description: String, canvas: Canvas) -> Self {
        Self { name, title, description, canvas }
    }

    /// SVG as a file of its own, with light colours and its title.
    pub fn svg(&self) -> String {
        self.standalone(&canvas::Text::element)
    }

    /// SVG for a page that has the charts' style rules, without the title.
    pub fn inline(&self) -> String {
        self.canvas.inline(self.name, &self.title, &self.description)
    }

    /// PNG, `width` pixels wide, 1 to 20,000, and as high as its shape asks, with light colours and its title.
    ///
    /// # Errors
    ///
    /// [`ReportError::Png`](crate::error::ReportError::Png) for a width or a height of 0 or above 20,000.
    pub fn png(&self, width: u32) -> Result<Vec<u8>, crate::error::ReportError> {
        png::render(&self.standalone(&letters::outlined), width)
    }

    fn standalone(&self, letters: &dyn Fn(&canvas::Text) -> String) -> String {
        self.canvas.standalone(self.name, &self.title, &self.description, letters)
    }
}

#[cfg(test)]
mod tests;
