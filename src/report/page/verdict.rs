//! The verdict on the page: its sentences with the chart of points below the best, then accuracy and cost by setting and the
//! change of the error.

use super::items;
use super::tables::{html, or_dash};
use crate::format::{percent, thousands};
use crate::plot::page::{figure, section};
use crate::plot::{Chart, escape};
use crate::report::Column;
use crate::report::verdict::{
    ABOUT, ABOUT_CHANGES, Row, change, change_interval, change_label, per_doubling, rows, uneven,
};
use crate::statistics::findings::{ErrorChange, Findings};
use crate::statistics::{Report, Setting};

/// The chart that stands below the sentences.
pub(super) const CHART: &str = "points-below-best";

pub(super) fn sections(report: &Report, findings: &Findings, charts: &[Chart]) -> String {
    let mut sentences =
        findings.sentences().chain(report.tuning.iter().map(|tuning| tuning.sentence.as_str()));
    let first = sentences.next().map_or_else(String::new, escape);
    let chart: String = charts.iter().filter(|chart| chart.name == CHART).map(figure).collect();
    let chart = if chart.is_empty() { chart } else { format!("<div class=\"figures\">\n{chart}</div>\n") };
    let verdict = format!("<p class=\"finding\">{first}</p>\n{}{chart}", items(sentences.map(escape)));
    [
        section("verdict", "Which network is good enough", verdict),
        section("held-out", "Accuracy and cost", settings(report, findings)),
        section("error", "The error from one unit count to the next", changes(report, findings)),
    ]
    .concat()
}

fn settings(report: &Report, findings: &Findings) -> String {
    let label = |row: &Row| {
        let answer = if row.is_answer() { " <span class=\"chosen\">answer</span>" } else { "" };
        escape(&row.judgement.label) + answer
    };
    let of = |row: &Row, text: &dyn Fn(&Setting) -> String| or_dash(row.setting, text);
    let milliseconds =
        |setting: &Setting| or_dash(setting.milliseconds_per_image(), |value| format!("{value:.4}"));
    html::<Row>(
        "Accuracy and cost",
        &[4],
        &format!(
            "Held out: accuracy on training images that the trial held out. {ABOUT} Seconds and ms per image are means over \
             seeds."
        ),
        &rows(report, findings),
        &[
            ("Setting", &label),
            ("Held out", &|row| or_dash(row.accuracy(), |text| text)),
            ("95 % interval", &|row| or_dash(row.interval(), |text| text)),
            ("Points below the best", &|row| or_dash(row.below(), |text| text)),
            ("Verdict", &|row| row.judgement.class.in_words().to_string()),
            ("Seeds", &|row| row.judgement.seeds.to_string()),
            ("Test", &|row| of(row, &|setting| percent(setting.test.mean))),
            ("Parameters", &|row| of(row, &|setting| thousands(setting.parameters))),
            ("Seconds", &|row| of(row, &|setting| format!("{:.1}", setting.train_seconds.mean))),
            ("ms/image", &|row| of(row, &milliseconds)),
        ],
    )
}

fn changes(report: &Report, findings: &Findings) -> String {
    let minus = |text: String| text.replace('-', "−").replace('>', "&gt;");
    let label = |found: &ErrorChange| escape(&change_label(report, found));
    let in_all = |found: &ErrorChange| minus(change(found.change));
    let between = |found: &ErrorChange| minus(change_interval(found));
    let doubling = |found: &ErrorChange| minus(per_doubling(found));
    let mut columns: Vec<Column<ErrorChange>> =
        vec![("Units", &label), ("Change of the error", &in_all), ("95 % interval", &between)];
    if uneven(findings) {
        columns.push(("Per doubling", &doubling));
    }
    html::<ErrorChange>(
        "The error from one unit count to the next",
        &[],
        ABOUT_CHANGES,
        &findings.error_changes,
        &columns,
    )
}
