//! The whole log, read past every service, with everything checked that must hold of any log: whatever a test did, it
//! ends here.

use std::collections::{BTreeMap, HashMap};

use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_proto::v1 as proto;
use serde_json::Value;
use sqlx::{PgConnection, PgPool, Row as _};
use time::OffsetDateTime;

/// An event as the log has it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) position: i64,
    pub(crate) stream_id: String,
    pub(crate) version: i64,
    pub(crate) event_type: String,
    pub(crate) data: Value,
    pub(crate) metadata: Value,
    pub(crate) recorded_at: OffsetDateTime,
    prev_position: i64,
    partition: i16,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) events: Vec<Event>,
    /// Posted balance of each account, folded here.
    pub(crate) balances: BTreeMap<String, i128>,
    /// What came in from outside less what went out.
    pub(crate) from_outside: i128,
    /// Indexes of each command's events.
    by_command: HashMap<String, Vec<usize>>,
}

impl Ledger {
    /// Reads the log and checks G2, G3, G10 and what the head and the table of commands say of it.
    pub(crate) async fn read(admin: &PgPool) -> Self {
        // At one moment, for services may be appending.
        let mut moment = admin.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
        let rows =
            sqlx::query("SELECT * FROM log.events ORDER BY position").fetch_all(&mut *moment).await;
        let events: Vec<Event> = rows.unwrap().iter().map(event).collect();
        check_order(&events);
        let (balances, from_outside) = fold(&events);
        let sum: i128 = balances.values().sum();
        assert_eq!(sum, from_outside, "G10: money was created or lost");
        let by_command = by_command(&events);
        let ledger = Self { events, balances, from_outside, by_command };
        ledger.check_head(&mut moment).await;
        ledger.check_commands(&mut moment).await;
        ledger
    }

    /// The events of a command, in order.
    pub(crate) fn of_command(&self, command_id: &str) -> Vec<&Event> {
        let indexes = self.by_command.get(command_id).into_iter().flatten();
        indexes.map(|index| &self.events[*index]).collect()
    }

    pub(crate) fn stream(&self, stream_id: &str) -> Vec<&Event> {
        self.events.iter().filter(|event| event.stream_id == stream_id).collect()
    }

    pub(crate) fn balance(&self, account: &str) -> i128 {
        self.balances[&format!("account-{account}")]
    }

    /// What a receipt says is what the log holds, once.
    pub(crate) fn check_receipt(&self, receipt: &proto::Receipt) {
        let events = self.of_command(&receipt.command_id);
        let last = events.last().unwrap_or_else(|| panic!("lost: {receipt:?}"));
        assert_eq!(last.position, receipt.position, "{receipt:?}");
        assert_eq!(recorded_at(receipt), last.recorded_at, "{receipt:?}");
        let mut streams: Vec<(String, i64)> = Vec::new();
        for event in &events {
            match streams.iter_mut().find(|(stream_id, _)| *stream_id == event.stream_id) {
                Some((_, version)) => *version = event.version,
                None => streams.push((event.stream_id.clone(), event.version)),
            }
        }
        let told: Vec<(String, i64)> =
            receipt.streams.iter().map(|s| (s.stream_id.clone(), s.version)).collect();
        assert_eq!(streams, told, "{receipt:?}");
    }

    async fn check_head(&self, admin: &mut PgConnection) {
        let (position, partitions): (i64, Vec<i64>) =
            sqlx::query_as("SELECT position, partition_positions FROM log.head")
                .fetch_one(admin)
                .await
                .unwrap();
        assert_eq!(position, self.events.last().map_or(0, |event| event.position));
        let mut last = vec![0; partitions.len()];
        for event in &self.events {
            last[usize::try_from(event.partition).unwrap()] = event.position;
        }
        assert_eq!(partitions, last);
    }

    /// The commands cover the log: each event belongs to exactly one, the one that its metadata names.
    async fn check_commands(&self, admin: &mut PgConnection) {
        let query = "SELECT command_id, first_position, event_count FROM log.commands \
                     ORDER BY first_position";
        let commands: Vec<(String, i64, i32)> =
            sqlx::query_as(query).fetch_all(admin).await.unwrap();
        let mut next = 1;
        for (command_id, first, count) in commands {
            assert_eq!(first, next, "commands do not cover the log at `{command_id}`");
            next += i64::from(count);
            for event in &self.events[index(first)..index(next)] {
                assert_eq!(event.metadata["command_id"], command_id.as_str());
            }
        }
        assert_eq!(index(next), self.events.len(), "events without a command");
    }
}

fn by_command(events: &[Event]) -> HashMap<String, Vec<usize>> {
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        let command_id = event.metadata["command_id"].as_str().unwrap_or_default();
        found.entry(command_id.to_owned()).or_default().push(index);
    }
    found
}

/// When a receipt says that its events were committed.
fn recorded_at(receipt: &proto::Receipt) -> OffsetDateTime {
    let at = receipt.recorded_at.as_ref().unwrap();
    let nanos = i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap()
}

fn index(position: i64) -> usize {
    usize::try_from(position - 1).unwrap()
}

fn event(row: &sqlx::postgres::PgRow) -> Event {
    Event {
        position: row.get("position"),
        prev_position: row.get("prev_position"),
        partition: row.get("partition"),
        stream_id: row.get("stream_id"),
        version: row.get("version"),
        event_type: row.get("event_type"),
        data: row.get("data"),
        metadata: row.get("metadata"),
        recorded_at: row.get("recorded_at"),
    }
}

/// Positions and versions without gaps, partitions chained, times that never go back.
fn check_order(events: &[Event]) {
    let mut versions: HashMap<&str, i64> = HashMap::new();
    let mut last_in: HashMap<i16, i64> = HashMap::new();
    let mut recorded_at = OffsetDateTime::UNIX_EPOCH;
    for (expected, event) in (1_i64..).zip(events) {
        assert_eq!(event.position, expected, "G3: a gap");
        let version = versions.entry(&event.stream_id).or_default();
        *version += 1;
        assert_eq!(event.version, *version, "G2: a gap in `{}`", event.stream_id);
        let stream_id = StreamId::parse(&event.stream_id).unwrap();
        let partition = Partition::of(&stream_id, 16);
        assert_eq!(usize::try_from(event.partition).unwrap(), partition.index());
        let previous = last_in.insert(event.partition, event.position).unwrap_or(0);
        assert_eq!(event.prev_position, previous, "at {expected}");
        assert!(event.recorded_at >= recorded_at, "time went back at {expected}");
        recorded_at = event.recorded_at;
    }
}

/// Folds balances and holds by amounts alone, and compares each step with what its event says.
fn fold(events: &[Event]) -> (BTreeMap<String, i128>, i128) {
    let mut balances: BTreeMap<String, i128> = BTreeMap::new();
    let mut holds: HashMap<&str, i128> = HashMap::new();
    let mut from_outside = 0;
    for event in events.iter().filter(|event| event.stream_id.starts_with("account-")) {
        let amount = event.data["amount"]["minor_units"].as_i64().map_or(0, i128::from);
        let balance = balances.entry(event.stream_id.clone()).or_default();
        let held = holds.entry(&event.stream_id).or_default();
        match event.event_type.as_str() {
            "money-deposited" => {
                *balance += amount;
                from_outside += amount;
            }
            "money-withdrawn" | "fee-charged" | "money-refunded" => {
                *balance -= amount;
                from_outside -= amount;
            }
            "transfer-debited" => *balance -= amount,
            "transfer-credited" => *balance += amount,
            "funds-held" => *held += amount,
            "hold-released" => *held -= amount,
            _ => {}
        }
        assert!(*held >= 0, "more was released than held: {event:?}");
        for (name, folded) in [("balance", *balance), ("held", *held)] {
            if let Some(told) = event.data.get(name).and_then(Value::as_i64) {
                assert_eq!(i128::from(told), folded, "{name} in {event:?}");
            }
        }
    }
    (balances, from_outside)
}
