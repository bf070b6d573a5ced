//! `ExecuteStream`: many commands over one call.

use std::collections::BTreeMap;

use daybook_proto::v1 as proto;
use daybook_proto::v1::execute_stream_request::Command;
use daybook_proto::v1::execute_stream_response::Outcome;
use prost::Message as _;
use tonic::Code;
use tonic_types::pb;

use crate::support::{World, by, deposit, open, withdraw};

fn request(sequence: i64, command: Command) -> proto::ExecuteStreamRequest {
    proto::ExecuteStreamRequest { sequence, command: Some(command) }
}

/// A thousand commands on one account are sent without waiting: each depends on the one before it.
#[tokio::test]
async fn commands_of_one_call_are_decided_in_order_and_each_is_answered() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    bank.client.open_account(by("alice", open("a"))).await.unwrap();
    let requests: Vec<_> = (0..500)
        .flat_map(|n| {
            [
                request(2 * n, Command::Deposit(deposit("a", 7))),
                request(2 * n + 1, Command::Withdraw(withdraw("a", 7))),
            ]
        })
        .collect();

    let stream = tokio_stream::iter(requests);
    let mut answers = bank.client.execute_stream(by("alice", stream)).await.unwrap().into_inner();
    let mut versions = BTreeMap::new();
    while let Some(answer) = answers.message().await.unwrap() {
        let Some(Outcome::Receipt(receipt)) = answer.outcome else { panic!("{answer:?}") };
        versions.insert(answer.sequence, receipt.streams[0].version);
    }
    let expected: BTreeMap<_, _> = (0..1000).map(|n| (n, n + 2)).collect();
    assert_eq!(versions, expected);
    bank.stop().await;
}

#[tokio::test]
async fn a_refused_command_of_a_call_has_its_typed_details_and_the_others_go_on() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    bank.client.open_account(by("alice", open("a"))).await.unwrap();
    let requests = vec![
        request(10, Command::Withdraw(withdraw("a", 5))),
        request(11, Command::Deposit(deposit("a", 0))),
        proto::ExecuteStreamRequest { sequence: 12, command: None },
        request(13, Command::Deposit(deposit("a", 5))),
    ];

    let stream = tokio_stream::iter(requests);
    let mut answers = bank.client.execute_stream(by("alice", stream)).await.unwrap().into_inner();
    let mut outcomes = BTreeMap::new();
    while let Some(answer) = answers.message().await.unwrap() {
        outcomes.insert(answer.sequence, answer.outcome.unwrap());
    }
    let code = |sequence: i64| match &outcomes[&sequence] {
        Outcome::Receipt(_) => Code::Ok,
        Outcome::Failure(failure) => Code::from(failure.code),
    };
    assert_eq!(
        [code(10), code(11), code(12), code(13)],
        [Code::FailedPrecondition, Code::InvalidArgument, Code::InvalidArgument, Code::Ok]
    );
    let Outcome::Failure(refused) = &outcomes[&10] else { unreachable!() };
    let details = pb::Status::decode(&refused.status_details[..]).unwrap();
    let info = pb::ErrorInfo::decode(&details.details[0].value[..]).unwrap();
    assert_eq!(info.reason, "INSUFFICIENT_FUNDS");
    bank.stop().await;
}

#[tokio::test]
async fn a_call_without_an_actor_is_refused_as_a_whole() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    let stream = tokio_stream::iter(vec![request(1, Command::OpenAccount(open("a")))]);
    let refused = bank.client.execute_stream(stream).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(world.event_count().await, 0);
}

#[tokio::test]
async fn a_call_that_stays_open_does_not_hold_up_a_stop() {
    let world = World::new().await;
    let mut bank = world.service(&[]).await;
    bank.client.open_account(by("alice", open("a"))).await.unwrap();
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    let mut answers = bank.client.execute_stream(by("alice", stream)).await.unwrap().into_inner();
    requests.send(request(1, Command::Deposit(deposit("a", 5)))).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().sequence, 1);

    let stopped = tokio::time::timeout(std::time::Duration::from_secs(10), bank.stop());
    stopped.await.expect("the stop waits for the caller");
    // Whoever still sends is told that it is over, not that all was done.
    let _closed = requests.send(request(2, Command::Deposit(deposit("a", 5)))).await;
    let end = answers.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable, "{end}");
    assert_eq!(world.ledger().await.balance("a"), 5);
}
