//! What a rebuild is to be compared with, on the same events in the same run: reading them and doing nothing, and the way
//! that everybody writes first.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures::TryStreamExt as _;
use sqlx::{Connection, Executor, PgConnection, Row as _};

use super::rebuilds::in_thousands;
use super::{ProjectorFigure, tell};

/// How long the naive way is tried.
const NAIVE_TIME: Duration = Duration::from_secs(10);

const NAIVE_PAGE: i64 = 1000;

/// Both.
pub(super) async fn measure(url: &str, events: u64) -> anyhow::Result<Vec<ProjectorFigure>> {
    tell("the limit: COPY to nowhere");
    let mut connection = PgConnection::connect(url).await.context("connect to the log")?;
    let copied = copy_out(&mut connection).await.context("copy the events to nowhere")?;
    tell("the naive way, for a while");
    let naive = naive(&mut connection).await.context("replay the naive way")?;
    connection.close().await?;
    let whole = per_second(events) / naive;
    Ok(vec![
        ProjectorFigure::told(
            format!("the limit: COPY of {} events to nowhere", in_thousands(events)),
            format!("{copied:.1} s"),
        ),
        ProjectorFigure::told(
            "the naive way: LIMIT/OFFSET by time, an upsert an event, one read model",
            format!(
                "{naive:.0} events/s at the start; all of it {whole:.0} s at that rate (extrapolated; it gets slower)"
            ),
        ),
    ])
}

async fn copy_out(connection: &mut PgConnection) -> Result<f64, sqlx::Error> {
    let begun = Instant::now();
    let statement = "COPY log.events TO STDOUT (FORMAT binary)";
    let mut rows = connection.copy_out_raw(statement).await?;
    while rows.try_next().await?.is_some() {}
    Ok(begun.elapsed().as_secs_f64())
}

/// Events a second.
async fn naive(connection: &mut PgConnection) -> Result<f64, sqlx::Error> {
    connection
        .execute("CREATE TEMPORARY TABLE naive (account_id text PRIMARY KEY, balance bigint, events bigint)")
        .await?;
    let (begun, mut done) = (Instant::now(), 0_u64);
    while begun.elapsed() < NAIVE_TIME {
        let page = sqlx::query(
            "SELECT stream_id, (data ->> 'balance')::bigint AS balance FROM log.events
             ORDER BY recorded_at, position LIMIT $1 OFFSET $2",
        )
        .bind(NAIVE_PAGE)
        .bind(i64::try_from(done).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
        for row in &page {
            let (stream_id, balance): (&str, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
            sqlx::query(
                "INSERT INTO naive VALUES ($1, $2, 1) ON CONFLICT (account_id) DO UPDATE
                 SET balance = coalesce(excluded.balance, naive.balance), events = naive.events + 1",
            )
            .bind(stream_id)
            .bind(balance)
            .execute(&mut *connection)
            .await?;
        }
        done += u64::try_from(page.len()).unwrap_or(0);
        if page.is_empty() {
            break;
        }
    }
    Ok(per_second(done) / begun.elapsed().as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "a number of events, far below 2^52")]
fn per_second(events: u64) -> f64 {
    events as f64
}
