//! A private PostgreSQL: what it keeps, who may use it, what its errors say.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use daybook_stack::{Postgres, PostgresSettings};
use sqlx::{Connection, PgConnection};

use crate::open_dir;

async fn start(dir: &Path) -> Postgres {
    // Small, because several run at the same time.
    let overrides = vec![("shared_buffers".to_owned(), "32MB".to_owned())];
    Postgres::start(dir, PostgresSettings { overrides, ..Default::default() }).await.unwrap()
}

async fn admin(server: &Postgres) -> PgConnection {
    PgConnection::connect(&server.superuser_url("postgres")).await.unwrap()
}

async fn write_row(server: &Postgres) {
    let mut connection = admin(server).await;
    sqlx::raw_sql("create table kept (value int); insert into kept values (42)")
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn read_row(server: &Postgres) -> i32 {
    let mut connection = admin(server).await;
    sqlx::query_scalar("select value from kept").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn data_and_password_are_kept_from_one_start_to_the_next() {
    let dir = open_dir();
    let mut first = start(dir.path()).await;
    write_row(&first).await;
    let port = first.port();
    let url = first.superuser_url("postgres");
    first.stop_fast().await.unwrap();
    drop(first);
    let second = start(dir.path()).await;
    assert_eq!(read_row(&second).await, 42);
    let moved = url.replace(&format!(":{port}/"), &format!(":{}/", second.port()));
    assert_eq!(second.superuser_url("postgres"), moved);
    let mode = dir.path().join("superuser-password").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_was_committed_survives_a_kill_and_a_restart_on_the_same_port() {
    let dir = open_dir();
    let mut server = start(dir.path()).await;
    let port = server.port();
    write_row(&server).await;
    server.kill_immediately().await.unwrap();
    assert!(PgConnection::connect(&server.superuser_url("postgres")).await.is_err());
    server.restart().await.unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(read_row(&server).await, 42);
    // Also while it runs, with a session open.
    let open = admin(&server).await;
    server.restart().await.unwrap();
    assert_eq!(read_row(&server).await, 42);
    drop(open);
}

#[tokio::test]
async fn a_second_owner_of_the_same_directory_is_refused() {
    let dir = open_dir();
    let server = start(dir.path()).await;
    let refused = Postgres::start(dir.path(), PostgresSettings::default()).await.unwrap_err();
    let text = format!("{refused:#}");
    assert!(text.contains(&format!("is in use by process {}", std::process::id())), "{text}");
    // And the first goes on.
    write_row(&server).await;
}

#[tokio::test]
async fn each_role_logs_in_with_a_password_of_its_own() {
    let dir = open_dir();
    let server = start(dir.path()).await;
    server.ensure_database("daybook").await.unwrap();
    server.ensure_database("daybook").await.unwrap();
    let mut connection = admin(&server).await;
    sqlx::raw_sql("create role reader; create role writer").execute(&mut connection).await.unwrap();
    let url = server.url("reader", "daybook");
    assert!(PgConnection::connect(&url).await.is_err(), "no login was allowed yet");
    server.allow_login("reader").await.unwrap();
    server.allow_login("writer").await.unwrap();
    PgConnection::connect(&url).await.unwrap();
    for stranger in [url.replace("reader:", "writer:"), url.replace("reader:", "postgres:")] {
        assert!(PgConnection::connect(&stranger).await.is_err(), "{stranger}");
    }
    let refused = server.allow_login("x\"; drop table kept; --").await.unwrap_err();
    assert!(refused.to_string().contains("is not a name"), "{refused}");
}

#[tokio::test]
async fn a_directory_closed_to_the_server_is_named_in_the_error() {
    let outer = open_dir();
    let closed = outer.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    let mode = if rustix::process::geteuid().is_root() { 0o700 } else { 0o000 };
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode)).unwrap();
    let refused =
        Postgres::start(&closed.join("data"), PostgresSettings::default()).await.unwrap_err();
    // So that it can be removed.
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let text = format!("{refused:#}");
    assert!(text.contains(closed.to_str().unwrap()), "{text}");
    if rustix::process::geteuid().is_root() {
        assert!(text.contains(&format!("chmod o+x {}", closed.display())), "{text}");
    }
}

#[tokio::test]
async fn a_setting_that_postgres_refuses_is_shown_with_the_end_of_the_log() {
    let dir = open_dir();
    let settings = PostgresSettings {
        overrides: vec![("no_such_setting".to_owned(), "1".to_owned())],
        start_timeout: Duration::from_secs(20),
    };
    let refused = Postgres::start(dir.path(), settings).await.unwrap_err();
    let text = format!("{refused:#}");
    assert!(text.contains("unrecognized configuration parameter \"no_such_setting\""), "{text}");
}

/// A child is killed when the thread that forked it ends; servers are forked by one that never does.
#[tokio::test]
async fn a_server_outlives_the_thread_and_the_runtime_that_started_it() {
    let dir = open_dir();
    let path = dir.path().to_owned();
    let starter = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(start(&path))
    });
    let server = starter.join().unwrap();
    write_row(&server).await;
    assert_eq!(read_row(&server).await, 42);
}
