//! The server behind an address changes, or changes its role.

use std::time::Duration;

use anyhow::ensure;
use daybook_runtime::postgres::{self, Connector, Refused};
use daybook_testkit::{TestPostgres, TestProxy, eventually};
use sqlx::{Executor as _, PgPool};

async fn backend(pool: &PgPool) -> i32 {
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn an_address_that_leads_to_a_standby_for_a_while_is_used_when_it_leads_back() {
    let primary = TestPostgres::start().await;
    let standby = TestPostgres::start_standby_of(&primary).await;
    let proxy = TestProxy::to(standby.port()).await;
    let url = proxy.url(&primary.admin_url(), primary.port());
    let pool = postgres::pool(&url, "test", 2).unwrap();
    let error = Connector::new(&url, "test").unwrap().connect().await.unwrap_err();
    assert!(matches!(Refused::of(&error), Some(Refused::Standby { .. })), "{error}");
    assert!(pool.execute("SELECT 1").await.is_err(), "the pool has no connection to a standby");
    let reader = Connector::new(&url, "test").unwrap().or_standby();
    reader.connect().await.unwrap();

    // Connections that were made stay where they are: there must be none on the standby.
    proxy.point_to(primary.port());
    eventually("the pool writes", Duration::from_secs(10), async || {
        Ok(pool.execute("CREATE TABLE IF NOT EXISTS made (n int)").await?)
    })
    .await;
}

/// Some managed databases do this instead of ending their sessions.
#[tokio::test]
async fn a_server_that_takes_no_writes_any_more_costs_all_connections_that_were_made_before() {
    let server = TestPostgres::start().await;
    let admin = postgres::pool(&server.admin_url(), "test", 1).unwrap();
    let pool = postgres::pool(&server.admin_url(), "test", 1).unwrap();
    pool.execute("CREATE TABLE rows (n int)").await.unwrap();
    let before = backend(&pool).await;

    admin.execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    let refused = eventually("writes are refused", Duration::from_secs(10), async || {
        let outcome = pool.execute("INSERT INTO rows VALUES (1)").await;
        ensure!(outcome.is_err(), "written");
        Ok(outcome.unwrap_err())
    })
    .await;
    assert_eq!(backend(&pool).await, before, "nobody has said anything yet");
    let refused = anyhow::Error::from(refused).context("failed to write");
    postgres::give_up_connections_after(refused.as_ref());
    assert_ne!(backend(&pool).await, before);
}
