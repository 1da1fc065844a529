//! The HTML frame: a page of headings, figures and tables in one file. It needs no font and no other file, so reading it
//! sends no request. A script may let readers sort, filter, point and hide; without it everything is there.

use super::{Chart, escape, style};
use sha2::{Digest, Sha256};

/// The only script: no other runs, because the page names its checksum.
const SCRIPT: &str = include_str!("page.js");

/// The page up to its heading and the lead below it, both plain text; without a script.
pub(crate) fn begin(title: &str, lead: &str) -> String {
    begin_with("'none'", "", title, lead)
}

/// The same with the script.
pub(crate) fn begin_with_script(title: &str, lead: &str) -> String {
    let checksum = format!("'sha256-{}'", base64(&Sha256::digest(SCRIPT.as_bytes())));
    begin_with(&checksum, &format!("<script type=\"module\">{SCRIPT}</script>\n"), title, lead)
}

/// * `allowed`: the scripts that may run, as a Content Security Policy names them.
fn begin_with(allowed: &str, script: &str, title: &str, lead: &str) -> String {
    let (title, lead) = (escape(title), escape(lead));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src {allowed}\">\n<title>{title}</title>\n<style>\n{}</style>\n{script}</head>\n<body>\n\
         <main>\n<header>\n<h1>{title}</h1>\n<p class=\"lead\">{lead}</p>\n</header>\n",
        style::style_sheet()
    )
}

/// Base64 with padding (RFC 4648).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - three.len()));
        let digit = |place: usize| match place <= three.len() {
            true => char::from(DIGITS[bits >> (18 - 6 * place) & 63]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// A section with its heading; empty if there is no content.
pub(crate) fn section(id: &str, heading: &str, content: String) -> String {
    if content.is_empty() {
        return content;
    }
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n")
}

/// Charts of one kind. The script shows one at a time, chosen by the word beside each.
pub(crate) fn group(charts: &[(&Chart, &str)]) -> String {
    let figures = charts.iter().map(|(chart, choice)| {
        figure(chart).replacen("<figure ", &format!("<figure data-choice=\"{choice}\" "), 1)
    });
    format!("<div class=\"group\">\n{}</div>\n", figures.collect::<String>())
}

pub(crate) fn figure(chart: &Chart) -> String {
    format!(
        "<figure id=\"{}\">\n<figcaption>{}</figcaption>\n{}<details><summary>In words</summary><p>{}</p></details>\n\
         </figure>\n",
        chart.name,
        escape(&chart.title),
        chart.inline(),
        escape(&chart.description)
    )
}

pub(crate) fn repeat(command: &str) -> String {
    if command.is_empty() {
        return String::new();
    }
    let command = format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape(command));
    section("repeat", "How to repeat it", command)
}

/// A table in a box that scrolls on narrow screens. Cells are HTML; the first of a row is its heading. `text` lists the
/// columns that hold words instead of numbers.
pub(crate) fn table(
    name: &str,
    heads: &[impl std::fmt::Display],
    text: &[usize],
    rows: Vec<Vec<String>>,
) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let class = |column: usize| if text.contains(&column) { " class=\"text\"" } else { "" };
    let heads: String = heads
        .iter()
        .enumerate()
        .map(|(column, head)| format!("<th scope=\"col\"{}>{head}</th>", class(column)))
        .collect();
    let row = |cells: Vec<String>| -> String {
        let cells = cells.into_iter().enumerate().map(|(column, cell)| match column {
            0 => format!("<th scope=\"row\">{cell}</th>"),
            _ => format!("<td{}>{cell}</td>", class(column)),
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = rows.into_iter().map(row).collect();
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{name}\" tabindex=\"0\">\n<table>\n\
         <thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // The examples of RFC 4648, section 10.
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
