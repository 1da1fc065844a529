//! The report as one HTML file: statistics, charts, every single value, and how to repeat it.

mod tables;
#[cfg(test)]
mod tests;
mod tuning;
mod verdict;

use super::charts::{Material, charts};
use crate::format::joined;
use crate::plot::page::{begin_with_script, figure, group, repeat, section};
use crate::plot::{Chart, escape};
use crate::statistics::Report;

/// The charts of accuracy by a cost, of which the page shows one at a time, and the word of each.
const COSTS: [(&str, &str); 5] = [
    ("accuracy-by-parameters", "parameters"),
    ("accuracy-by-bytes", "bytes"),
    ("accuracy-by-multiply-adds", "multiply-adds"),
    ("accuracy-by-milliseconds", "ms per image"),
    ("accuracy-by-seconds", "seconds of training"),
];

pub fn html(material: &Material) -> String {
    let report = material.report;
    let page = begin_with_script(material.title, &report.protocol);
    let mut charts = charts(material);
    let verdict = joined(&report.verdict, "", |findings| verdict::sections(report, findings, &charts));
    charts.retain(|chart| chart.name != verdict::CHART);
    let sections = [
        verdict,
        joined(&report.tuning, "", tuning::sections),
        choice(report),
        figures(&charts),
        section("settings", "Every setting", tables::settings(report)),
        section("effects", "The effect of each setting", tables::effects(report)),
        section("pairs", "Neighbouring settings compared", tables::pairs(report)),
        section("runs", "Every run", tables::runs(report)),
        section("conditions", "Settings and machine", tables::conditions(report)),
        repeat(material.command),
        section("apart", "Not averaged with the others", apart(report)),
        section("unfinished", "Planned, without a result", unfinished(report)),
    ];
    page + &sections.concat() + "</main>\n</body>\n</html>\n"
}

fn choice(report: &Report) -> String {
    let content = match &report.choice {
        Some(choice) if report.verdict.is_some() => {
            let content = format!("<p>{}</p>\n", escape(&choice.sentence));
            return section("choice", "By the one-standard-error rule", content);
        }
        Some(choice) => {
            let caveats = items(choice.caveats.iter().map(|caveat| escape(caveat)));
            let advice =
                joined(report.advice(), "", |advice| format!("<p class=\"note\">{}</p>\n", escape(advice)));
            format!("<p class=\"finding\">{}</p>\n{caveats}{advice}", escape(&choice.sentence))
        }
        None if report.settings.is_empty() => "<p>There is no finished run to report.</p>\n".into(),
        None => "<p>These results do not allow a choice by validation accuracy.</p>\n".into(),
    };
    section("choice", "Which setting to take", content)
}

/// A list; empty without items.
fn items(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

fn figures(charts: &[Chart]) -> String {
    let choice =
        |chart: &Chart| COSTS.iter().find(|(name, _)| chart.name == *name).map(|(_, choice)| *choice);
    let costs: Vec<(&Chart, &str)> =
        charts.iter().filter_map(|chart| Some((chart, choice(chart)?))).collect();
    let first = costs.first().map(|(chart, _)| chart.name);
    let figures: String = charts
        .iter()
        .map(|chart| match choice(chart) {
            None => figure(chart),
            Some(_) if Some(chart.name) == first => group(&costs),
            Some(_) => String::new(),
        })
        .collect();
    if figures.is_empty() {
        return figures;
    }
    section("charts", "Charts", format!("<div class=\"figures\">\n{figures}</div>\n"))
}

fn apart(report: &Report) -> String {
    items(report.apart.iter().map(|apart| {
        let names = joined(&apart.names, ", ", |name| format!("<code>{}</code>", escape(name)));
        format!("{}: {names}", escape(&apart.reason))
    }))
}

fn unfinished(report: &Report) -> String {
    let trials = report.unfinished.iter();
    items(trials.map(|trial| format!("<code>{}</code>: {}", escape(&trial.name), escape(&trial.state))))
}
