//! Who, why and in whose course: what a caller says beside the command is recorded with every event of it.

use tonic::Code;

use crate::support::{World, by, deposit, initiate, order, reason};

#[tokio::test]
async fn what_a_caller_says_beside_the_command_stands_with_each_of_its_events() {
    let world = World::new().await;
    let mut bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a", "b"], 100).await;
    let context = daybook_proto::v1::CommandContext {
        command_id: "c".repeat(200),
        correlation_id: "order 66 ↔ Zoë".to_owned(),
        causation_id: "=cmd|'/c calc'!A1".to_owned(),
        reason: "\"quoted\" \\ {braces} \u{202e}odd\u{200b} — ünïcödé".to_owned(),
        expected_version: None,
    };
    let mut request = initiate("t", "a", "b", 10);
    request.context = Some(context.clone());
    let mut request = by("Mallory O'Brien <m@example.com>", request);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    request.metadata_mut().insert("traceparent", trace.parse().unwrap());
    let receipt = bank.client.initiate_transfer(request).await.unwrap().into_inner().receipt;

    let ledger = world.ledger().await;
    ledger.check_receipt(&receipt.unwrap());
    let events = ledger.of_command(&context.command_id);
    assert_eq!(events.len(), 2);
    for event in events {
        let metadata = &event.metadata;
        assert_eq!(metadata["actor"], "Mallory O'Brien <m@example.com>");
        assert_eq!(metadata["correlation_id"], context.correlation_id.as_str());
        assert_eq!(metadata["causation_id"], context.causation_id.as_str());
        assert_eq!(metadata["reason"]["plain"], context.reason.as_str());
        assert_eq!(metadata["traceparent"], trace);
        assert_eq!(metadata["ip"], "127.0.0.1");
    }
}

#[tokio::test]
async fn an_id_that_nobody_gave_is_made_up_and_told() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    let receipts = [
        bank.send(order::open("a")).await.unwrap(),
        bank.send(order::deposit("a", 1)).await.unwrap(),
        bank.send(order::deposit("a", 1)).await.unwrap(),
    ];
    let ledger = world.ledger().await;
    for receipt in &receipts {
        ledger.check_receipt(receipt);
        let event = ledger.of_command(&receipt.command_id)[0];
        assert_eq!(event.metadata["correlation_id"], receipt.command_id.as_str());
        assert!(event.metadata.get("causation_id").is_none());
    }
    assert_ne!(receipts[1].command_id, receipts[2].command_id);
}

/// A gateway may append the true actor to what its caller sent.
#[tokio::test]
async fn two_actors_are_refused_and_two_traces_are_none() {
    let world = World::new().await;
    let mut bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    let twice = |name: &'static str, values: [&str; 2]| {
        let mut request = by("mallory", deposit("a", 1));
        request.metadata_mut().remove(name);
        for value in values {
            request.metadata_mut().append(name, value.parse().unwrap());
        }
        request
    };
    for actors in [["boss", "mallory"], ["mallory", "mallory"]] {
        let refused = bank.client.deposit(twice("x-daybook-actor", actors)).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::Unauthenticated, "NO_ACTOR".to_owned()));
        assert!(refused.message().contains("more than once"), "{refused}");
    }
    let traces = ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"; 2];
    let receipt =
        bank.client.deposit(twice("traceparent", traces)).await.unwrap().into_inner().receipt;
    let ledger = world.ledger().await;
    let events = ledger.of_command(&receipt.unwrap().command_id);
    assert!(events[0].metadata.get("traceparent").is_none(), "{:?}", events[0].metadata);
    assert_eq!(ledger.balance("a"), 1);
}
