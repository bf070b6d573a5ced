//! What can be typed: the flags that every verb takes, and the list of verbs. Each verb's own flags stand in its file
//! under `commands`.

mod arguments;
mod os_user;
mod times;

pub(crate) use arguments::{AmountArgs, CommandArgs, PageArgs, QueryArgs, event_types};
pub(crate) use times::{parse_day, parse_time};

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::client::Actor;
use crate::commands::{
    accept_time, account, activity, audit, bench, completions, demo, dev, evidence, explain,
    export, forget, health, history, import, migrate, money, projection, projections, proof,
    rebuild, restore_events, state, statement, transfer, trial_balance, verify,
};
use crate::failure::Failure;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, not found or failed; import: at least one line was refused, or it was stopped;
     health: not SERVING, or no answer
  2  the command line is wrong; nothing was tried
  3  no answer from a service: a command may have had its effect. Run it again with the
     --command-id that is printed, and it has its effect once
  4  verify: something is not as it must be; each finding is printed. projections: one has
     stopped in a partition";

/// Accounts and transfers on an append-only log: who did what, when and why.
#[derive(Debug, Parser)]
#[command(name = "daybook", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Globals {
    /// Where the command service listens.
    #[arg(long, global = true, value_name = "URL", env = "DAYBOOK_COMMAND_URL")]
    #[arg(default_value = "http://127.0.0.1:7401")]
    pub(crate) command_url: String,

    /// Where the query service listens.
    #[arg(long, global = true, value_name = "URL", env = "DAYBOOK_QUERY_URL")]
    #[arg(default_value = "http://127.0.0.1:7403")]
    pub(crate) query_url: String,

    /// Who acts, as it is recorded with every event. Default: the name of the operating system's user.
    #[arg(long, global = true, value_name = "NAME", env = "DAYBOOK_ACTOR")]
    pub(crate) actor: Option<Actor>,

    /// Print JSON, one object a line, instead of tables; errors as an object on stderr.
    #[arg(long, global = true, env = "DAYBOOK_JSON")]
    pub(crate) json: bool,

    /// How long one call may take, all attempts together, in seconds.
    #[arg(long, global = true, value_name = "SECONDS", env = "DAYBOOK_TIMEOUT")]
    #[arg(default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
}

impl Globals {
    /// Who acts.
    pub(crate) fn actor(&self) -> Result<Actor, Failure> {
        if let Some(actor) = &self.actor {
            return Ok(actor.clone());
        }
        os_user::name().and_then(|name| name.parse().ok()).ok_or_else(|| {
            Failure::Usage("the user's name cannot be told; say who acts with --actor".to_owned())
        })
    }

    /// How long one call may take, all attempts together.
    pub(crate) fn budget(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// Whether errors are to be objects, for a command line that could not be read as a whole.
pub(crate) fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let by_flag = arguments.take_while(|word| word != "--").any(|word| word == "--json");
    let is_true = |value: String| !["", "0", "false", "no", "off"].contains(&value.as_str());
    by_flag || std::env::var("DAYBOOK_JSON").is_ok_and(is_true)
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Open, show, list, freeze, unfreeze and close accounts.
    #[command(subcommand)]
    Account(account::AccountVerb),
    /// Put money from outside on an account.
    Deposit(money::MoneyArgs),
    /// Pay money out to the account's owner.
    Withdraw(money::MoneyArgs),
    /// Take a fee from an account.
    Fee(money::MoneyArgs),
    /// Give money back out of an account to a customer.
    Refund(money::RefundArgs),
    /// Move money between accounts, with the approval of a second person.
    #[command(subcommand)]
    Transfer(transfer::TransferVerb),
    /// Show the money movements of an account: amount, balance, with whom, who, why, when.
    Statement(statement::StatementArgs),
    /// Show the events of a stream, from the log itself.
    History(history::HistoryArgs),
    /// Show counts and volumes per day, currency and kind.
    Activity(activity::ActivityArgs),
    /// Show why a balance is what it is, or was at a time, a version or a position: each movement that made it.
    Explain(explain::ExplainArgs),
    /// Show the state of a stream as it is, or was at a time, a version or a position.
    State(state::StateArgs),
    /// Find events of the whole log: by who, where, what, when, why, in whose course, about how much.
    Audit(audit::AuditArgs),
    /// Show debits and credits of each account of the ledger, which are equal: now, at a day or at a position.
    TrialBalance(trial_balance::TrialBalanceArgs),
    /// Show how far each projection is, who works on it, and where and why one stopped.
    Projections(projections::ProjectionsArgs),
    /// Ask a service whether it serves (grpc.health.v1); the exit code says it.
    Health(health::HealthArgs),
    /// Retry or skip an event at which a projection stopped.
    #[command(subcommand)]
    Projection(projection::ProjectionVerb),
    /// Let the log go on although its time lies in the future, after its database's clock jumped. It cannot be taken back.
    AcceptTime(accept_time::AcceptTimeArgs),
    /// Have a person forgotten: destroy the key of their name and of what was said about them. It cannot be taken back.
    Forget(forget::ForgetArgs),
    /// Prove history: the key that signs, signed checkpoints, the Merkle tree as files.
    #[command(subcommand)]
    Proof(proof::ProofVerb),
    /// Write some events and all that proves them to one file, that can be checked anywhere; check one.
    Evidence(evidence::EvidenceArgs),
    /// Send a file of commands.
    Import(import::ImportArgs),
    /// Build read models anew beside the live ones, and swap; go back to the old ones.
    Rebuild(rebuild::RebuildArgs),
    /// Check that log, snapshots and read models are what they say they are.
    Verify(verify::VerifyArgs),
    /// Write events or statements as JSON Lines, CSV or Parquet.
    Export(export::ExportArgs),
    /// Put exported events into an empty log, as they were.
    RestoreEvents(restore_events::RestoreArgs),
    /// Create or upgrade the database of the log and that of the read models.
    Migrate(migrate::MigrateArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Run everything on this machine, in the foreground: a private PostgreSQL, a private Redis, the services.
    Dev(dev::DevArgs),
    /// See it work: a story of an account, and thousands of commands of which every cent is accounted for.
    Demo(demo::DemoArgs),
    /// Put load on the command service and measure: rates, latencies, what it costs, and against what.
    Bench(bench::BenchArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_help() {
        fn check(command: &clap::Command, path: &str) {
            for argument in command.get_arguments() {
                let id = argument.get_id();
                let has_help = argument.get_help().is_some() || argument.get_long_help().is_some();
                assert!(has_help, "{path}: {id}");
            }
            for verb in command.get_subcommands() {
                assert!(verb.get_about().is_some(), "{path} {}", verb.get_name());
                check(verb, &format!("{path} {}", verb.get_name()));
            }
        }
        check(&Cli::command(), "daybook");
    }
}
