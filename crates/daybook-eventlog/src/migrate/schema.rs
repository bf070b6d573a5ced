//! Bringing a schema up to date: all of its migrations or none, one at a time.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{PgPool, Postgres, Transaction};

/// Of the lock that those who migrate one database wait for.
const LOCK: i64 = 0x6461_7962_6f6f_6b00;

/// How often roles are tried to be made. Databases of one server share them, and PostgreSQL refuses to change one twice at the
/// same time instead of waiting.
const ROLE_ATTEMPTS: u32 = 10;

/// Pause between two of them.
const ROLE_PAUSE: Duration = Duration::from_millis(50);

/// Makes the roles of the services and brings schema `name` up to date, as its owner, in a transaction that the caller commits
/// when what belongs to the migration is in it too. Whatever fails leaves the schema as it was. Waits for others who migrate the
/// same database.
///
/// # Errors
/// When a migration fails, or the database holds one that this build does not know.
pub async fn schema(
    pool: &PgPool,
    name: &'static str,
    migrations: &Migrator,
) -> Result<Transaction<'static, Postgres>, MigrateError> {
    make_roles(pool).await?;
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let mut migrator = Migrator::with_migrations(migrations.iter().cloned().collect());
    migrator.create_schema(name);
    migrator.dangerous_set_table_name(format!("{name}.migrations"));
    // Its own lock ends before the transaction does.
    migrator.set_locking(false);
    migrator.run(&mut *transaction).await?;
    Ok(transaction)
}

async fn make_roles(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match sqlx::raw_sql(include_str!("../queries/make_roles.sql")).execute(pool).await {
            Err(error) if attempts < ROLE_ATTEMPTS && is_race(&error) => {
                tokio::time::sleep(ROLE_PAUSE).await;
            }
            made => return made.map(drop),
        }
    }
}

/// By SQLSTATE: "tuple concurrently updated", the same membership twice, deadlock.
fn is_race(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(&*code, "XX000" | "23505" | "40P01"))
}
