//! A stop that loses nothing, and the doors beside the commands: health and reflection.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join_all;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::support::{HeadLock, World, order};

#[tokio::test]
async fn a_stop_under_load_loses_nothing_that_was_acknowledged() {
    let world = World::new().await;
    let bank = world.ready_service(&["--snapshot-every", "10"]).await;
    bank.open_accounts(&["a", "b"], 0).await;
    let load = join_all((0..16).map(|caller| {
        let bank = &bank;
        async move {
            let mut receipts = Vec::new();
            for n in 0.. {
                let account = ["a", "b"][caller % 2];
                let order = order::deposit(account, 1).id(format!("c-{caller}-{n}"));
                match bank.send(order).await {
                    Ok(receipt) => receipts.push(receipt),
                    Err(_) => break,
                }
                if caller == 0 && n == 25 {
                    bank.stop.cancel();
                }
            }
            receipts
        }
    }));
    let receipts = tokio::time::timeout(Duration::from_secs(15), load).await.unwrap().concat();
    tokio::time::timeout(Duration::from_secs(15), bank.stop()).await.unwrap();
    let ledger = world.ledger().await;
    assert!(receipts.len() > 26);
    receipts.iter().for_each(|receipt| ledger.check_receipt(receipt));
    // And nobody was cut off after the effect: what has an event has a receipt.
    assert_eq!(ledger.from_outside, i128::try_from(receipts.len()).unwrap());
}

#[tokio::test]
async fn a_call_in_hand_is_finished_and_health_says_first_that_no_more_should_come() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    let mut health = HealthClient::new(bank.channel.clone());
    let everything = HealthCheckRequest { service: String::new() };
    let mut watched = health.watch(everything).await.unwrap().into_inner();
    let first = watched.next().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);

    let lock = HeadLock::take(&world.admin).await;
    let in_hand = bank.spawn(order::deposit("a", 5));
    lock.is_waited_for(1).await;
    bank.stop.cancel();
    let then = watched.next().await.unwrap().unwrap();
    assert_eq!(then.status(), ServingStatus::NotServing);
    assert!(!in_hand.is_finished() && !bank.running.is_finished());
    drop(watched);
    lock.release().await;
    in_hand.await.unwrap().unwrap();
    bank.stop().await;
    assert_eq!(world.ledger().await.balance("a"), 5);
}

#[tokio::test]
async fn somebody_who_watches_health_does_not_hold_up_a_stop() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    let mut health = HealthClient::new(bank.channel.clone());
    let everything = HealthCheckRequest { service: String::new() };
    let mut watched = health.watch(everything).await.unwrap().into_inner();
    watched.next().await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(10), bank.stop()).await.unwrap();
}

#[tokio::test]
async fn reflection_tells_the_contract() {
    let world = World::new().await;
    let bank = world.service(&[]).await;
    let mut reflection = ServerReflectionClient::new(bank.channel.clone());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let asked = futures::stream::iter([request]);
    let mut answers = reflection.server_reflection_info(asked).await.unwrap().into_inner();
    let answer = answers.next().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(services)) = answer.message_response else {
        panic!("{answer:?}")
    };
    let names: Vec<_> = services.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["daybook.v1.CommandService", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_stopped_before_it_found_its_log_stops() {
    let mut world = World::new().await;
    world.postgres.stop_fast().await.unwrap();
    let bank = world.service(&[]).await;
    tokio::time::timeout(Duration::from_secs(10), bank.stop()).await.unwrap();
}

#[tokio::test]
async fn a_stop_while_the_log_is_away_does_not_wait_for_it() {
    let mut world = World::new().await;
    let bank = world.ready_service(&["--wait-max-ms", "500"]).await;
    bank.open_accounts(&["a"], 0).await;
    world.postgres.stop_fast().await.unwrap();
    let _unknown = bank.send(order::deposit("a", 1)).await.unwrap_err();
    let cold: Vec<_> = (0..3).map(|n| bank.spawn(order::deposit(&format!("x{n}"), 1))).collect();
    bank.is_serving(false).await;
    for call in cold {
        call.await.unwrap().unwrap_err();
    }
    world.postgres.restart().await.unwrap();
    tokio::time::timeout(Duration::from_secs(15), bank.stop()).await.unwrap();
    // What was in hand was settled before the end.
    world.ledger().await;
}
