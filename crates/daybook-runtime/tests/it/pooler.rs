//! A pooler between, which ignores what it does not know of a connection's start.

use daybook_runtime::postgres::{Connector, Refused};
use daybook_testkit::{TestPgBouncer, TestPostgres};
use sqlx::{Executor as _, PgConnection, Row as _};

const ROLE: &str = "daybook_command";

async fn server() -> TestPostgres {
    let server = TestPostgres::start().await;
    let mut admin = connect(&server.admin_url()).await.unwrap();
    admin.execute("CREATE ROLE daybook_command LOGIN").await.unwrap();
    // What a pooler that drops `synchronous_commit=on` leaves in force.
    admin.execute("ALTER DATABASE postgres SET synchronous_commit = off").await.unwrap();
    server.allow_login(ROLE).await.unwrap();
    server
}

async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    Connector::new(url, "test").unwrap().connect().await
}

#[tokio::test]
async fn g1_a_session_of_a_pooler_has_the_settings_that_were_asked_for() {
    let server = server().await;
    let pooler = TestPgBouncer::start(&server, "session", &[ROLE]).await;
    let url = pooler.url(&server.url(ROLE, "postgres"));
    // The second one gets the session that the first one had.
    for _ in 0..2 {
        let mut connection = connect(&url).await.unwrap();
        for (setting, expected) in
            [("synchronous_commit", "on"), ("lock_timeout", "10s"), ("statement_timeout", "30s")]
        {
            let found: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(found, expected, "{setting}");
        }
        sqlx::Connection::close(connection).await.unwrap();
    }
    // Whoever comes after us finds what the database has.
    let mut plain = <PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let row = plain.fetch_one("SHOW synchronous_commit").await.unwrap();
    assert_eq!(row.get::<String, _>(0), "off");
}

#[tokio::test]
async fn a_pooler_that_shares_sessions_is_refused_in_words() {
    let server = server().await;
    for mode in ["transaction", "statement"] {
        let pooler = TestPgBouncer::start(&server, mode, &[ROLE]).await;
        let error = connect(&pooler.url(&server.url(ROLE, "postgres"))).await.unwrap_err();
        assert_eq!(Refused::of(&error), Some(&Refused::SharedSession), "{mode}: {error}");
        assert!(error.to_string().contains("pool_mode = session"), "{error}");
    }
}
