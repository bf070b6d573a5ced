#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
//! Publisher and drain over a real Redis.

mod tls;

use std::time::Duration;

use anyhow::ensure;
use daybook_core::event::RecordedEvent;
use daybook_core::ids::{Position, Version};
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_outbox::{
    Drain, DrainSettings, Lists, Origin, Publisher, PublisherHandle, PublisherSettings, RedisServer,
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
const GROUPS: &str = "daybook:00000000-0000-0000-0000-000000000001:groups";
const LIST: &str = "daybook:00000000-0000-0000-0000-000000000001:{1}:outbox:default";

fn list(log: u128, partition: u16, group: &str) -> String {
    format!("daybook:{}:{{{partition}}}:outbox:{group}", Uuid::from_u128(log))
}

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
    let patient = redis::AsyncConnectionConfig::new()
        .set_connection_timeout(Some(BOUND))
        .set_response_timeout(Some(BOUND));
    client.get_multiplexed_async_connection_with_config(&patient).await.unwrap()
}

async fn register(redis: &mut MultiplexedConnection, group: &str, seen_seconds_ago: i64) {
    let (seconds, _): (i64, i64) = redis::cmd("TIME").query_async(redis).await.unwrap();
    let _: u32 = redis.zadd(GROUPS, group, (seconds - seen_seconds_ago) * 1000).await.unwrap();
}

async fn groups(redis: &mut MultiplexedConnection) -> Vec<String> {
    let names: Vec<Vec<u8>> = redis.zrange(GROUPS, 0, -1).await.unwrap();
    names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
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

fn server(url: String) -> RedisServer {
    RedisServer::at(url).unwrap()
}

fn settings(redis: &TestRedis) -> PublisherSettings {
    PublisherSettings::new(server(redis.url()), ORIGIN.log_id, 4)
}

async fn positions(redis: &mut MultiplexedConnection, list: &str) -> Vec<i64> {
    redis.lrange(list, 0, -1).await.unwrap()
}

#[tokio::test]
async fn positions_go_to_the_lists_of_every_registered_group_in_order() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    register(&mut connection, "other", 0).await;
    let publisher = Running::start(settings(&redis));
    for at in [1, 3, 5] {
        publisher.handle.publish(ORIGIN, vec![event(at), event(at + 1)]);
    }
    publisher.stop().await;
    for list in [list(1, 1, "default"), list(1, 1, "other")] {
        assert_eq!(positions(&mut connection, &list).await, [1, 2, 3, 4, 5, 6]);
    }
    let keys: Vec<String> = connection.keys("*").await.unwrap();
    assert_eq!(keys.len(), 3, "{keys:?}");
}

#[tokio::test]
async fn a_list_is_trimmed_to_its_newest_positions() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    let publisher = Running::start(PublisherSettings { list_length_max: 3, ..settings(&redis) });
    publisher.handle.publish(ORIGIN, (1..=10).map(event).collect());
    publisher.stop().await;
    assert_eq!(positions(&mut connection, LIST).await, [8, 9, 10]);
}

#[tokio::test]
async fn subscribers_get_the_event_and_lists_its_position_alone() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    let client = redis::Client::open(redis.url()).unwrap();
    let mut subscriber = client.get_async_pubsub().await.unwrap();
    subscriber.subscribe(format!("daybook:{}:events:thing", ORIGIN.log_id)).await.unwrap();
    let publisher = Running::start(settings(&redis));
    let event = event(1);
    publisher.handle.publish(ORIGIN, vec![event.clone()]);
    let mut messages = subscriber.on_message();
    let published = timeout(BOUND, futures::StreamExt::next(&mut messages)).await.unwrap().unwrap();
    publisher.stop().await;
    let expected = daybook_outbox::message::encode(ORIGIN, &event);
    assert_eq!(published.get_payload::<String>().unwrap(), expected);
    let listed: Vec<String> = connection.lrange(LIST, 0, -1).await.unwrap();
    assert_eq!(listed, ["1"]);
}

/// As after a restore from an export, which makes another log.
#[tokio::test]
async fn events_of_another_log_go_under_its_own_keys() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "default", 0).await;
    let publisher = Running::start(settings(&redis));
    let other = Origin { log_id: Uuid::from_u128(2), timeline: 1 };
    let key = format!("daybook:{}:groups", other.log_id);
    let (seconds, _): (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await.unwrap();
    let _: u32 = connection.zadd(key, "elsewhere", seconds * 1000).await.unwrap();
    publisher.handle.publish(other, vec![event(7)]);
    publisher.stop().await;
    assert_eq!(positions(&mut connection, &list(2, 1, "elsewhere")).await, [7]);
    assert_eq!(positions(&mut connection, LIST).await, [0; 0]);
}

#[tokio::test]
async fn a_group_that_is_gone_is_forgotten_with_its_lists() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    register(&mut connection, "gone", 61).await;
    register(&mut connection, "quiet", 50).await;
    let _: u32 = connection.rpush(list(1, 3, "gone"), "x").await.unwrap();
    let _: u32 = connection.rpush(list(1, 3, "quiet"), "x").await.unwrap();
    let publisher = Running::start(settings(&redis));
    eventually("it is forgotten", BOUND, async || {
        let groups = groups(&mut connection).await;
        ensure!(groups == ["quiet"], "{groups:?}");
        let lists: Vec<String> = connection.keys("*outbox*").await?;
        ensure!(lists == [list(1, 3, "quiet")], "{lists:?}");
        Ok(())
    })
    .await;
    publisher.stop().await;
}

/// Times of the future, names that are none, a megabyte for a name, and thousands of groups.
#[tokio::test]
async fn nonsense_among_the_groups_is_removed_and_hides_no_group() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    for name in ["", "a b", "a:b", &"x".repeat(65), &"y".repeat(1 << 20)] {
        register(&mut connection, name, 1).await;
    }
    let _: u32 = connection.zadd(GROUPS, b"\xff\xfe", 1).await.unwrap();
    let _: u32 = connection.zadd(GROUPS, "endless", "+inf").await.unwrap();
    register(&mut connection, "tomorrow", -86400).await;
    register(&mut connection, "default", 0).await;
    let publisher = Running::start(settings(&redis));
    eventually("only the group is left, and is pushed to", BOUND, async || {
        publisher.handle.publish(ORIGIN, vec![event(1)]);
        register(&mut connection, "default", 0).await;
        let groups = groups(&mut connection).await;
        ensure!(groups == ["default"], "{groups:?}");
        let lists: Vec<String> = connection.keys("*outbox*").await?;
        ensure!(lists == [LIST], "{lists:?}");
        Ok(())
    })
    .await;
    publisher.stop().await;
}

#[tokio::test]
async fn however_many_groups_are_registered_a_bounded_number_is_pushed_to() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let (seconds, _): (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await.unwrap();
    let mut pipeline = redis::pipe();
    for n in 0..10_000 {
        pipeline.zadd(GROUPS, format!("fake-{n}"), seconds * 1000 - n).ignore();
    }
    pipeline.exec_async(&mut connection).await.unwrap();
    let publisher = Running::start(settings(&redis));
    publisher.handle.publish(ORIGIN, vec![event(1)]);
    publisher.stop().await;
    let lists: Vec<String> = connection.keys("*outbox*").await.unwrap();
    assert_eq!(lists.len(), 32);
}

/// A forger made the sorted set something else.
#[tokio::test]
async fn groups_of_another_type_are_removed_so_that_groups_can_register_again() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let _: () = connection.set(GROUPS, "nonsense").await.unwrap();
    let publisher = Running::start(settings(&redis));
    let draining = drain(&redis, 100);
    eventually("the group is registered", BOUND, async || {
        let groups: Vec<String> = connection.zrange(GROUPS, 0, -1).await?;
        ensure!(groups == ["default"], "{groups:?}");
        Ok(())
    })
    .await;
    draining.stop().await;
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
    positions: mpsc::Receiver<Vec<Position>>,
    lists: watch::Sender<Lists>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Draining {
    async fn next(&mut self) -> Vec<i64> {
        let positions = timeout(BOUND, self.positions.recv()).await.unwrap().unwrap();
        positions.into_iter().map(Position::get).collect()
    }

    fn choose(&self, partitions: &[u16]) {
        let partitions = partitions.iter().copied().map(Partition).collect();
        self.lists.send(Lists { log_id: ORIGIN.log_id, partitions }).unwrap();
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(BOUND, self.task).await.unwrap().unwrap();
    }
}

fn drain(redis: &TestRedis, positions_max: usize) -> Draining {
    drain_as(server(redis.url()), positions_max)
}

fn drain_as(redis: RedisServer, positions_max: usize) -> Draining {
    let partitions = (0..4).map(Partition).collect();
    let (lists, chosen) = watch::channel(Lists { log_id: ORIGIN.log_id, partitions });
    let drain = Drain::new(DrainSettings {
        redis,
        group: "default".parse().unwrap(),
        lists: chosen,
        positions_max,
    })
    .unwrap();
    let (sender, positions) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let task = tokio::spawn(drain.run(sender, stop.clone()));
    Draining { positions, lists, stop, task }
}

#[tokio::test]
async fn a_drain_registers_its_group_and_gets_what_is_published_in_order() {
    let redis = TestRedis::start().await;
    let mut draining = drain(&redis, 100);
    let publisher = Running::start(settings(&redis));
    let mut at = 0;
    let first = eventually("the first position comes", BOUND, async || {
        at += 1;
        publisher.handle.publish(ORIGIN, vec![event(at)]);
        Ok(timeout(Duration::from_millis(100), draining.positions.recv()).await?.unwrap())
    })
    .await;
    let mut received: Vec<i64> = first.into_iter().map(Position::get).collect();
    publisher.handle.publish(ORIGIN, (at + 1..=at + 500).map(event).collect());
    while received.last() != Some(&(at + 500)) {
        let positions = draining.next().await;
        assert!(positions.len() <= 100, "{}", positions.len());
        received.extend(positions);
    }
    assert!(received.is_sorted(), "{received:?}");
    draining.stop().await;
    publisher.stop().await;
}

#[tokio::test]
async fn a_drain_drops_what_is_no_position_and_comes_back_when_redis_does() {
    let mut redis = TestRedis::start().await;
    let mut draining = drain(&redis, 100);
    redis.kill().await.unwrap();
    redis.restart().await.unwrap();
    let mut connection = connect(&redis).await;
    // What the version before pushed, too.
    let message = daybook_outbox::message::encode(ORIGIN, &event(7));
    let values: [&[u8]; 6] = [b"", b"\xff\xfe", b"{}", message.as_bytes(), b"-1", b"7"];
    let _: u32 = connection.rpush(LIST, &values[..]).await.unwrap();
    assert_eq!(draining.next().await, [7]);
    eventually("the group is registered again", BOUND, async || {
        let groups = groups(&mut connection).await;
        ensure!(groups == ["default"], "{groups:?}");
        Ok(())
    })
    .await;
    draining.stop().await;
}

/// Nobody receives: what is in the list stays there.
#[tokio::test]
async fn a_drain_pops_no_more_than_there_is_room_for() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let draining = drain(&redis, 10);
    for at in 1..=100 {
        let _: u32 = connection.rpush(LIST, at).await.unwrap();
    }
    draining.stop().await;
    let left: usize = connection.llen(LIST).await.unwrap();
    assert!(left >= 50, "{left}");
}

#[tokio::test]
async fn a_drain_takes_from_the_lists_that_are_chosen_and_leaves_the_others() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let mut draining = drain(&redis, 100);
    draining.choose(&[0, 2]);
    // The pop that may be on its way still has the old lists: it ends with this one.
    let _: u32 = connection.rpush(list(1, 2, "default"), 7).await.unwrap();
    draining.next().await;
    let _: u32 = connection.rpush(LIST, 7).await.unwrap();
    let _: u32 = connection.rpush(list(1, 0, "default"), 7).await.unwrap();
    eventually("list 0 is taken from", BOUND, async || {
        timeout(Duration::from_millis(50), draining.positions.recv()).await.ok();
        let left: usize = connection.llen(list(1, 0, "default")).await?;
        ensure!(left == 0);
        Ok(())
    })
    .await;
    let left: usize = connection.llen(LIST).await.unwrap();
    assert_eq!(left, 1, "nobody chose this one");
    draining.choose(&[1]);
    draining.next().await;
    draining.stop().await;
}

#[tokio::test]
async fn a_drain_without_any_list_registers_its_group_and_pops_nothing() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let draining = drain(&redis, 100);
    draining.choose(&[]);
    // Within a heartbeat's time it comes again, although it was deleted.
    for _ in 0..2 {
        eventually("the group is registered", BOUND, async || {
            let groups = groups(&mut connection).await;
            ensure!(groups == ["default"], "{groups:?}");
            Ok(())
        })
        .await;
        let _: u32 = connection.del(GROUPS).await.unwrap();
    }
    draining.stop().await;
}

/// The users of `deploy/redis-users.conf`, with passwords, as a line of settings each.
fn users() -> Vec<(&'static str, String)> {
    include_str!("../../../../deploy/redis-users.conf")
        .lines()
        .filter_map(|line| line.strip_prefix("user "))
        .map(|rules| ("user", rules.replace("_PASSWORD", "")))
        .collect()
}

#[tokio::test]
async fn the_users_of_the_sample_may_do_their_work_and_nothing_else() {
    let users = users();
    assert_eq!(users.len(), 2);
    let users: Vec<_> = users.iter().map(|(name, rules)| (*name, rules.as_str())).collect();
    let redis = TestRedis::start_with(&users).await;
    let mut admin = connect(&redis).await;
    let as_user = |user: &str| format!("redis://{user}@127.0.0.1:{}/0", redis.port());
    let (command, projector) =
        (as_user("daybook_command:COMMAND"), as_user("daybook_projector:PROJECTOR"));
    // To be forgotten.
    register(&mut admin, "gone", 61).await;
    let _: u32 = admin.rpush(list(1, 3, "gone"), 1).await.unwrap();
    let mut draining = drain_as(server(projector.clone()), 100);
    let publisher =
        Running::start(PublisherSettings { redis: server(command.clone()), ..settings(&redis) });
    eventually("positions go from one to the other", BOUND, async || {
        publisher.handle.publish(ORIGIN, vec![event(1)]);
        let positions = timeout(Duration::from_millis(100), draining.positions.recv()).await?;
        ensure!(positions.is_some());
        let lists: Vec<String> = admin.keys("*gone*").await?;
        ensure!(lists.is_empty(), "{lists:?}");
        Ok(())
    })
    .await;
    draining.stop().await;
    publisher.stop().await;

    for (url, forbidden) in [
        (&projector, vec!["RPUSH", LIST, "1"]),
        (&projector, vec!["DEL", GROUPS]),
        (&projector, vec!["PUBLISH", "daybook:x:events:thing", "x"]),
        (&command, vec!["LPOP", LIST]),
        (&command, vec!["RPUSH", "another", "1"]),
        (&command, vec!["KEYS", "*"]),
        (&command, vec!["FLUSHALL"]),
    ] {
        let client = redis::Client::open(url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut asked = redis::cmd(forbidden[0]);
        asked.arg(&forbidden[1..]);
        let refused = asked.exec_async(&mut connection).await.unwrap_err();
        assert_eq!(refused.code(), Some("NOPERM"), "{forbidden:?}: {refused}");
    }
}

/// A forger's large entries end the connection, and do not fill the memory of who pops them.
#[tokio::test]
async fn answers_of_redis_are_bounded() {
    let redis = TestRedis::start().await;
    let mut connection = connect(&redis).await;
    let large = vec![b'9'; 1 << 20];
    for _ in 0..32 {
        let _: u32 = connection.rpush(LIST, &large).await.unwrap();
    }
    let mut draining = drain(&redis, 100);
    eventually("the drain goes on behind them", BOUND, async || {
        let _: u32 = connection.rpush(LIST, 7).await?;
        let positions = timeout(Duration::from_millis(300), draining.positions.recv()).await?;
        ensure!(positions.is_some_and(|positions| positions.iter().all(|at| at.get() == 7)));
        Ok(())
    })
    .await;
    draining.stop().await;
    let beyond = connection.rpush::<_, _, u32>(LIST, vec![b'9'; (1 << 20) + 1]).await;
    assert!(beyond.is_err(), "{beyond:?}");
}
