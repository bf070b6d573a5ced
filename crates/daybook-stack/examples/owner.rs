//! Owns a PostgreSQL, a Redis and a service, until it is killed: for the tests of what then becomes of
//! them. Takes a directory, writes there, to `pids`, one process id a line once all of them run.

use std::path::PathBuf;

use anyhow::Context;
use daybook_stack::{Postgres, PostgresSettings, Process, ProcessSpec, Redis, RedisSettings};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let dir = PathBuf::from(std::env::args_os().nth(1).context("usage: owner DIR")?);
    let postgres = Postgres::start(&dir.join("postgres"), PostgresSettings::default()).await?;
    let redis = Redis::start(&dir.join("redis"), RedisSettings::default()).await?;
    let service = Process::start(&ProcessSpec::new("/bin/sleep").arg("600"), |_| {}).await?;
    let pids: Vec<String> = [postgres.pid(), redis.pid(), service.pid()]
        .into_iter()
        .flatten()
        .map(|pid| pid.to_string())
        .collect();
    std::fs::write(dir.join("pids.new"), pids.join("\n")).context("write the process ids")?;
    std::fs::rename(dir.join("pids.new"), dir.join("pids")).context("write the process ids")?;
    std::future::pending().await
}
