//! The command line: what was typed, what it decides, what is printed. Results go to stdout, progress and errors to
//! stderr. Exit code 0 is success, 1 a failure, 2 wrong usage, 130 an interrupted run.

mod bench;
mod compare;
mod configs;
mod doubts;
mod evaluate;
mod explain;
mod export;
mod files;
mod generate;
mod inspect;
mod instructions;
mod network;
mod playground;
mod playground_server;
mod predict;
mod progress;
mod ranges;
mod report;
mod runs;
mod show;
mod sweep;
mod sweep_progress;
mod sweep_rounds;
mod sweep_slurm;
mod sweep_status;
mod sweep_training;
mod sweep_tune;
mod terminal;
mod train;
mod train_options;
mod usage;
mod verdict;

use crate::error::{ConfigError, Place, SweepError, TrainError, without_os_numbers};
use anyhow::Context;
use clap::builder::RangedU64ValueParser;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use terminal::{clear_bars, colours_wanted, note};

/// Train LSTMs that read MNIST images row by row, and compare numbers of units.
///
/// num_units is the size of the LSTM's hidden state. Train a network of each size, then compare what a larger hidden state
/// gains and what it costs.
#[derive(Debug, Parser)]
#[command(
    name = "rowlstm",
    version,
    propagate_version = true,
    args_override_self = true,
    after_help = "RUN names a run: its folder, its name or whole leading parts of it, or `last`, which finished last. Names are those \
                  of the folders in --runs-dir (runs): u128 and u128-l1 name u128-l1-s1-3d8b8514, u1 does not."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(Box<train::TrainArguments>),
    Sweep(Box<sweep::SweepArguments>),
    Report(report::ReportArguments),
    Compare(compare::CompareArguments),
    Show(show::ShowArguments),
    Evaluate(evaluate::EvaluateArguments),
    Explain(explain::ExplainArguments),
    Export(export::ExportArguments),
    Inspect(inspect::InspectArguments),
    Playground(playground::PlaygroundArguments),
    Predict(predict::PredictArguments),
    Bench(bench::BenchArguments),
    Configs(configs::ConfigsArguments),
    Completions(generate::CompletionsArguments),
    Man(generate::ManArguments),
}

/// The command was interrupted and has printed how to resume: exit code 130, without a message.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
struct Interrupted;

/// A command line that clap accepts but that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

fn usage_error<T>(text: impl Into<String>) -> anyhow::Result<T> {
    Err(UsageError(text.into()).into())
}

/// Parses whole numbers in a range.
fn whole(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}

/// Runs the program with these arguments, the first of which is its name, and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let typed: Vec<OsString> = arguments.into_iter().collect();
    let parsed = command().try_get_matches_from(&typed);
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come here too. A closed pipe is not an error.
            let _ = if error.use_stderr() { usage::print(&error, &typed) } else { error.print() };
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    start_log(arguments.verbose);
    execute(arguments.command).map_or_else(|error| report_failure(&error), |()| ExitCode::SUCCESS)
}

/// The command line's definition, with the defaults of train's options in their help.
fn command() -> clap::Command {
    Arguments::command()
        .mut_subcommand("train", train_options::with_defaults)
        .mut_subcommand("sweep", train_options::with_defaults)
        .mut_subcommands(|command| command.mut_args(as_other_tools_say))
}

/// Adds the names that other tools have for an option; the help does not show them. A negative number is a value, so that
/// it is refused as one.
fn as_other_tools_say(option: clap::Arg) -> clap::Arg {
    let names: &[&str] = match option.get_long() {
        Some("num-units") => &["units", "hidden-size", "hidden-units"],
        Some("num-layers") => &["layers"],
        Some("learning-rate") => &["lr"],
        Some("batch-size") => &["batch"],
        _ => &[],
    };
    let takes_value = option.get_long().is_some() && option.get_action().takes_values();
    option.aliases(names.iter().copied()).allow_negative_numbers(takes_value)
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Train(arguments) => train::execute(*arguments),
        Command::Sweep(arguments) => sweep::execute(&arguments),
        Command::Report(arguments) => report::execute(&arguments),
        Command::Compare(arguments) => compare::execute(&arguments),
        Command::Show(arguments) => show::execute(&arguments),
        Command::Evaluate(arguments) => evaluate::execute(&arguments),
        Command::Explain(arguments) => explain::execute(&arguments),
        Command::Export(arguments) => export::execute(&arguments),
        Command::Inspect(arguments) => inspect::execute(&arguments),
        Command::Playground(arguments) => playground::execute(&arguments),
        Command::Predict(arguments) => predict::execute(&arguments),
        Command::Bench(arguments) => bench::execute(&arguments),
        Command::Configs(arguments) => configs::execute(&arguments),
        Command::Completions(arguments) => generate::completions(&arguments),
        Command::Man(arguments) => generate::man(&arguments),
    }
}

fn report_failure(error: &anyhow::Error) -> ExitCode {
    let closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed_pipe) {
        return ExitCode::SUCCESS;
    }
    if error.is::<Interrupted>() {
        return ExitCode::from(130);
    }
    // If stderr is closed, there is nowhere to report it.
    let _ = writeln!(io::stderr(), "error: {}", without_os_numbers(&format!("{error:#}")));
    ExitCode::from(if is_usage(error) { 2 } else { 1 })
}

/// Whether the command line is at fault: a value on it, rather than in a file, is out of range.
fn is_usage(error: &anyhow::Error) -> bool {
    let config = match (error.downcast_ref(), error.downcast_ref()) {
        (Some(TrainError::Config(config)), _) | (_, Some(SweepError::Config(config))) => Some(config),
        _ => error.downcast_ref::<ConfigError>(),
    };
    matches!(config, Some(ConfigError::OutOfRange { place: None | Some(Place::CommandLine), .. }))
        || matches!(error.downcast_ref(), Some(SweepError::Rule { .. } | SweepError::Tune { .. }))
        || error.is::<UsageError>()
}

fn start_log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr);
    // Already started when tests call `run` twice.
    let _ = log.with_ansi(colours_wanted()).without_time().with_target(false).try_init();
}

/// What Ctrl-C does to a command that trains.
const STOPPING: &str =
    "stopping after this training step; press Ctrl-C again to stop now, without a checkpoint";

/// A flag that Ctrl-C or SIGTERM sets, which prints `text`; the second signal ends the process at once.
fn stop_on_signal(text: &'static str) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            clear_bars();
            std::process::exit(130);
        }
        note(text);
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
