//! The key store on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use daybook_core::subject::SubjectId;
use daybook_keys::{KeyLookup, KeyStore, KeyStoreError, migrate};
use daybook_runtime::postgres;
use daybook_testkit::{TestPostgres, eventually};
use sqlx::PgPool;

fn subject(id: &str) -> SubjectId {
    SubjectId::new(id).unwrap()
}

fn subjects(ids: &[&str]) -> HashSet<SubjectId> {
    ids.iter().map(|id| subject(id)).collect()
}

fn pool(server: &TestPostgres) -> PgPool {
    postgres::pool(&server.admin_url(), "test", 4).unwrap()
}

async fn store(server: &TestPostgres) -> KeyStore {
    migrate::run(&pool(server)).await.unwrap();
    migrate::run(&pool(server)).await.unwrap();
    server.allow_login("daybook_command").await.unwrap();
    KeyStore::connect_lazy(&server.url("daybook_command", "postgres"), "test").unwrap()
}

#[tokio::test]
async fn whoever_makes_a_key_at_the_same_time_gets_the_same_one() {
    let server = TestPostgres::start().await;
    let store = store(&server).await;
    let wanted = subjects(&["alice", "bob", "carol"]);
    let (one, other) = tokio::join!(store.ensure_keys(&wanted), store.ensure_keys(&wanted));
    let (one, other) = (one.unwrap(), other.unwrap());
    for subject in &wanted {
        let (one, other) = (one.get(subject).unwrap(), other.get(subject).unwrap());
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.keyed_hash(&[0; 32]), other.keyed_hash(&[0; 32]));
    }
    let hash = |id: &str| one.get(&subject(id)).unwrap().unwrap().keyed_hash(&[0; 32]);
    assert_ne!(hash("alice"), hash("bob"));
}

#[tokio::test]
async fn a_destroyed_key_is_gone_and_never_replaced() {
    let server = TestPostgres::start().await;
    let store = store(&server).await;
    store.ensure_keys(&subjects(&["alice", "bob"])).await.unwrap();
    // Also for somebody whom the store does not know (yet).
    store.destroy(&BTreeSet::from([subject("alice"), subject("zoe")])).await.unwrap();
    store.destroy(&BTreeSet::from([subject("alice")])).await.unwrap();
    let keys = store.ensure_keys(&subjects(&["alice", "bob", "zoe"])).await.unwrap();
    assert!(matches!(keys.get(&subject("alice")), Some(None)));
    assert!(matches!(keys.get(&subject("zoe")), Some(None)));
    assert!(matches!(keys.get(&subject("bob")), Some(Some(_))));
    let known = store.keys(&subjects(&["alice", "nobody"])).await.unwrap();
    assert!(matches!(known.get(&subject("alice")), Some(None)));
    assert!(known.get(&subject("nobody")).is_none(), "unknown is not destroyed");

    let revived = sqlx::query("UPDATE keys.subjects SET key = $1, destroyed_at = NULL")
        .bind(&[1_u8; 32][..])
        .execute(&pool(&server))
        .await;
    assert!(revived.is_err(), "not even by the owner");
}

#[tokio::test]
async fn services_that_only_read_cannot_make_or_destroy_keys() {
    let server = TestPostgres::start().await;
    store(&server).await.ensure_keys(&subjects(&["alice"])).await.unwrap();
    for role in ["daybook_projector", "daybook_query"] {
        server.allow_login(role).await.unwrap();
        let reader = KeyStore::connect_lazy(&server.url(role, "postgres"), "test").unwrap();
        assert!(reader.keys(&subjects(&["alice"])).await.is_ok());
        assert!(reader.ensure_keys(&subjects(&["bob"])).await.is_err());
        assert!(reader.destroy(&BTreeSet::from([subject("alice")])).await.is_err());
        assert!(reader.word_key().await.is_ok());
    }
}

#[tokio::test]
async fn a_store_on_the_logs_own_server_is_refused() {
    let (server, other) = tokio::join!(TestPostgres::start(), TestPostgres::start_apart());
    let store = store(&server).await;
    server.create_database("log").await.unwrap();
    let log = postgres::pool(&server.superuser_url("log"), "test", 1).unwrap();
    assert!(matches!(store.check_apart(&log).await, Err(KeyStoreError::NotApart)));
    store.check_apart(&pool(&other)).await.unwrap();
}

#[tokio::test]
async fn the_key_for_words_is_made_once_and_is_not_the_command_services() {
    let server = TestPostgres::start().await;
    let command = store(&server).await;
    assert!(matches!(command.word_key().await, Err(KeyStoreError::Database(_))), "not its to read");
    let owner = KeyStore::new(pool(&server));
    let before = owner.word_key().await.unwrap().words("rent");
    migrate::run(&pool(&server)).await.unwrap();
    assert_eq!(owner.word_key().await.unwrap().words("rent"), before);
    for table in ["DELETE FROM keys.word_key", "DROP TABLE keys.word_key"] {
        sqlx::raw_sql(table).execute(&pool(&server)).await.unwrap();
        assert!(matches!(owner.word_key().await, Err(KeyStoreError::NoWordKey)), "{table}");
    }
}

#[tokio::test]
async fn whose_key_was_destroyed_comes_in_pages() {
    let server = TestPostgres::start().await;
    let store = store(&server).await;
    store.ensure_keys(&subjects(&["a", "b", "c", "d"])).await.unwrap();
    store.destroy(&["a", "c", "d"].map(subject).into()).await.unwrap();
    assert_eq!(store.destroyed(None, 2).await.unwrap(), ["a", "c"].map(subject));
    assert_eq!(store.destroyed(Some(&subject("c")), 2).await.unwrap(), ["d"].map(subject));
}

/// One statement is held up by a lock; what comes meanwhile shares the next one, which sees what was destroyed since.
#[tokio::test]
async fn look_ups_share_statements_and_never_get_a_key_destroyed_before_they_began() {
    let server = TestPostgres::start().await;
    let store = store(&server).await;
    store.ensure_keys(&subjects(&["alice", "bob"])).await.unwrap();
    let lookup = KeyLookup::new(store.clone(), Duration::from_secs(30));
    let owner = pool(&server);
    let mut lock = owner.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE keys.subjects IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let ask = |id: &str| {
        let (lookup, wanted) = (lookup.clone(), subjects(&[id]));
        tokio::spawn(async move { lookup.keys(wanted).await })
    };
    let first = ask("bob");
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'daybook_command' AND wait_event_type = 'Lock'";
    eventually("the first one waits", Duration::from_secs(30), async || {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(&owner).await?;
        anyhow::ensure!(count == 1, "{count}");
        Ok(())
    })
    .await;
    sqlx::raw_sql(
        "UPDATE keys.subjects SET key = NULL, destroyed_at = now() WHERE subject_id = 'alice'",
    )
    .execute(&mut *lock)
    .await
    .unwrap();
    let later: Vec<_> = (0..100).map(|_| ask("alice")).collect();
    // They are all there before the first statement ends, and none sends one of its own.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let count: i64 = sqlx::query_scalar(waiting).fetch_one(&owner).await.unwrap();
    assert_eq!(count, 1);
    lock.commit().await.unwrap();
    assert!(matches!(first.await.unwrap().unwrap().get(&subject("bob")), Some(Some(_))));
    for one in later {
        assert!(matches!(one.await.unwrap().unwrap().get(&subject("alice")), Some(None)));
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for_by_one_look_up_and_noticed_when_it_is_back() {
    let mut server = TestPostgres::start().await;
    let store = store(&server).await;
    store.ensure_keys(&subjects(&["alice"])).await.unwrap();
    let lookup = KeyLookup::new(store, Duration::from_secs(2));
    server.kill_immediately().await.unwrap();
    lookup.keys(subjects(&["alice"])).await.unwrap_err();
    server.restart().await.unwrap();
    eventually("it is back", Duration::from_secs(30), async || {
        let keys = lookup.keys(subjects(&["alice"])).await?;
        anyhow::ensure!(matches!(keys.get(&subject("alice")), Some(Some(_))), "no key");
        Ok(())
    })
    .await;
}
