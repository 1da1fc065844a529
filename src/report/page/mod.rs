//! The report as one HTML file: statistics, charts, every single value, and how to repeat it. It needs no script, no
//! font and no file beside it, so nothing leaves the page when it is read. Everything that is not written here is
//! escaped.

mod pictures;
mod style;
mod tables;
#[cfg(test)]
mod tests;

use super::charts::{Chart, Material, charts, escape};
use super::summary::Report;

pub use pictures::{inside_html, rows_html};

/// The page.
pub fn html(material: &Material) -> String {
    let report = material.report;
    let mut page = begin(material.title, &report.protocol);
    let sections = [
        choice(report),
        figures(&charts(material)),
        section("settings", "Every setting", tables::settings(report)),
        section("pairs", "Neighbouring settings compared", tables::pairs(report)),
        section("runs", "Every run", tables::runs(report)),
        section("conditions", "Settings and machine", tables::conditions(report)),
        repeat(material.command),
        section("apart", "Not averaged with the others", apart(report)),
        section("unfinished", "Planned, without a result", unfinished(report)),
    ];
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        page.push_str(&section);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The page up to its heading and what stands under it, in plain text.
fn begin(title: &str, lead: &str) -> String {
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

/// A section with its heading; empty without content.
fn section(id: &str, heading: &str, content: String) -> String {
    if content.is_empty() {
        return content;
    }
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n")
}

fn choice(report: &Report) -> String {
    let Some(choice) = &report.choice else {
        let text = if report.settings.is_empty() {
            "<p>There is no finished run to report.</p>\n"
        } else {
            "<p>These results do not allow a choice by validation accuracy.</p>\n"
        };
        return section("choice", "Which setting to take", text.to_string());
    };
    let mut content = format!("<p class=\"finding\">{}</p>\n", escape(&choice.sentence));
    content.push_str(&items(choice.caveats.iter().map(|caveat| escape(caveat))));
    section("choice", "Which setting to take", content)
}

/// A list; empty without items.
fn items(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

fn figures(charts: &[Chart]) -> String {
    let figures: String = charts.iter().map(figure).collect();
    if figures.is_empty() {
        return figures;
    }
    section("charts", "Charts", format!("<div class=\"figures\">\n{figures}</div>\n"))
}

fn figure(chart: &Chart) -> String {
    format!(
        "<figure id=\"{}\">\n<figcaption>{}</figcaption>\n{}<details><summary>In words</summary><p>{}</p></details>\n\
         </figure>\n",
        chart.name,
        escape(&chart.title),
        chart.inline,
        escape(&chart.description)
    )
}

fn repeat(command: &str) -> String {
    if command.is_empty() {
        return String::new();
    }
    let command = format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape(command));
    section("repeat", "How to repeat it", command)
}

fn apart(report: &Report) -> String {
    let groups = report.apart.iter().map(|apart| {
        let names: Vec<String> =
            apart.names.iter().map(|name| format!("<code>{}</code>", escape(name))).collect();
        format!("{}: {}", escape(&apart.reason), names.join(", "))
    });
    items(groups)
}

fn unfinished(report: &Report) -> String {
    let cells = report.unfinished.iter();
    items(cells.map(|cell| format!("<code>{}</code>: {}", escape(&cell.name), escape(&cell.state))))
}
