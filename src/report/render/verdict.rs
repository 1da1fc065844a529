//! The verdict as text and as Markdown: the sentences first, then a row per setting, then the shape of the curve.

use super::Form;
use super::tables::{SHORT_LABEL, table};
use crate::format::{joined, narrow};
use crate::report::Column;
use crate::report::verdict::{
    ABOUT, ABOUT_CHANGES, Row, change, change_interval, change_label, per_doubling, rows, uneven,
};
use crate::statistics::Report;
use crate::statistics::findings::{ErrorChange, Findings};

/// The sections, each with its title.
pub(super) fn sections(report: &Report, findings: &Findings, form: Form) -> Vec<(&'static str, String)> {
    let tuned = report.tuning.iter().map(|tuning| tuning.sentence.as_str());
    let paragraphs: Vec<String> =
        findings.sentences().chain(tuned).map(|sentence| paragraph(sentence, form)).collect();
    let table = settings(report, findings, form);
    let mut sections = vec![
        ("Verdict", paragraphs.join(if form == Form::Text { "\n" } else { "\n\n" })),
        ("Accuracy on held-out images, points below the best", table + "\n\n" + &paragraph(ABOUT, form)),
    ];
    if !findings.error_changes.is_empty() {
        let table = changes(report, findings, form);
        sections.push((
            "Error from one unit count to the next",
            table + "\n\n" + &paragraph(ABOUT_CHANGES, form),
        ));
    }
    sections
}

pub(super) fn paragraph(text: &str, form: Form) -> String {
    let text = form.plain(text);
    if form == Form::Text { narrow(&text) } else { text }
}

pub(super) fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

/// One row per setting. In a terminal, long labels take the place of the intervals of accuracies.
fn settings(report: &Report, findings: &Findings, form: Form) -> String {
    let class = |row: &Row| {
        let class = if form == Form::Text { row.class() } else { row.judgement.class.in_words() };
        if row.is_answer() { format!("{class} *") } else { class.to_string() }
    };
    let label = |row: &Row| form.plain(&row.judgement.label);
    let verdict = |row: &Row| form.plain(&class(row));
    let mut columns: Vec<Column<Row>> = vec![
        ("setting", &label),
        ("held out", &|row| or_dash(row.accuracy())),
        ("95 % interval", &|row| or_dash(row.interval())),
        ("points below", &|row| or_dash(row.below())),
        ("verdict", &verdict),
        ("seeds", &|row| row.judgement.seeds.to_string()),
    ];
    let rows = rows(report, findings);
    if form == Form::Text && rows.iter().any(|row| row.judgement.label.len() > SHORT_LABEL) {
        columns.remove(2);
    }
    let table = table::<Row>(form, &[0], &rows, &columns);
    let answer = findings.verdict.answer.map(|_| {
        "\n".to_string()
            + if form == Form::Text { "" } else { "\n" }
            + &form.plain("* the smallest within the margin")
    });
    table + &answer.unwrap_or_default()
}

fn changes(report: &Report, findings: &Findings, form: Form) -> String {
    let label = |change: &ErrorChange| form.plain(&change_label(report, change));
    let mut columns: Vec<Column<ErrorChange>> = vec![
        ("units", &label),
        ("change of the error", &|found| change(found.change)),
        ("95 % interval", &change_interval),
    ];
    if uneven(findings) {
        columns.push(("per doubling", &per_doubling));
    }
    table::<ErrorChange>(form, &[0], &findings.error_changes, &columns)
}

/// How to get a verdict, if there is none.
pub(super) fn advice(report: &Report, form: Form) -> String {
    joined(report.advice(), "", |advice| paragraph(advice, form))
}
