//! `rowlstm configs`.

use super::terminal::print;
use crate::config::{CONFIGS, built_in};
use crate::error::ConfigError;

/// List the configs inside the program, which `--config` of train and sweep takes by name
///
/// A file of the same name wins.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  rowlstm configs
  rowlstm configs show best > mine.toml
  rowlstm train --config best
  rowlstm sweep --config sweeps/units")]
pub struct ConfigsArguments {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print a config from inside the program
    Show {
        /// Its name, as in the list
        name: String,
    },
}

pub fn execute(arguments: &ConfigsArguments) -> anyhow::Result<()> {
    match &arguments.action {
        None => print(&list()),
        Some(Action::Show { name }) => {
            let unknown = || ConfigError::Unknown { path: name.into() };
            print(built_in(name).ok_or_else(unknown)?.trim_end())
        }
    }
}

/// Each config with the first line of its comment, by the command that takes it.
fn list() -> String {
    let lines = |of_sweep: bool| {
        let chosen = CONFIGS.iter().filter(move |(name, _)| name.starts_with("sweeps/") == of_sweep);
        chosen.map(|(name, text)| format!("  {name:<26}{}\n", first_line(text))).collect::<String>()
    };
    let (train, sweep) = (lines(false), lines(true));
    let sweep = sweep.trim_end();
    format!("For `rowlstm train --config NAME`:\n{train}\nFor `rowlstm sweep --config NAME`:\n{sweep}")
}

fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default().trim_start_matches("# ");
    line.strip_prefix("experiment: ").unwrap_or(line)
}
