//! Runs as text for a terminal, as Markdown, as JSON and as CSV. The numbers and sentences are from `statistics`.

mod comparison;
mod tables;
mod tuning;
mod verdict;

use crate::format::joined;
use crate::statistics::{Apart, Report, Unfinished};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

pub use comparison::{comparison, comparison_after};

/// The columns of the CSV: the fields of `result.json` of these names, the report's label of the setting, and the machine's
/// processor.
const CSV_COLUMNS: &str = "name setting num_units num_layers timesteps seed parameters epochs steps batch_size train_images \
     kept_epoch train_loss validation_accuracy test_accuracy test_loss test_correct train_seconds images_per_second \
     peak_memory_bytes backend threads processor version inference_ms_per_image model_bytes multiply_adds";

/// Most names of runs that stand apart for one reason.
const APART: usize = 10;

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

/// One line of CSV (RFC 4180, lines that end in a line feed) per run of the report's settings, by setting and seed, under
/// one line of names. Accuracies are fractions with as many digits as it takes to read back the same number; an unknown
/// value is empty. Runs that stand apart are not in it. Where a setting is tuned, runs with every value are in it, and a last
/// column `chosen` says with "yes" which of them the report's settings have.
pub fn csv(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let chosen: BTreeSet<&str> =
        report.settings.iter().flat_map(|setting| &setting.runs).map(|run| run.name.as_str()).collect();
    let columns = || CSV_COLUMNS.split(' ').chain(report.tuning.iter().map(|_| "chosen"));
    let mut write = |cell: &dyn Fn(&'static str) -> String| {
        let line = columns().map(cell);
        writer.write_record(line).expect("memory takes every line, and all have as many fields");
    };
    write(&|name| name.to_string());
    for (setting, run) in
        report.every_setting().iter().flat_map(|setting| setting.runs.iter().map(move |run| (setting, run)))
    {
        let fields = serde_json::to_value(run).expect("a result has text keys and plain values only");
        write(&|name| match name {
            "setting" => setting.label.clone(),
            "processor" => run.machine.processor.clone(),
            "chosen" => String::from(if chosen.contains(run.name.as_str()) { "yes" } else { "" }),
            _ => csv_field(&fields[name]),
        });
    }
    let bytes = writer.into_inner().expect("memory takes every line");
    String::from_utf8(bytes).expect("made of text")
}

fn csv_field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // Without an exponent.
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |number| number.to_string())
        }
        other => other.to_string(),
    }
}

fn document(report: &Report, form: Form) -> String {
    let mut sections = Vec::new();
    let mut add = |title: &str, body: String| sections.push(form.heading(title) + &body);
    let verdict = report.verdict.iter().flat_map(|findings| verdict::sections(report, findings, form));
    verdict.for_each(|(title, body)| add(title, body));
    if let Some(found) = &report.tuning {
        tuning::sections(found, form).into_iter().for_each(|(title, body)| add(title, body));
    }
    if report.settings.is_empty() {
        add("Finished runs", "none".into());
    } else {
        let title = format!("Finished runs of {}", form.plain(&report.protocol));
        let notes = list(report.notes(), form);
        let notes = if notes.is_empty() { notes } else { format!("\n\n{notes}") };
        let tables = [tables::settings(report, form), tables::by_seed(report, form)];
        add(&title, tables.join("\n\n") + &notes);
    }
    let effects = tables::effects(report, form);
    if !effects.is_empty() {
        add("Effect of each setting on test accuracy, mean over all combinations of the others", effects);
    }
    if !report.pairs.is_empty() {
        let title = "Neighbours in units, paired by seed, in percentage points of test accuracy";
        add(title, format!("{}\n\n{}", tables::pairs(report, form), tables::about_pairs(report)));
    }
    if let Some(choice) = &report.choice {
        let sentence = form.plain(&choice.sentence);
        if report.verdict.is_some() {
            add("By the one-standard-error rule", sentence);
        } else {
            let caveats = list(choice.caveats.clone(), form);
            let advice = verdict::advice(report, form);
            add(
                "Smallest sufficient network",
                [sentence, caveats, advice].join("\n\n").trim_end().to_string(),
            );
        }
    }
    if !report.apart.is_empty() {
        let item = |apart: &Apart| {
            let names = apart.names.iter().take(APART).map(String::as_str).collect::<Vec<_>>().join(", ");
            let left = apart.names.len().saturating_sub(APART);
            let more = if left > 0 { format!(" and {left} more") } else { String::new() };
            format!("{}: {names}{more}", apart.reason)
        };
        add("Not averaged with the others", list(report.apart.iter().map(item), form));
    }
    if !report.unfinished.is_empty() {
        let item = |run: &Unfinished| format!("{}: {}", run.name, run.state);
        add("Not finished", list(report.unfinished.iter().map(item), form));
    }
    sections.join("\n\n") + "\n"
}

fn list(items: impl IntoIterator<Item = String>, form: Form) -> String {
    joined(items, "\n", |item| format!("- {}", form.plain(&item)))
}

#[cfg(test)]
mod tests;
