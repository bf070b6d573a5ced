//! What the log, its snapshots and its streams are written as, byte for byte: the files in `golden` say so, and never
//! change.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::Path;

use daybook_bank::BankState;
use daybook_bank::account::{Account, AccountId, AccountStatus};
use daybook_bank::money::Money;
use daybook_bank::transfer::{Transfer, TransferId, TransferStatus};
use daybook_core::clock::{self, Clock};
use daybook_core::domain::Domain;
use daybook_core::event::EventPayload;
use daybook_core::ids::{Actor, Position};
use daybook_core::metadata::Metadata;
use daybook_core::partition::Partition;
use daybook_core::personal::{Personal, Sealed};
use daybook_core::projection::{EventPlace, ProjectionName, ProjectionRecord};
use daybook_core::stream::StreamId;
use daybook_core::subject::{Subject, SubjectId, erasure_streams};
use daybook_core::system::SystemState;
use daybook_core::testing::assert_pinned;
use daybook_domains::{Daybook, DaybookEvent, DaybookState, READ_MODELS};
use time::macros::datetime;

/// A fixture of one of the domains.
fn read_fixture(name: &str) -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let of = |domain: &str| fs::read_to_string(crates.join(domain).join("fixtures").join(name));
    of("daybook-core").or_else(|_| of("daybook-bank")).unwrap()
}

fn account_id(id: &str) -> AccountId {
    AccountId::new(id).unwrap()
}

fn projection(name: &str) -> StreamId {
    ProjectionName::new(name).unwrap().stream_id()
}

fn place(partition: u16, position: i64) -> EventPlace {
    EventPlace { partition: Partition(partition), position: Position::new(position).unwrap() }
}

fn line(event: &DaybookEvent) -> String {
    let (event_type, version) = (event.event_type(), event.schema_version());
    format!("{event_type} v{version} {}", event.encode().unwrap())
}

/// Each event as it is written; those with personal texts also sealed, and erased.
fn events() -> Vec<String> {
    let sealed = || {
        let subject = SubjectId::new("alice").unwrap();
        Personal::Sealed(Sealed { subject, text: "q83vEjRWeJA=".to_owned() })
    };
    let mut lines = Vec::new();
    for event_type in DaybookEvent::EVENT_TYPES {
        let version = DaybookEvent::schema_version_of(event_type).unwrap();
        let data = read_fixture(&format!("events/{event_type}.v{version}.json"));
        let event = DaybookEvent::decode(event_type, version, &data).unwrap();
        lines.push(line(&event));
        for text in [sealed(), Personal::Erased] {
            let (mut other, mut visited) = (event.clone(), false);
            other.visit_personal(&mut |_, personal| {
                *personal = text.clone();
                visited = true;
            });
            if visited {
                lines.push(line(&other));
            }
        }
    }
    lines
}

#[test]
fn events_and_metadata_are_written_as_they_ever_were() {
    let mut written = events();
    for name in ["full.json", "least.json", "sealed.json"] {
        let metadata: Metadata =
            serde_json::from_str(&read_fixture(&format!("metadata/{name}"))).unwrap();
        written.push(format!("metadata {}", serde_json::to_string(&metadata).unwrap()));
    }
    assert_pinned("golden/events.txt", include_str!("../golden/events.txt"), &written);
}

/// Each state that a stream of each aggregate can be in.
fn states() -> Vec<(StreamId, DaybookState)> {
    let account = |status| {
        let currency = "USD".parse().unwrap();
        let state = Account { currency, overdraft_limit: 5_000, balance: -200, held: 100, status };
        (account_id("alice").stream_id(), BankState::Account(state).into())
    };
    let transfer = |status| {
        let state = Transfer {
            source: account_id("alice"),
            destination: account_id("bob"),
            amount: Money::new(100, "USD".parse().unwrap()),
            initiator: Actor::new("ines").unwrap(),
            approval_required: true,
            status,
        };
        (TransferId::new("t").unwrap().stream_id(), BankState::Transfer(state).into())
    };
    let record = ProjectionRecord { skipped: [place(3, 7), place(3, 9)].into() };
    let subject = |erased| {
        let stream_id = SubjectId::new("alice").unwrap().stream_id();
        (stream_id, SystemState::Subject(Subject { erased }).into())
    };
    let accepted_until = datetime!(2026-11-23 10:00:00.123456 UTC);
    vec![
        account(AccountStatus::Open),
        account(AccountStatus::Frozen),
        account(AccountStatus::Closed),
        transfer(TransferStatus::Initiated),
        transfer(TransferStatus::Approved),
        transfer(TransferStatus::Rejected),
        transfer(TransferStatus::Cancelled),
        transfer(TransferStatus::Executed),
        (projection("accounts"), SystemState::Projection(ProjectionRecord::default()).into()),
        (projection("accounts"), SystemState::Projection(record).into()),
        subject(false),
        subject(true),
        (clock::stream_id(), SystemState::Clock(Clock { accepted_until }).into()),
    ]
}

#[test]
fn snapshots_are_written_as_they_ever_were_and_read_back() {
    let domain = Daybook::default();
    let mut written = Vec::new();
    for (stream_id, state) in states() {
        let text = domain.encode_state(&state).unwrap();
        assert_eq!(domain.decode_state(&stream_id, &text).unwrap(), state);
        written.push(format!("{stream_id} fingerprint {} {text}", domain.fingerprint(&stream_id)));
    }
    assert_pinned("golden/snapshots.txt", include_str!("../golden/snapshots.txt"), &written);
}

#[test]
fn streams_have_the_names_and_partitions_that_they_ever_had() {
    let types = Daybook::STREAMS.iter().map(|kind| kind.stream_type);
    let types = types.map(|name| format!("stream type {name}"));
    let projections = READ_MODELS.iter().map(|model| format!("projection {}", model.name));
    let alice = SubjectId::new("alice").unwrap();
    let mut streams = vec![
        account_id("alice").stream_id(),
        TransferId::new("t-1").unwrap().stream_id(),
        projection("accounts"),
        alice.stream_id(),
    ];
    streams.push(clock::stream_id());
    streams.push(StreamId::parse("account-Zoë \"x\"").unwrap());
    streams.extend(erasure_streams(16));
    let streams = streams.iter().map(|stream_id| {
        let [few, many, most] = [7, 16, 1024].map(|count| Partition::of(stream_id, count));
        format!("stream {stream_id} is in partition {few} of 7, {many} of 16, {most} of 1024")
    });
    let written: Vec<_> = types.chain(projections).chain(streams).collect();
    assert_pinned("golden/names.txt", include_str!("../golden/names.txt"), &written);
}
