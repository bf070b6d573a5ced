//! Every setting of the query service. The doc comments are the text of `--help`; units are in the names.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;
use clap::value_parser;
use daybook_keys::KeySettings;
use daybook_runtime::accept::ConnectionSettings;
use daybook_runtime::postgres;
use daybook_runtime::telemetry::TelemetrySettings;

/// Answers questions from Daybook's read models and from its log, over gRPC. Writes nothing.
#[derive(Debug, Clone, Parser)]
#[command(name = "daybook-query", version)]
pub struct QuerySettings {
    /// Where the service listens for gRPC
    #[arg(long, env = "DAYBOOK_QUERY_LISTEN", default_value = "127.0.0.1:7403")]
    pub listen: SocketAddr,

    /// The database that holds the log (schema `log`), such as postgres://daybook_query@host:5432/daybook
    #[arg(long, env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    pub log_database_url: String,

    /// The database that holds the read models (schema `read`), where it is not the log's
    #[arg(long, env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true)]
    pub read_database_url: Option<String>,

    /// Most connections to each of the two databases
    #[arg(long, env = "DAYBOOK_QUERY_POOL_SIZE", default_value_t = 16, value_parser = value_parser!(u32).range(2..=1000))]
    pub pool_size: u32,

    /// Percent of these connections that heavy questions (lists, statements, explanations, histories, states as of a moment,
    /// searches, trial balances, proofs) may use at once; the others are left to one account, one transfer and status
    #[arg(long, env = "DAYBOOK_QUERY_HEAVY_PERCENT", default_value_t = 25, value_parser = value_parser!(u8).range(1..=100))]
    pub heavy_percent: u8,

    /// Most milliseconds that a call waits for its turn to use a connection, for a new connection, or for the key store; then
    /// it is RESOURCE_EXHAUSTED where others were before it, and UNAVAILABLE where something is away
    #[arg(long, env = "DAYBOOK_QUERY_ACQUIRE_MAX_MS", default_value_t = 1000, value_parser = value_parser!(u64).range(10..=60_000))]
    pub acquire_max_ms: u64,

    /// Most milliseconds that the statements of one answer may take, each and together
    #[arg(long, env = "DAYBOOK_QUERY_QUERY_MAX_MS", default_value_t = 5000, value_parser = value_parser!(u64).range(10..=60_000))]
    pub query_max_ms: u64,

    /// Most milliseconds that a call waits for the read models to reach its min_position; its own deadline may be
    /// shorter
    #[arg(long, env = "DAYBOOK_QUERY_WAIT_MAX_MS", default_value_t = 5000, value_parser = value_parser!(u64).range(0..=15_000))]
    pub wait_max_ms: u64,

    /// Milliseconds between two looks at the checkpoints while some call waits for them; nobody looks otherwise
    #[arg(long, env = "DAYBOOK_QUERY_POLL_INTERVAL_MS", default_value_t = 3, value_parser = value_parser!(u64).range(1..=1000))]
    pub poll_interval_ms: u64,

    /// Most light calls in hand at once, and most heavy ones; those that wait for their min_position are not counted. More
    /// are RESOURCE_EXHAUSTED
    #[arg(long, env = "DAYBOOK_QUERY_CALLS_MAX", default_value_t = 1024, value_parser = value_parser!(u32).range(1..=100_000))]
    pub calls_max: u32,

    /// Most calls that wait for their min_position at once, an eighth of them from one connection; more are
    /// RESOURCE_EXHAUSTED
    #[arg(long, env = "DAYBOOK_QUERY_WAITS_MAX", default_value_t = 1024, value_parser = value_parser!(u32).range(1..=100_000))]
    pub waits_max: u32,

    /// Address and port to serve metrics on, for Prometheus, at /metrics over HTTP [default: not served]
    #[arg(long, env = "DAYBOOK_QUERY_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// Where the keys of personal texts are.
    #[command(flatten)]
    pub keys: KeySettings,

    /// Connections
    #[command(flatten)]
    pub connections: ConnectionSettings,

    /// How logs are written.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}

impl QuerySettings {
    /// Checks what one setting alone cannot tell, before anything is touched.
    ///
    /// # Errors
    /// With the flag that is wrong and why.
    pub fn check(&self) -> anyhow::Result<()> {
        postgres::options(&self.log_database_url, "").context("--log-database-url")?;
        postgres::options(self.read_database_url(), "").context("--read-database-url")?;
        if let Some(url) = self.keys.url() {
            postgres::options(url, "").context("--keys-database-url")?;
        }
        ensure!(
            self.acquire_max_ms <= self.query_max_ms,
            "--acquire-max-ms {} is more than --query-max-ms {}, of which it is a part",
            self.acquire_max_ms,
            self.query_max_ms,
        );
        Ok(())
    }

    /// Where the read models are. An empty setting, as container files leave it, is none.
    #[must_use]
    pub fn read_database_url(&self) -> &str {
        let own = self.read_database_url.as_deref().filter(|url| !url.is_empty());
        own.unwrap_or(&self.log_database_url)
    }

    pub(crate) fn acquire_max(&self) -> Duration {
        Duration::from_millis(self.acquire_max_ms)
    }

    pub(crate) fn query_max(&self) -> Duration {
        Duration::from_millis(self.query_max_ms)
    }

    pub(crate) fn wait_max(&self) -> Duration {
        Duration::from_millis(self.wait_max_ms)
    }

    pub(crate) fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    const URL: &str = "postgres://daybook_query@localhost/daybook";

    fn parse(arguments: &[&str]) -> QuerySettings {
        let fixed = ["daybook-query", "--log-database-url", URL];
        QuerySettings::try_parse_from(fixed.iter().chain(arguments)).expect("well formed")
    }

    #[test]
    fn the_command_line_is_well_formed() {
        QuerySettings::command().debug_assert();
    }

    #[test]
    fn the_read_models_are_in_the_logs_database_unless_said_otherwise() {
        assert_eq!(parse(&[]).read_database_url(), URL);
        assert_eq!(parse(&["--read-database-url", ""]).read_database_url(), URL);
        let other = "postgres://daybook_query@elsewhere/models";
        assert_eq!(parse(&["--read-database-url", other]).read_database_url(), other);
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused_with_their_names() {
        assert!(parse(&[]).check().is_ok());
        let error = parse(&["--acquire-max-ms", "6000"]).check().expect_err("more than query-max");
        assert!(error.to_string().contains("--acquire-max-ms 6000"), "{error}");
        for flag in ["--read-database-url", "--keys-database-url"] {
            let error = parse(&[flag, "nonsense"]).check().expect_err("not ours");
            assert!(error.to_string().contains(flag), "{error}");
        }
    }
}
