//! Exports of a log with sealed personal texts: who has the keys may read them, until they are destroyed.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::process::Output;

use daybook_core::ids::CommandId;
use daybook_core::partition::Partition;
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;
use daybook_keys::KeyStore;
use daybook_testkit::TestPostgres;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::runner::{program, told};

const PARTITIONS: u16 = 4;

/// A log, and keys on another server.
struct Bank {
    log: TestPostgres,
    keys: TestPostgres,
    store: KeyStore,
}

impl Bank {
    async fn start() -> Self {
        let (log, keys) = tokio::join!(TestPostgres::start(), TestPostgres::start_apart());
        let owner = PgPool::connect(&log.admin_url()).await.unwrap();
        daybook_eventlog::migrate::run(&owner, PARTITIONS).await.unwrap();
        for role in ["daybook_command", "daybook_query"] {
            log.allow_login(role).await.unwrap();
        }
        let owner = PgPool::connect(&keys.admin_url()).await.unwrap();
        daybook_keys::migrate::run(&owner).await.unwrap();
        keys.allow_login("daybook_query").await.unwrap();
        let store = KeyStore::connect_lazy(&keys.admin_url(), "test").unwrap();
        Self { log, keys, store }
    }

    /// A text of alice's, sealed.
    async fn seal(&self, command_id: &str, field: &str, text: &str) -> Value {
        let alice = SubjectId::new("alice").unwrap();
        let keys = self.store.ensure_keys(&HashSet::from([alice.clone()])).await.unwrap();
        let key = keys.get(&alice).unwrap().unwrap();
        let mut text = Personal::new(text).unwrap();
        key.seal(&alice, &CommandId::new(command_id).unwrap(), field, &mut text).unwrap();
        serde_json::to_value(text).unwrap()
    }

    /// alice's account: opened, paid into for a reason in the clear, and a refund out of it.
    async fn events(&self) -> Vec<Value> {
        let amount = json!({"minor_units": 500, "currency": "USD"});
        let owner = self.seal("c-1", "owner", "Ann Sealed").await;
        let customer = self.seal("c-3", "customer", "Carol Sealed").await;
        let reason = self.seal("c-3", "reason", "broken vase").await;
        vec![
            event(
                1,
                "account-opened",
                &json!({"owner": owner, "currency": "USD", "overdraft_limit": 0}),
                None,
            ),
            event(
                2,
                "money-deposited",
                &json!({"amount": amount, "balance": 500}),
                Some(json!({"plain": "salary"})),
            ),
            event(
                3,
                "money-refunded",
                &json!({"amount": amount, "customer": customer, "balance": 0}),
                Some(reason),
            ),
        ]
    }

    /// Puts events into the log by way of a file.
    #[track_caller]
    fn restore(&self, events: &[Value], file: &Path) {
        let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
        fs::write(file, lines.concat()).unwrap();
        let mut restore = program();
        restore.arg("restore-events").arg(file);
        restore.args(["--log-database-url", &self.log_url("daybook_command")]);
        let restored = restore.output().unwrap();
        assert_eq!(restored.status.code(), Some(0), "{}", told(&restored));
    }

    fn log_url(&self, role: &str) -> String {
        self.log.url(role, "postgres")
    }

    fn export(&self, what: &str, keys: bool, file: &Path) -> Output {
        let mut command = program();
        command.args(["export", what, "-o"]).arg(file);
        command.args(["--log-database-url", &self.log_url("daybook_query")]);
        if keys {
            command.args(["--keys-database-url", &self.keys.url("daybook_query", "postgres")]);
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn exported(&self, what: &str, keys: bool, file: &Path) -> String {
        let output = self.export(what, keys, file);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        fs::read_to_string(file).unwrap()
    }
}

/// A line of `export events`.
fn event(position: i64, event_type: &str, data: &Value, reason: Option<Value>) -> Value {
    let stream_id = "account-alice";
    let partition = Partition::of(&StreamId::parse(stream_id).unwrap(), PARTITIONS).0;
    let mut metadata = json!({
        "actor": "clerk", "correlation_id": "o-1", "command_id": format!("c-{position}"),
    });
    if let Some(reason) = reason {
        metadata["reason"] = reason;
    }
    json!({
        "position": position, "prev_position": position - 1, "partition": partition,
        "stream_id": stream_id, "version": position, "stream_type": "account", "event_type": event_type,
        "schema_version": 1, "event_id": format!("01920000-0000-7000-8000-00000000000{position}"),
        "recorded_at": format!("2026-01-01T00:00:0{position}.000000Z"),
        // Not as this build would write it.
        "data": format!(" {data}"), "metadata": metadata.to_string(),
        "command_first_position": position, "command_event_count": 1,
        "command_content_hash": "5a".repeat(32),
    })
}

#[tokio::test]
async fn statements_are_opened_with_the_keys_and_events_stay_as_they_are_stored() {
    let bank = Bank::start().await;
    let events = bank.events().await;
    let files = tempfile::tempdir().unwrap();
    bank.restore(&events, &files.path().join("given.jsonl"));

    for keys in [false, true] {
        let text = bank.exported("events", keys, &files.path().join("events.jsonl"));
        let exported: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(exported, events, "to the letter, with keys: {keys}");
    }

    let jsonl = files.path().join("statements.jsonl");
    let personal = |text: &str| -> Vec<(String, String)> {
        let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let cell = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        rows.map(|row| (cell(&row, "counterparty"), cell(&row, "reason"))).collect()
    };
    let pairs = |refund: (&str, &str)| {
        let pair = |(a, b): (&str, &str)| (a.to_owned(), b.to_owned());
        vec![pair(("", "salary")), pair(refund)]
    };
    let sealed = bank.exported("statements", false, &jsonl);
    assert_eq!(personal(&sealed), pairs(("[sealed]", "[sealed]")));
    let opened = bank.exported("statements", true, &jsonl);
    assert_eq!(personal(&opened), pairs(("Carol Sealed", "broken vase")));

    bank.store.destroy(&BTreeSet::from([SubjectId::new("alice").unwrap()])).await.unwrap();
    let erased = bank.exported("statements", true, &jsonl);
    assert_eq!(personal(&erased), pairs(("[erased]", "[erased]")));
    let csv = bank.exported("statements", true, &files.path().join("statements.csv"));
    assert!(csv.contains(",USD,[erased],,clerk,[erased],o-1,"), "{csv}");
}

#[tokio::test]
async fn an_export_that_cannot_open_what_is_sealed_leaves_no_file() {
    let mut bank = Bank::start().await;
    let events = bank.events().await;
    let files = tempfile::tempdir().unwrap();
    bank.restore(&events, &files.path().join("given.jsonl"));

    bank.keys.kill_immediately().await.unwrap();
    let file = files.path().join("statements.jsonl");
    let output = bank.export("statements", true, &file);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("the key store"), "{}", told(&output));
    assert!(!file.exists());
}
