//! A log, a Redis and a projector for one test, and what the test can do to them.

#[path = "support/keys.rs"]
pub(crate) mod keys;
#[path = "support/ledger.rs"]
pub(crate) mod ledger;
#[path = "support/log.rs"]
pub(crate) mod log;
#[path = "support/reference.rs"]
pub(crate) mod reference;

use std::time::Duration;

use anyhow::ensure;
use clap::Parser as _;
use daybook_core::event::RecordedEvent;
use daybook_domains::DaybookEvent;
use daybook_outbox::{Origin, Publisher, PublisherHandle, PublisherSettings, RedisServer};
use daybook_projector::Settings;
use daybook_readmodels::rebuild::Rebuilder;
use daybook_testkit::{TestPostgres, TestRedis, eventually};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use log::TestLog;

/// Generous, because the machine may be busy; nothing waits for it unless it fails.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// Few, so that streams of a small test share partitions.
pub(crate) const PARTITIONS: u16 = 4;

pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) log: TestLog,
    pub(crate) redis: TestRedis,
    pub(crate) postgres: TestPostgres,
    publisher: PublisherHandle,
    publishing: JoinHandle<()>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (postgres, redis) = tokio::join!(TestPostgres::start(), TestRedis::start());
        let pool = PgPool::connect(&postgres.admin_url()).await.unwrap();
        let identity = daybook_eventlog::migrate::run(&pool, PARTITIONS).await.unwrap();
        daybook_projector::migrate(&pool).await.unwrap();
        postgres.allow_login("daybook_projector").await.unwrap();
        let origin = Origin { log_id: identity.log_id, timeline: identity.timeline };
        let log = TestLog::new(pool.clone(), origin);
        let server = RedisServer::at(redis.url()).unwrap();
        let settings = PublisherSettings::new(server, identity.log_id, PARTITIONS);
        let (publisher, task) = Publisher::new(settings).unwrap();
        let publishing = tokio::spawn(task.run(CancellationToken::new()));
        Self { pool, log, redis, postgres, publisher, publishing }
    }

    /// Appends and publishes.
    pub(crate) async fn record(&mut self, events: &[(&str, DaybookEvent)]) -> Vec<RecordedEvent> {
        let recorded = self.log.append(events).await;
        self.publish(recorded.clone());
        recorded
    }

    /// Publishes, in this order.
    pub(crate) fn publish(&self, events: Vec<RecordedEvent>) {
        self.publish_from(self.log.origin, events);
    }

    pub(crate) fn publish_from(&self, origin: Origin, events: Vec<RecordedEvent>) {
        self.publisher.publish(origin, events);
    }

    pub(crate) async fn projector(&self) -> Projector {
        self.projector_with(&[]).await
    }

    /// Starts a projector, and waits until its group is served by the publisher.
    pub(crate) async fn projector_with(&self, flags: &[&str]) -> Projector {
        self.projector_at(&self.postgres.url("daybook_projector", "postgres"), flags).await
    }

    /// Starts a projector that reaches log and read models by another way.
    pub(crate) async fn projector_at(&self, url: &str, flags: &[&str]) -> Projector {
        let settings = self.settings(url, flags);
        Projector::start(|listener, stop| daybook_projector::run(settings, listener, stop)).await
    }

    /// Settings of a projector that reaches log and read models so.
    pub(crate) fn settings(&self, url: &str, flags: &[&str]) -> Settings {
        let redis_url = self.redis.url();
        Settings::try_parse_from(
            ["daybook-projector", "--log-database-url", url, "--redis-url", &redis_url]
                .iter()
                .chain(flags),
        )
        .unwrap()
    }

    /// Rebuilds in this process, as the projector's role.
    pub(crate) fn rebuilder(&self) -> Rebuilder {
        let url = self.postgres.url("daybook_projector", "postgres");
        Rebuilder::new(&url, &url).unwrap()
    }

    /// The current generation of a read model.
    pub(crate) async fn generation(&self, projection: &str) -> i32 {
        let sql =
            format!("SELECT generation FROM read.projections WHERE projection = '{projection}'");
        self.scalar(&sql).await.unwrap()
    }

    /// The default group's list of a partition.
    pub(crate) fn list(&self, partition: u16) -> String {
        self.list_of(partition, "default")
    }

    fn list_of(&self, partition: u16, group: &str) -> String {
        format!("daybook:{}:{{{partition}}}:outbox:{group}", self.log.origin.log_id)
    }

    /// Where groups register.
    pub(crate) fn groups(&self) -> String {
        format!("daybook:{}:groups", self.log.origin.log_id)
    }

    pub(crate) async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis.url()).unwrap();
        let patient = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(BOUND))
            .set_response_timeout(Some(BOUND));
        client.get_multiplexed_async_connection_with_config(&patient).await.unwrap()
    }

    /// Waits until the projector's group is registered and the publisher pushes to it.
    pub(crate) async fn wait_for_messages(&self) {
        let mut connection = self.redis().await;
        eventually("the group is registered", BOUND, async || {
            let groups: u32 =
                redis::cmd("ZCARD").arg(self.groups()).query_async(&mut connection).await?;
            ensure!(groups == 1, "{groups} groups");
            Ok(())
        })
        .await;
        // The publisher looks for groups every second: once it knows one that registered later, it knows both.
        let probe = &self.list_of(0, "probe");
        let (seconds, _): (u64, u64) =
            redis::cmd("TIME").query_async(&mut connection).await.unwrap();
        redis::cmd("ZADD")
            .arg(self.groups())
            .arg(seconds * 1000)
            .arg("probe")
            .exec_async(&mut connection)
            .await
            .unwrap();
        eventually("the publisher pushes", BOUND, async || {
            self.publish(vec![log::ghost()]);
            let length: u32 = redis::cmd("LLEN").arg(probe).query_async(&mut connection).await?;
            ensure!(length > 0, "not yet");
            Ok(())
        })
        .await;
        redis::pipe()
            .zrem(self.groups(), "probe")
            .del(probe)
            .exec_async(&mut connection)
            .await
            .unwrap();
    }

    /// Waits until every checkpoint that does not stand has reached the head.
    pub(crate) async fn wait_until_level(&self) {
        eventually("all checkpoints reach the head", BOUND, async || {
            // First, since they are all made before the first one moves.
            let count: i64 = self.scalar("SELECT count(*) FROM read.checkpoints").await?;
            ensure!(count > 0, "no checkpoints yet");
            let behind: Vec<(String, i16, i64)> = sqlx::query_as(
                "SELECT projection, partition, position FROM read.checkpoints, (SELECT max(position) AS head FROM \
                 log.head) AS log WHERE stopped_cause IS NULL AND NOT retired AND position < head",
            )
            .fetch_all(&self.pool)
            .await?;
            ensure!(behind.is_empty(), "behind: {behind:?}");
            Ok(())
        })
        .await;
    }

    pub(crate) async fn wait_until_all_stand_for_history(&self) {
        eventually("all stand", BOUND, async || {
            let going_on: i64 = self
                .scalar("SELECT count(*) FROM read.checkpoints WHERE stopped_cause IS DISTINCT FROM 'history'")
                .await?;
            ensure!(going_on == 0, "{going_on} go on");
            Ok(())
        })
        .await;
    }

    pub(crate) async fn scalar<T>(&self, sql: &str) -> sqlx::Result<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&self.pool).await
    }

    pub(crate) async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.unwrap();
    }

    /// The rows of a query, each as one text.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        let sql = format!("SELECT row_to_json(r)::text FROM ({sql}) AS r");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&self.pool).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.publishing.abort();
    }
}

/// A running projector.
pub(crate) struct Projector {
    address: String,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Projector {
    /// Runs one with its health on a port of its own.
    pub(crate) async fn start<F>(run: impl FnOnce(TcpListener, CancellationToken) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(listener, stop.clone()));
        Self { address, stop, task }
    }

    /// What it says of its health.
    pub(crate) async fn health(&self) -> anyhow::Result<ServingStatus> {
        let channel = Endpoint::from_shared(self.address.clone())?.connect().await?;
        let request = HealthCheckRequest { service: String::new() };
        Ok(HealthClient::new(channel).check(request).await?.into_inner().status())
    }

    /// Whether `name` is SERVING.
    pub(crate) async fn serves(&self, name: &str) -> anyhow::Result<bool> {
        let channel = Endpoint::from_shared(self.address.clone())?.connect().await?;
        let request = HealthCheckRequest { service: name.to_owned() };
        let answer = HealthClient::new(channel).check(request).await?.into_inner();
        Ok(answer.status() == ServingStatus::Serving)
    }

    /// Waits until `name` is SERVING, or NOT_SERVING.
    pub(crate) async fn says(&self, name: &str, serving: bool) {
        eventually(name, BOUND, async || {
            ensure!(self.serves(name).await? == serving, "`{name}` is not {serving}");
            Ok(())
        })
        .await;
    }

    /// Stops it the orderly way.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(BOUND, self.task).await.unwrap().unwrap().unwrap();
    }

    /// What it ends with, by itself.
    pub(crate) async fn ended(self) -> anyhow::Result<()> {
        tokio::time::timeout(BOUND, self.task).await.unwrap().unwrap()
    }

    /// Ends it wherever it is. Its connections are closed under the server's hands.
    pub(crate) fn kill(self) {
        self.task.abort();
    }
}
