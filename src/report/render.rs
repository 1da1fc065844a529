//! Runs as text for a terminal, as Markdown, as JSON and as CSV. The numbers and sentences are from `statistics`.

mod csv;
mod tables;

use crate::statistics::Report;
use serde::Serialize;

pub use csv::csv;
pub use tables::comparison;

/// The form of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Markdown,
}

impl Form {
    fn heading(self, title: &str) -> String {
        match self {
            Self::Text => format!("{title}:\n"),
            Self::Markdown => format!("## {title}\n\n"),
        }
    }

    /// The text on one line, with the form's markup escaped.
    fn plain(self, text: &str) -> String {
        let mut plain = String::new();
        for character in text.chars() {
            if self == Self::Markdown && r"\`*_<>[]|#".contains(character) {
                plain.push('\\');
            }
            plain.push(if character.is_control() { ' ' } else { character });
        }
        plain
    }
}

/// The report for a terminal.
pub fn text(report: &Report) -> String {
    document(report, Form::Text)
}

/// The report as Markdown, with headings of the second level.
pub fn markdown(report: &Report) -> String {
    document(report, Form::Markdown)
}

/// The report as one JSON object: its fields as they are named here, and `notes`. Accuracies, their differences and
/// deviations are fractions, not percentage points; times are seconds.
pub fn json(report: &Report) -> String {
    #[derive(Serialize)]
    struct WithNotes<'a> {
        #[serde(flatten)]
        report: &'a Report,
        notes: Vec<String>,
    }
    serde_json::to_string_pretty(&WithNotes { report, notes: report.notes() })
        .expect("a report has text keys and plain values only")
}

fn document(report: &Report, form: Form) -> String {
    let mut sections = Vec::new();
    let mut add = |title: &str, body: String| sections.push(form.heading(title) + &body);
    if report.settings.is_empty() {
        add("Finished runs", "none".into());
    } else {
        let title = format!("Finished runs of {}", form.plain(&report.protocol));
        let notes = report.notes();
        let notes = if notes.is_empty() { String::new() } else { format!("\n\n{}", list(&notes, form)) };
        let plain = |text: &str| form.plain(text);
        let tables = [tables::settings(report, plain), tables::by_seed(report, plain)];
        add(&title, tables.join("\n\n") + &notes);
    }
    if !report.pairs.is_empty() {
        add(
            "Neighbours in units, paired by seed, in percentage points of test accuracy",
            format!("{}\n\n{}", tables::pairs(report, |text| form.plain(text)), tables::about_pairs(report)),
        );
    }
    if let Some(choice) = &report.choice {
        let sentence = form.plain(&choice.sentence);
        add("Smallest sufficient network", format!("{sentence}\n\n{}", list(&choice.caveats, form)));
    }
    if !report.apart.is_empty() {
        let items = report.apart.iter().map(|apart| format!("{}: {}", apart.reason, apart.names.join(", ")));
        add("Not averaged with the others", list(&items.collect::<Vec<_>>(), form));
    }
    if !report.unfinished.is_empty() {
        let items = report.unfinished.iter().map(|run| format!("{}: {}", run.name, run.state));
        add("Not finished", list(&items.collect::<Vec<_>>(), form));
    }
    sections.join("\n\n") + "\n"
}

fn list(items: &[String], form: Form) -> String {
    items.iter().map(|item| format!("- {}", form.plain(item))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
