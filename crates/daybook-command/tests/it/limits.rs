//! More than one batch or one message may hold.

use daybook_proto::v1 as proto;
use futures::future::{join_all, try_join_all};
use tonic::Code;

use crate::support::{HeadLock, World, by, command_id, order, usd};

/// Events of each transaction, in the order of the log.
async fn batches(world: &World) -> Vec<i64> {
    sqlx::query_scalar("SELECT count(*) FROM log.events GROUP BY xmin::text ORDER BY min(position)")
        .fetch_all(&world.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_does_not_fit_into_one_batch_goes_into_the_next_ones_in_order() {
    let world = World::new().await;
    let bank = world.ready_service(&["--batch-events-max", "4"]).await;
    bank.open_accounts(&["a", "b"], 1_000).await;
    let lock = HeadLock::take(&world.admin).await;
    let calls: Vec<_> =
        (0..41).map(|n| bank.spawn(order::deposit("a", 1).id(format!("n-{n}")))).collect();
    lock.is_waited_for(1).await;
    lock.release().await;
    let receipts: Vec<_> =
        join_all(calls).await.into_iter().map(|call| call.unwrap().unwrap()).collect();
    let ledger = world.ledger().await;
    receipts.iter().for_each(|receipt| ledger.check_receipt(receipt));
    assert_eq!(ledger.balance("a"), 1_041);
    let batches = batches(&world).await;
    assert!(batches.iter().all(|events| *events <= 4), "{batches:?}");
    assert!(batches.contains(&4), "nothing was batched: {batches:?}");
}

#[tokio::test]
async fn a_command_with_more_events_than_a_batch_may_hold_is_a_batch_by_itself() {
    let world = World::new().await;
    let bank = world.ready_service(&["--batch-events-max", "1"]).await;
    bank.open_accounts(&["a", "b"], 1_000).await;
    let transfers = (0..8).map(|n| {
        let (bank, transfer) = (&bank, format!("t-{n}"));
        async move {
            bank.send(order::initiate(&transfer, "a", "b", 10)).await?;
            bank.send(order::approve(&transfer).by("bob")).await?;
            bank.send(order::execute(&transfer)).await
        }
    });
    try_join_all(transfers).await.unwrap();
    let ledger = world.ledger().await;
    assert_eq!((ledger.balance("a"), ledger.balance("b")), (920, 1_080));
    // Never split: the events of a command are one transaction, and nothing else is in it.
    let commands: Vec<i64> =
        sqlx::query_scalar("SELECT event_count::bigint FROM log.commands ORDER BY first_position")
            .fetch_all(&world.admin)
            .await
            .unwrap();
    assert_eq!(batches(&world).await, commands);
    assert!(commands.contains(&4) || commands.contains(&3), "{commands:?}");
}

#[tokio::test]
async fn a_batch_is_limited_in_bytes() {
    const BATCH_BYTES_MAX: i64 = 65_536;
    const EVENT_BYTES_MAX: i64 = 2 * 32_768;
    let world = World::new().await;
    let bank = world.ready_service(&["--batch-bytes-max", "65536"]).await;
    bank.open_accounts(&["a"], 0).await;
    let lock = HeadLock::take(&world.admin).await;
    let calls: Vec<_> = (0..200)
        .map(|n| {
            let mut order = order::deposit("a", 1).id(format!("n-{n}"));
            order.context.reason = "because ".repeat(120);
            bank.spawn(order)
        })
        .collect();
    lock.is_waited_for(1).await;
    lock.release().await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let bytes: Vec<i64> = sqlx::query_scalar(
        "SELECT sum(octet_length(data::text) + octet_length(metadata::text))::bigint \
         FROM log.events GROUP BY xmin::text",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    // The limit is looked at before a command is added, so one event may go beyond it.
    assert!(bytes.iter().all(|bytes| *bytes < BATCH_BYTES_MAX + EVENT_BYTES_MAX), "{bytes:?}");
    assert!(bytes.iter().any(|bytes| *bytes > BATCH_BYTES_MAX / 2), "{bytes:?}");
    assert_eq!(world.ledger().await.balance("a"), 200);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused_and_its_connection_goes_on() {
    let world = World::new().await;
    let bank = world.ready_service(&[]).await;
    bank.open_accounts(&["a"], 0).await;
    let events = world.event_count().await;
    let mut context = command_id("big").unwrap();
    // What a connection has sent of incomplete requests is in memory: one request is not let become large.
    context.reason = "x".repeat(64 * 1024);
    let request = proto::DepositRequest {
        context: Some(context),
        account_id: "a".to_owned(),
        amount: usd(1),
    };
    let refused = bank.client.clone().deposit(by("alice", request)).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    assert_eq!(world.event_count().await, events);
    bank.send(order::deposit("a", 1).id("big")).await.unwrap();
}
