//! `ExecuteStream`: many commands over one call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use daybook_proto::v1 as proto;
use daybook_proto::v1::command_service_client::CommandServiceClient;
use daybook_proto::v1::execute_stream_request::Command;
use daybook_proto::v1::execute_stream_response::Outcome;
use daybook_testkit::{eventually, generate_python_stubs, python};
use futures::StreamExt as _;
use prost::Message as _;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::pb;

use crate::support::{World, by, deposit, open, order, reason, withdraw};

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

/// gRPC's own client sends each small message as a frame of its own, as fast as the windows allow; the service reads
/// slower than that.
#[tokio::test]
async fn a_python_client_sends_100_000_deposits_over_one_call_and_reads_its_answers() {
    let world = World::new().await;
    // A disk that other tests keep busy is no reason to fail.
    let bank = world.ready_service(&["--wait-max-ms", "300000"]).await;
    bank.open_accounts(&["a"], 0).await;
    let stubs = tempfile::tempdir().unwrap();
    generate_python_stubs(stubs.path());
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/streaming/client.py");
    let client = tokio::process::Command::new(python())
        .arg(client)
        .args([&bank.address.to_string(), "100000"])
        .env("PYTHONPATH", stubs.path())
        .kill_on_drop(true)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let output = client.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(world.ledger().await.balance("a"), 100_000);
    bank.stop().await;
}

/// The caller's own windows are small, so that what it does not read stays with the service.
#[tokio::test]
async fn a_caller_that_never_reads_its_answers_waits_and_holds_up_nobody_else() {
    const COMMANDS: i64 = 30_000;
    let world = World::new().await;
    let bank = world.ready_service(&["--commands-max", "512"]).await;
    bank.open_accounts(&["a", "b"], 0).await;
    let channel = Endpoint::from_shared(format!("http://{}", bank.address))
        .unwrap()
        .initial_stream_window_size(65_535)
        .connect()
        .await
        .unwrap();
    let sent = Arc::new(AtomicI64::new(0));
    let requests = {
        let sent = Arc::clone(&sent);
        futures::stream::iter(0..COMMANDS).map(move |sequence| {
            sent.store(sequence, Ordering::Relaxed);
            request(sequence, Command::Deposit(deposit("a", 1)))
        })
    };
    let mut client = CommandServiceClient::new(channel);
    let mut answers = client.execute_stream(by("alice", requests)).await.unwrap().into_inner();

    // The service reads until its slots for answers are taken, and others are served all the while.
    eventually("a full window of commands", Duration::from_secs(30), async || {
        bank.send(order::deposit("b", 1)).await?;
        let done = world.event_count().await;
        anyhow::ensure!(done > 1_024, "{done} events");
        Ok(())
    })
    .await;
    for _ in 0..100 {
        bank.send(order::deposit("b", 1)).await.unwrap();
    }
    assert!(sent.load(Ordering::Relaxed) < COMMANDS - 1, "the service took everything");

    // Nothing was lost: whoever reads at last gets every answer.
    let mut answered = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(matches!(answer.outcome, Some(Outcome::Receipt(_))), "{answer:?}");
        answered += 1;
    }
    assert_eq!(answered, COMMANDS);
    bank.stop().await;
}

/// It has all its answers waiting when the stop comes, and never takes one: the stop does not wait for it as for a call in hand.
#[tokio::test]
async fn a_caller_that_never_reads_its_answers_does_not_hold_up_a_stop() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    let channel = Endpoint::from_shared(format!("http://{}", bank.address))
        .unwrap()
        .initial_stream_window_size(65_535)
        .connect()
        .await
        .unwrap();
    let requests = futures::stream::repeat(request(0, Command::Deposit(deposit("a", 1))));
    let mut client = CommandServiceClient::new(channel);
    let _unread = client.execute_stream(by("alice", requests)).await.unwrap();
    eventually("a full window of commands", Duration::from_secs(30), async || {
        let done = world.event_count().await;
        anyhow::ensure!(done > 1_024, "{done} events");
        Ok(())
    })
    .await;
    tokio::time::timeout(Duration::from_secs(15), bank.stop())
        .await
        .expect("it waits for the caller");
    world.ledger().await;
}

/// Twenty streams push for as long as single calls are made.
#[tokio::test]
async fn streams_do_not_crowd_out_single_calls() {
    let world = World::new().await;
    let bank = world.ready_service(&["--commands-max", "64"]).await;
    bank.open_accounts(&["a", "b"], 0).await;
    let mut pushing = Vec::new();
    for _ in 0..20 {
        let mut client = CommandServiceClient::new(bank.new_channel().await);
        pushing.push(tokio::spawn(async move {
            let requests = futures::stream::repeat(request(0, Command::Deposit(deposit("a", 1))));
            let mut answers =
                client.execute_stream(by("alice", requests)).await.unwrap().into_inner();
            while let Ok(Some(_)) = answers.message().await {}
        }));
    }
    eventually("all streams push", Duration::from_secs(30), async || {
        let done = world.event_count().await;
        anyhow::ensure!(done > 2_000, "{done} events");
        Ok(())
    })
    .await;
    for n in 0..100 {
        let refused = bank.send(order::deposit("b", 1)).await.err();
        assert!(refused.is_none(), "single call {n}: {refused:?}");
    }
    pushing.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused_and_have_room_again_when_one_ends() {
    let world = World::new().await;
    let bank = world.ready_service(&["--streams-max", "20"]).await;
    let stream = async |bank: &mut CommandServiceClient<Channel>| {
        let (end, requests) = tokio::sync::mpsc::channel::<proto::ExecuteStreamRequest>(1);
        let requests = tokio_stream::wrappers::ReceiverStream::new(requests);
        Ok::<_, Status>((end, bank.execute_stream(by("alice", requests)).await?))
    };
    let mut first = bank.client.clone();
    let mut other = CommandServiceClient::new(bank.new_channel().await);
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(stream(&mut first).await.unwrap());
    }
    let refused = stream(&mut first).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "TOO_MANY_STREAMS".to_owned()));
    assert!(refused.message().contains("this connection has 16"), "{refused}");
    for _ in 0..4 {
        open.push(stream(&mut other).await.unwrap());
    }
    let refused = stream(&mut other).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::ResourceExhausted, "TOO_MANY_STREAMS".to_owned()));
    assert!(refused.message().contains("--streams-max"), "{refused}");
    open.pop();
    let bound = Duration::from_secs(10);
    eventually("room for one more", bound, async || Ok(stream(&mut other).await?)).await;
}
