//! Loading the states of many streams at once.

use std::collections::HashMap;

use daybook_bank::account::Account;
use daybook_bank::{Bank, BankState};
use daybook_core::compose::Part as _;
use daybook_core::domain::Domain as _;
use daybook_core::event::NewEvent;
use daybook_core::stream::StreamId;
use daybook_eventlog::ReadError;
use daybook_eventlog::load::{LoadedStream, load_streams};
use daybook_eventlog::snapshot::{Snapshot, write_snapshots};
use uuid::Uuid;

use crate::support::build::{account, bank_event, deposited, event, opened, stream_id, version};
use crate::support::counting::Counting;
use crate::support::{COMMAND, TestLog};

type Loaded = HashMap<StreamId, LoadedStream<BankState>>;

async fn load(log: &TestLog, ids: &[&str]) -> Result<Loaded, ReadError> {
    let ids: Vec<_> = ids.iter().map(|id| stream_id(id)).collect();
    load_streams(&log.pool(COMMAND), &Bank::default(), &ids).await
}

/// (version, balance) of an account; no balance where there is no state.
fn account_of(loaded: &Loaded, id: &str) -> (i64, Option<i64>) {
    let stream = &loaded[&stream_id(id)];
    let balance = stream.state.as_ref().map(|state| {
        let account: &Account = state.part().unwrap();
        account.balance
    });
    (stream.version.get(), balance)
}

/// Says that the account has a balance that its events do not add up to, so that it shows when it is used.
fn telling_snapshot(id: &str, at: i64, balance: i64) -> Snapshot {
    let state = Account {
        currency: "USD".parse().unwrap(),
        overdraft_limit: 0,
        balance,
        held: 0,
        status: daybook_bank::account::AccountStatus::Open,
    };
    let bank = Bank::default();
    Snapshot {
        stream_id: stream_id(id),
        version: version(at),
        event_id: Uuid::nil(),
        fingerprint: bank.fingerprint(&stream_id(id)),
        state: bank.encode_state(&BankState::Account(state)).unwrap(),
        is_kept: false,
    }
}

/// An account of two cents at version 3, with a snapshot at version 3 that somebody wrote.
async fn log_with_snapshot(mut snapshot: Snapshot) -> TestLog {
    let log = TestLog::start().await;
    log.writer().await.must_append(account("account-a", 3)).await;
    snapshot.event_id = log.event_id("account-a", snapshot.version.get()).await;
    write_snapshots(&log.pool(COMMAND), &[snapshot]).await.unwrap();
    log
}

#[tokio::test]
async fn many_streams_are_loaded_at_once_with_those_that_do_not_exist() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    for n in 1..=50 {
        writer.must_append(account(&format!("account-{n}"), n)).await;
    }
    let ids: Vec<_> = (1..=60).map(|n| format!("account-{n}")).collect();
    let loaded = load(&log, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(loaded.len(), 60);
    for n in 1..=50 {
        assert_eq!(account_of(&loaded, &format!("account-{n}")), (n, Some(n - 1)));
    }
    for n in 51..=60 {
        assert_eq!(account_of(&loaded, &format!("account-{n}")), (0, None));
    }
    assert!(load(&log, &[]).await.unwrap().is_empty());
}

/// The bank would not tell: its events carry the balance.
#[tokio::test]
async fn a_stream_that_is_asked_for_twice_is_folded_once() {
    let log = TestLog::start().await;
    log.writer().await.must_append(account("account-a", 3)).await;
    let ids = ["account-a", "account-b", "account-a"].map(stream_id);
    let loaded = load_streams(&log.pool(COMMAND), &Counting, &ids).await.unwrap();
    assert_eq!(loaded.len(), 2);
    assert_eq!(loaded[&ids[0]].state, Some(3));
    assert_eq!(loaded[&ids[1]].state, None);
}

#[tokio::test]
async fn a_snapshot_is_used_and_only_later_events_are_folded_onto_it() {
    let log = log_with_snapshot(telling_snapshot("account-a", 3, 1_000)).await;
    let loaded = load(&log, &["account-a"]).await.unwrap();
    assert_eq!(account_of(&loaded, "account-a"), (3, Some(1_000)), "not used");

    log.writer().await.must_append(vec![bank_event("account-a", 4, deposited(1_001))]).await;
    let loaded = load(&log, &["account-a"]).await.unwrap();
    assert_eq!(account_of(&loaded, "account-a"), (4, Some(1_001)));
}

#[tokio::test]
async fn a_snapshot_of_other_code_is_ignored() {
    let mut foreign = telling_snapshot("account-a", 3, 1_000);
    foreign.fingerprint += 1;
    let log = log_with_snapshot(foreign).await;
    let loaded = load(&log, &["account-a"]).await.unwrap();
    assert_eq!(account_of(&loaded, "account-a"), (3, Some(2)));
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_ignored() {
    for broken in ["{}", "null", "[1, 2]", r#"{"currency":"USD","balance":"a lot"}"#] {
        let snapshot = telling_snapshot("account-a", 3, 1_000);
        let log = log_with_snapshot(Snapshot { state: broken.into(), ..snapshot }).await;
        let loaded = load(&log, &["account-a"]).await.unwrap();
        assert_eq!(account_of(&loaded, "account-a"), (3, Some(2)), "{broken}");
    }
}

/// Every state that a stream of every length loads to, without a snapshot and with one at every version.
#[tokio::test]
async fn a_snapshot_changes_no_result() {
    let log = TestLog::start().await;
    log.writer().await.must_append(account("account-a", 12)).await;
    let pool = log.pool(COMMAND);
    let plain = load(&log, &["account-a"]).await.unwrap();
    let bank = Bank::default();
    let mut state = None;
    for (event, at) in log.all().await.iter().zip(1..) {
        state = bank.evolve(&event.stream_id, state, &event.decode().unwrap());
        let snapshot = Snapshot {
            stream_id: event.stream_id.clone(),
            version: version(at),
            event_id: event.event_id,
            fingerprint: bank.fingerprint(&event.stream_id),
            state: bank.encode_state(state.as_ref().unwrap()).unwrap(),
            is_kept: false,
        };
        write_snapshots(&pool, &[snapshot]).await.unwrap();
        let loaded = load(&log, &["account-a"]).await.unwrap();
        assert_eq!(format!("{loaded:?}"), format!("{plain:?}"), "with a snapshot at version {at}");
    }
}

#[tokio::test]
async fn a_stream_of_ten_thousand_events_is_loaded() {
    let log = TestLog::start().await;
    log.writer().await.must_append(account("account-a", 10_000)).await;
    let loaded = load(&log, &["account-a", "account-b"]).await.unwrap();
    assert_eq!(account_of(&loaded, "account-a"), (10_000, Some(9_999)));
}

/// A state without one of its events would be a wrong state.
#[tokio::test]
async fn an_event_that_this_build_cannot_read_fails_the_load_and_names_it() {
    let log = TestLog::start().await;
    let unknown = NewEvent { event_type: "account-beamed-up", ..event("account-a", 2) };
    let newer = NewEvent { schema_version: 99, ..bank_event("account-b", 1, opened()) };
    let events = vec![bank_event("account-a", 1, opened()), unknown, newer];
    log.writer().await.must_append(events).await;
    for (id, at) in [("account-a", 2), ("account-b", 1)] {
        let failed = load(&log, &[id]).await.unwrap_err();
        let ReadError::Undecodable { stream_id: named, version: named_version, .. } = &failed
        else {
            panic!("{failed:?}")
        };
        assert_eq!((named.as_str(), named_version.get()), (id, at));
    }
}
