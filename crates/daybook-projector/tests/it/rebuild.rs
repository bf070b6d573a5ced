//! Rebuilds beside live projectors and queries: what the new generation holds, who sees it when, and what a rebuild
//! refuses.

use std::sync::Arc;

use daybook_core::ids::Position;
use daybook_domains::DaybookEvent;
use daybook_projector::projections;
use daybook_readmodels::projection::Projection;
use daybook_readmodels::rebuild::{Mismatch, RebuildError, RebuildOptions, Rebuilt, Watch};
use std::time::Duration;

use super::support::World;
use super::support::ledger::{Business, deposited, opened};
use super::support::reference::{assert_read_models_equal_the_log, assert_rows_equal_the_log};

/// Appends of a plausible business, whose messages never come.
pub(crate) async fn business(world: &mut World, business: &mut Business, appends: usize) {
    for _ in 0..appends {
        let events = business.next();
        let events: Vec<_> = events.iter().map(|(s, e)| (s.as_str(), e.clone())).collect();
        world.log.append(&events).await;
    }
}

pub(crate) fn named(name: &str) -> Arc<dyn Projection<DaybookEvent>> {
    projections().into_iter().find(|projection| projection.name() == name).unwrap()
}

pub(crate) async fn rebuild(
    world: &World,
    names: &[&str],
    options: RebuildOptions,
) -> Result<Vec<Rebuilt>, RebuildError> {
    let projections: Vec<_> = names.iter().map(|name| named(name)).collect();
    world.rebuilder().rebuild(&projections, &options, &Watch::new().0).await
}

pub(crate) async fn rebuild_all(world: &World, options: RebuildOptions) -> Vec<Rebuilt> {
    let projections = projections();
    world.rebuilder().rebuild(&projections, &options, &Watch::new().0).await.unwrap()
}

async fn tables(world: &World) -> Vec<String> {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'read' AND tablename ~ '_[0-9]+$' ORDER BY 1";
    sqlx::query_scalar(sql).fetch_all(&world.pool).await.unwrap()
}

pub(crate) fn text(error: &RebuildError) -> String {
    format!("{:#}", anyhow::anyhow!("{error}"))
}

#[tokio::test]
async fn g7_a_rebuild_gives_the_fold_of_the_log_and_projectors_go_on_from_it() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    let mut ledger = Business::new(11, 12);
    business(&mut world, &mut ledger, 300).await;
    world.wait_until_level().await;
    let rebuilt = rebuild_all(&world, RebuildOptions::default()).await;
    assert_eq!(rebuilt.len(), projections().len());
    for one in &rebuilt {
        assert_eq!((one.from.0, one.to.0), (1, 2), "{}", one.projection);
        assert_eq!(world.generation(one.projection).await, 2);
    }
    assert_rows_equal_the_log(&world).await;
    business(&mut world, &mut ledger, 100).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

/// Memory for hardly a row: everything is written again and again, and updated by key.
#[tokio::test]
async fn g7_a_rebuild_with_too_little_memory_gives_the_same() {
    let mut world = World::start().await;
    let mut ledger = Business::new(12, 40);
    business(&mut world, &mut ledger, 1500).await;
    let rebuilder = world.rebuilder().memory_bytes(4096);
    rebuilder.rebuild(&projections(), &RebuildOptions::default(), &Watch::new().0).await.unwrap();
    assert_rows_equal_the_log(&world).await;
}

#[tokio::test]
async fn g7_an_empty_log_can_be_rebuilt() {
    let mut world = World::start().await;
    rebuild_all(&world, RebuildOptions::default()).await;
    let projector = world.projector().await;
    let mut ledger = Business::new(13, 5);
    business(&mut world, &mut ledger, 20).await;
    assert_read_models_equal_the_log(&world).await;
    projector.stop().await;
}

#[tokio::test]
async fn verify_finds_a_tampered_row_and_does_not_swap() {
    let mut world = World::start().await;
    let projector = world.projector().await;
    let mut ledger = Business::new(14, 8);
    business(&mut world, &mut ledger, 200).await;
    world.wait_until_level().await;
    let options = RebuildOptions { verify: true, ..RebuildOptions::default() };
    let honest = rebuild_all(&world, options.clone()).await;
    assert!(honest.iter().all(|one| one.differences_total == 0), "{honest:?}");
    assert_eq!(world.generation("accounts").await, 2);

    world
        .execute(
            "UPDATE read.accounts_2 SET balance = balance + 1 WHERE account_id = 'a0';
             DELETE FROM read.accounts_2 WHERE account_id = 'a1'",
        )
        .await;
    let tampered = rebuild(&world, &["accounts", "transfers"], options).await.unwrap();
    assert_eq!(tampered[0].differences_total, 2);
    let told: Vec<_> = tampered[0].differences.iter().map(|d| (d.key.as_str(), &d.what)).collect();
    let balance = Mismatch::Columns(vec!["balance".to_owned()]);
    assert_eq!(
        told,
        [(r#"{"account_id": "a0"}"#, &balance), (r#"{"account_id": "a1"}"#, &Mismatch::OnlyNew)]
    );
    assert_eq!((world.generation("accounts").await, world.generation("transfers").await), (2, 3));
    assert!(
        !tables(&world).await.contains(&"accounts_3".to_owned()),
        "what was not swapped is dropped"
    );
    projector.stop().await;
}

#[tokio::test]
async fn a_second_rebuild_of_the_same_projection_is_refused_and_one_of_another_is_not() {
    let mut world = World::start().await;
    let mut ledger = Business::new(16, 8);
    business(&mut world, &mut ledger, 50).await;
    // The first one hangs in its filling.
    let mut lock = world.pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE log.identity IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let (url, watch) = (world.postgres.url("daybook_projector", "postgres"), Watch::new().0);
    let first = tokio::spawn(async move {
        let rebuilder = daybook_readmodels::rebuild::Rebuilder::new(&url, &url).unwrap();
        rebuilder.rebuild(&[named("accounts")], &RebuildOptions::default(), &watch).await
    });
    daybook_testkit::eventually("the first one builds", super::support::BOUND, async || {
        let building: i64 =
            world.scalar("SELECT count(*) FROM read.generations WHERE state = 'building'").await?;
        anyhow::ensure!(building == 1);
        Ok(())
    })
    .await;
    let second = rebuild(&world, &["accounts"], RebuildOptions::default()).await.unwrap_err();
    assert!(text(&second).contains("is being rebuilt already: generation 2"), "{second}");
    lock.rollback().await.unwrap();
    first.await.unwrap().unwrap();
    rebuild(&world, &["accounts"], RebuildOptions::default()).await.unwrap();
    assert_eq!(world.generation("accounts").await, 3);
    rebuild_all(&world, RebuildOptions::default()).await;
    assert_rows_equal_the_log(&world).await;
}

#[tokio::test]
async fn only_read_models_whose_rows_stand_alone_begin_late() {
    let mut world = World::start().await;
    let mut ledger = Business::new(17, 8);
    business(&mut world, &mut ledger, 100).await;
    let late = RebuildOptions { after: Position::new(50).unwrap(), ..RebuildOptions::default() };
    for refused in ["accounts", "transfers"] {
        let error = rebuild(&world, &[refused], late.clone()).await.unwrap_err();
        assert!(text(&error).contains("needs the whole log"), "{error}");
        assert_eq!(world.generation(refused).await, 1);
    }
    rebuild(&world, &["account_entries", "daily_activity"], late).await.unwrap();
    let first: i64 =
        world.scalar("SELECT min(position) FROM read.account_entries_2").await.unwrap();
    assert!(first > 50, "{first}");
    let movements: i64 = world
        .scalar(
            "SELECT count(*) FROM log.events WHERE data -> 'balance' IS NOT NULL AND position > 50",
        )
        .await
        .unwrap();
    let entries: i64 = world.scalar("SELECT count(*) FROM read.account_entries_2").await.unwrap();
    let counted: i64 =
        world.scalar("SELECT sum(count)::bigint FROM read.daily_activity_2").await.unwrap();
    assert_eq!((entries, counted), (movements, movements));
}

#[tokio::test]
async fn stream_types_must_be_all_that_the_read_model_is_made_of() {
    let mut world = World::start().await;
    let mut ledger = Business::new(18, 8);
    business(&mut world, &mut ledger, 100).await;
    let of = |types: &[&str]| RebuildOptions {
        stream_types: types.iter().map(|t| (*t).to_owned()).collect(),
        ..RebuildOptions::default()
    };
    let error = rebuild(&world, &["transfers"], of(&["account"])).await.unwrap_err();
    assert!(text(&error).contains("needs the events of `transfer` streams"), "{error}");
    rebuild(&world, &["transfers"], of(&["transfer"])).await.unwrap();
    rebuild(&world, &["accounts", "account_entries"], of(&["account"])).await.unwrap();
    let sums = ["daily_activity", "postings", "posting_totals"];
    rebuild(&world, &sums, of(&["account", "transfer"])).await.unwrap();
    let every = ["account", "transfer", "projection", "clock", "subject", "erasure"];
    let error = rebuild(&world, &["audit"], of(&every[..5])).await.unwrap_err();
    assert!(text(&error).contains("needs the events of `erasure` streams"), "{error}");
    rebuild(&world, &["audit"], of(&every)).await.unwrap();
    assert_rows_equal_the_log(&world).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_ends_the_rebuild_and_leaves_the_live_generation() {
    let mut world = World::start().await;
    world.log.append(&[("account-a", opened()), ("account-a", deposited(5, 5))]).await;
    world
        .log
        .append_raw(&[("account-b", "money-deposited", r#"{"amount":"five"}"#.to_owned())])
        .await;
    let error = rebuild(&world, &["accounts"], RebuildOptions::default()).await.unwrap_err();
    assert!(text(&error).contains("cannot apply the event at position 3"), "{error}");
    // Other streams are no concern of transfers.
    rebuild(&world, &["transfers"], RebuildOptions::default()).await.unwrap();
    world.log.append(&[("account-never-opened", deposited(5, 5))]).await;
    assert_eq!(world.generation("accounts").await, 1);
    assert!(!tables(&world).await.contains(&"accounts_2".to_owned()));
}

#[tokio::test]
async fn a_row_that_no_event_has_made_ends_the_rebuild() {
    let mut world = World::start().await;
    world.log.append(&[("account-never-opened", deposited(5, 5))]).await;
    let error = rebuild(&world, &["accounts"], RebuildOptions::default()).await.unwrap_err();
    assert!(text(&error).contains("1 rows should have changed, 0 did"), "{error}");
    assert_eq!(world.generation("accounts").await, 1);
}

#[tokio::test]
async fn autovacuum_looks_after_what_was_rebuilt() {
    let mut world = World::start().await;
    let mut ledger = Business::new(19, 8);
    business(&mut world, &mut ledger, 50).await;
    rebuild_all(&world, RebuildOptions::default()).await;
    let left_alone: i64 = world
        .scalar(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'read'::regnamespace
             AND reloptions::text LIKE '%autovacuum_enabled%'",
        )
        .await
        .unwrap();
    assert_eq!(left_alone, 0);
}

#[tokio::test]
async fn what_queries_read_is_not_dropped_whatever_its_own_row_says() {
    let world = World::start().await;
    for state in ["retired", "building"] {
        let edit = format!(
            "UPDATE read.generations SET state = '{state}', since = '-infinity' WHERE projection = 'audit'"
        );
        sqlx::query(sqlx::AssertSqlSafe(edit)).execute(&world.pool).await.unwrap();
        let dropped = world.rebuilder().clean(&projections(), Duration::ZERO).await.unwrap();
        assert_eq!(dropped, [], "{state}");
        let exists: bool =
            world.scalar("SELECT to_regclass('read.audit_1') IS NOT NULL").await.unwrap();
        assert!(exists, "{state}");
    }
}

#[tokio::test]
async fn replaced_generations_go_when_no_query_can_be_reading_them_and_not_before() {
    let mut world = World::start().await;
    let mut ledger = Business::new(19, 8);
    business(&mut world, &mut ledger, 50).await;
    rebuild(&world, &["accounts"], RebuildOptions::default()).await.unwrap();
    let rebuilder = world.rebuilder();
    let all = projections();
    assert_eq!(rebuilder.clean(&all, Duration::from_secs(60)).await.unwrap(), []);
    // A query that goes on for longer than it may: its table is left for another time, and nobody waits behind it.
    let mut query = world.pool.begin().await.unwrap();
    sqlx::query("SELECT * FROM read.accounts_1").execute(&mut *query).await.unwrap();
    assert_eq!(rebuilder.clean(&all, Duration::ZERO).await.unwrap(), []);
    query.rollback().await.unwrap();
    let dropped = rebuilder.clean(&all, Duration::ZERO).await.unwrap();
    assert_eq!(dropped.len(), 1);
    let checkpoints: i64 = world
        .scalar("SELECT count(*) FROM read.checkpoints WHERE projection = 'accounts' AND generation = 1")
        .await
        .unwrap();
    assert_eq!(checkpoints, 0);
    assert_eq!(
        tables(&world).await,
        [
            "account_entries_1",
            "accounts_2",
            "audit_1",
            "daily_activity_1",
            "posting_totals_1",
            "postings_1",
            "transfers_1"
        ]
    );
    // Numbers are not given out again.
    rebuild_all(&world, RebuildOptions::default()).await;
    assert_eq!(world.generation("accounts").await, 3);
    assert_rows_equal_the_log(&world).await;
}
