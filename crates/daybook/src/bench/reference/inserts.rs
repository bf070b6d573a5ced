//! The reference, sent by ourselves: for servers without `pgbench`, and for the latency of one caller alone.

use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use super::{DATA, METADATA};
use crate::bench::tally::empty_histogram;

/// Rows of one run, at most, for the versions not to collide with those of another.
const ROWS_A_RUN: i64 = 10_000_000_000;

/// Streams that rows belong to.
const STREAMS: i64 = 10_000;

/// Lets `callers` connections INSERT for `time`; gives the latencies in microseconds.
pub(super) async fn run(
    options: &PgConnectOptions,
    callers: usize,
    time: Duration,
    run: u32,
) -> anyhow::Result<Histogram<u64>> {
    let mut connections = Vec::with_capacity(callers);
    for _ in 0..callers {
        connections.push(PgConnection::connect_with(options).await.context("connect")?);
    }
    let mut tasks = JoinSet::new();
    let until = Instant::now() + time;
    for (caller, connection) in (0_i64..).zip(connections) {
        let first = i64::from(run) * ROWS_A_RUN + caller * (ROWS_A_RUN / 10_000);
        tasks.spawn(insert(connection, first, until));
    }
    let mut all = empty_histogram();
    while let Some(ended) = tasks.join_next().await {
        let one = ended.context("a caller broke down")?.context("insert a row")?;
        all.add(&one).context("add up latencies")?;
    }
    Ok(all)
}

async fn insert(
    mut connection: PgConnection,
    first: i64,
    until: Instant,
) -> Result<Histogram<u64>, sqlx::Error> {
    let mut latencies = empty_histogram();
    let mut version = first;
    loop {
        let begun = Instant::now();
        if begun >= until {
            connection.close().await?;
            return Ok(latencies);
        }
        version += 1;
        sqlx::query(
            "INSERT INTO events (stream_id, version, event_id, event_type, data, metadata) \
             VALUES ($1, $2, $3, 'deposited', $4, $5)",
        )
        .bind(format!("account-bench-{}", version % STREAMS))
        .bind(version)
        .bind(daybook_runtime::ids::time_ordered())
        .bind(DATA)
        .bind(METADATA)
        .execute(&mut connection)
        .await?;
        latencies.saturating_record(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
}
