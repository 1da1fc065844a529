//! The report as one HTML file: statistics, charts, every single value, and how to repeat it.

mod tables;
#[cfg(test)]
mod tests;

use super::charts::{Material, charts};
use crate::plot::page::{begin, figure, repeat, section};
use crate::plot::{Chart, escape};
use crate::statistics::Report;

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

fn apart(report: &Report) -> String {
    let groups = report.apart.iter().map(|apart| {
        let names: Vec<String> =
            apart.names.iter().map(|name| format!("<code>{}</code>", escape(name))).collect();
        format!("{}: {}", escape(&apart.reason), names.join(", "))
    });
    items(groups)
}

fn unfinished(report: &Report) -> String {
    let trials = report.unfinished.iter();
    items(trials.map(|trial| format!("<code>{}</code>: {}", escape(&trial.name), escape(&trial.state))))
}
