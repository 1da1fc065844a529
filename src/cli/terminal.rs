//! Output: stdout, stderr, colours, bars, widths and durations.

use indicatif::{MultiProgress, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;

/// Prints text and a line break to stdout.
pub fn print(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// All bars of the process: what is printed while they are drawn stands above them.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Prints a line to stderr, above the bars if there are any. A closed stderr must not end a training run.
pub fn note(text: &str) {
    BARS.suspend(|| {
        let _ = writeln!(io::stderr().lock(), "{text}");
    });
}

/// Where bars are drawn, until [`clear_bars`].
pub fn bars() -> &'static MultiProgress {
    quiet_keys::begin();
    &BARS
}

/// Removes all bars from the terminal.
pub fn clear_bars() {
    let _ = BARS.clear();
    quiet_keys::end();
}

/// While bars are drawn, the terminal does not print `^C` into them.
#[cfg(unix)]
mod quiet_keys {
    use rustix::process::getpgrp;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
    use std::io::stderr;
    use std::sync::{Mutex, PoisonError};

    /// Whether this process may change the terminal: a job in the background that tries is stopped.
    fn in_front() -> bool {
        tcgetpgrp(stderr()).is_ok_and(|group| group == getpgrp())
    }

    /// How the terminal was.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    pub fn begin() {
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if !in_front() {
            return;
        }
        if let (None, Ok(found)) = (&*before, tcgetattr(stderr())) {
            let mut quiet = found.clone();
            quiet.local_modes.remove(LocalModes::ECHOCTL);
            let _ = tcsetattr(stderr(), OptionalActions::Now, &quiet);
            *before = Some(found);
        }
    }

    pub fn end() {
        if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take()
            && in_front()
        {
            let _ = tcsetattr(stderr(), OptionalActions::Now, &before);
        }
    }
}

#[cfg(not(unix))]
mod quiet_keys {
    pub fn begin() {}
    pub fn end() {}
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

/// Columns of the terminal on stdout, COLUMNS before what the terminal reports; 80 if stdout is not a terminal.
pub fn terminal_width() -> usize {
    if !io::stdout().is_terminal() {
        return 80;
    }
    let typed = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    typed.or_else(reported_width).filter(|width| *width > 0).unwrap_or(80)
}

#[cfg(unix)]
fn reported_width() -> Option<usize> {
    rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col.into())
}

#[cfg(not(unix))]
fn reported_width() -> Option<usize> {
    None
}

/// A duration in a suitable unit: "90 s", "5 min", "2.0 h".
pub fn duration(seconds: f64) -> String {
    match seconds.round() as u64 {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
