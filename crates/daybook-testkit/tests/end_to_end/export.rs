//! A log that is exported and put into an empty one is the same log: texts, positions, times, receipts of retries.

use std::path::Path;

use daybook_proto::v1 as proto;
use daybook_testkit::servers::Service;
use sqlx::{AssertSqlSafe, Executor as _, PgPool};

use crate::command_line::{daybook, daybook_must};
use crate::fold::{assert_read_models_equal_the_fold, assert_the_log_is_whole};
use crate::verify::verify;
use crate::world::{BOUND, World, by, deposit};

/// All that a hash could be over, and where the log ends, as text that the database makes.
const FINGERPRINT: &str = "SELECT
     (SELECT md5(string_agg(e::text, E'\\n' ORDER BY position)) FROM (
         SELECT position, prev_position, version, recorded_at, event_id, schema_version, partition, stream_id,
                stream_type, event_type, data::text, metadata::text FROM log.events) AS e)
  || (SELECT md5(string_agg(c::text, E'\\n' ORDER BY command_id)) FROM log.commands AS c)
  || (SELECT h::text FROM log.head AS h)";

async fn fingerprint(pool: &PgPool) -> String {
    sqlx::query_scalar(FINGERPRINT).fetch_one(pool).await.unwrap()
}

/// A deposit that can be sent again.
fn once() -> proto::DepositRequest {
    let command_id = "once".to_owned();
    let context = proto::CommandContext { command_id, ..Default::default() };
    proto::DepositRequest { context: Some(context), ..deposit("a0", 7) }
}

/// An empty log beside the stack's.
async fn make_log(world: &World, name: &str, partitions: &str) -> PgPool {
    world.stack.postgres.create_database(name).await.unwrap();
    let url = world.stack.postgres.superuser_url(name);
    let environment = [("DAYBOOK_MIGRATE_DATABASE_URL", url.as_str())];
    daybook_must(&["migrate", "--partitions", partitions], &environment).await;
    PgPool::connect(&url).await.unwrap()
}

async fn export(world: &World, database: &str, file: &Path, arguments: &[&str]) -> String {
    let url = world.stack.postgres.url(Service::Query.role(), database);
    let file = file.to_str().unwrap();
    let arguments = [&["export"], arguments, &["-o", file]].concat();
    daybook_must(&arguments, &[("DAYBOOK_LOG_DATABASE_URL", &url)]).await;
    std::fs::read_to_string(file).unwrap_or_default()
}

async fn restore(world: &World, database: &str, file: &Path) -> (Option<i32>, String) {
    let url = world.stack.postgres.url(Service::Command.role(), database);
    let arguments = ["restore-events", file.to_str().unwrap()];
    daybook(&arguments, &[("DAYBOOK_LOG_DATABASE_URL", &url)]).await
}

#[tokio::test]
async fn g5_an_exported_log_in_an_empty_one_is_the_same_log() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    let first = world.command.deposit(by("teller", once())).await.unwrap().into_inner();
    assert!(world.load(10, 300).await > 250);
    let directory = tempfile::tempdir().unwrap();
    let (file, again) = (directory.path().join("events.jsonl"), directory.path().join("again"));
    let exported = export(&world, "daybook", &file, &["events"]).await;
    let old = fingerprint(&world.admin).await;

    let restored = make_log(&world, "restored", "16").await;
    let (code, printed) = restore(&world, "restored", &file).await;
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(fingerprint(&restored).await, old);
    assert_eq!(
        export(&world, "restored", &again, &["events", "--format", "jsonl"]).await,
        exported
    );
    let verified = verify(&world, "restored", "--all --log-only").await;
    assert_eq!(verified.code, Some(0), "{}", verified.printed);
    assert_the_log_is_whole(&restored).await;
    let ids = "SELECT log_id::text FROM log.identity";
    let mut identities = Vec::new();
    for pool in [&world.admin, &restored] {
        identities.push(sqlx::query_scalar::<_, String>(ids).fetch_one(pool).await.unwrap());
    }
    assert_ne!(identities[0], identities[1], "two logs that part ways");

    // It takes the old one's place, and life goes on.
    restored.close().await;
    exchange(&mut world).await;
    let retried = world.command.deposit(by("teller", once())).await.unwrap().into_inner();
    let (first, retried) = (first.receipt.unwrap(), retried.receipt.unwrap());
    assert_eq!((retried.position, retried.replayed), (first.position, true));
    assert_eq!(retried.recorded_at, first.recorded_at);
    assert!(world.load(10, 200).await > 150);
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
    let verified = verify(&world, "daybook", "--all").await;
    assert_eq!(verified.code, Some(0), "{}", verified.printed);
}

/// Puts the database `restored` in the place of the stack's.
async fn exchange(world: &mut World) {
    world.stack.command.terminate(BOUND).await.unwrap();
    world.stack.projector.terminate(BOUND).await.unwrap();
    world.stack.query.terminate(BOUND).await.unwrap();
    world.admin.close().await;
    let server = PgPool::connect(&world.stack.postgres.superuser_url("postgres")).await.unwrap();
    for statement in
        ["ALTER DATABASE daybook RENAME TO old", "ALTER DATABASE restored RENAME TO daybook"]
    {
        server.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    world.admin = PgPool::connect(&world.stack.admin_url()).await.unwrap();
    for service in [Service::Command, Service::Projector, Service::Query] {
        world.stack.start_again(service).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_a_whole_log_is_not_restored() {
    let mut world = World::new().await;
    world.open_accounts(3).await;
    assert!(world.load(3, 20).await > 10);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.jsonl");
    let whole = export(&world, "daybook", &file, &["events"]).await;
    let lines: Vec<_> = whole.lines().collect();
    let without = |n: usize| [&lines[..n], &lines[n + 1..]].concat().join("\n");
    // A command of several events, cut in the middle.
    let cut = lines.iter().position(|line| line.contains(r#""command_event_count":4"#)).unwrap();
    let restored = make_log(&world, "restored", "16").await;
    make_log(&world, "other", "8").await;
    for (database, text, words) in [
        ("daybook", whole.clone(), "the log is not empty: it ends at position"),
        ("restored", without(0), "line 1"),
        ("restored", without(4), "[gap]"),
        ("restored", lines[..=cut].join("\n"), "ends too early"),
        ("restored", whole.replacen(r#""prev_position":0"#, r#""prev_position":1"#, 1), "[link]"),
        (
            "restored",
            whole.replacen(r#""version":2,"#, r#""version":99,"#, 1),
            "from version 1 to 99",
        ),
        ("restored", format!("{whole}not JSON\n"), "not an exported event"),
        ("restored", String::new(), "holds no event"),
        ("other", whole.clone(), "as many partitions"),
    ] {
        let edited = directory.path().join("edited.jsonl");
        std::fs::write(&edited, text).unwrap();
        let (code, printed) = restore(&world, database, &edited).await;
        assert!(code == Some(1) && printed.contains(words), "{words}: {code:?} {printed}");
    }
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM log.events").fetch_one(&restored).await.unwrap();
    assert_eq!(events, 0);
    assert_eq!(restore(&world, "restored", &file).await.0, Some(0));
}

#[tokio::test]
async fn a_part_of_the_log_is_written_in_each_format() {
    let mut world = World::new().await;
    world.open_accounts(3).await;
    assert!(world.load(3, 60).await > 40);
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let some = ["events", "--from-position", "3", "--to-position", "5"];
    let events = export(&world, "daybook", &at("some.jsonl"), &some).await;
    let positions: Vec<_> =
        events.lines().map(|line| line.split([':', ',']).nth(1).unwrap()).collect();
    assert_eq!(positions, ["3", "4", "5"]);
    let none = ["events", "--from-time", "2099-01-01"];
    assert_eq!(export(&world, "daybook", &at("none.jsonl"), &none).await, "");
    let stream = ["events", "--stream", "account-a1", "--format", "csv"];
    let stream = export(&world, "daybook", &at("stream"), &stream).await;
    assert!(stream.lines().skip(1).all(|line| line.contains("account-a1")), "{stream}");

    let statement = ["statements", "--account", "a1"];
    let statement = export(&world, "daybook", &at("a1.csv"), &statement).await;
    world.projected().await;
    let (entries, balance): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM read.account_entries_1 WHERE account_id = 'a1'), balance
         FROM read.accounts_1 WHERE account_id = 'a1'",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(i64::try_from(statement.lines().count()), Ok(entries + 1));
    let last: Vec<_> = statement.lines().last().unwrap().split(',').collect();
    assert_eq!(last[6], balance.to_string());
    assert_eq!(last[8], format!("{}.{:02}", balance / 100, balance % 100));

    export(&world, "daybook", &at("all.parquet"), &["events"]).await;
    let parquet = std::fs::read(at("all.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}
