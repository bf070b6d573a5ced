//! What the log, its snapshots and its streams are written as, byte for byte: the files in `golden` say so, and never
//! change.

use daybook_bank::account::{Account, AccountStatus};
use daybook_bank::transfer::{Transfer, TransferStatus};
use daybook_bank::{ALL_EVENT_TYPES, Bank, BankEvent, BankState, PROJECTIONS};
use daybook_core::clock::Clock;
use daybook_core::domain::{Aggregate, Domain};
use daybook_core::event::EventPayload;
use daybook_core::metadata::Metadata;
use daybook_core::partition::Partition;
use daybook_core::personal::{Personal, Sealed};
use daybook_core::projection::ProjectionRecord;
use daybook_core::stream::StreamId;
use daybook_core::subject::{Subject, SubjectId, erasure_streams};
use daybook_core::testing::assert_pinned;
use daybook_core::{clock, subject};
use time::macros::datetime;

use crate::fixtures::{current_version, read_fixture, read_metadata};
use crate::given::*;

fn line(event: &BankEvent) -> String {
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
    for event_type in ALL_EVENT_TYPES {
        let version = current_version(event_type);
        let data = read_fixture(event_type, version);
        let event = BankEvent::decode(event_type, version, &data).unwrap();
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
        let metadata: Metadata = serde_json::from_str(&read_metadata(name)).unwrap();
        written.push(format!("metadata {}", serde_json::to_string(&metadata).unwrap()));
    }
    assert_pinned("golden/events.txt", include_str!("../../golden/events.txt"), &written);
}

/// Each state that a stream of each aggregate can be in.
fn states() -> Vec<(StreamId, BankState)> {
    let account = |status| {
        let currency = currency("USD");
        let state = Account { currency, overdraft_limit: 5_000, balance: -200, held: 100, status };
        (account("alice"), BankState::Account(state))
    };
    let transfer = |status| {
        let state = Transfer {
            source: account_id("alice"),
            destination: account_id("bob"),
            amount: usd("1.00"),
            initiator: actor("ines"),
            approval_required: true,
            status,
        };
        (transfer("t"), BankState::Transfer(state))
    };
    let record = ProjectionRecord { skipped: [place(3, 7), place(3, 9)].into() };
    let subject = |erased| {
        let stream_id = SubjectId::new("alice").unwrap().stream_id();
        (stream_id, BankState::Subject(Subject { erased }))
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
        (projection("accounts"), BankState::Projection(ProjectionRecord::default())),
        (projection("accounts"), BankState::Projection(record)),
        subject(false),
        subject(true),
        (clock::stream_id(), BankState::Clock(Clock { accepted_until })),
    ]
}

#[test]
fn snapshots_are_written_as_they_ever_were_and_read_back() {
    let bank = Bank::default();
    let mut written = Vec::new();
    for (stream_id, state) in states() {
        let text = bank.encode_state(&state).unwrap();
        assert_eq!(bank.decode_state(&stream_id, &text).unwrap(), state);
        written.push(format!("{stream_id} fingerprint {} {text}", bank.fingerprint(&stream_id)));
    }
    assert_pinned("golden/snapshots.txt", include_str!("../../golden/snapshots.txt"), &written);
}

#[test]
fn streams_have_the_names_and_partitions_that_they_ever_had() {
    let types = [
        Account::STREAM_TYPE,
        Transfer::STREAM_TYPE,
        ProjectionRecord::STREAM_TYPE,
        Subject::STREAM_TYPE,
        subject::ERASURE_STREAM_TYPE,
        Clock::STREAM_TYPE,
    ];
    let types = types.iter().map(|name| format!("stream type {name}"));
    let projections = PROJECTIONS.iter().map(|name| format!("projection {name}"));
    let alice = SubjectId::new("alice").unwrap();
    let mut streams =
        vec![account("alice"), transfer("t-1"), projection("accounts"), alice.stream_id()];
    streams.push(clock::stream_id());
    streams.push(StreamId::parse("account-Zoë \"x\"").unwrap());
    streams.extend(erasure_streams(16));
    let streams = streams.iter().map(|stream_id| {
        let [few, many, most] = [7, 16, 1024].map(|count| Partition::of(stream_id, count));
        format!("stream {stream_id} is in partition {few} of 7, {many} of 16, {most} of 1024")
    });
    let written: Vec<_> = types.chain(projections).chain(streams).collect();
    assert_pinned("golden/names.txt", include_str!("../../golden/names.txt"), &written);
}
