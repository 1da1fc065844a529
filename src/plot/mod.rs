//! Drawing that knows no data: a canvas for SVG with its colours, scales, axes and heat maps, the HTML frame around
//! charts, PNG, and images of digits in characters.
//!
//! Every chart is drawn once, in classes: [`Chart::inline`] takes its colours, light or dark, from the page's style
//! sheet, [`Chart::svg`] carries fixed light ones.

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

/// A chart, drawn.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Stem of its file's name.
    pub name: &'static str,
    /// What it shows, on one line.
    pub title: String,
    /// What it shows in words and numbers, for those who do not see it.
    pub description: String,
    /// A file of its own, with light colours and its title.
    pub svg: String,
    /// The same for a page that has the charts' style rules, without the title.
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
