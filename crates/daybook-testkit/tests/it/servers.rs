//! A test's own servers: there, fast, private, and gone afterwards.

use std::time::{Duration, Instant};

use anyhow::ensure;
use daybook_testkit::{TestPostgres, TestRedis, eventually};
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn each_test_has_a_postgres_of_its_own_that_is_gone_afterwards() {
    let (one, other) = (TestPostgres::start().await, TestPostgres::start().await);
    assert_ne!(one.port(), other.port());
    one.create_database("mine").await.unwrap();
    assert!(PgConnection::connect(&other.superuser_url("mine")).await.is_err());
    PgConnection::connect(&one.superuser_url("mine")).await.unwrap();
    let dir = one.dir().to_owned();
    drop(one);
    assert!(!dir.exists());
    PgConnection::connect(&other.admin_url()).await.unwrap();
}

#[tokio::test]
async fn a_postgres_has_the_settings_of_production_and_those_of_the_test() {
    let postgres = TestPostgres::start_with(&[("idle_in_transaction_session_timeout", "7s")]).await;
    let mut connection = PgConnection::connect(&postgres.admin_url()).await.unwrap();
    for (name, expected) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("max_wal_size", "8GB"),
        ("jit", "off"),
        ("shared_buffers", "32MB"),
        ("idle_in_transaction_session_timeout", "7s"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
    ] {
        let actual: String = sqlx::query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(actual, expected, "{name}");
    }
}

/// The figure is printed for people; the bound is far above it, since the machine may be busy.
#[tokio::test]
async fn a_postgres_is_there_quickly() {
    drop(TestPostgres::start().await); // makes the template, if this is the first
    let started = Instant::now();
    drop(TestPostgres::start().await);
    let took = started.elapsed();
    eprintln!("start and stop of a PostgreSQL: {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test]
async fn each_test_has_a_redis_of_its_own_with_its_own_settings() {
    let redis = TestRedis::start_with(&[("maxmemory", "4mb")]).await;
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for (name, expected) in
        [("maxmemory", "4194304"), ("maxmemory-policy", "noeviction"), ("appendonly", "no")]
    {
        let (_, actual): (String, String) =
            redis::cmd("CONFIG").arg(&["GET", name]).query_async(&mut connection).await.unwrap();
        assert_eq!(actual, expected, "{name}");
    }
}

#[tokio::test]
async fn eventually_gives_what_the_first_successful_attempt_gave() {
    let mut attempts = 0;
    let value = eventually("the third attempt", Duration::from_secs(5), async || {
        attempts += 1;
        ensure!(attempts == 3, "only attempt {attempts}");
        Ok(attempts)
    })
    .await;
    assert_eq!(value, 3);
}

#[tokio::test]
#[should_panic(expected = "a miracle: not within 50ms; last: none so far")]
async fn eventually_names_the_last_error_when_it_gives_up() {
    eventually("a miracle", Duration::from_millis(50), async || -> anyhow::Result<()> {
        anyhow::bail!("none so far")
    })
    .await;
}
