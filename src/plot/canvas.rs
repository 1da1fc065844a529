//! A small SVG writer: lines, shapes and text in user units, with classes for colours. It knows nothing of data.
//!
//! The crate `plotters` was considered and not used: its SVG has fixed colours, no classes, no text alternative, and no
//! scale in the logarithm of the error, so every chart here would still have been drawn by hand on top of it.

use super::colours;
use crate::format::joined;

/// Which point of a text its position refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A point in user units; y grows downwards.
pub(crate) type Point = (f64, f64);

/// One line of text with its baseline at `at`.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub class: String,
    pub at: Point,
    pub anchor: Anchor,
    pub size: f64,
    pub bold: bool,
    pub text: String,
}

#[derive(Clone, Debug)]
enum Element {
    Shape(String),
    Text(Text),
}

#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pub width: f64,
    pub height: f64,
    body: Vec<Element>,
}

/// Font size of ordinary text in user units.
pub(crate) const TEXT: f64 = 14.0;

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: Vec::new() }
    }

    pub fn line(&mut self, class: &str, from: Point, to: Point) {
        self.polyline(class, &[from, to]);
    }

    pub fn polyline(&mut self, class: &str, points: &[Point]) {
        let points = joined(points, "L", |(x, y)| format!("{} {}", n(*x), n(*y)));
        self.path(class, &format!("M{points}"));
    }

    pub fn path(&mut self, class: &str, d: &str) {
        self.body.push(Element::Shape(format!("<path class=\"{class}\" d=\"{d}\"/>")));
    }

    /// A path filled with an opacity in 0..=1, translated and scaled in both directions.
    pub fn shade(&mut self, class: &str, opacity: f64, at: Point, scale: Point, d: &str) {
        let (x, y) = (n(at.0), n(at.1));
        let scale = if scale.0 == scale.1 {
            format!("{:.3}", scale.0)
        } else {
            format!("{:.3} {:.3}", scale.0, scale.1)
        };
        self.body.push(Element::Shape(format!(
            "<path class=\"{class}\" fill-opacity=\"{opacity:.2}\" shape-rendering=\"crispEdges\" \
             transform=\"translate({x} {y}) scale({scale})\" d=\"{d}\"/>"
        )));
    }

    pub fn circle(&mut self, class: &str, centre: Point, radius: f64) {
        let (x, y, r) = (n(centre.0), n(centre.1), n(radius));
        let circle = format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>");
        self.body.push(Element::Shape(circle));
    }

    /// A filled mark of about the size of a circle of that radius, in one of six shapes. A browser shows `value`, if it is
    /// not empty, to those who point at the mark.
    pub fn mark(&mut self, class: &str, shape: usize, centre: Point, radius: f64, value: &str) {
        let (x, y) = centre;
        let r = radius;
        let corners = |points: &[Point]| {
            let points =
                joined(points, "L", |(across, down)| format!("{} {}", n(x + r * across), n(y + r * down)));
            format!("d=\"M{points}Z\"")
        };
        let (name, form) = match shape {
            0 => ("circle", format!("cx=\"{}\" cy=\"{}\" r=\"{}\"", n(x), n(y), n(r))),
            1 => ("path", corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])),
            2 => ("path", corners(&[(0.0, -1.3), (1.2, 0.9), (-1.2, 0.9)])),
            3 => ("path", corners(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)])),
            4 => ("path", corners(&[(0.0, 1.3), (1.2, -0.9), (-1.2, -0.9)])),
            _ => {
                let (a, b) = (0.45, 1.25);
                let cross = [
                    (-a, -b),
                    (a, -b),
                    (a, -a),
                    (b, -a),
                    (b, a),
                    (a, a),
                    (a, b),
                    (-a, b),
                    (-a, a),
                    (-b, a),
                    (-b, -a),
                ];
                ("path", corners(&[cross.as_slice(), &[(-a, -a)]].concat()))
            }
        };
        self.titled(name, &format!("class=\"{class}\" {form}"), value);
    }

    /// A line through the points, of which a browser shows `value` to those who point at it.
    pub fn valued_line(&mut self, class: &str, points: &[Point], value: &str) {
        let points = joined(points, "L", |(x, y)| format!("{} {}", n(*x), n(*y)));
        self.titled("path", &format!("class=\"{class}\" d=\"M{points}\""), value);
    }

    fn titled(&mut self, name: &str, attributes: &str, value: &str) {
        let end = match value {
            "" => "/>".to_string(),
            _ => format!("><title>{}</title></{name}>", escape(value)),
        };
        self.body.push(Element::Shape(format!("<{name} {attributes}{end}")));
    }

    /// A rectangle filled with an opacity in 0..=1.
    pub fn cell(&mut self, class: &str, opacity: f64, corner: Point, size: Point) {
        let (x, y, width, height) = (n(corner.0), n(corner.1), n(size.0), n(size.1));
        self.body.push(Element::Shape(format!(
            "<rect class=\"{class}\" fill-opacity=\"{opacity:.2}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        )));
    }

    /// One line of text with its baseline at `at`; bold in the class `strong`.
    pub fn text(&mut self, class: &str, at: Point, anchor: Anchor, size: f64, text: &str) {
        let bold = class.split(' ').any(|name| name == "strong");
        let (class, text) = (class.to_string(), text.to_string());
        self.body.push(Element::Text(Text { class, at, anchor, size, bold, text }));
    }

    /// The picture for a page whose style sheet defines the classes.
    pub fn inline(&self, name: &str, title: &str, description: &str) -> String {
        let view = format!("0 0 {} {}", n(self.width), n(self.height));
        let head = head(name, title, description, &view, "");
        format!("{head}{}</svg>\n", self.elements(&Text::element))
    }

    /// One element per line.
    fn elements(&self, letters: &dyn Fn(&Text) -> String) -> String {
        let element = |element: &Element| match element {
            Element::Shape(shape) => shape.clone() + "\n",
            Element::Text(text) => letters(text) + "\n",
        };
        self.body.iter().map(element).collect()
    }

    /// The picture as a file of its own: fixed light colours, its title above it. `letters` makes an element of a text.
    pub fn standalone(
        &self,
        name: &str,
        title: &str,
        description: &str,
        letters: &dyn Fn(&Text) -> String,
    ) -> String {
        let lines = wrap(title, self.width - 24.0, HEADING);
        let above = 14.0 + HEADING * 1.3 * lines.len() as f64;
        let (width, height) = (n(self.width), n(self.height + above));
        let view = format!("0 {} {width} {height}", n(-above));
        let size = format!(" width=\"{width}\" height=\"{height}\"");
        let head = head(name, title, description, &view, &size);
        let title = lines.into_iter().enumerate().map(|(index, text)| {
            let at = (12.0, 10.0 - above + HEADING * (1.0 + 1.3 * index as f64));
            let class = "ink".to_string();
            letters(&Text { class, at, anchor: Anchor::Start, size: HEADING, bold: true, text }) + "\n"
        });
        format!(
            "{head}<style>{}</style>\n<rect class=\"paper\" x=\"0\" y=\"{}\" width=\"{width}\" height=\"{height}\"/>\n\
             {}{}</svg>\n",
            colours::standalone_style(),
            n(-above),
            title.collect::<String>(),
            self.elements(letters)
        )
    }
}

impl Text {
    pub fn element(&self) -> String {
        let Self { class, at, anchor, size, bold, text } = self;
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, size, text) = (n(at.0), n(at.1), n(*size), escape(text));
        let bold = if *bold { " font-weight=\"bold\"" } else { "" };
        format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\"{bold}>{text}</text>"
        )
    }
}

/// Size of the title above a picture.
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
    let allowed =
        |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    let text = text.replace(|c| !allowed(c), "\u{fffd}").replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
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

/// Breaks a text at spaces into lines no wider than `limit`. A word that is too wide by itself is broken too, so that nothing
/// is lost and different texts stay different.
pub(crate) fn wrap(text: &str, limit: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().flat_map(|word| broken(word, limit, size)) {
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

/// A word in parts no wider than `limit`, each of at least one character.
fn broken(word: &str, limit: f64, size: f64) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for character in word.chars() {
        match parts.last_mut() {
            Some(part) if width(&format!("{part}{character}"), size) <= limit => part.push(character),
            _ => parts.push(character.into()),
        }
    }
    parts
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
