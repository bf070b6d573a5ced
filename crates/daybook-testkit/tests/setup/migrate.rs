//! Migrating as the role that the documents ask for: it owns the database, may create roles, and is no superuser.

use daybook_testkit::TestPostgres;
use sqlx::PgPool;

use crate::{ROLES, migrate_all};

async fn execute(pool: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(pool).await.unwrap();
}

/// A server, its superuser, and the owner of an empty database.
async fn server() -> (TestPostgres, PgPool, PgPool) {
    let server = TestPostgres::start().await;
    let admin = PgPool::connect(&server.admin_url()).await.unwrap();
    execute(&admin, "CREATE ROLE ledger_owner LOGIN CREATEROLE").await;
    execute(&admin, "CREATE DATABASE ledger OWNER ledger_owner").await;
    server.allow_login("ledger_owner").await.unwrap();
    let owner = PgPool::connect(&server.url("ledger_owner", "ledger")).await.unwrap();
    (server, admin, owner)
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_migrates_again_and_at_once() {
    let (server, _, owner) = server().await;
    migrate_all(&owner).await.unwrap();
    tokio::try_join!(migrate_all(&owner), migrate_all(&owner)).unwrap();
    for (role, table) in [
        ("daybook_command", "log.events"),
        ("daybook_projector", "read.accounts_1"),
        ("daybook_query", "read.accounts_1"),
        ("daybook_prover", "proof.tiles"),
    ] {
        server.allow_login(role).await.unwrap();
        let pool = PgPool::connect(&server.url(role, "ledger")).await.unwrap();
        let select = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let rows: i64 = sqlx::query_scalar(select).fetch_one(&pool).await.unwrap();
        assert_eq!(rows, 0, "{role}");
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_schema_as_it_was_and_is_resumed() {
    let (_server, _, owner) = server().await;
    daybook_eventlog::migrate::run(&owner, 16).await.unwrap();
    // In the way of a late migration.
    execute(&owner, "CREATE SCHEMA read; CREATE TABLE read.leases (n int)").await;
    let error = daybook_projector::migrate(&owner).await.unwrap_err();
    assert!(format!("{:#}", anyhow::Error::from(error)).contains("leases"));
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'read'::regnamespace",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert_eq!(tables, ["leases"], "all or nothing");
    execute(&owner, "DROP TABLE read.leases").await;
    migrate_all(&owner).await.unwrap();
}

/// Another owner made the roles, for another log on the same server.
#[tokio::test]
async fn an_owner_who_cannot_act_as_the_projector_is_told_what_to_do() {
    let (server, admin, owner) = server().await;
    migrate_all(&owner).await.unwrap();
    execute(&admin, "CREATE ROLE second_owner LOGIN CREATEROLE").await;
    execute(&admin, "CREATE DATABASE second OWNER second_owner").await;
    server.allow_login("second_owner").await.unwrap();
    let second = PgPool::connect(&server.url("second_owner", "second")).await.unwrap();
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::integer")
        .fetch_one(&second)
        .await
        .unwrap();
    // Before 16 whoever may create roles may act as any that is no superuser.
    if version >= 160_000 {
        let error = format!("{:#}", migrate_all(&second).await.unwrap_err());
        assert!(error.contains("GRANT daybook_projector TO \"second_owner\""), "{error}");
    }
    execute(&admin, "GRANT daybook_projector TO second_owner").await;
    migrate_all(&second).await.unwrap();
}

#[tokio::test]
async fn no_role_may_take_more_than_half_of_the_connections_and_an_operators_limit_stays() {
    let (_server, admin, owner) = server().await;
    execute(&admin, "CREATE ROLE daybook_query LOGIN CONNECTION LIMIT 7").await;
    migrate_all(&owner).await.unwrap();
    for role in ROLES {
        let limit: i32 = sqlx::query_scalar("SELECT rolconnlimit FROM pg_roles WHERE rolname = $1")
            .bind(role)
            .fetch_one(&admin)
            .await
            .unwrap();
        assert_eq!(limit, if role == "daybook_query" { 7 } else { 50 }, "{role}");
    }
}
