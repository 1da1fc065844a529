//! A small SVG writer: lines, shapes and text in user units, with classes for colours. It knows nothing of data.
//!
//! The crate `plotters` was considered and not used: its SVG has fixed colours, no classes, no text alternative, and no
//! scale in the logarithm of the error, so every chart here would still have been drawn by hand on top of it.

use super::colours;
use std::fmt::Write;

/// Which point of a text its position refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A point in user units; y grows downwards.
pub(crate) type Point = (f64, f64);

/// The elements of one picture.
pub(crate) struct Canvas {
    pub width: f64,
    pub height: f64,
    body: String,
}

/// Font size of ordinary text in user units.
pub(crate) const TEXT: f64 = 14.0;

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    fn push(&mut self, element: std::fmt::Arguments) {
        self.body.write_fmt(element).expect("writing to a String cannot fail");
        self.body.push('\n');
    }

    pub fn line(&mut self, class: &str, from: Point, to: Point) {
        self.path(class, &format!("M{} {}L{} {}", n(from.0), n(from.1), n(to.0), n(to.1)));
    }

    /// Straight lines from point to point.
    pub fn polyline(&mut self, class: &str, points: &[Point]) {
        let mut d = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            d.push_str(&format!("{}{} {}", if index == 0 { "M" } else { "L" }, n(*x), n(*y)));
        }
        self.path(class, &d);
    }

    /// A path with the given `d` attribute.
    pub fn path(&mut self, class: &str, d: &str) {
        self.push(format_args!("<path class=\"{class}\" d=\"{d}\"/>"));
    }

    /// A path filled with an opacity in 0..=1, translated and scaled in both directions.
    pub fn shade(&mut self, class: &str, opacity: f64, at: Point, scale: Point, d: &str) {
        let scale = if scale.0 == scale.1 {
            format!("{:.3}", scale.0)
        } else {
            format!("{:.3} {:.3}", scale.0, scale.1)
        };
        self.push(format_args!(
            "<path class=\"{class}\" fill-opacity=\"{opacity:.2}\" shape-rendering=\"crispEdges\" \
             transform=\"translate({} {}) scale({scale})\" d=\"{d}\"/>",
            n(at.0),
            n(at.1)
        ));
    }

    pub fn circle(&mut self, class: &str, centre: Point, radius: f64) {
        let (x, y, r) = (n(centre.0), n(centre.1), n(radius));
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>"));
    }

    /// A rectangle filled with an opacity in 0..=1.
    pub fn cell(&mut self, class: &str, opacity: f64, corner: Point, size: Point) {
        self.push(format_args!(
            "<rect class=\"{class}\" fill-opacity=\"{opacity:.2}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            n(corner.0),
            n(corner.1),
            n(size.0),
            n(size.1)
        ));
    }

    /// One line of text with its baseline at `at`.
    pub fn text(&mut self, class: &str, at: Point, anchor: Anchor, size: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, size, text) = (n(at.0), n(at.1), n(size), escape(text));
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// The picture for a page whose style sheet defines the classes.
    pub fn inline(&self, name: &str, title: &str, description: &str) -> String {
        let view = format!("0 0 {} {}", n(self.width), n(self.height));
        let head = head(name, title, description, &view, "");
        format!("{head}{}</svg>\n", self.body)
    }

    /// The picture as a file of its own: fixed light colours, its title above it.
    pub fn standalone(&self, name: &str, title: &str, description: &str) -> String {
        let lines = wrap(title, self.width - 24.0, HEADING);
        let above = 14.0 + HEADING * 1.3 * lines.len() as f64;
        let (width, height) = (n(self.width), n(self.height + above));
        let view = format!("0 {} {width} {height}", n(-above));
        let size = format!(" width=\"{width}\" height=\"{height}\"");
        let mut text = head(name, title, description, &view, &size);
        text.push_str(&format!("<style>{}</style>\n", colours::standalone_style()));
        text.push_str(&format!(
            "<rect class=\"paper\" x=\"0\" y=\"{}\" width=\"{width}\" height=\"{height}\"/>\n",
            n(-above)
        ));
        for (index, line) in lines.iter().enumerate() {
            let y = 10.0 - above + HEADING * (1.0 + 1.3 * index as f64);
            text.push_str(&format!(
                "<text class=\"ink\" x=\"12\" y=\"{}\" font-size=\"{HEADING}\" font-weight=\"bold\">{}</text>\n",
                n(y),
                escape(line)
            ));
        }
        text.push_str(&self.body);
        text.push_str("</svg>\n");
        text
    }
}

/// Font size of the title above a picture.
const HEADING: f64 = 15.0;

fn head(name: &str, title: &str, description: &str, view: &str, size: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"{view}\"{size} role=\"img\" \
         aria-labelledby=\"{name}-title {name}-desc\" font-family=\"sans-serif\">\n\
         <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n",
        escape(title),
        escape(description)
    )
}

/// A coordinate with at most two decimals.
fn n(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// Text for XML and HTML, in elements and in quoted attributes. Characters that XML does not allow are replaced.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Roughly the width of a text, rather too wide: that of DejaVu Sans, one of the widest fonts in use.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 0.34,
        'f' | 'r' | 't' | '(' | ')' | '-' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '…' => 1.0,
        c if c.is_ascii_uppercase() => 0.74,
        c if c.is_ascii() => 0.64,
        _ => 1.0,
    };
    size * text.chars().map(em).sum::<f64>()
}

/// Breaks a text at spaces into lines no wider than `limit`. A word that is too wide by itself is cut and ends in "…".
pub(crate) fn wrap(text: &str, limit: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, limit, size);
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(&word, size) <= limit => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The text, or its longest beginning that is no wider than `limit` with "…" after it.
pub(crate) fn shorten(text: &str, limit: f64, size: f64) -> String {
    if width(text, size) <= limit {
        return text.to_string();
    }
    let mut kept = text.to_string();
    while kept.pop().is_some() && width(&kept, size) + size > limit {}
    kept + "…"
}
