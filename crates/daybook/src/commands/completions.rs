//! `daybook completions SHELL`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::write_out;

const EXAMPLES: &str = "\
Examples:
  daybook completions bash > ~/.local/share/bash-completion/completions/daybook
  daybook completions zsh > ~/.zfunc/_daybook            (with ~/.zfunc in fpath)
  daybook completions fish > ~/.config/fish/completions/daybook.fish";

/// Flags of `completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// For which shell.
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "daybook", &mut text);
    Ok(write_out(&String::from_utf8_lossy(&text))?)
}
