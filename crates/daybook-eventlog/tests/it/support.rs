//! A log of a test's own, and whoever appends to it.

pub(crate) mod build;
pub(crate) mod counting;
pub(crate) mod proxy;
mod writer;

use std::time::Duration;

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use daybook_eventlog::{Identity, LogReader};
use daybook_runtime::postgres::options;
use daybook_testkit::{TestPostgres, eventually};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

pub(crate) use writer::Writer;

/// Generous, because the machine may be busy; nothing waits for it unless it fails.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// Few, so that streams of a small test share partitions.
pub(crate) const PARTITIONS: u16 = 4;

pub(crate) const COMMAND: &str = "daybook_command";
pub(crate) const PROJECTOR: &str = "daybook_projector";
pub(crate) const QUERY: &str = "daybook_query";

/// A log in a server of its own.
pub(crate) struct TestLog {
    pub(crate) postgres: TestPostgres,
    /// As the superuser, who owns the log.
    pub(crate) admin: PgPool,
    pub(crate) identity: Identity,
    /// As the query service.
    pub(crate) reader: LogReader,
}

impl TestLog {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings of the server, as PostgreSQL spells them.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let postgres = TestPostgres::start_with(settings).await;
        let admin = PgPool::connect(&postgres.admin_url()).await.unwrap();
        let identity = daybook_eventlog::migrate::run(&admin, PARTITIONS).await.unwrap();
        for role in [COMMAND, PROJECTOR, QUERY] {
            postgres.allow_login(role).await.unwrap();
        }
        let reader = LogReader::new(pool_as(&postgres, QUERY));
        Self { postgres, admin, identity, reader }
    }

    /// How a service with this role connects.
    pub(crate) fn options(&self, role: &str) -> PgConnectOptions {
        options(&self.postgres.url(role, "postgres"), "test").unwrap()
    }

    pub(crate) fn pool(&self, role: &str) -> PgPool {
        pool_as(&self.postgres, role)
    }

    /// Which event a stream has at a version.
    pub(crate) async fn event_id(&self, stream_id: &str, version: i64) -> Uuid {
        sqlx::query_scalar("SELECT event_id FROM log.events WHERE stream_id = $1 AND version = $2")
            .bind(stream_id)
            .bind(version)
            .fetch_one(&self.admin)
            .await
            .unwrap()
    }

    /// An instance of the command service, as far as the log sees one.
    pub(crate) async fn writer(&self) -> Writer {
        Writer::connect(self.options(COMMAND)).await
    }

    /// Every event, in order.
    pub(crate) async fn all(&self) -> Vec<RecordedEvent> {
        self.reader.read_log(Position::ZERO, 1_000_000).await.unwrap()
    }

    /// Every event as (position, stream, version).
    pub(crate) async fn outline(&self) -> Vec<(i64, String, i64)> {
        let outline =
            |e: RecordedEvent| (e.position.get(), e.stream_id.to_string(), e.version.get());
        self.all().await.into_iter().map(outline).collect()
    }

    /// Runs statements as the superuser.
    pub(crate) async fn sql(&self, statements: impl Into<String>) {
        sqlx::raw_sql(AssertSqlSafe(statements.into())).execute(&self.admin).await.unwrap();
    }

    /// Returns when some session waits for another one's lock.
    pub(crate) async fn somebody_waits_for_a_lock(&self) {
        eventually("somebody waits for a lock", BOUND, async || {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
            )
            .fetch_one(&self.admin)
            .await?;
            anyhow::ensure!(waiting > 0, "nobody waits");
            Ok(())
        })
        .await;
    }

    /// Takes the log back to `position`, as a restore of an older backup would.
    pub(crate) async fn cut_back_to(&self, position: i64) {
        self.sql(format!(
            "ALTER TABLE log.events DISABLE TRIGGER events_append_only;
             DELETE FROM log.events WHERE position > {position};
             ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;
             UPDATE log.head SET position = {position}, partition_positions = (
                 SELECT array_agg((SELECT coalesce(max(position), 0) FROM log.events WHERE partition = p) ORDER BY p)
                 FROM generate_series(0, {PARTITIONS} - 1) AS p
             )"
        ))
        .await;
    }
}

fn pool_as(postgres: &TestPostgres, role: &str) -> PgPool {
    let options = options(&postgres.url(role, "postgres"), "test").unwrap();
    PgPoolOptions::new().max_connections(4).connect_lazy_with(options)
}

/// What PostgreSQL refused with, by its code.
#[track_caller]
pub(crate) fn sqlstate<T: std::fmt::Debug>(result: Result<T, sqlx::Error>) -> String {
    let error = result.expect_err("should be refused");
    let code = error.as_database_error().and_then(|refusal| refusal.code());
    code.unwrap_or_else(|| panic!("not refused by PostgreSQL: {error}")).into_owned()
}
