//! On what a figure was measured: without it, it cannot be judged.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;
use sqlx::{Connection, PgConnection, Row};

/// The settings of PostgreSQL that decide how fast, and how durably, it appends.
const SETTINGS: [&str; 11] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_level",
    "wal_compression",
    "shared_buffers",
    "max_wal_size",
    "min_wal_size",
    "checkpoint_timeout",
];

/// The machine and the server on it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    memory_gib: u64,
    kernel: String,
    /// Of the last minute: more than next to nothing says that the machine has other things to do.
    load_average: f64,
    /// Debug builds say so: their figures are good for nothing.
    build: &'static str,
    /// Empty where the database was not told.
    postgres: BTreeMap<String, String>,
}

impl Machine {
    /// This one, with the PostgreSQL at `database_url`, where that is known.
    pub(crate) async fn look(database_url: Option<&str>) -> Self {
        let postgres = match database_url {
            Some(url) => settings(url).await.unwrap_or_default(),
            None => BTreeMap::new(),
        };
        let field = |path: &str, label: &str| -> Option<String> {
            let text = fs::read_to_string(path).ok()?;
            let line = text.lines().find(|line| line.starts_with(label))?.to_owned();
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory_kib = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
            memory_gib: memory_kib.unwrap_or_default() / (1024 * 1024),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map(|text| text.trim().to_owned())
                .unwrap_or_default(),
            load_average: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split_whitespace().next()?.parse().ok())
                .unwrap_or_default(),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            postgres,
        }
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        let mut text = format!(
            "machine: {} cores ({}), {} GiB, Linux {}, load average {}; {} build",
            self.cores, self.processor, self.memory_gib, self.kernel, self.load_average, self.build
        );
        if self.build == "debug" {
            text.push_str(" (its figures say nothing about speed)");
        }
        if let Some(version) = self.postgres.get("server_version") {
            let settings = SETTINGS
                .iter()
                .skip(1)
                .filter_map(|name| Some(format!("{name}={}", self.postgres.get(*name)?)));
            let settings: Vec<_> = settings.collect();
            text.push_str(&format!("\nPostgreSQL {version}: {}", settings.join(", ")));
        }
        text
    }
}

async fn settings(url: &str) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let names: Vec<String> = SETTINGS.iter().map(|name| (*name).to_owned()).collect();
    let rows =
        sqlx::query("SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY($1)")
            .bind(names)
            .fetch_all(&mut connection)
            .await?;
    connection.close().await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
