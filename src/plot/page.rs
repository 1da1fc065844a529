//! The HTML frame: a page of headings, figures and tables in one file. It needs no script, no font and no other file, so
//! reading it sends no request.

use super::{Chart, escape, style};

/// The page up to its heading and the lead below it, both plain text.
pub(crate) fn begin(title: &str, lead: &str) -> String {
    let (title, lead) = (escape(title), escape(lead));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<p class=\"lead\">{lead}</p>\n</header>\n",
        style::style_sheet()
    )
}

/// A section with its heading; empty if there is no content.
pub(crate) fn section(id: &str, heading: &str, content: String) -> String {
    if content.is_empty() {
        return content;
    }
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n")
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
