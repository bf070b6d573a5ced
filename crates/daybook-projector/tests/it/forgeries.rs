//! G7 against everybody who may write to Redis: whatever lies in the lists, nothing reaches a row that the log does not
//! hold, nothing stops, and what the log holds is not missed.

use std::collections::BTreeSet;

use daybook_core::event::RecordedEvent;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};

use super::support::ledger::{deposited, opened};
use super::support::reference::assert_read_models_equal_the_log;
use super::support::{PARTITIONS, World};

/// What a forger pushes beside, or instead of, the position of an event: a name and the values. `elsewhere` is an event of
/// another partition.
fn forgeries(
    world: &World,
    event: &RecordedEvent,
    elsewhere: &RecordedEvent,
) -> Vec<(String, Vec<Vec<u8>>)> {
    let at = event.position.get();
    let mut forgeries = cloud_events(world, event);
    let mut add = |what: String, values: Vec<Vec<u8>>| forgeries.push((what, values));
    let lower_and_higher =
        [at - 1, at, at + 1, at + 2, at + 1000, 1 << 40, i64::MAX, 0, -1, -at, i64::MIN];
    for position in lower_and_higher.map(|position| position.to_string()) {
        add(format!("position {position}"), vec![position.into()]);
    }
    for position in [at, at + 1].map(|position| position.to_string()) {
        add(format!("position {position} twice"), vec![position.into(); 2]);
    }
    let elsewhere = elsewhere.position.to_string();
    add("a position of another partition".to_owned(), vec![elsewhere.into()]);
    let all = (0..=at + 2).rev().map(|position| position.to_string().into_bytes());
    add("all positions, backwards".to_owned(), all.collect());
    let no_numbers = [
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
        "-9223372036854775809",
        "99999999999999999999",
        "\u{661}",
    ];
    let odd_spellings = [
        format!("+{at}"),
        format!("0{at}"),
        format!(" {at}"),
        format!("{at} "),
        format!("{at}\n"),
        format!("{at}\0"),
        format!("{at},{}", at + 1),
    ];
    for text in no_numbers.map(str::to_owned).into_iter().chain(odd_spellings) {
        add(format!("text {text:?}"), vec![text.into()]);
    }
    add("bytes".to_owned(), vec![vec![0xff, 0xfe]]);
    for digit in [b'0', b'9'] {
        add(format!("100,000 times {}", char::from(digit)), vec![vec![digit; 100_000]]);
    }
    forgeries
}

/// The event whole, as it goes out to subscribers, with each attribute changed, and with each left out.
fn cloud_events(world: &World, event: &RecordedEvent) -> Vec<(String, Vec<Vec<u8>>)> {
    let original = daybook_outbox::message::encode(world.log.origin, event);
    let original: Value = serde_json::from_str(&original).unwrap();
    let (at, prev) = (event.position.get(), event.prev_position.get());
    let erased = json!({ "subject": "a" });
    let changes = [
        json!({}),
        json!({ "specversion": "0.3" }),
        json!({ "source": "urn:uuid:00000000-0000-0000-0000-000000000001" }),
        json!({ "datacontenttype": "text/plain" }),
        json!({ "timeline": 99 }),
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
    ];
    let attributes: BTreeSet<&String> = original.as_object().unwrap().keys().collect();
    let changed = changes.iter().flat_map(|changes| changes.as_object().unwrap().keys());
    assert_eq!(changed.collect::<BTreeSet<_>>(), attributes, "each attribute is changed");
    let forged = |what: String, message: Value| (what, vec![message.to_string().into_bytes()]);
    let with = changes.iter().map(|changes| {
        let mut message = original.clone();
        message.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        forged(format!("message with {changes}"), message)
    });
    let without = attributes.iter().map(|attribute| {
        let mut message = original.clone();
        message.as_object_mut().unwrap().remove(*attribute);
        forged(format!("message without {attribute}"), message)
    });
    with.chain(without).collect()
}

/// A stream of another partition than `stream` has.
fn stream_elsewhere(stream: &str) -> String {
    let partition = |stream: &str| Partition::of(&StreamId::parse(stream).unwrap(), PARTITIONS);
    let mut names = (0..).map(|n| format!("{stream}-elsewhere-{n}"));
    names.find(|name| partition(name) != partition(stream)).unwrap()
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
            let elsewhere = stream_elsewhere(&stream);
            let events = [
                (stream.as_str(), opened()),
                (stream.as_str(), deposited(5, 5)),
                (elsewhere.as_str(), opened()),
            ];
            let recorded = world.log.append(&events).await;
            let [opening, event, elsewhere] = &recorded[..] else { panic!("{recorded:?}") };
            let mut forgeries = forgeries(&world, event, elsewhere);
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
                "before" => [forged, vec![real]].concat(),
                "after" => [vec![real], forged].concat(),
                _ => forged,
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

/// Lists that are no lists: neither pushed to nor popped from, and nobody repairs them.
#[tokio::test]
async fn g7_keys_of_another_type_where_lists_should_be_hold_up_nothing() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    world.wait_for_messages().await;
    world.record(&[("account-a", opened())]).await;
    world.wait_until_level().await;
    let mut redis = world.redis().await;
    for partition in 0..PARTITIONS {
        let list = world.list(partition);
        redis::cmd("SET").arg(list).arg("no list").exec_async(&mut redis).await.unwrap();
    }
    for n in 1..=20 {
        world.record(&[("account-a", deposited(1, n))]).await;
    }
    let (balance, stops) = balance_when_level(&world, "a").await;
    assert_eq!((balance, stops), (Some(20), Vec::new()));
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}
