//! `rowlstm completions` and `rowlstm man`: files to install.

use super::command;
use super::terminal::{note, print};
use anyhow::Context;
use clap_complete::Shell;
use std::path::PathBuf;

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  rowlstm completions bash > ~/.local/share/bash-completion/completions/rowlstm")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Write the manual pages, one per subcommand
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  rowlstm man ~/.local/share/man/man1 && man rowlstm-train")]
pub struct ManArguments {
    /// Folder to write to; created if missing
    folder: PathBuf,
}

pub fn completions(arguments: &CompletionsArguments) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "rowlstm", &mut script);
    print(String::from_utf8_lossy(&script).trim_end())
}

pub fn man(arguments: &ManArguments) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    clap_mangen::generate_to(command(), folder)
        .with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
    note(&format!("wrote manual pages to {}", folder.display()));
    Ok(())
}
