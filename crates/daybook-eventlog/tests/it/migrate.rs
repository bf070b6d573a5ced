//! Making the log: again, by several at once, and for several databases on one server.

use daybook_eventlog::migrate::{self, MigrateError};
use daybook_testkit::TestPostgres;
use sqlx::PgPool;

use crate::support::build::event;
use crate::support::{PARTITIONS, TestLog};

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let log = TestLog::start().await;
    let mut writer = log.writer().await;
    writer.must_append(vec![event("account-a", 1)]).await;
    let again = migrate::run(&log.admin, PARTITIONS).await.unwrap();
    assert_eq!(again, log.identity);
    assert_eq!(log.reader.head().await.unwrap(), writer.head);
    writer.must_append(vec![event("account-a", 2)]).await;
}

#[tokio::test]
async fn four_that_migrate_at_once_make_one_log() {
    let postgres = TestPostgres::start().await;
    let url = postgres.admin_url();
    let identities = futures::future::try_join_all((0..4).map(async |_| {
        let pool = PgPool::connect(&url).await.unwrap();
        migrate::run(&pool, PARTITIONS).await
    }))
    .await
    .unwrap();
    assert!(identities.iter().all(|identity| *identity == identities[0]), "{identities:?}");
}

#[tokio::test]
async fn another_number_of_partitions_is_refused() {
    let log = TestLog::start().await;
    let refused = migrate::run(&log.admin, 16).await.unwrap_err();
    let clear = "the log has 4 partitions, which cannot be changed to 16";
    assert!(
        matches!(refused, MigrateError::PartitionCount { actual: 4, asked: 16 }),
        "{refused:?}"
    );
    assert_eq!(refused.to_string(), clear);
    assert_eq!(log.reader.identity().await.unwrap(), log.identity);
}

#[tokio::test]
async fn a_log_without_partitions_or_with_too_many_is_refused() {
    let postgres = TestPostgres::start().await;
    let pool = PgPool::connect(&postgres.admin_url()).await.unwrap();
    for count in [0, 1025, 40_000] {
        let refused = migrate::run(&pool, count).await;
        assert!(matches!(refused, Err(MigrateError::Database(_))), "{count}: {refused:?}");
    }
    assert_eq!(migrate::run(&pool, 1024).await.unwrap().partition_count, 1024);
}

/// Roles belong to the server: the second log finds them there, with the passwords that they have.
#[tokio::test]
async fn two_logs_on_one_server_share_the_roles_and_nothing_else() {
    let log = TestLog::start().await;
    log.postgres.create_database("second").await.unwrap();
    let second = PgPool::connect(&log.postgres.superuser_url("second")).await.unwrap();
    let identity = migrate::run(&second, 16).await.unwrap();
    assert_ne!(identity.log_id, log.identity.log_id);
    assert_eq!(identity.partition_count, 16);

    log.writer().await.must_append(vec![event("account-a", 1)]).await;
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM log.events").fetch_one(&second).await.unwrap();
    assert_eq!(events, 0);
}

#[tokio::test]
async fn two_logs_made_at_once_on_one_server_share_the_roles() {
    let postgres = TestPostgres::start().await;
    for name in ["one", "two", "three"] {
        postgres.create_database(name).await.unwrap();
    }
    let made = ["one", "two", "three"].map(async |name| {
        let pool = PgPool::connect(&postgres.superuser_url(name)).await.unwrap();
        migrate::run(&pool, PARTITIONS).await.unwrap()
    });
    assert_eq!(futures::future::join_all(made).await.len(), 3);
}

/// They are easily lost in a rewrite of a migration, and nobody would notice until the log is large.
#[tokio::test]
async fn events_and_head_have_the_storage_settings_that_keep_them_fast() {
    let log = TestLog::start().await;
    for (table, setting) in [
        ("events", "autovacuum_freeze_min_age=0"),
        ("events", "autovacuum_vacuum_insert_scale_factor=0.05"),
        ("head", "fillfactor=10"),
    ] {
        let set: bool = sqlx::query_scalar(
            "SELECT $2 = ANY (reloptions) FROM pg_class WHERE oid = ('log.' || $1)::regclass",
        )
        .bind(table)
        .bind(setting)
        .fetch_one(&log.admin)
        .await
        .unwrap();
        assert!(set, "{table}: {setting}");
    }
}
