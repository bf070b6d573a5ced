//! `deploy/set-passwords.sql`: all passwords or none.

use std::process::{Command, Output};

use daybook_testkit::TestPostgres;
use daybook_testkit::servers::postgres_bin_dir;
use sqlx::{Connection as _, PgConnection, PgPool};

use crate::{ROLES, migrate_all};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/set-passwords.sql");

/// Runs it with these passwords, for command, projector, query and prover.
fn set_passwords(url: &str, passwords: [Option<&str>; 4]) -> Output {
    let mut psql = Command::new(postgres_bin_dir().unwrap().join("psql"));
    psql.args(["--no-psqlrc", "--file", SCRIPT, url]).env_clear();
    let names = ["COMMAND", "PROJECTOR", "QUERY", "PROVER"];
    for (name, password) in names.into_iter().zip(passwords) {
        if let Some(password) = password {
            psql.env(format!("DAYBOOK_{name}_PASSWORD"), password);
        }
    }
    psql.output().unwrap()
}

async fn with_password(admin: &PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_authid WHERE rolname = ANY ($1) AND rolpassword IS NOT NULL",
    )
    .bind(&ROLES[..])
    .fetch_one(admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn all_roles_get_their_passwords_or_none_does() {
    let server = TestPostgres::start().await;
    let admin = PgPool::connect(&server.admin_url()).await.unwrap();
    migrate_all(&admin).await.unwrap();
    let url = server.admin_url();
    for passwords in [
        [Some("one"), Some("two"), Some("three"), None],
        [Some("one"), Some(""), Some("three"), Some("four")],
    ] {
        let output = set_passwords(&url, passwords);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{said}");
        assert_eq!(with_password(&admin).await, 0, "{said}");
        let missing = if passwords[3].is_none() { "DAYBOOK_PROVER" } else { "DAYBOOK_PROJECTOR" };
        assert!(said.contains(&format!("not set: {missing}_PASSWORD")), "{said}");
    }
    // A role that is missing, as on a server that was never migrated.
    sqlx::raw_sql("ALTER ROLE daybook_prover RENAME TO other").execute(&admin).await.unwrap();
    let all = [Some("one"), Some("it's"), Some("a \"b\" $1"), Some("four")];
    assert!(!set_passwords(&url, all).status.success());
    assert_eq!(with_password(&admin).await, 0);
    sqlx::raw_sql("ALTER ROLE other RENAME TO daybook_prover").execute(&admin).await.unwrap();

    let output = set_passwords(&url, all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(with_password(&admin).await, 4);
    let host = format!("127.0.0.1:{}", server.port());
    let login = format!("postgres://daybook_projector:it's@{host}/postgres");
    PgConnection::connect(&login).await.unwrap();
}
