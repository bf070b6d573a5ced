//! `daybook rebuild` as a process, beside everything else that goes on: writes, reads, projectors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use daybook_proto::v1 as proto;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use tonic::transport::Channel;

use crate::fold::assert_read_models_equal_the_fold;
use crate::operator::{generation, rebuild, refused_rebuild, start_rebuild};
use crate::world::World;

/// Asks without a pause until told to stop: no answer may fail, go back in time, or lack a row. Gives how many there were.
async fn ask(mut query: QueryServiceClient<Channel>, stop: Arc<AtomicBool>) -> usize {
    let (mut answers, mut checkpoint, mut version, mut entries) = (0, 0, 0, 0);
    while !stop.load(Ordering::SeqCst) {
        let request =
            proto::GetAccountRequest { account_id: "a0".to_owned(), ..Default::default() };
        let answer = query.get_account(request).await.unwrap().into_inner();
        let account = answer.account.unwrap();
        assert!(answer.checkpoint >= checkpoint, "{} after {checkpoint}", answer.checkpoint);
        assert!(account.version >= version, "version {} after {version}", account.version);
        (checkpoint, version) = (answer.checkpoint, account.version);

        let request =
            proto::GetStatementRequest { account_id: "a0".to_owned(), ..Default::default() };
        let statement = query.get_statement(request).await.unwrap().into_inner();
        let page = statement.entries.len();
        assert!(page >= entries, "{page} entries after {entries}");
        entries = page;
        let accounts = query.list_accounts(proto::ListAccountsRequest::default()).await.unwrap();
        assert_eq!(accounts.into_inner().accounts.len(), 10);
        answers += 3;
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g7_rebuilds_under_writes_and_reads_are_noticed_by_nobody() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert!(world.load(10, 300).await > 250);
    world.projected().await;
    let stop = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn(ask(world.query.clone(), Arc::clone(&stop)));
    let working = async {
        for arguments in
            ["--all", "--all --keep-old --verify", "--rollback accounts", "accounts transfers"]
        {
            rebuild(&world, arguments).await;
        }
        stop.store(true, Ordering::SeqCst);
    };
    let writing = async {
        let mut acknowledged = 0;
        while !stop.load(Ordering::SeqCst) {
            acknowledged += world.load(10, 200).await;
        }
        acknowledged
    };
    let ((), acknowledged) = tokio::join!(working, writing);
    let answers = asking.await.unwrap();
    assert!(acknowledged > 200 && answers > 100, "{acknowledged} commands, {answers} answers");
    world.projected().await;
    for (projection, expected) in
        [("accounts", 4), ("account_entries", 3), ("transfers", 4), ("audit", 3), ("postings", 3)]
    {
        assert_eq!(generation(&world, projection).await, expected, "{projection}");
    }
    assert_read_models_equal_the_fold(&world.admin).await;
}

#[tokio::test]
async fn verify_tells_what_differs_and_ends_with_a_failure() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    world.projected().await;
    sqlx::query("UPDATE read.accounts_1 SET held = 7 WHERE account_id = 'a3'")
        .execute(&world.admin)
        .await
        .unwrap();
    let printed = refused_rebuild(&world, "accounts --verify").await;
    let last = printed.lines().last().unwrap();
    for part in [r#""swapped":false"#, r#""differences_total":1"#, "a3", r#""columns":["held"]"#] {
        assert!(last.contains(part), "{part} in {last}");
    }
    assert_eq!(generation(&world, "accounts").await, 1);
    rebuild(&world, "accounts").await;
    world.projected().await;
    assert_read_models_equal_the_fold(&world.admin).await;
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_words() {
    let mut world = World::new().await;
    world.open_accounts(1).await;
    for (arguments, code, words) in [
        ("balances", 2, "there is no read model `balances`; there are accounts, "),
        ("", 2, "required"),
        ("accounts --all", 2, "cannot be used with"),
        ("accounts --from-position 5", 1, "needs the whole log"),
        ("--all --from-time 2099-01-01", 1, "needs the whole log"),
        ("transfers --stream-type account", 1, "needs the events of `transfer` streams"),
        ("--rollback accounts", 1, "has no generation to go back to"),
    ] {
        let (ended, printed) = start_rebuild(&world, arguments).await.end().await;
        assert_eq!(ended, Some(code), "{arguments}: {printed}");
        assert!(printed.contains(words), "{arguments}: {printed}");
    }
}

/// Rows of a generation of `account_entries`, and movements of the log that match `which`.
async fn entries_and_movements(world: &World, generation: i32, which: &str) -> (i64, i64) {
    let sql = format!(
        "SELECT (SELECT count(*) FROM read.account_entries_{generation}),
                (SELECT count(*) FROM log.events WHERE data -> 'balance' IS NOT NULL AND {which})"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&world.admin).await.unwrap()
}

/// Rebuilds `account_entries` from somewhere on: it has the movements of the log that match `which`, and goes on. Gives how
/// many there were at first.
async fn begins(world: &World, generation: i32, flag: &str, which: &str) -> i64 {
    rebuild(world, &format!("account_entries {flag}")).await;
    let (entries, movements) = entries_and_movements(world, generation, which).await;
    assert_eq!(entries, movements, "{flag}");
    assert!(world.load(10, 20).await > 10);
    world.projected().await;
    let (later, movements) = entries_and_movements(world, generation, which).await;
    assert_eq!(later, movements, "{flag}");
    assert!(later > entries, "{flag}");
    entries
}

#[tokio::test]
async fn entries_can_begin_at_a_position_or_at_a_time_and_then_go_on() {
    let mut world = World::new().await;
    world.open_accounts(10).await;
    assert!(world.load(10, 200).await > 150);
    world.projected().await;
    let middle = world.head().await / 2;
    // As people write times; to the microsecond that the log keeps.
    let time: String = sqlx::query_scalar(
        "SELECT to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM log.events
         WHERE position = $1",
    )
    .bind(middle)
    .fetch_one(&world.admin)
    .await
    .unwrap();
    let of_position = format!("position >= {middle}");
    assert!(begins(&world, 2, &format!("--from-position {middle}"), &of_position).await > 50);
    let of_time = format!("recorded_at >= '{time}'");
    assert!(begins(&world, 3, &format!("--from-time {time}"), &of_time).await > 50);
    let to_come = format!("position > {}", world.head().await);
    assert_eq!(begins(&world, 4, "--from-time 2099-01-01", &to_come).await, 0);
    let from: Vec<i64> = sqlx::query_scalar(
        "SELECT from_position FROM read.generations WHERE projection = 'account_entries' ORDER BY generation",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    assert_eq!(from[..2], [0, middle - 1]);
}
