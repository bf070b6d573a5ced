//! Sealed texts: rows have them sealed, and the words of reasons as hashes until their subject is forgotten. Two people, each
//! with texts in account, transfers and the other one's account.

use std::collections::BTreeMap;

use anyhow::ensure;
use daybook_core::event::RecordedEvent;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_core::subject::event::PersonalDataErased;
use daybook_core::subject::{SubjectEvent, SubjectId, erasure_streams};
use daybook_core::system::SystemEvent;
use daybook_domains::DaybookEvent;
use daybook_keys::SubjectKey;
use daybook_projector::projections;
use daybook_readmodels::projection::{Fact, RowChange};
use daybook_readmodels::rebuild::{RebuildError, RebuildOptions, Rebuilder, Rebuilt, Watch};
use daybook_testkit::eventually;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use tonic_health::pb::health_check_response::ServingStatus;

use super::rebuild::{named, text};
use super::support::keys::{Keys, seal, secret};
use super::support::ledger::*;
use super::support::{BOUND, PARTITIONS, Projector, World};

/// Table and rows in which something is.
type Found = BTreeMap<String, i64>;

async fn start() -> (World, Keys) {
    tokio::join!(World::start(), Keys::start())
}

async fn projector_with(world: &World, keys: &Keys) -> Projector {
    world.projector_with(&["--keys-database-url", &keys.url()]).await
}

/// Each texts of its own: a name, a customer's name, and a reason an event.
fn story() -> Vec<(&'static str, DaybookEvent, &'static str)> {
    let named = |first: &str, subject: &str| format!("{first} {}", secret(subject));
    vec![
        ("account-alice", opened_by(&named("Alice", "alice")), "alice"),
        ("account-bob", opened_by(&named("Bob", "bob")), "bob"),
        ("account-alice", deposited(1000, 1000), "alice"),
        ("account-bob", deposited(1000, 1000), "bob"),
        ("account-alice", refunded_to(&named("Carol", "alice"), 100, 900), "alice"),
        ("account-bob", refunded_to(&named("Dora", "bob"), 100, 900), "bob"),
        ("transfer-t", initiated("alice", "bob", 200), "alice"),
        ("transfer-u", initiated("bob", "alice", 300), "bob"),
        ("transfer-u", approved(), "bob"),
        ("transfer-t", executed(), "alice"),
        ("account-alice", debited("t", "bob", 200, 700), "alice"),
        ("account-bob", credited("t", "alice", 200, 1100), "alice"),
    ]
}

/// In how many rows of which tables of schema `read` a text is, in whichever column, as a dump would show it.
async fn search(world: &World, searched: &str) -> Found {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'read' ORDER BY 1";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&world.pool).await.unwrap();
    let mut found = Found::new();
    for table in tables {
        let sql =
            format!("SELECT count(*) FROM read.{table} AS r WHERE r::text LIKE '%{searched}%'");
        let count: i64 = world.scalar(&sql).await.unwrap();
        if count > 0 {
            found.insert(table, count);
        }
    }
    found
}

/// How many reasons of a subject can be found by their words, in each generation that has any.
async fn indexed(world: &World, subject: &str) -> Found {
    indexed_over(&mut world.pool.acquire().await.unwrap(), subject).await
}

async fn indexed_over(connection: &mut PgConnection, subject: &str) -> Found {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'read' AND tablename LIKE 'audit_%'";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await.unwrap();
    let mut found = Found::new();
    for table in tables {
        let sql = format!(
            "SELECT count(*) FROM read.{table} WHERE subject_id = '{subject}' AND words IS NOT NULL"
        );
        let count = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection);
        let count: i64 = count.await.unwrap();
        if count > 0 {
            found.insert(table, count);
        }
    }
    found
}

/// What is found after [`story`] in a generation.
fn of_alice(generation: i32) -> Found {
    [(format!("audit_{generation}"), 7)].into()
}

fn of_bob(generation: i32) -> Found {
    [(format!("audit_{generation}"), 5)].into()
}

async fn assert_nothing_is_left_of_alice(world: &World) {
    assert_eq!(indexed(world, "alice").await, Found::new());
    assert_eq!(search(world, "secret-of").await, Found::new(), "no row ever had it");
    let stored = "SELECT count(*) FROM log.events AS e WHERE e::text LIKE '%secret-of%'";
    assert_eq!(world.scalar::<i64>(stored).await.unwrap(), 0, "the log never had it");
}

fn rebuilder_with(world: &World, keys: &Keys) -> Rebuilder {
    world.rebuilder().keys(Some(keys.reader()))
}

/// Rebuilds everything, compared with the live generation row by row.
async fn rebuild_verified(rebuilder: &Rebuilder) -> Vec<Rebuilt> {
    let verify = RebuildOptions { verify: true, ..RebuildOptions::default() };
    let rebuilt = rebuilder.rebuild(&projections(), &verify, &Watch::new().0).await.unwrap();
    assert!(rebuilt.iter().all(|one| one.differences_total == 0), "{rebuilt:?}");
    rebuilt
}

#[tokio::test]
async fn who_is_forgotten_is_found_no_more_and_everybody_else_is() {
    let partition = |stream: &str| Partition::of(&StreamId::parse(stream).unwrap(), PARTITIONS);
    assert_ne!(partition("account-alice"), partition("account-bob"));
    assert_ne!(partition("account-alice"), partition("transfer-t"));

    let (mut world, keys) = start().await;
    let projector = projector_with(&world, &keys).await;
    keys.record(&mut world, &story()).await;
    world.wait_until_level().await;
    assert_eq!(search(&world, "secret-of").await, Found::new());
    assert_eq!(indexed(&world, "alice").await, of_alice(1));
    assert_eq!(indexed(&world, "bob").await, of_bob(1));

    // Sealed before, appended after: it is on its way while she is forgotten.
    let late = refunded_to(&secret("alice"), 1, 699);
    let (late, metadata) = seal(&keys.key("alice").await, "alice", &late, 99);
    keys.forget(&mut world, "alice").await;
    world.log.append_with(&[("account-alice", late, metadata)]).await;
    world.wait_until_level().await;
    assert_nothing_is_left_of_alice(&world).await;
    assert_eq!(indexed(&world, "bob").await, of_bob(1));
    assert_what_is_not_personal_is_there(&world).await;
    projector.stop().await;
}

/// Texts are as the log has them, and stay.
async fn assert_what_is_not_personal_is_there(world: &World) {
    let owners = "SELECT a.account_id, balance, a.owner = e.data -> 'owner' -> 'sealed' ->> 'text' AS copied,
            subject_id AS of, command_id FROM read.accounts_1 AS a
        JOIN log.events AS e ON e.stream_id = 'account-' || a.account_id AND e.version = 1 ORDER BY 1";
    assert_eq!(
        world.rows(owners).await,
        [
            r#"{"account_id":"alice","balance":699,"copied":true,"of":"alice","command_id":"command-1"}"#,
            r#"{"account_id":"bob","balance":1100,"copied":true,"of":"bob","command_id":"command-2"}"#,
        ]
    );
    let entries = "SELECT account_id AS id, kind, CASE WHEN kind LIKE 'transfer%' THEN counterparty END AS other,
            reason = e.metadata -> 'reason' -> 'sealed' ->> 'text' AS copied, subject_id AS of, command_id AS command
        FROM read.account_entries_1 AS r JOIN log.events AS e USING (position) WHERE subject_id = 'alice' ORDER BY position";
    assert_eq!(
        world.rows(entries).await,
        [
            r#"{"id":"alice","kind":"deposit","other":null,"copied":true,"of":"alice","command":"command-3"}"#,
            r#"{"id":"alice","kind":"refund","other":null,"copied":true,"of":"alice","command":"command-5"}"#,
            r#"{"id":"alice","kind":"transfer_out","other":"bob","copied":true,"of":"alice","command":"command-11"}"#,
            r#"{"id":"bob","kind":"transfer_in","other":"alice","copied":true,"of":"alice","command":"command-12"}"#,
            r#"{"id":"alice","kind":"refund","other":null,"copied":true,"of":"alice","command":"command-99"}"#,
        ]
    );
    let steps = "SELECT step ->> 'status' AS status, step ->> 'subject' AS of, step ->> 'command_id' AS command
        FROM read.transfers_1, jsonb_array_elements(steps) AS step WHERE transfer_id = 't'";
    assert_eq!(
        world.rows(steps).await,
        [
            r#"{"status":"initiated","of":"alice","command":"command-7"}"#,
            r#"{"status":"executed","of":"alice","command":"command-10"}"#,
        ]
    );
    // That it was decided, by whom and why, is on record, and in each partition that it was done.
    let audited = "SELECT event_type AS type, count(*), bool_and(reason LIKE 'because of%') AS why, max(subject_id) AS of
        FROM read.audit_1 WHERE stream_id LIKE 'subject-%' OR stream_id LIKE 'erasure-%' GROUP BY 1 ORDER BY 1";
    let told = format!(
        r#"{{"type":"personal-data-erased","count":{},"why":true,"of":null}}"#,
        PARTITIONS + 1
    );
    let decided = r#"{"type":"subject-forgotten","count":1,"why":true,"of":null}"#;
    assert_eq!(world.rows(audited).await, [&*told, decided]);
}

#[tokio::test]
async fn g7_a_rebuild_gives_the_rows_that_erasing_left() {
    let (mut world, keys) = start().await;
    let projector = projector_with(&world, &keys).await;
    keys.record(&mut world, &story()).await;
    world.wait_until_level().await;
    rebuild_verified(&rebuilder_with(&world, &keys)).await;
    assert_eq!(indexed(&world, "bob").await.get("audit_2"), Some(&5));
    keys.forget(&mut world, "alice").await;
    keys.record(&mut world, &[("account-bob", deposited(5, 1105), "bob")]).await;
    world.wait_until_level().await;
    // With plenty of memory, and with memory for hardly a row.
    for memory in [64 * 1024 * 1024, 4096] {
        rebuild_verified(&rebuilder_with(&world, &keys).memory_bytes(memory)).await;
        // The first generation is retired, and dropped when no query can be reading it.
        let found = indexed(&world, "alice").await;
        assert!(found.keys().all(|table| table == "audit_1"), "{found:?}");
    }
    let audit = format!("audit_{}", world.generation("audit").await);
    assert_eq!(indexed(&world, "bob").await.get(&audit), Some(&6));
    projector.stop().await;
}

/// It meets the texts and the erasure in one batch, or each in one of its own.
#[tokio::test]
async fn a_projector_that_was_stopped_meanwhile_finds_nothing_of_who_was_forgotten() {
    for batch in ["1", "5", "2000"] {
        let (mut world, keys) = start().await;
        let first = projector_with(&world, &keys).await;
        keys.record(&mut world, &story()[..6]).await;
        world.wait_until_level().await;
        assert_eq!(indexed(&world, "alice").await.get("audit_1"), Some(&3));
        first.stop().await;
        keys.record(&mut world, &story()[6..]).await;
        keys.forget(&mut world, "alice").await;
        let flags = ["--keys-database-url", &keys.url(), "--batch-events-max", batch];
        let second = world.projector_with(&flags).await;
        world.wait_until_level().await;
        assert_nothing_is_left_of_alice(&world).await;
        assert_eq!(indexed(&world, "bob").await, of_bob(1));
        rebuild_verified(&rebuilder_with(&world, &keys)).await;
        second.stop().await;
    }
}

/// The rebuild has filled its tables, with words of texts that it could open, and hangs before it makes their keys.
#[tokio::test]
async fn who_is_forgotten_in_the_middle_of_a_rebuild_is_gone_from_what_it_builds() {
    let (mut world, keys) = start().await;
    let projector = projector_with(&world, &keys).await;
    keys.record(&mut world, &story()).await;
    world.wait_until_level().await;
    let mut before_filling = world.pool.begin().await.unwrap();
    let lock = "LOCK TABLE log.identity IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(&mut *before_filling).await.unwrap();
    let rebuilder = rebuilder_with(&world, &keys);
    let rebuilding = tokio::spawn(async move {
        let (all, watch) = (projections(), Watch::new().0);
        rebuilder.rebuild(&all, &RebuildOptions::default(), &watch).await
    });
    eventually("the tables are made", BOUND, async || {
        let made: bool = world.scalar("SELECT to_regclass('read.audit_2') IS NOT NULL").await?;
        ensure!(made);
        Ok(())
    })
    .await;
    let mut before_keys = world.pool.begin().await.unwrap();
    let read = "SELECT count(*) FROM read.audit_2";
    sqlx::query(read).execute(&mut *before_keys).await.unwrap();
    before_filling.rollback().await.unwrap();
    let mut everywhere = of_alice(1);
    everywhere.extend(of_alice(2));
    // Over the connection that has the locks already: another one would queue up behind the rebuild.
    eventually("the tables are filled", BOUND, async || {
        let found = indexed_over(&mut before_keys, "alice").await;
        ensure!(found == everywhere, "{found:?}");
        Ok(())
    })
    .await;
    keys.forget(&mut world, "alice").await;
    world.wait_until_level().await;
    assert_eq!(indexed_over(&mut before_keys, "alice").await, of_alice(2));
    before_keys.rollback().await.unwrap();
    rebuilding.await.unwrap().unwrap();
    assert_nothing_is_left_of_alice(&world).await;
    rebuild_verified(&rebuilder_with(&world, &keys)).await;
    projector.stop().await;
}

#[tokio::test]
async fn with_the_key_store_away_nothing_stands_and_nothing_is_passed_over() {
    let (mut world, mut keys) = start().await;
    let projector = projector_with(&world, &keys).await;
    keys.record(&mut world, &story()[..6]).await;
    world.wait_until_level().await;
    let rest = keys.sealed(&world, &story()[6..]).await;
    keys.server.kill_immediately().await.unwrap();
    let recorded = world.log.append_with(&rest).await;
    world.publish(recorded);
    eventually("it says that it cannot go on", BOUND, async || {
        let health = projector.health().await?;
        ensure!(health == ServingStatus::NotServing, "{health:?}");
        Ok(())
    })
    .await;
    let rows: i64 = world.scalar("SELECT count(*) FROM read.audit_1").await.unwrap();
    assert_eq!(rows, 6, "nothing without its words");
    keys.server.restart().await.unwrap();
    world.wait_until_level().await;
    assert_eq!(indexed(&world, "alice").await, of_alice(1));
    let tried = "SELECT sum(attempts)::bigint FROM read.checkpoints";
    assert_eq!(world.scalar::<i64>(tried).await.unwrap(), 0, "nothing stood");
    projector.stop().await;
}

const STANDING: &str = "SELECT DISTINCT partition, stopped_cause AS cause, stopped_error AS error FROM read.checkpoints
    WHERE stopped_cause IS NOT NULL ORDER BY 1";

/// Waits until the one projection that needs words has stopped in a partition; gives it with the error.
async fn standing(world: &World) -> Vec<String> {
    eventually("it has stopped", BOUND, async || {
        let sql = "SELECT projection FROM read.checkpoints WHERE stopped_cause IS NOT NULL";
        let stopped = world.rows(sql).await;
        ensure!(stopped == [r#"{"projection":"audit"}"#], "{stopped:?}");
        Ok(())
    })
    .await;
    world.rows(STANDING).await
}

/// As where the key store is another one than that the texts were sealed with.
#[tokio::test]
async fn a_text_of_somebody_whom_the_key_store_does_not_know_stops_its_partition() {
    let (mut world, keys) = start().await;
    let projector = projector_with(&world, &keys).await;
    let foreign = SubjectKey::generate().unwrap();
    let (event, metadata) = seal(&foreign, "zoe", &opened_by(&secret("zoe")), 1);
    world.log.append_with(&[("account-zoe", event, metadata)]).await;
    keys.record(&mut world, &story()).await;
    let partition = Partition::of(&StreamId::parse("account-zoe").unwrap(), PARTITIONS);
    let error = "the key store has no key of subject `zoe`, and does not say that it was destroyed";
    let expected = format!(r#"{{"partition":{partition},"cause":"poison","error":"{error}"}}"#);
    assert_eq!(standing(&world).await, [expected]);
    world.wait_until_level().await;
    let others = format!("SELECT count(*) FROM read.audit_1 WHERE partition <> {partition}");
    assert!(world.scalar::<i64>(&others).await.unwrap() > 0, "the others go on");

    let rebuilder = rebuilder_with(&world, &keys);
    let (options, watch) = (RebuildOptions::default(), Watch::new().0);
    rebuilder.rebuild(&[named("accounts")], &options, &watch).await.unwrap();
    let error = rebuilder.rebuild(&[named("audit")], &options, &watch).await.unwrap_err();
    assert!(text(&error).contains("cannot apply the event at position 1"), "{error}");
    projector.stop().await;
}

#[tokio::test]
async fn without_a_key_store_words_are_waited_for_and_nothing_else() {
    let (mut world, keys) = start().await;
    let projector = world.projector().await;
    world.record(&[("account-plain", opened())]).await;
    world.wait_until_level().await;
    let one = [("account-alice", opened_by(&secret("alice")), "alice")];
    keys.record(&mut world, &one).await;
    let standing = standing(&world).await.join("\n");
    assert!(
        standing.contains("no key store is named: start with --keys-database-url"),
        "{standing}"
    );
    projector.stop().await;

    let (all, watch) = (projections(), Watch::new().0);
    let rebuilder = world.rebuilder();
    let rebuilt = rebuilder.rebuild(&all, &RebuildOptions::default(), &watch).await.map(drop);
    let checked = rebuilder.check(&all, None, &watch).await.map(drop);
    // What is compared goes no further than the live checkpoints, which stand before it.
    checked.unwrap();
    let error = rebuilt.unwrap_err();
    assert!(matches!(&error, RebuildError::NoKeyStore { position } if position.get() == 2));
    assert!(text(&error).contains("start with --keys-database-url"), "{error}");

    // Somebody starts it as the error says.
    let projector = projector_with(&world, &keys).await;
    eventually("it goes on", BOUND, async || {
        let found = indexed(&world, "alice").await;
        ensure!(found.get("audit_1") == Some(&1), "{found:?}");
        Ok(())
    })
    .await;
    world.wait_until_level().await;
    let error = world.rebuilder().check(&all, None, &watch).await.unwrap_err();
    assert!(matches!(&error, RebuildError::NoKeyStore { .. }), "{error}");
    projector.stop().await;
}

#[tokio::test]
async fn keys_on_the_logs_own_server_end_the_start() {
    let world = World::start().await;
    let owner = PgPool::connect(&world.postgres.admin_url()).await.unwrap();
    daybook_keys::migrate::run(&owner).await.unwrap();
    let url = world.postgres.url("daybook_projector", "postgres");
    let projector = world.projector_with(&["--keys-database-url", &url]).await;
    let error = format!("{:#}", projector.ended().await.unwrap_err());
    assert!(error.contains("--keys-database-url: the key store is on the log's own"), "{error}");
}

fn erased(subject: &str) -> DaybookEvent {
    let subject_id = SubjectId::new(subject).unwrap();
    SystemEvent::from(SubjectEvent::from(PersonalDataErased { subject_id })).into()
}

/// The kinds of row changes that a read model makes of events, with the rows of each: those that are final, and the others.
fn changes_of(name: &str, events: &[RecordedEvent]) -> [Vec<(&'static str, usize)>; 2] {
    let mut changes = named(name).changes();
    for recorded in events {
        let (metadata, payload) = (recorded.parse_metadata().unwrap(), recorded.decode().unwrap());
        let fact = Fact { recorded, metadata: &metadata, payload: &payload, words: Ok(None) };
        changes.apply(fact).unwrap();
    }
    let kind = |change| match change {
        RowChange::Insert(rows) => ("insert", rows.len()),
        RowChange::Update(rows, _) => ("update", rows.len()),
        RowChange::Upsert(rows, _) => ("upsert", rows.len()),
        RowChange::Erase(rows, _) => ("erase", rows.len()),
    };
    [changes.take_final().map(kind).collect(), changes.take().map(kind).collect()]
}

/// So that it does not matter how events are cut into batches: whatever may still be readable is in the rows by then.
#[tokio::test]
async fn an_erasure_waits_for_everything_else_and_is_written_behind_it() {
    let mut world = World::start().await;
    let [one, other, ..] = &erasure_streams(PARTITIONS)[..] else { panic!("four partitions") };
    let told = [
        ("account-carol", opened()),
        (one.as_str(), erased("carol")),
        (other.as_str(), erased("carol")),
        (one.as_str(), erased("carol")),
        // Its own stream lies in one partition, and is told of by one of these.
        ("subject-carol", erased("carol")),
        ("account-carol", deposited(5, 5)),
    ];
    let events = world.log.append(&told).await;
    assert_eq!(changes_of("audit", &events), [vec![("insert", 6)], vec![("erase", 2)]]);
    assert_eq!(changes_of("accounts", &events), [vec![], vec![("insert", 1)]]);
    assert_eq!(changes_of("transfers", &events), [vec![], vec![]]);
}

/// Nobody applies events to a generation that is kept.
#[tokio::test]
async fn a_kept_generation_that_still_has_what_was_erased_is_let_go() {
    let (mut world, keys) = start().await;
    let first = projector_with(&world, &keys).await;
    keys.record(&mut world, &story()).await;
    world.wait_until_level().await;
    let keep = RebuildOptions { keep_old: true, ..RebuildOptions::default() };
    let all = projections();
    rebuilder_with(&world, &keys).rebuild(&all, &keep, &Watch::new().0).await.unwrap();
    first.stop().await;
    // As if an older version had filled it, which had texts in the clear.
    let older = "UPDATE read.generations SET version = version - 1 WHERE projection = 'accounts' AND state = 'kept'";
    world.execute(older).await;
    keys.forget(&mut world, "alice").await;
    assert_eq!(indexed(&world, "alice").await.len(), 2, "both generations have it");
    // Who starts looks at once, and may be earlier than the last one's batch.
    let second = projector_with(&world, &keys).await;
    world.wait_until_level().await;
    eventually("they are let go", BOUND, async || {
        let kept =
            world.rows("SELECT projection FROM read.generations WHERE state = 'kept' ORDER BY 1");
        let kept = kept.await;
        // What these have is sealed.
        let may_stay =
            ["account_entries", "daily_activity", "posting_totals", "postings", "transfers"];
        ensure!(kept == may_stay.map(|name| format!(r#"{{"projection":"{name}"}}"#)), "{kept:?}");
        Ok(())
    })
    .await;
    let watch = Watch::new().0;
    let back = rebuilder_with(&world, &keys).roll_back(&named("audit"), &watch).await.unwrap_err();
    assert!(text(&back).contains("has no generation to go back to"), "{back}");
    // A minute later, when no query can be reading them.
    rebuilder_with(&world, &keys).clean(&all, std::time::Duration::ZERO).await.unwrap();
    assert_nothing_is_left_of_alice(&world).await;
    second.stop().await;
}
