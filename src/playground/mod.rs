//! The playground: a page in which digits are drawn and LSTMs of several unit counts read them, row by row.
//!
//! `page/` is the page itself: HTML, CSS and ES modules, which compute the networks in the browser. This module makes one
//! HTML file of them (`bundle`) with networks and images inside (`content`). Or the page is served (`server`, with `files`),
//! together with a laboratory that trains networks while the page watches (`laboratory`). The page's modules know which of
//! both it is only where they take networks and images from (`page/source.js`).

mod bundle;
mod content;
mod files;
pub mod laboratory;
mod server;

pub use content::{Content, PAGE_IMAGES};
pub use server::{Server, is_in_use};

use crate::plot::page::base64;
use crate::plot::style::colour_style;
use sha2::{Digest, Sha256};

const HTML: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");

/// Lines of `page/index.html` that name other files: the style sheet and the first module.
const STYLE_LINK: &str = "<link rel=\"stylesheet\" href=\"style.css\" />";
const SCRIPT_LINK: &str = "<script type=\"module\" src=\"main.js\"></script>";

/// The page as one file that needs no other. Only its own script may run, and no request may leave it: a policy in the page
/// says so to the browser.
pub fn html(content: &Content) -> String {
    let script = bundle::joined();
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         img-src data: blob:; base-uri 'none'; script-src 'sha256-{}'\" />",
        base64(&Sha256::digest(script.as_bytes()))
    );
    let style = format!("<style>\n{}\n{STYLE}</style>", colour_style());
    let inside = format!("<script type=\"application/json\" id=\"inside\">{}</script>", content.to_json());
    HTML.replacen(STYLE_LINK, &format!("{policy}\n    {style}"), 1).replacen(
        SCRIPT_LINK,
        &format!("{inside}\n    <script type=\"module\">{script}</script>"),
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_style_sheet_and_its_first_module_once() {
        for link in [STYLE_LINK, SCRIPT_LINK] {
            assert_eq!(HTML.matches(link).count(), 1, "{link}");
        }
        assert_eq!(HTML.matches("<script").count() + HTML.matches("<link").count(), 2);
    }
}
