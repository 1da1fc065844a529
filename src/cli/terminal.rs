//! Output: stdout, stderr, colours, bars, widths and durations.

use indicatif::ProgressStyle;
use std::io::{self, IsTerminal, Write};

/// Prints text and a line break to stdout.
pub fn print(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Prints a line to stderr. A closed stderr must not end a training run.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether to colour stderr: it is a terminal, and NO_COLOR (no-color.org) is not set.
pub fn colours_wanted() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The style of a progress bar: a template of indicatif, in which `{wide_bar}` is coloured if colours are wanted.
pub fn bar_style(template: &str) -> ProgressStyle {
    let bar = if colours_wanted() { "{wide_bar:.cyan}" } else { "{wide_bar}" };
    ProgressStyle::with_template(&template.replace("{wide_bar}", bar)).expect("the template is fixed")
}

/// Columns of the terminal on stdout, from COLUMNS; 80 without it, and if stdout is not a terminal.
pub fn terminal_width() -> usize {
    if !io::stdout().is_terminal() {
        return 80;
    }
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).unwrap_or(80)
}

/// A duration in a suitable unit: "90 s", "5 min", "2.0 h".
pub fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
