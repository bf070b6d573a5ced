//! TLS to a PostgreSQL with a certificate of a private authority: what connects, and what a refusal says.

use std::path::Path;
use std::time::Duration;

use daybook_runtime::postgres::Connector;
use daybook_runtime::trouble::explain;
use daybook_testkit::{TestAuthority, TestPostgres, eventually};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

const BOUND: Duration = Duration::from_secs(30);

/// `ssl = on`, and no connection without it.
async fn start(authority: &TestAuthority) -> TestPostgres {
    let server = TestPostgres::start().await;
    let mut admin = connect(&server.admin_url()).await.unwrap();
    let data: String =
        sqlx::query_scalar("SHOW data_directory").fetch_one(&mut admin).await.unwrap();
    let issued = authority.issue("localhost");
    issued.give_key_to_owner_of(Path::new(&data));
    let rule = "hostssl all all all scram-sha-256\n";
    std::fs::write(Path::new(&data).join("pg_hba.conf"), rule).unwrap();
    for (name, path) in [("ssl_cert_file", issued.certificate), ("ssl_key_file", issued.key)] {
        let set = format!("ALTER SYSTEM SET {name} = '{}'", path.display());
        admin.execute(AssertSqlSafe(set)).await.unwrap();
    }
    admin.execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
    server
}

async fn connect(url: &str) -> Result<PgConnection, String> {
    let connector = Connector::new(url, "test").map_err(|error| error.to_string())?;
    connector.connect().await.map_err(|error| explain("the log's database", &error))
}

#[tokio::test]
async fn what_sslmode_promises_is_kept_and_a_refusal_names_the_cause() {
    let (authority, another) = (TestAuthority::new(), TestAuthority::new());
    let server = start(&authority).await;
    let (right, wrong) = (authority.certificate(), another.certificate());
    let (right, wrong) = (right.display(), wrong.display());
    let url = |host: &str, parameters: &str| {
        server.admin_url().replace("127.0.0.1", host) + "?" + parameters
    };
    eventually("the server has taken its settings", BOUND, async || {
        connect(&url("localhost", "sslmode=require")).await.map_err(anyhow::Error::msg)
    })
    .await;
    for (host, parameters) in [
        ("localhost", format!("sslmode=verify-full&sslrootcert={right}")),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={right}")),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={right}")),
        ("127.0.0.1", "sslmode=require".to_owned()),
    ] {
        let mut connection = connect(&url(host, &parameters)).await.unwrap();
        let encrypted: bool =
            sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                .fetch_one(&mut connection)
                .await
                .unwrap();
        assert!(encrypted, "{host} {parameters}");
    }
    let tls = "does not agree on TLS";
    let login = "sslmode";
    for (host, parameters, words) in [
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={right}"),
            [tls, "not valid for name \"127.0.0.1\""],
        ),
        ("localhost", format!("sslmode=verify-full&sslrootcert={wrong}"), [tls, "UnknownIssuer"]),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={wrong}"), [tls, "UnknownIssuer"]),
        ("localhost", format!("sslmode=require&sslrootcert={wrong}"), [tls, "UnknownIssuer"]),
        ("localhost", "sslmode=verify-full".to_owned(), [tls, "UnknownIssuer"]),
        ("127.0.0.1", "sslmode=disable".to_owned(), [login, "no encryption"]),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=/none/ca.pem".to_owned(),
            ["`sslrootcert`", "/none/ca.pem"],
        ),
    ] {
        let refused = connect(&url(host, &parameters)).await.unwrap_err();
        let named = words.iter().all(|word| refused.contains(word));
        assert!(named, "{host} {parameters}: {refused}");
    }
}
