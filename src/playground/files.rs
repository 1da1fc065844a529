//! The page's own files as a server has them: each module as it is.

use super::bundle::MODULES;
use super::{HTML, STYLE};
use crate::plot::style::colour_style;

/// The media type and the text of the file at a path.
pub(super) fn file(path: &str) -> Option<(&'static str, String)> {
    match path.strip_prefix('/')? {
        "" | "index.html" => Some(("text/html; charset=utf-8", HTML.to_string())),
        "style.css" => Some(("text/css; charset=utf-8", format!("{}\n{STYLE}", colour_style()))),
        name => {
            let (_, source) = MODULES.iter().find(|(module, _)| *module == name)?;
            Some(("text/javascript; charset=utf-8", (*source).to_string()))
        }
    }
}
