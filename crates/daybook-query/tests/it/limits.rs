//! The service's life: databases that go and come back, too many calls, health, reflection, a graceful stop.

use std::time::{Duration, Instant};

use daybook_proto::v1::query_service_client::QueryServiceClient;
use daybook_proto::v1::{GetAccountRequest, GetEventHistoryRequest, GetTrialBalanceRequest};
use daybook_testkit::eventually;
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_types::StatusExt as _;

use crate::health::says;
use crate::world::{AccountRow, World, info};

fn alice_at(min_position: i64) -> GetAccountRequest {
    GetAccountRequest { account_id: "alice".to_owned(), min_position }
}

/// Returns when the service has the connections that an answer takes.
async fn answers(world: &World) {
    eventually("answers", Duration::from_secs(20), async || {
        Ok(world.client.clone().get_account(alice_at(0)).await?)
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable_quickly_and_the_service_recovers_by_itself() {
    let mut world = World::start_with(&["--acquire-max-ms", "2000"]).await;
    world.account(AccountRow::default()).await;
    answers(&world).await;

    world.postgres.kill_immediately().await.unwrap();
    let stream_id = "account-alice".to_owned();
    let started = Instant::now();
    let history = GetEventHistoryRequest { stream_id, ..Default::default() };
    let outcomes: [Result<(), Status>; 3] = [
        world.client.get_account(alice_at(0)).await.map(drop),
        world.client.get_account(alice_at(5)).await.map(drop),
        world.client.get_event_history(history).await.map(drop),
    ];
    for outcome in outcomes {
        let status = outcome.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        let info = info(&status);
        assert_eq!(info.reason, "DATABASE_UNAVAILABLE", "{status}");
        assert_eq!(info.metadata["cause"], "CONNECTION_REFUSED", "{status}");
        assert!(status.message().contains("refuses connections: start it"), "{status}");
        assert!(!status.message().contains("127.0.0.1"), "{status}");
    }
    assert!(started.elapsed() < Duration::from_secs(15), "took {:?}", started.elapsed());

    world.postgres.restart().await.unwrap();
    answers(&world).await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_ends_with_an_error_in_time() {
    let mut world =
        World::start_with(&["--query-max-ms", "2000", "--acquire-max-ms", "2000"]).await;
    world.account(AccountRow::default()).await;
    answers(&world).await;
    let mut blocker = world.admin.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE read.accounts_1").execute(&mut *blocker).await.unwrap();
    let status = world.client.get_account(alice_at(0)).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::DeadlineExceeded, "TOO_SLOW")
    );
}

#[tokio::test]
async fn what_was_not_set_up_is_unavailable_and_named() {
    let mut world = World::start().await;
    world.account(AccountRow::default()).await;
    // What is missing at the start ends the service; this is lost later.
    says(&world.address, &[("", true)]).await;
    for (loss, reason) in [
        ("REVOKE SELECT ON read.checkpoints FROM daybook_query", "DATABASE_SET_UP_WRONGLY"),
        (
            "GRANT SELECT ON read.checkpoints TO daybook_query; DROP TABLE read.accounts_1",
            "NOT_MIGRATED",
        ),
        ("DELETE FROM read.projections", "READ_MODEL_MISSING"),
        ("DROP SCHEMA read CASCADE", "NOT_MIGRATED"),
    ] {
        world.sql(loss).await;
        let status = world.client.get_account(alice_at(0)).await.unwrap_err();
        assert_eq!((status.code(), info(&status).reason.as_str()), (Code::Unavailable, reason));
    }
}

/// A connection of its own.
async fn another_client(world: &World) -> QueryServiceClient<Channel> {
    QueryServiceClient::connect(world.address.clone()).await.unwrap()
}

/// Refused for the moment, and told when to come again.
fn assert_overloaded(status: &Status) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert_eq!(info(status).reason, "OVERLOADED", "{status}");
    assert!(status.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
}

#[tokio::test]
async fn calls_that_wait_for_a_position_shut_nobody_out() {
    let mut world = World::start_with(&["--calls-max", "4", "--wait-max-ms", "15000"]).await;
    world.account(AccountRow::default()).await;
    let mut waiting_client = world.client.clone();
    let waiting = tokio::spawn(async move {
        let wait = |_| {
            let mut client = waiting_client.clone();
            async move { client.get_account(alice_at(5)).await }
        };
        let outcomes = join_all((0..16).map(wait)).await;
        waiting_client.get_account(alice_at(5)).await.map(|_| outcomes)
    });
    world.somebody_waits().await;
    for _ in 0..20 {
        world.client.get_account(alice_at(0)).await.unwrap();
    }
    world.all_checkpoints(5).await;
    let outcomes = waiting.await.unwrap().unwrap();
    let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    // Sixteen come at once, of which four may be asking before they wait.
    refused.for_each(assert_overloaded);
    assert!(outcomes.iter().filter(|outcome| outcome.is_ok()).count() >= 4);
}

#[tokio::test]
async fn a_connection_waits_with_its_share_only() {
    let flags = ["--waits-max", "8", "--wait-max-ms", "15000", "--acquire-max-ms", "5000"];
    let world = World::start_with(&flags).await;
    world.account(AccountRow::default()).await;
    let insist = |client: &QueryServiceClient<Channel>| {
        let mut client = client.clone();
        tokio::spawn(async move { while client.get_account(alice_at(5)).await.is_err() {} })
    };
    // One of eight places a connection.
    let mut clients = Vec::new();
    for _ in 0..9 {
        clients.push(another_client(&world).await);
    }
    let first = insist(&clients[0]);
    world.somebody_waits().await;
    assert_overloaded(&clients[0].clone().get_account(alice_at(5)).await.unwrap_err());
    // Eight connections take all places, as soon as the ninth, which knocks as well, leaves them; then it finds none.
    let waiting: Vec<_> = clients[1..8].iter().map(insist).collect();
    let refused = eventually("all places are taken", Duration::from_secs(10), async || {
        let mut last = clients[8].clone();
        let mut request = Request::new(alice_at(5));
        request.set_timeout(Duration::from_secs(1));
        let status = last.get_account(request).await.unwrap_err();
        anyhow::ensure!(status.code() == Code::ResourceExhausted, "{status}");
        Ok(status)
    })
    .await;
    assert_overloaded(&refused);
    world.all_checkpoints(5).await;
    first.await.unwrap();
    join_all(waiting).await.into_iter().for_each(|answered| answered.unwrap());
    // Places that were given back are there again.
    assert!(clients[0].clone().get_account(alice_at(5)).await.is_ok());
}

#[tokio::test]
async fn heavy_questions_leave_light_ones_their_connections() {
    let flags = ["--pool-size", "8", "--acquire-max-ms", "3000", "--query-max-ms", "60000"];
    let world = World::start_with(&flags).await;
    world.account(AccountRow::default()).await;
    let mut blocker = world.admin.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE read.posting_totals_1").execute(&mut *blocker).await.unwrap();
    let ask = |_| {
        let mut client = world.client.clone();
        let request = GetTrialBalanceRequest::default();
        tokio::spawn(async move { client.get_trial_balance(request).await })
    };
    let mut heavy: FuturesUnordered<_> = (0..64).map(ask).collect();
    // Those that find no connection in time are told so, while others are still at work.
    let refused = heavy.next().await.unwrap().unwrap().unwrap_err();
    assert_overloaded(&refused);
    let mut light = another_client(&world).await;
    for _ in 0..20 {
        light.get_account(alice_at(0)).await.unwrap();
    }
    blocker.rollback().await.unwrap();
    let mut answered = 0;
    while let Some(outcome) = heavy.next().await {
        match outcome.unwrap() {
            Ok(_) => answered += 1,
            Err(status) => assert_overloaded(&status),
        }
    }
    assert!(answered > 0, "all were refused");
}

#[tokio::test]
async fn health_and_reflection_speak_of_the_service() {
    let world = World::start().await;
    let channel = Endpoint::from_shared(world.address.clone()).unwrap().connect().await.unwrap();
    for service in ["", "daybook.v1.QueryService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        eventually(service, Duration::from_secs(30), async || {
            let mut client = HealthClient::new(channel.clone());
            let answer = client.check(request.clone()).await?.into_inner();
            let status = answer.status().as_str_name();
            anyhow::ensure!(status == "SERVING", "{status}");
            Ok(())
        })
        .await;
    }
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(channel)
        .server_reflection_info(Request::new(tokio_stream::iter([request])))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(listed) = answer else { panic!("{answer:?}") };
    assert!(listed.service.iter().any(|service| service.name == "daybook.v1.QueryService"));
}

#[tokio::test]
async fn shutdown_finishes_the_call_in_hand() {
    let mut world = World::start().await;
    world.account(AccountRow::default()).await;
    let mut waiting_client = world.client.clone();
    let waiting = tokio::spawn(async move { waiting_client.get_account(alice_at(5)).await });
    world.somebody_waits().await;
    let admin = world.admin.clone();
    let update = async {
        sqlx::raw_sql("UPDATE read.checkpoints SET position = 5").execute(&admin).await.unwrap();
    };
    let (stopped, ()) = tokio::join!(world.stop(), update);
    stopped.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().into_inner().checkpoint, 5);
}
