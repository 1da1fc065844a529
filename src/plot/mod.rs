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
pub(crate) mod lines;
pub(crate) mod page;
pub(crate) mod place;
mod png;
pub(crate) mod scale;
mod style;

pub(crate) use canvas::escape;
pub use drawing::{Drawing, images_text};
pub use png::png;

/// A drawn chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Its file name without extension.
    pub name: &'static str,
    /// What it shows, on one line.
    pub title: String,
    /// What it shows in words and numbers: the text alternative.
    pub description: String,
    /// A standalone SVG, with light colours and its title.
    pub svg: String,
    /// The same for a page with the charts' style rules, without the title.
    pub inline: String,
}

impl Chart {
    pub(crate) fn new(
        name: &'static str,
        title: String,
        description: String,
        canvas: &canvas::Canvas,
    ) -> Self {
        let svg = canvas.standalone(name, &title, &description);
        let inline = canvas.inline(name, &title, &description);
        Self { name, title, description, svg, inline }
    }
}
