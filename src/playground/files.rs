//! The page's own files as a server has them: each module as it is.

use super::bundle::MODULES;
use super::{HTML, STYLE};
use crate::plot::style::colour_style;

/// The picture in a browser's tab: units after three rows.
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 3 3\"><path fill=\"#bf4d00\" d=\"M0 0h1v1h-1zM1 \
                    1h1v1h-1zM0 2h1v1h-1z\"/><path fill=\"#0067a3\" d=\"M2 0h1v1h-1zM2 2h1v1h-1z\"/></svg>\n";

/// The media type and the text of the file at a path.
pub(super) fn file(path: &str) -> Option<(&'static str, String)> {
    match path.strip_prefix('/')? {
        "" | "index.html" => Some(("text/html; charset=utf-8", HTML.to_string())),
        "style.css" => Some(("text/css; charset=utf-8", format!("{}\n{STYLE}", colour_style()))),
        "favicon.ico" => Some(("image/svg+xml", ICON.to_string())),
        name => {
            let (_, source) = MODULES.iter().find(|(module, _)| *module == name)?;
            Some(("text/javascript; charset=utf-8", (*source).to_string()))
        }
    }
}
