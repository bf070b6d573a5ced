//! `daybook`: the operator's command line.
//!
//! It talks to the services over the same public API as any other client, and has no way around their rules. (`migrate`,
//! `rebuild`, `verify`, `export` and `restore-events` are the exceptions: they need the databases themselves.) `cli` says what can be typed, `commands` has one file a verb,
//! `client` calls the services, `output` is the only place that writes to the terminal.

mod bench;
mod cli;
mod client;
mod commands;
mod demo;
mod export;
mod failure;
mod import;
mod output;
mod positions;
mod restore;
mod state_dir;
mod this_program;

use std::process::ExitCode;

use clap::Parser;

/// A rebuild folds events of which each holds a dozen small texts, allocated by one thread and freed by another: with
/// glibc's allocator that is a third of its processor time, with this one half as much.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_command_line(&error),
    };
    let printer = output::Printer { json: cli.globals.json };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = failure::Failure::Other(anyhow::Error::new(error).context("start"));
            printer.failure(&failure);
            return failure.exit_code();
        }
    };
    let result = runtime.block_on(commands::run(cli));
    // A thread that still reads from a terminal must not keep us here.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit_code()
        }
    }
}

/// Help and versions are printed as they are, errors the way that was asked for.
fn wrong_command_line(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || !cli::wants_json(std::env::args_os()) {
        error.exit();
    }
    let text = error.render().to_string();
    let text = text.split("\n\nUsage:").next().unwrap_or(&text);
    let words: Vec<_> = text.trim_start_matches("error: ").split_whitespace().collect();
    let failure = failure::Failure::Usage(words.join(" "));
    output::Printer { json: true }.failure(&failure);
    failure.exit_code()
}
