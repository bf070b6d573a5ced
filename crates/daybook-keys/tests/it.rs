//! The key store on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeSet, HashSet};

use daybook_core::subject::SubjectId;
use daybook_keys::{KeyStore, KeyStoreError, migrate};
use daybook_runtime::postgres;
use daybook_testkit::TestPostgres;
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
