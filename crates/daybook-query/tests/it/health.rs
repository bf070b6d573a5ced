//! What the service says of itself: while nobody asks it anything, of what it needs, and at a start that cannot succeed.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser as _;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_proto::v1::{
    GetAccountRequest, GetCheckpointRequest, GetEventHistoryRequest, GetProjectionStatusRequest,
    ListAccountsRequest, SearchAuditRequest,
};
use daybook_query::QuerySettings;
use daybook_testkit::eventually;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::world::{Keys, World, info};

/// Every call is answered within this, whatever is away.
const AT_ONCE: Duration = Duration::from_secs(8);

async fn serves(address: &str, name: &str) -> anyhow::Result<bool> {
    let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
    let request = HealthCheckRequest { service: name.to_owned() };
    let answer = HealthClient::new(channel).check(request).await?.into_inner();
    Ok(answer.status() == ServingStatus::Serving)
}

/// Waits until health says so of each.
pub(crate) async fn says(address: &str, expected: &[(&str, bool)]) {
    for (name, serving) in expected {
        eventually(name, Duration::from_secs(30), async || {
            ensure!(serves(address, name).await? == *serving, "`{name}` is not {serving}");
            Ok(())
        })
        .await;
    }
}

fn settings(flags: &[&str]) -> QuerySettings {
    QuerySettings::try_parse_from([&["daybook-query"], flags].concat()).unwrap()
}

#[tokio::test]
async fn an_idle_service_says_what_is_away_and_that_it_is_back() {
    let mut world = World::start().await;
    let up = [("", true), ("daybook.v1.QueryService", true), ("daybook.read", true)];
    says(&world.address, &up).await;
    world.postgres.stop_fast().await.unwrap();
    let away = [("", false), ("daybook.read", false), ("daybook.log", false), ("liveness", true)];
    says(&world.address, &away).await;
    world.postgres.restart().await.unwrap();
    says(&world.address, &up).await;
}

#[tokio::test]
async fn with_its_databases_away_at_the_start_every_call_is_answered() {
    let mut world = World::start().await;
    world.postgres.stop_fast().await.unwrap();
    let url = world.postgres.url("daybook_query", "postgres");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (settings, stop) = (settings(&["--log-database-url", &url]), CancellationToken::new());
    let running = tokio::spawn(daybook_query::run(settings, listener, stop.clone()));
    let started = Instant::now();
    assert!(!serves(&address, "").await.unwrap(), "health at once");
    assert!(serves(&address, "liveness").await.unwrap());
    let mut client = QueryServiceClient::connect(address.clone()).await.unwrap();
    let account = GetAccountRequest { account_id: "a".to_owned(), min_position: 0 };
    let history =
        GetEventHistoryRequest { stream_id: "account-a".to_owned(), ..Default::default() };
    let refused = [
        client.get_account(account).await.map(drop),
        client.get_event_history(history).await.map(drop),
        client.list_accounts(ListAccountsRequest::default()).await.map(drop),
        client.search_audit(SearchAuditRequest::default()).await.map(drop),
        client.get_projection_status(GetProjectionStatusRequest::default()).await.map(drop),
        client.get_checkpoint(GetCheckpointRequest::default()).await.map(drop),
    ];
    assert!(started.elapsed() < AT_ONCE, "took {:?}", started.elapsed());
    for status in refused.into_iter().map(Result::unwrap_err) {
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        let info = info(&status);
        assert_eq!(info.reason, "DATABASE_UNAVAILABLE", "{status}");
        assert_eq!(info.metadata["cause"], "CONNECTION_REFUSED", "{status}");
    }
    world.postgres.restart().await.unwrap();
    says(&address, &[("", true)]).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_key_store_that_is_away_does_not_take_it_out_of_service() {
    let mut keys = Keys::start().await;
    let url = keys.url();
    let world = World::start_with(&["--keys-database-url", &url]).await;
    says(&world.address, &[("", true), ("daybook.keys", true)]).await;
    keys.server.stop_fast().await.unwrap();
    says(&world.address, &[("daybook.keys", false), ("", true)]).await;
    keys.server.restart().await.unwrap();
    says(&world.address, &[("daybook.keys", true)]).await;
}

#[tokio::test]
async fn what_can_never_work_is_said_in_one_sentence_and_ends_the_service() {
    let world = World::start().await;
    world.postgres.ensure_database("empty").await.unwrap();
    world.postgres.allow_login("daybook_command").await.unwrap();
    let right = world.postgres.url("daybook_query", "postgres");
    let empty = world.postgres.url("daybook_query", "empty");
    let other = world.postgres.url("daybook_command", "postgres");
    let cases = [
        ([&empty, &right], "the log's database has no table log.identity: run `daybook migrate`"),
        ([&right, &empty], "the read models' database has no table read.projections"),
        ([&right, &other], "does not let role `daybook_command` SELECT read.projections"),
    ];
    for ([log, read], sentence) in cases {
        let settings = settings(&["--log-database-url", log, "--read-database-url", read]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = daybook_query::run(settings, listener, CancellationToken::new());
        let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
        let text = format!("{:#}", ended.expect("ends by itself").expect_err("cannot work"));
        assert!(text.contains(sentence) && !text.contains('\n'), "{text}");
    }
}
