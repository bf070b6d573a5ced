//! One test's world: a server of its own with a log and read models, the service in front of it, and a client.

#[path = "world/keys.rs"]
mod keys;
#[path = "world/log.rs"]
mod log;
#[path = "world/rows.rs"]
mod rows;

use std::time::Duration;

use clap::Parser as _;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_query::QuerySettings;
use daybook_testkit::{TestPostgres, eventually};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::{ErrorInfo, StatusExt as _};

pub(crate) use keys::Keys;
pub(crate) use log::NewEvent;
pub(crate) use rows::{AccountRow, EntryRow, TransferRow};

/// Few, so that a test can name each.
pub(crate) const PARTITIONS: u16 = 4;

/// The projections and the statements that make their tables, as the projector runs them.
pub(crate) const PROJECTIONS: [(&str, &str); 7] = [
    ("accounts", include_str!("../../../../migrations/read/tables/accounts.sql")),
    ("account_entries", include_str!("../../../../migrations/read/tables/account_entries.sql")),
    ("transfers", include_str!("../../../../migrations/read/tables/transfers.sql")),
    ("daily_activity", include_str!("../../../../migrations/read/tables/daily_activity.sql")),
    ("postings", include_str!("../../../../migrations/read/tables/postings.sql")),
    ("posting_totals", include_str!("../../../../migrations/read/tables/posting_totals.sql")),
    ("audit", include_str!("../../../../migrations/read/tables/audit.sql")),
];

pub(crate) struct World {
    pub(crate) postgres: TestPostgres,
    /// As the superuser.
    pub(crate) admin: PgPool,
    pub(crate) client: QueryServiceClient<Channel>,
    pub(crate) address: String,
    shutdown: CancellationToken,
    service: Option<JoinHandle<anyhow::Result<()>>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With flags of the test's own.
    pub(crate) async fn start_with(flags: &[&str]) -> Self {
        let postgres = TestPostgres::start().await;
        let admin = PgPool::connect(&postgres.admin_url()).await.unwrap();
        daybook_eventlog::migrate::run(&admin, PARTITIONS).await.unwrap();
        make_read_models(&admin).await;
        daybook_prover::migrate::run(&admin).await.unwrap();
        postgres.allow_login("daybook_query").await.unwrap();

        let url = postgres.url("daybook_query", "postgres");
        let mut arguments = vec!["daybook-query", "--log-database-url", &url];
        arguments.extend(flags);
        // A connection is slow to come where other tests have the processors.
        if !flags.contains(&"--acquire-max-ms") {
            arguments.extend(["--acquire-max-ms", "4000"]);
        }
        let settings = QuerySettings::try_parse_from(arguments).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let service = tokio::spawn(daybook_query::run(settings, listener, shutdown.clone()));
        let client = QueryServiceClient::connect(address.clone()).await.unwrap();
        Self { postgres, admin, client, address, shutdown, service: Some(service) }
    }

    /// Runs a statement as the superuser.
    pub(crate) async fn sql(&self, statement: impl Into<String>) {
        sqlx::raw_sql(AssertSqlSafe(statement.into())).execute(&self.admin).await.unwrap();
    }

    /// A connection with the rights of the service.
    pub(crate) async fn as_query_role(&self) -> PgConnection {
        PgConnection::connect(&self.postgres.url("daybook_query", "postgres")).await.unwrap()
    }

    /// Asks the service to stop, and waits until it has.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        self.service.take().expect("stopped once").await.expect("no panic")
    }

    /// Returns when some call waits for its `min_position`: the service then looks at all checkpoints.
    pub(crate) async fn somebody_waits(&self) {
        eventually("somebody waits", Duration::from_secs(10), async || {
            let looks: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE usename = 'daybook_query' AND query LIKE '%read.checkpoints%' AND xact_start IS NULL",
            )
            .fetch_one(&self.admin)
            .await?;
            anyhow::ensure!(looks > 0, "nobody looks");
            Ok(())
        })
        .await;
    }

    /// All partitions of a projection are applied up to `position`.
    pub(crate) async fn checkpoints(&self, projection: &str, position: i64) {
        self.sql(format!(
            "UPDATE read.checkpoints SET position = {position} WHERE projection = '{projection}'"
        ))
        .await;
    }

    /// All partitions of all projections are applied up to `position`.
    pub(crate) async fn all_checkpoints(&self, position: i64) {
        self.sql(format!("UPDATE read.checkpoints SET position = {position}")).await;
    }

    /// One partition of a projection has stopped at `position`.
    pub(crate) async fn stopped(
        &self,
        projection: &str,
        partition: u16,
        position: i64,
        cause: &str,
    ) {
        self.sql(format!(
            "UPDATE read.checkpoints SET position = {position}, stopped_cause = '{cause}', stopped_error = 'it broke'
             WHERE projection = '{projection}' AND partition = {partition}"
        ))
        .await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn make_read_models(admin: &PgPool) {
    let migrations = sqlx::migrate!("../../migrations/read");
    let mut owner = admin.acquire().await.unwrap();
    sqlx::raw_sql("CREATE SCHEMA IF NOT EXISTS read").execute(&mut *owner).await.unwrap();
    for migration in migrations.iter() {
        let text = migration.sql.as_str().to_owned();
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *owner).await.unwrap();
    }
    for (projection, tables) in PROJECTIONS {
        make_generation(admin, projection, tables, 1).await;
    }
}

/// Makes a generation as the projector does, with its role, and makes it the current one.
async fn make_generation(admin: &PgPool, projection: &str, tables: &str, generation: u32) {
    let tables = tables.replace("{generation}", &generation.to_string());
    let version = daybook_domains::read_model(projection).unwrap().version;
    let statement = format!(
        "SET ROLE daybook_projector;
         {tables};
         INSERT INTO read.projections VALUES ('{projection}', {generation}, {version})
             ON CONFLICT (projection) DO UPDATE SET generation = {generation};
         INSERT INTO read.checkpoints (projection, generation, partition)
             SELECT '{projection}', {generation}, generate_series(0, {PARTITIONS} - 1);
         RESET ROLE"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(admin).await.unwrap();
}

/// The stable reason and the facts of an error.
pub(crate) fn info(status: &Status) -> ErrorInfo {
    let details = status.get_error_details();
    details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status}")).clone()
}

/// The partition of a stream.
pub(crate) fn partition_of(stream_id: &str) -> u16 {
    use daybook_core::{partition::Partition, stream::StreamId};
    Partition::of(&StreamId::parse(stream_id).unwrap(), PARTITIONS).0
}
