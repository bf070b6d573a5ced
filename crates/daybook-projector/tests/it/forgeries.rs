//! G7 against everybody who may write to Redis: whatever lies in the lists, nothing reaches a row that the log does not
//! hold, nothing stops, and what the log holds is not missed.

use daybook_core::event::RecordedEvent;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};

use super::support::ledger::{deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;
use super::support::{PARTITIONS, World};

/// What a forger pushes beside, or instead of, the message of an event.
fn forgeries(world: &World, event: &RecordedEvent) -> Vec<(String, Vec<u8>)> {
    let at = event.position.get();
    let positions =
        [at - 1, at, at + 1, at + 2, at + 1000, 1 << 40, i64::MAX, 0, -1, -at, i64::MIN];
    let mut forgeries = cloud_events(world, event);
    forgeries.extend(
        positions.map(|position| (format!("position {position}"), position.to_string().into())),
    );
    let texts = [
        "",
        " ",
        "x",
        "NaN",
        "1e3",
        "1.0",
        "0x10",
        "null",
        "[]",
        "{}",
        "9223372036854775808",
        "99999999999999999999",
    ];
    forgeries.extend(texts.map(|text| (format!("text {text:?}"), text.into())));
    for text in
        [format!("+{at}"), format!("0{at}"), format!(" {at}"), format!("{at}\n"), format!("{at}\0")]
    {
        forgeries.push((format!("text {text:?}"), text.into_bytes()));
    }
    forgeries.push(("bytes".to_owned(), vec![0xff, 0xfe]));
    forgeries.push(("100,000 digits".to_owned(), vec![b'9'; 100_000]));
    forgeries
}

/// The event whole, as it goes out to subscribers, with each attribute changed.
fn cloud_events(world: &World, event: &RecordedEvent) -> Vec<(String, Vec<u8>)> {
    let original = daybook_outbox::message::encode(world.log.origin, event);
    let original: Value = serde_json::from_str(&original).unwrap();
    let (at, prev) = (event.position.get(), event.prev_position.get());
    let erased = json!({ "subject": "a" });
    [
        json!({}),
        json!({ "data": { "amount": { "minor_units": 999_999, "currency": "USD" }, "balance": 999_999 } }),
        json!({ "data": "unreadable" }),
        json!({ "type": "money-withdrawn" }),
        json!({ "type": "no-such-event" }),
        json!({ "type": "personal-data-erased", "subject": "erasure-1", "data": erased }),
        json!({ "id": "00000000-0000-0000-0000-000000000001" }),
        json!({ "subject": "account-mallory" }),
        json!({ "time": "1999-01-01T00:00:00Z" }),
        json!({ "metadata": "{\"actor\":\"mallory\"}" }),
        json!({ "metadata": "{}" }),
        json!({ "schemaversion": 99 }),
        json!({ "streamversion": "99" }),
        json!({ "prevposition": "0" }),
        json!({ "prevposition": at.to_string() }),
        json!({ "partition": (event.partition.0 + 1) % 4 }),
        json!({ "position": (at + 1).to_string(), "prevposition": at.to_string() }),
        json!({ "position": (at + 1).to_string(), "prevposition": at.to_string(), "data": "unreadable" }),
        json!({ "position": (1_i64 << 40).to_string(), "prevposition": prev.to_string() }),
        json!({ "position": i64::MAX.to_string(), "prevposition": "0" }),
    ]
    .into_iter()
    .map(|changes| {
        let mut message = original.clone();
        message.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        (format!("message with {changes}"), message.to_string().into_bytes())
    })
    .collect()
}

/// Every forgery before, after and instead of the real message, in the list of the event and in another one.
#[tokio::test]
async fn g7_nothing_that_is_pushed_reaches_a_row_or_stops_anything() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    let mut redis = world.redis().await;
    let mut failed = Vec::new();
    let mut forgery = 0;
    loop {
        for order in ["before", "after", "instead of"] {
            let stream = format!("account-{forgery}-{}", &order[..1]);
            let events = [(stream.as_str(), opened()), (stream.as_str(), deposited(5, 5))];
            let mut recorded = world.log.append(&events).await;
            let (event, opening) = (recorded.remove(1), recorded.remove(0));
            let mut forgeries = forgeries(&world, &event);
            if forgery == forgeries.len() {
                assert!(failed.is_empty(), "{failed:#?}");
                assert_read_models_equal_the_log(&world).await;
                return projector.stop().await;
            }
            let (name, forged) = forgeries.swap_remove(forgery);
            let real = event.position.to_string().into_bytes();
            // So that what is forged is next in line.
            push(
                &mut redis,
                &world.list(event.partition.0),
                &[opening.position.to_string().into_bytes()],
            )
            .await;
            let values = match order {
                "before" => vec![forged, real],
                "after" => vec![real, forged],
                _ => vec![forged],
            };
            for partition in [(event.partition.0 + 1) % PARTITIONS, event.partition.0] {
                push(&mut redis, &world.list(partition), &values).await;
            }
            let (balance, stops) = balance_when_level(&world, &stream[8..]).await;
            if balance != Some(5) || !stops.is_empty() {
                failed.push(format!("{name} {order} the real one: balance {balance:?}, {stops:?}"));
            }
        }
        forgery += 1;
    }
}

async fn push(redis: &mut MultiplexedConnection, list: &str, values: &[Vec<u8>]) {
    redis::cmd("RPUSH").arg(list).arg(values).exec_async(redis).await.unwrap();
}

/// What an account has when everything that goes on has reached the head, and what stands.
async fn balance_when_level(world: &World, account: &str) -> (Option<i64>, Vec<String>) {
    world.wait_until_level().await;
    let balance =
        format!("SELECT (SELECT balance FROM read.accounts_1 WHERE account_id = '{account}')");
    let balance = world.scalar(&balance);
    let stops = world.rows(
        "SELECT projection, partition, stopped_cause, stopped_error FROM read.checkpoints WHERE stopped_cause IS NOT NULL",
    );
    (balance.await.unwrap(), stops.await)
}
