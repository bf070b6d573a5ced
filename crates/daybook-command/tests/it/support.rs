//! A log of the test's own, command services on it, and clients that read like sentences.

mod head_lock;
mod ledger;
pub(crate) mod order;
mod proxy;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser as _;
use daybook_command::Settings;
use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_testkit::{TestPostgres, TestRedis, eventually};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

pub(crate) use self::head_lock::HeadLock;
pub(crate) use self::ledger::{Event, Ledger};
pub(crate) use self::order::{Order, What};
pub(crate) use self::proxy::{Fault, Proxy};

/// Of the log.
pub(crate) const PARTITIONS: u16 = 16;

/// A PostgreSQL with a log and a Redis, nobody else's.
pub(crate) struct World {
    pub(crate) postgres: TestPostgres,
    pub(crate) redis: TestRedis,
    /// As the superuser, past every service.
    pub(crate) admin: PgPool,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_postgres(&[]).await
    }

    /// With settings of PostgreSQL of the test's own.
    pub(crate) async fn with_postgres(settings: &[(&str, &str)]) -> Self {
        let (postgres, redis) =
            tokio::join!(TestPostgres::start_with(settings), TestRedis::start());
        let admin = PgPoolOptions::new().connect(&postgres.admin_url()).await.unwrap();
        daybook_eventlog::migrate::run(&admin, PARTITIONS).await.unwrap();
        postgres.allow_login("daybook_command").await.unwrap();
        Self { postgres, redis, admin }
    }

    /// Starts a command service with these additional flags.
    pub(crate) async fn service(&self, flags: &[&str]) -> Service {
        let log_url = self.postgres.url("daybook_command", "postgres");
        self.service_at(&log_url, flags).await
    }

    /// Starts a command service and waits until it takes commands.
    pub(crate) async fn ready_service(&self, flags: &[&str]) -> Service {
        let service = self.service(flags).await;
        service.is_serving(true).await;
        service
    }

    /// Everything that the log holds, checked.
    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::read(&self.admin).await
    }

    /// Runs statements as the superuser.
    pub(crate) async fn execute(&self, statements: &'static str) {
        sqlx::raw_sql(statements).execute(&self.admin).await.unwrap();
    }

    /// Starts a command service that reaches its log by another way.
    pub(crate) async fn service_at(&self, log_url: &str, flags: &[&str]) -> Service {
        let settings = self.settings(log_url, flags);
        Service::start(|listener, stop| daybook_command::run(settings, listener, stop)).await
    }

    /// Settings of a command service that reaches its log so.
    pub(crate) fn settings(&self, log_url: &str, flags: &[&str]) -> Settings {
        let redis_url = self.redis.url();
        let mut args = vec!["daybook-command", "--insecure-actor-header"];
        args.extend(["--log-database-url", log_url]);
        if !flags.contains(&"--redis-url") {
            args.extend(["--redis-url", &redis_url]);
        }
        args.extend(flags);
        Settings::try_parse_from(args).unwrap()
    }

    /// The sum of what a stream's events hold, by the log itself.
    pub(crate) async fn event_types(&self, stream_id: &str) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT event_type FROM log.events WHERE stream_id = $1 ORDER BY version",
        )
        .bind(stream_id)
        .fetch_all(&self.admin)
        .await
        .unwrap()
    }

    pub(crate) async fn event_count(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM log.events").fetch_one(&self.admin).await.unwrap()
    }
}

/// A running command service and a client of it.
pub(crate) struct Service {
    pub(crate) client: CommandServiceClient<Channel>,
    pub(crate) channel: Channel,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinHandle<anyhow::Result<()>>,
}

impl Service {
    /// Runs one on a port of its own.
    pub(crate) async fn start<F>(run: impl FnOnce(TcpListener, CancellationToken) -> F) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(listener, stop.clone()));
        let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        let client = CommandServiceClient::new(channel.clone());
        Self { client, channel, address, stop, running }
    }

    /// A connection of its own.
    pub(crate) async fn new_channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    /// Sends an order and waits for its receipt.
    pub(crate) fn send(
        &self,
        order: Order,
    ) -> impl Future<Output = Result<proto::Receipt, Status>> + Send + 'static {
        order.send(self.client.clone())
    }

    /// Sends an order in a task of its own.
    pub(crate) fn spawn(&self, order: Order) -> JoinHandle<Result<proto::Receipt, Status>> {
        tokio::spawn(self.send(order))
    }

    /// Opens accounts, each with this on it.
    pub(crate) async fn open_accounts(&self, accounts: &[&str], cents: i64) {
        for account in accounts {
            self.send(order::open(account)).await.unwrap();
            if cents > 0 {
                self.send(order::deposit(account, cents)).await.unwrap();
            }
        }
    }

    /// Sends an order again and again, as a client would, until there is an answer that is not "try again".
    pub(crate) async fn send_until_certain(&self, order: Order) -> Result<proto::Receipt, Status> {
        eventually("a certain answer", Duration::from_secs(30), async || {
            match self.send(order.clone()).await {
                Err(status) if matches!(status.code(), Code::Unavailable | Code::Cancelled) => {
                    Err(status.into())
                }
                Err(status) if status.code() == Code::DeadlineExceeded => Err(status.into()),
                certain => Ok(certain),
            }
        })
        .await
    }

    /// What `grpc.health.v1` says of the service.
    pub(crate) async fn health(&self) -> Result<ServingStatus, Status> {
        let service = daybook_proto::v1::command_service_server::SERVICE_NAME.to_owned();
        let mut client = HealthClient::new(self.channel.clone());
        Ok(client.check(HealthCheckRequest { service }).await?.into_inner().status())
    }

    /// Returns when it says SERVING, or NOT_SERVING.
    pub(crate) async fn is_serving(&self, serving: bool) {
        let wanted = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        eventually("health", Duration::from_secs(30), async || {
            let status = self.health().await?;
            ensure!(status == wanted, "{status:?}");
            Ok(())
        })
        .await;
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

/// A request by `actor`.
pub(crate) fn by<T>(actor: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("x-daybook-actor", actor.parse().unwrap());
    request
}

pub(crate) fn usd(minor_units: i64) -> Option<proto::Money> {
    Some(proto::Money { minor_units, currency: "USD".to_owned() })
}

pub(crate) fn command_id(id: &str) -> Option<proto::CommandContext> {
    Some(proto::CommandContext { command_id: id.to_owned(), ..Default::default() })
}

pub(crate) fn open(account_id: &str) -> proto::OpenAccountRequest {
    proto::OpenAccountRequest {
        context: None,
        account_id: account_id.to_owned(),
        owner: "Somebody".to_owned(),
        currency: "USD".to_owned(),
        overdraft_limit_minor_units: 0,
    }
}

pub(crate) fn deposit(account_id: &str, cents: i64) -> proto::DepositRequest {
    proto::DepositRequest { context: None, account_id: account_id.to_owned(), amount: usd(cents) }
}

pub(crate) fn withdraw(account_id: &str, cents: i64) -> proto::WithdrawRequest {
    proto::WithdrawRequest { context: None, account_id: account_id.to_owned(), amount: usd(cents) }
}

/// Code and stable reason of an error.
pub(crate) fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    (status.code(), details.error_info().map(|info| info.reason.clone()).unwrap_or_default())
}

/// One fact of an error.
pub(crate) fn fact(status: &Status, name: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(name).cloned()).unwrap_or_default()
}

pub(crate) fn initiate(
    transfer_id: &str,
    from: &str,
    to: &str,
    cents: i64,
) -> proto::InitiateTransferRequest {
    proto::InitiateTransferRequest {
        context: None,
        source_account_id: from.to_owned(),
        transfer_id: transfer_id.to_owned(),
        destination_account_id: to.to_owned(),
        amount: usd(cents),
    }
}
