//! Settings of the prover, from flags or the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use daybook_runtime::accept::ConnectionSettings;
use daybook_runtime::telemetry::TelemetrySettings;

/// What to do with it.
const KEEPING: &str = "\
Run one. A second one does no harm and no work. What it signs protects from whoever can change the database only where
copies are kept elsewhere: publish the directory, or fetch `daybook proof checkpoint` from another machine every day.";

/// Hashes the log into a Merkle tree and signs its checkpoints.
#[derive(Debug, Clone, Parser)]
#[command(name = "daybook-prover", version, after_long_help = KEEPING)]
pub struct Settings {
    /// Where health (grpc.health.v1) is served
    #[arg(long, env = "DAYBOOK_PROVER_LISTEN", default_value = "127.0.0.1:7404")]
    pub listen: String,

    /// The log, such as postgres://daybook_prover@host:5432/daybook; the primary, not a replica
    #[arg(long, env = "DAYBOOK_LOG_DATABASE_URL", hide_env_values = true)]
    pub log_database_url: String,

    /// The database of the read models, which has the proof too (schema `proof`), where it is not the log's
    #[arg(long, env = "DAYBOOK_READ_DATABASE_URL", hide_env_values = true)]
    pub read_database_url: Option<String>,

    /// The key that signs: a file made by `daybook proof key generate`, mode 0600. Its name is the log's origin in all
    /// checkpoints
    #[arg(long, value_name = "FILE", env = "DAYBOOK_PROVER_KEY_FILE")]
    pub key_file: PathBuf,

    /// Where it is kept what this key signed last, on a disk that is not the databases': what protects from signing another
    /// history once more. To be kept as well as the key, and never set back. One prover a directory
    #[arg(long, value_name = "DIR", env = "DAYBOOK_PROVER_STATE_DIR")]
    pub state_dir: PathBuf,

    /// Begin a state where there is none: for the first start with a key. The newest checkpoints in the database and in the
    /// published directory are believed then. Leave it away afterwards, so that a lost state is noticed
    #[arg(long)]
    pub first: bool,

    /// How often the log is looked at, in milliseconds: as often a checkpoint is signed while events come
    #[arg(
        long,
        env = "DAYBOOK_PROVER_INTERVAL_MS",
        default_value_t = 500,
        value_parser = clap::value_parser!(u64).range(10..=1000)
    )]
    pub interval_ms: u64,

    /// Keep the tree as files here too (C2SP tlog-tiles), for an HTTP server. The checkpoint there is also held against
    /// the database at every start: a log and a proof that were set back together are noticed
    #[arg(long, value_name = "DIR", env = "DAYBOOK_PROVER_PUBLISH_DIR")]
    pub publish_dir: Option<PathBuf>,

    /// Publish the leaves too, not only their hashes: stream ids, types and times of all events, and hashes of data and
    /// metadata
    #[arg(long, env = "DAYBOOK_PROVER_PUBLISH_ENTRIES", requires = "publish_dir")]
    pub publish_entries: bool,

    /// Address and port to serve metrics on, for Prometheus, at /metrics over HTTP [default: not served]
    #[arg(long, env = "DAYBOOK_PROVER_METRICS_LISTEN")]
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

    #[test]
    fn the_settings_are_well_formed() {
        Settings::command().debug_assert();
        let required = [
            "daybook-prover",
            "--log-database-url",
            "postgres://x",
            "--key-file",
            "key",
            "--state-dir",
            "state",
        ];
        assert_eq!(Settings::try_parse_from(required).unwrap().interval_ms, 500);
        for wrong in
            [&["--interval-ms", "0"][..], &["--interval-ms", "2000"], &["--publish-entries"]]
        {
            assert!(Settings::try_parse_from(required.iter().chain(wrong)).is_err(), "{wrong:?}");
        }
    }
}
