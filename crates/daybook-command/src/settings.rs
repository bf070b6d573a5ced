//! Settings of `daybook-command`. The doc of each field is its `--help`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use daybook_bank::Policy;
use daybook_decider::Limits;
use daybook_eventlog::append::CLOCK_AHEAD_MAX;
use daybook_keys::KeySettings;
use daybook_outbox::RedisSettings;
use daybook_runtime::accept::ConnectionSettings;
use daybook_runtime::telemetry::TelemetrySettings;

/// The write side of Daybook: takes commands over gRPC, decides them and appends their events to the log
#[derive(Debug, Clone, Parser)]
#[command(name = "daybook-command", version)]
pub struct Settings {
    /// Address and port to listen on for gRPC
    #[arg(long, env = "DAYBOOK_COMMAND_LISTEN", default_value = "127.0.0.1:7401")]
    pub listen: SocketAddr,

    /// PostgreSQL database of the log, as role daybook_command: postgres://daybook_command:…@host:5432/daybook
    #[arg(long, env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    pub log_database_url: String,

    /// Redis
    #[command(flatten)]
    pub redis: RedisSettings,

    /// Take the actor from the request header x-daybook-actor, unchecked: whoever can reach the port can be anybody. There
    /// is no other way to know the actor yet, so the service refuses to start without this flag
    #[arg(long, env = "DAYBOOK_INSECURE_ACTOR_HEADER")]
    pub insecure_actor_header: bool,

    /// Amounts below which a transfer needs no second person's approval, such as USD=100.00,EUR=50; a currency that is not
    /// named always needs one
    #[arg(long, env = "DAYBOOK_APPROVAL_NOT_NEEDED_BELOW", default_value = "")]
    pub approval_not_needed_below: Policy,

    /// Commands that may be in hand at a time; beyond it they are refused with RESOURCE_EXHAUSTED
    #[arg(long, env = "DAYBOOK_COMMAND_COMMANDS_MAX", default_value_t = 4096)]
    pub commands_max: usize,

    /// ExecuteStream calls that may be open at a time, each with up to 1024 answers in memory; one more is refused with
    /// RESOURCE_EXHAUSTED
    #[arg(long, env = "DAYBOOK_COMMAND_STREAMS_MAX", default_value_t = 512)]
    pub streams_max: usize,

    /// Longest time a command may wait to be decided, in milliseconds; the caller's own deadline may be shorter
    #[arg(long, env = "DAYBOOK_COMMAND_WAIT_MAX_MS", default_value_t = 10_000)]
    pub wait_max_ms: u64,

    /// Events of one batch, at most
    #[arg(long, env = "DAYBOOK_COMMAND_BATCH_EVENTS_MAX", default_value_t = 4096)]
    pub batch_events_max: usize,

    /// Data and metadata of one batch, at most, in bytes
    #[arg(long, env = "DAYBOOK_COMMAND_BATCH_BYTES_MAX", default_value_t = 4 * 1024 * 1024)]
    pub batch_bytes_max: usize,

    /// Accounts and transfers kept in memory, at most, in bytes; an account takes about 300
    #[arg(long, env = "DAYBOOK_COMMAND_CACHE_BYTES_MAX", default_value_t = 64 * 1024 * 1024)]
    pub cache_bytes_max: usize,

    /// A snapshot is written whenever the version of a stream passes a multiple of this (those that states as of a moment are
    /// folded from: of 1000); 0: never
    #[arg(long, env = "DAYBOOK_COMMAND_SNAPSHOT_EVERY", default_value_t = 100)]
    pub snapshot_every: u32,

    /// Connections to PostgreSQL for loading streams and writing snapshots; one more appends
    #[arg(long, env = "DAYBOOK_COMMAND_POOL_SIZE", default_value_t = 6)]
    pub pool_size: u32,

    /// How many seconds the clock of the log's database may be ahead of this machine's; beyond it nothing is recorded, because
    /// every later event would have that time too
    #[arg(long, env = "DAYBOOK_COMMAND_CLOCK_AHEAD_MAX_SECONDS", default_value_t = CLOCK_AHEAD_MAX.as_secs())]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub clock_ahead_max_seconds: u64,

    /// Address and port to serve metrics on, for Prometheus, at /metrics over HTTP [default: not served]
    #[arg(long, env = "DAYBOOK_COMMAND_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// Keys of data subjects
    #[command(flatten)]
    pub keys: KeySettings,

    /// Connections
    #[command(flatten)]
    pub connections: ConnectionSettings,

    /// Logs
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}

impl Settings {
    pub(crate) fn clock_ahead_max(&self) -> Duration {
        Duration::from_secs(self.clock_ahead_max_seconds)
    }

    /// Checks what no single field can tell.
    ///
    /// # Errors
    /// When a setting is out of its range; the text names it and says what would be right.
    pub fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            self.insecure_actor_header,
            "the actor of a command cannot be authenticated yet: start with --insecure-actor-header to believe the \
             request header x-daybook-actor, on a network where every caller may be anybody"
        );
        ensure!(
            (1..=1_000_000).contains(&self.commands_max),
            "--commands-max must be 1 to 1000000"
        );
        ensure!((1..=100_000).contains(&self.streams_max), "--streams-max must be 1 to 100000");
        ensure!((10..=600_000).contains(&self.wait_max_ms), "--wait-max-ms must be 10 to 600000");
        ensure!(
            (1..=100_000).contains(&self.batch_events_max),
            "--batch-events-max must be 1 to 100000"
        );
        ensure!(
            (64 * 1024..=64 * 1024 * 1024).contains(&self.batch_bytes_max),
            "--batch-bytes-max must be 65536 to 67108864"
        );
        ensure!(self.cache_bytes_max >= 16 * 1024, "--cache-bytes-max must be 16384 or more");
        ensure!((1..=100).contains(&self.pool_size), "--pool-size must be 1 to 100");
        Ok(())
    }

    pub(crate) fn wait_max(&self) -> Duration {
        Duration::from_millis(self.wait_max_ms)
    }

    /// The decider's share of these.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            cache_bytes_max: self.cache_bytes_max,
            batch_events_max: self.batch_events_max,
            batch_bytes_max: self.batch_bytes_max,
            snapshot_every: i64::from(self.snapshot_every),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Settings::command().debug_assert();
    }

    #[test]
    fn without_a_way_to_know_the_actor_the_service_does_not_start() {
        let urls = ["--log-database-url", "postgres://x/y", "--redis-url", "redis://x"];
        let settings = Settings::parse_from([&["daybook-command"], &urls[..]].concat());
        let error = settings.validate().expect_err("refused").to_string();
        assert!(error.contains("--insecure-actor-header"), "{error}");
    }
}
