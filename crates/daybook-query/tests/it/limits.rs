//! The service's life: databases that go and come back, too many calls, health, reflection, a graceful stop.

use std::time::{Duration, Instant};

use daybook_proto::v1::{GetAccountRequest, GetEventHistoryRequest};
use daybook_testkit::eventually;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::world::{AccountRow, World, info};

fn alice_at(min_position: i64) -> GetAccountRequest {
    GetAccountRequest { account_id: "alice".to_owned(), min_position }
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable_quickly_and_the_service_recovers_by_itself() {
    let mut world = World::start_with(&["--acquire-max-ms", "500"]).await;
    world.account(AccountRow::default()).await;
    assert!(world.client.get_account(alice_at(0)).await.is_ok());

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
        assert_eq!(info(&status).reason, "DATABASE_UNAVAILABLE");
        assert!(!status.message().contains("127.0.0.1"), "{status}");
    }
    assert!(started.elapsed() < Duration::from_secs(4), "took {:?}", started.elapsed());

    world.postgres.restart().await.unwrap();
    let client = world.client.clone();
    eventually("answers again", Duration::from_secs(10), async || {
        Ok(client.clone().get_account(alice_at(0)).await?)
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_ends_with_an_error_in_time() {
    let mut world = World::start_with(&["--query-max-ms", "300", "--acquire-max-ms", "300"]).await;
    let mut blocker = world.admin.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE read.accounts_1").execute(&mut *blocker).await.unwrap();
    let status = world.client.get_account(alice_at(0)).await.unwrap_err();
    assert_eq!(
        (status.code(), info(&status).reason.as_str()),
        (Code::DeadlineExceeded, "TOO_SLOW")
    );
}

#[tokio::test]
async fn what_was_not_migrated_is_unavailable_and_named() {
    let mut world = World::start().await;
    world.account(AccountRow::default()).await;
    for (loss, reason) in [
        ("DELETE FROM read.projections", "READ_MODEL_MISSING"),
        ("DROP SCHEMA read CASCADE", "NOT_MIGRATED"),
    ] {
        world.sql(loss).await;
        let status = world.client.get_account(alice_at(0)).await.unwrap_err();
        assert_eq!((status.code(), info(&status).reason.as_str()), (Code::Unavailable, reason));
    }
}

#[tokio::test]
async fn one_call_too_many_is_refused_and_told_when_to_come_again() {
    let world = World::start_with(&["--calls-max", "1"]).await;
    let mut waiting_client = world.client.clone();
    let waiting = tokio::spawn(async move { waiting_client.get_account(alice_at(5)).await });
    world.somebody_waits().await;
    let status = world.client.clone().get_account(alice_at(0)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert_eq!(info(&status).reason, "OVERLOADED");
    world.all_checkpoints(5).await;
    assert_eq!(waiting.await.unwrap().unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn health_and_reflection_speak_of_the_service() {
    let world = World::start().await;
    let channel = Endpoint::from_shared(world.address.clone()).unwrap().connect().await.unwrap();
    for service in ["", "daybook.v1.QueryService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = HealthClient::new(channel.clone()).check(request).await.unwrap().into_inner();
        assert_eq!(answer.status().as_str_name(), "SERVING", "{service}");
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
