//! Flags of `daybook bench`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use daybook_stack::{Service, Stack, StackSettings};

use super::audit::AuditArgs;
use super::growth::GrowthArgs;
use super::projector::ProjectorArgs;
use super::proof::ProofArgs;
use super::reads::ReadsArgs;
use super::soak::SoakArgs;
use super::table::TableArgs;
use crate::bench::{Alternate, Choice, Load, Mode, Reference, Site, Workload};
use crate::failure::Failure;

/// Callers of an open loop: enough to send what is due while others wait.
const CALLERS_OPEN: usize = 2000;

/// Callers of a closed loop.
const CALLERS_CLOSED: usize = 64;

/// What else there is to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchVerb {
    /// Measure everything that has a target, on a stack of its own, and fail when a ratio is not what it must be.
    Table(TableArgs),
    /// Fill a log, on a stack of its own, and measure on the way whether appending stays as fast.
    Growth(GrowthArgs),
    /// Put load on a stack of its own for a long time, and fail when the memory of a service grows.
    Soak(SoakArgs),
    /// Rebuild read models from logs of several lengths, drain a backlog, and measure the lag, on a stack of its own.
    Projector(ProjectorArgs),
    /// Fill a log, on a stack of its own, and measure how long an auditor's questions take on it.
    Audit(AuditArgs),
    /// Hash a log into its Merkle tree, make proofs, verify it all, and append with and without the prover, on a stack of its
    /// own.
    Proof(ProofArgs),
    /// Measure how long readers wait: for a state anywhere in a long history, and for accounts, statements and searches
    /// with plain and with sealed texts, on stacks of its own.
    Reads(ReadsArgs),
}

/// How long the reference runs before each round.
const REFERENCE_TIME: Duration = Duration::from_secs(5);

/// Flags of `bench`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) verb: Option<BenchVerb>,

    /// Start a stack for this, on an empty log, and stop it afterwards. Default: measure the one at --command-url.
    #[arg(long)]
    pub(crate) stack: bool,

    /// Stop the stack's projector first: the write side by itself.
    #[arg(long, requires = "stack")]
    pub(crate) no_projector: bool,

    /// Where the stack is kept; what was there is thrown away. Default: /var/lib/daybook/bench for root,
    /// $XDG_STATE_HOME/daybook/bench or ~/.local/state/daybook/bench for everybody else.
    #[arg(long, value_name = "DIR", requires = "stack", env = "DAYBOOK_BENCH_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// A setting of the stack's PostgreSQL that wins over deploy/postgresql.conf, such as shared_buffers=2GB; may be
    /// given more than once.
    #[arg(long, value_name = "NAME=VALUE", requires = "stack", value_parser = parse_setting)]
    pub(crate) postgres: Vec<(String, String)>,

    /// A flag of the stack's command service, such as --command-flag=--snapshot-every=0; may be given more than once.
    #[arg(long, value_name = "FLAG", requires = "stack")]
    pub(crate) command_flag: Vec<String>,

    /// What is done.
    #[arg(long, value_name = "WHAT", default_value = "deposits")]
    workload: Workload,

    /// How many accounts there are; they are opened before anything is measured.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    accounts: u32,

    /// Which account a command is for: uniform, zipf[=SKEW] or hot (always the same one).
    #[arg(long, value_name = "HOW", default_value_t = Choice::Uniform)]
    choice: Choice,

    /// How commands are sent.
    #[arg(long, value_name = "HOW", default_value = "unary")]
    mode: Mode,

    /// Callers, each of which sends a call when its last one is answered. Default: 64; with --rate 2000.
    #[arg(long, value_name = "COUNT", conflicts_with = "window")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    callers: Option<u32>,

    /// Over how many connections.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,

    /// With --mode streaming: operations in flight in each connection. Default: 64.
    #[arg(long, value_name = "COUNT")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=10_000))]
    window: Option<u16>,

    /// Begin this many operations a second, whether or not the service keeps up; latencies then count from when an
    /// operation should have begun. Default: each caller goes on as soon as it can.
    #[arg(long, value_name = "PER_SECOND", value_parser = parse_rate)]
    rate: Option<f64>,

    /// How long a round is measured, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = parse_seconds)]
    duration: Duration,

    /// How long each round runs before it is measured, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = parse_seconds)]
    warm_up: Duration,

    /// How many rounds; the medians are told as well.
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: u32,

    /// Where chance begins.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// Before each round, let PostgreSQL commit single rows for five seconds, and tell the ratio to that.
    #[arg(long)]
    pub(crate) reference: bool,

    /// Over how many connections those are inserted.
    #[arg(long, value_name = "COUNT", default_value_t = 32)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    reference_callers: u16,

    /// Without --stack: the server that the reference uses, as a role that may create databases; it makes one of its own
    /// and removes it. Also where the settings of PostgreSQL are read.
    #[arg(long, value_name = "URL", env = "DAYBOOK_BENCH_REFERENCE_URL", hide_env_values = true)]
    pub(crate) reference_url: Option<String>,

    /// Write latency over percentiles to this file, as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

impl BenchArgs {
    /// The load that was asked for.
    pub(crate) fn load(&self) -> Result<Load, Failure> {
        if self.reference && !self.stack && self.reference_url.is_none() {
            let message = "--reference needs --stack, or a server: --reference-url";
            return Err(Failure::Usage(message.to_owned()));
        }
        let connections = usize::from(self.connections);
        let callers = self.callers.map(|callers| usize::try_from(callers).unwrap_or(usize::MAX));
        let callers = match (self.mode, callers, self.window) {
            (Mode::Unary, _, Some(_)) => {
                return Err(Failure::Usage("--window is for --mode streaming".to_owned()));
            }
            (_, Some(callers), _) => callers,
            (Mode::Unary, None, None) if self.rate.is_some() => CALLERS_OPEN,
            (Mode::Unary, None, None) => CALLERS_CLOSED,
            (Mode::Streaming, None, window) => usize::from(window.unwrap_or(64)) * connections,
        };
        Ok(Load {
            callers,
            connections: connections.min(callers),
            mode: self.mode,
            rate: self.rate,
            workload: self.workload,
            accounts: self.accounts,
            choice: self.choice,
            warm_up: self.warm_up,
            duration: self.duration,
            seed: self.seed,
        })
    }

    /// The reference as it was asked for.
    pub(crate) fn alternate(&self, reference: Reference) -> Alternate {
        Alternate { reference, callers: self.reference_callers.into(), time: REFERENCE_TIME }
    }

    /// What the stack is started with.
    pub(crate) fn stack_settings(&self, dir: &Path) -> StackSettings {
        let mut settings = super::stack_settings(dir);
        settings.postgres.overrides.extend(self.postgres.iter().cloned());
        settings.flags.push((Service::Command, self.command_flag.clone()));
        settings
    }

    /// A stack of our own, with the reference if it was asked for.
    pub(crate) async fn site(
        &self,
        stack: &Stack,
        dir: &Path,
        budget: Duration,
    ) -> Result<Site, Failure> {
        let callers = usize::from(self.reference_callers);
        let mut site = Site::of_stack(stack, dir, budget, (callers, REFERENCE_TIME)).await?;
        if !self.reference {
            site.clear().await?;
        }
        Ok(site)
    }

    /// The load in words.
    pub(crate) fn describe(&self, load: &Load) -> String {
        let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
        let how = match load.rate {
            Some(rate) => format!("{rate} a second, at most {} in flight", load.callers),
            None => format!("{} callers", load.callers),
        };
        format!(
            "{}, {}, {how} over {} connections, {} accounts ({}), {} rounds of {} s after {} s, seed {}{}",
            name(&load.workload),
            name(&load.mode),
            load.connections,
            load.accounts,
            load.choice,
            self.rounds,
            load.duration.as_secs_f64(),
            load.warm_up.as_secs_f64(),
            load.seed,
            if self.no_projector { ", without the projector" } else { "" },
        )
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("is not a number of seconds, at most a day".to_owned()),
    }
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("is not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.1..=10_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("is not a number of operations a second".to_owned()),
    }
}
