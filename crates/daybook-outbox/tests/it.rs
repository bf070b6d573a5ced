#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
//! Publisher and drain over a real Redis.

use std::time::Duration;

use anyhow::ensure;
use daybook_core::event::RecordedEvent;
use daybook_core::ids::{Position, Version};
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_outbox::{
    Drain, DrainSettings, Message, Origin, Publisher, PublisherHandle, PublisherSettings,
};
use daybook_testkit::{TestRedis, eventually};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use serde_json::value::RawValue;
use time::macros::datetime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const BOUND: Duration = Duration::from_secs(30);
const ORIGIN: Origin = Origin { log_id: Uuid::from_u128(1), timeline: 1 };
const LIST: &str = "daybook:{1}:outbox:default";

fn event(position: i64) -> RecordedEvent {
    RecordedEvent {
        position: Position::new(position).unwrap(),
        prev_position: Position::new(position - 1).unwrap(),
        partition: Partition(1),
        stream_id: StreamId::parse("thing-1").unwrap(),
        version: Version::new(position).unwrap(),
        event_type: "thing-happened".into(),
        schema_version: 1,
        event_id: Uuid::now_v7(),
        data: RawValue::from_string("{}".into()).unwrap(),
        metadata: RawValue::from_string("{}".into()).unwrap(),
        recorded_at: datetime!(2026-11-23 10:00 UTC),
    }
}

async fn connect(redis: &TestRedis) -> MultiplexedConnection {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn register(redis: &mut MultiplexedConnection, group: &str, seen_seconds_ago: u64) {
    let (seconds, _): (u64, u64) = redis::cmd("TIME").query_async(redis).await.unwrap();
    let _: u32 =
        redis.hset("daybook:groups", group, (seconds - seen_seconds_ago) * 1000).await.unwrap();
}

struct Running {
    handle: PublisherHandle,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(settings: PublisherSettings) -> Self {
        let (handle, publisher) = Publisher::new(settings).unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(publisher.run(stop.clone()));
        Self { handle, stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(BOUND, self.task).await.unwrap().unwrap();
    }
}

fn settings(redis: &TestRedis) -> PublisherSettings {
    PublisherSettings::new(redis.url(), 4)
}

async fn positions(redis: &mut MultiplexedConnection, list: &str) -> Vec<i64> {
    let values: Vec<Vec<u8>> = redis.lrange(list, 0, -1).await.unwrap();
    let decode = |value: Vec<u8>| daybook_outbox::message::decode(&value).unwrap();
    values.into_iter().map(|value| decode(value).event.position.get()).collect()
}

#[tokio::test]
async fn events_go_to_the_lists_of_every_registered_group_in_order() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    register(&mut connection, "other", 0).await;
    let publisher = Running::start(settings(&redis));
    for at in [1, 3, 5] {
        publisher.handle.publish(ORIGIN, vec![event(at), event(at + 1)]);
    }
    publisher.stop().await;
    for list in [LIST, "daybook:{1}:outbox:other"] {
        assert_eq!(positions(&mut connection, list).await, [1, 2, 3, 4, 5, 6]);
    }
    let keys: Vec<String> = connection.keys("*").await.unwrap();
    assert_eq!(keys.len(), 3, "{keys:?}");
}

#[tokio::test]
async fn a_list_is_trimmed_to_its_newest_messages() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    let publisher = Running::start(PublisherSettings { list_length_max: 3, ..settings(&redis) });
    publisher.handle.publish(ORIGIN, (1..=10).map(event).collect());
    publisher.stop().await;
    assert_eq!(positions(&mut connection, LIST).await, [8, 9, 10]);
}

#[tokio::test]
async fn subscribers_get_the_same_cloud_event_as_the_lists() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    let client = redis::Client::open(redis.url()).unwrap();
    let mut subscriber = client.get_async_pubsub().await.unwrap();
    subscriber.subscribe("events:thing").await.unwrap();
    let publisher = Running::start(settings(&redis));
    publisher.handle.publish(ORIGIN, vec![event(1)]);
    let mut messages = subscriber.on_message();
    let published = timeout(BOUND, futures::StreamExt::next(&mut messages)).await.unwrap().unwrap();
    publisher.stop().await;
    let listed: Vec<Vec<u8>> = connection.lrange(LIST, 0, -1).await.unwrap();
    assert_eq!(listed, [published.get_payload_bytes()]);
}

#[tokio::test]
async fn a_group_that_is_gone_is_forgotten_with_its_lists() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "gone", 61).await;
    register(&mut connection, "quiet", 50).await;
    let _: u32 = connection.rpush("daybook:{3}:outbox:gone", "x").await.unwrap();
    let _: u32 = connection.rpush("daybook:{3}:outbox:quiet", "x").await.unwrap();
    let publisher = Running::start(settings(&redis));
    eventually("it is forgotten", BOUND, async || {
        let groups: Vec<String> = connection.hkeys("daybook:groups").await?;
        ensure!(groups == ["quiet"], "{groups:?}");
        let lists: Vec<String> = connection.keys("*outbox*").await?;
        ensure!(lists == ["daybook:{3}:outbox:quiet"], "{lists:?}");
        Ok(())
    })
    .await;
    publisher.stop().await;
}

#[tokio::test]
async fn with_redis_frozen_publishing_does_not_wait_and_the_oldest_go_first() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    redis.pause().unwrap();
    // Room for about ten events of 400 bytes.
    let publisher = Running::start(PublisherSettings { queue_bytes_max: 4096, ..settings(&redis) });
    let started = Instant::now();
    for at in 1..=1000 {
        publisher.handle.publish(ORIGIN, vec![event(at)]);
    }
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(publisher.handle.dropped_events() >= 900);
    redis.resume().unwrap();
    eventually("messages flow again", BOUND, async || {
        publisher.handle.publish(ORIGIN, vec![event(2000)]);
        let last = positions(&mut connection, LIST).await.last().copied();
        ensure!(last == Some(2000), "{last:?}");
        Ok(())
    })
    .await;
    publisher.stop().await;
}

struct Draining {
    messages: mpsc::Receiver<Vec<Message>>,
    partitions: watch::Sender<Vec<Partition>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

fn drain(redis: &TestRedis, messages_max: usize) -> Draining {
    let (partitions, chosen) = watch::channel((0..4).map(Partition).collect());
    let drain = Drain::new(DrainSettings {
        redis_url: redis.url(),
        group: "default".parse().unwrap(),
        partitions: chosen,
        messages_max,
        bytes_max: 1 << 20,
    })
    .unwrap();
    let (sender, messages) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let task = tokio::spawn(drain.run(sender, stop.clone()));
    Draining { messages, partitions, stop, task }
}

#[tokio::test]
async fn a_drain_registers_its_group_and_gets_what_is_published_in_order() {
    let redis = TestRedis::start().await;
    let mut draining = drain(&redis, 100);
    let publisher = Running::start(settings(&redis));
    let mut at = 0;
    let first = eventually("the first message comes", BOUND, async || {
        at += 1;
        publisher.handle.publish(ORIGIN, vec![event(at)]);
        Ok(timeout(Duration::from_millis(100), draining.messages.recv()).await?.unwrap())
    })
    .await;
    let mut received: Vec<i64> = first.iter().map(|m| m.event.position.get()).collect();
    publisher.handle.publish(ORIGIN, (at + 1..=at + 500).map(event).collect());
    while received.last() != Some(&(at + 500)) {
        let messages = timeout(BOUND, draining.messages.recv()).await.unwrap().unwrap();
        assert!(messages.len() <= 100, "{}", messages.len());
        assert!(messages.iter().all(|message| message.origin == ORIGIN));
        received.extend(messages.iter().map(|m| m.event.position.get()));
    }
    assert!(received.is_sorted(), "{received:?}");
    draining.stop.cancel();
    timeout(BOUND, draining.task).await.unwrap().unwrap();
    publisher.stop().await;
}

#[tokio::test]
async fn a_drain_drops_what_is_malformed_and_comes_back_when_redis_does() {
    let mut redis = TestRedis::start().await;
    let mut draining = drain(&redis, 100);
    redis.kill().await.unwrap();
    redis.restart().await.unwrap();
    let mut connection = connect(&redis).await;
    let good = daybook_outbox::message::encode(ORIGIN, &event(7));
    let values: [&[u8]; 4] = [b"", b"\xff\xfe", b"{}", good.as_bytes()];
    let _: u32 = connection.rpush(LIST, &values[..]).await.unwrap();
    let messages = timeout(BOUND, draining.messages.recv()).await.unwrap().unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].event.position.get(), 7);
    eventually("the group is registered again", BOUND, async || {
        let groups: Vec<String> = connection.hkeys("daybook:groups").await?;
        ensure!(groups == ["default"], "{groups:?}");
        Ok(())
    })
    .await;
    draining.stop.cancel();
    timeout(BOUND, draining.task).await.unwrap().unwrap();
}

/// Nobody receives: what is in the list stays there.
#[tokio::test]
async fn a_drain_pops_no_more_than_there_is_room_for() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let draining = drain(&redis, 10);
    for at in 1..=100 {
        let message = daybook_outbox::message::encode(ORIGIN, &event(at));
        let _: u32 = connection.rpush(LIST, message).await.unwrap();
    }
    draining.stop.cancel();
    timeout(BOUND, draining.task).await.unwrap().unwrap();
    let left: usize = connection.llen(LIST).await.unwrap();
    assert!(left >= 50, "{left}");
}

#[tokio::test]
async fn a_drain_takes_from_the_lists_that_are_chosen_and_leaves_the_others() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let mut draining = drain(&redis, 100);
    let message = daybook_outbox::message::encode(ORIGIN, &event(7));
    draining.partitions.send(vec![Partition(0), Partition(2)]).unwrap();
    // The pop that may be on its way still has the old lists: it ends with this one.
    let _: u32 = connection.rpush("daybook:{2}:outbox:default", &message).await.unwrap();
    timeout(BOUND, draining.messages.recv()).await.unwrap().unwrap();
    let _: u32 = connection.rpush(LIST, &message).await.unwrap();
    let _: u32 = connection.rpush("daybook:{0}:outbox:default", &message).await.unwrap();
    eventually("list 0 is taken from", BOUND, async || {
        timeout(Duration::from_millis(50), draining.messages.recv()).await.ok();
        let left: usize = connection.llen("daybook:{0}:outbox:default").await?;
        ensure!(left == 0);
        Ok(())
    })
    .await;
    let left: usize = connection.llen(LIST).await.unwrap();
    assert_eq!(left, 1, "nobody chose this one");
    draining.partitions.send(vec![Partition(1)]).unwrap();
    timeout(BOUND, draining.messages.recv()).await.unwrap().unwrap();
    draining.stop.cancel();
    timeout(BOUND, draining.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_drain_without_any_list_registers_its_group_and_pops_nothing() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let draining = drain(&redis, 100);
    draining.partitions.send(Vec::new()).unwrap();
    eventually("the group is registered", BOUND, async || {
        let groups: Vec<String> = connection.hkeys("daybook:groups").await?;
        ensure!(groups == ["default"], "{groups:?}");
        Ok(())
    })
    .await;
    // Within a heartbeat's time it comes again, although it was deleted.
    let _: u32 = connection.del("daybook:groups").await.unwrap();
    eventually("the group is registered again", BOUND, async || {
        let groups: Vec<String> = connection.hkeys("daybook:groups").await?;
        ensure!(groups == ["default"], "{groups:?}");
        Ok(())
    })
    .await;
    draining.stop.cancel();
    timeout(BOUND, draining.task).await.unwrap().unwrap();
}
