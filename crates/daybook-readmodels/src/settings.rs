//! Settings of the projector, from flags or the environment.

use std::net::SocketAddr;

use clap::Parser;
use daybook_keys::KeySettings;
use daybook_outbox::{Group, RedisSettings};
use daybook_runtime::accept::ConnectionSettings;
use daybook_runtime::telemetry::TelemetrySettings;

/// How to run more than one.
const SCALING: &str = "\
Scaling: start as many instances as you like, up to one a partition of the log. Those of one group share its partitions
fairly: one that joins is given its share within 5 s, what one that stops or dies had is taken over within 5 s, and nothing
else moves. SIGTERM finishes the batch in hand and gives the partitions back at once. Instances find each other in the read
database; there is nothing to configure.

Fleets that run different projections need different groups, each scaled alone:

  daybook-projector --group accounts --projection accounts,account_entries,transfers,daily_activity
  daybook-projector --group audit    --projection audit,postings,posting_totals

A group that is not running fills nothing: its lists in Redis are trimmed, and deleted after 60 s. What it missed it reads
from the log.";

/// Drains the outbox into read models.
#[derive(Debug, Clone, Parser)]
#[command(name = "daybook-projector", version, after_long_help = SCALING)]
pub struct Settings {
    /// Where health (grpc.health.v1) is served
    #[arg(long, env = "DAYBOOK_PROJECTOR_LISTEN", default_value = "127.0.0.1:7402")]
    pub listen: String,

    /// The log, such as postgres://daybook_projector@host:5432/daybook; the primary, not a replica
    #[arg(long, env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    pub log_database_url: String,

    /// The read models, where they are not in the log's database
    #[arg(long, env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true)]
    pub read_database_url: Option<String>,

    /// Keys
    #[command(flatten)]
    pub keys: KeySettings,

    /// Redis
    #[command(flatten)]
    pub redis: RedisSettings,

    /// Projector group: its instances share the partitions; each group has lists of its own in Redis
    #[arg(long, env = "DAYBOOK_PROJECTOR_GROUP", default_value = "default")]
    pub group: Group,

    /// Run only this projection; may be repeated, or several separated by commas [default: all]. The same for all
    /// instances of a group: one that differs from the one that joined first stands aside, NOT_SERVING
    #[arg(long = "projection", env = "DAYBOOK_PROJECTIONS", value_delimiter = ',')]
    pub projections: Vec<String>,

    /// At most about this many events in one transaction
    #[arg(
        long,
        env = "DAYBOOK_PROJECTOR_BATCH_EVENTS_MAX",
        default_value_t = 2000,
        value_parser = clap::value_parser!(u32).range(1..=20_000)
    )]
    pub batch_events_max: u32,

    /// How often the head of the log is looked at while no message comes, in milliseconds
    #[arg(
        long,
        env = "DAYBOOK_PROJECTOR_POLL_INTERVAL_MS",
        default_value_t = 20,
        value_parser = clap::value_parser!(u64).range(1..=10_000)
    )]
    pub poll_interval_ms: u64,

    /// Address and port to serve metrics on, for Prometheus, at /metrics over HTTP [default: not served]
    #[arg(long, env = "DAYBOOK_PROJECTOR_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,

    /// Connections
    #[command(flatten)]
    pub connections: ConnectionSettings,

    /// Logs
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    const REQUIRED: [&str; 5] =
        ["daybook-projector", "--log-database-url", "postgres://x", "--redis-url", "redis://x"];

    #[test]
    fn the_settings_are_well_formed() {
        Settings::command().debug_assert();
        let settings = Settings::try_parse_from(REQUIRED).unwrap();
        assert_eq!(settings.group.to_string(), "default");
    }

    #[test]
    fn a_setting_that_cannot_be_right_is_refused_at_the_start() {
        for wrong in [["--group", "a b"], ["--batch-events-max", "0"], ["--poll-interval-ms", "0"]]
        {
            assert!(Settings::try_parse_from(REQUIRED.iter().chain(&wrong)).is_err(), "{wrong:?}");
        }
    }
}
