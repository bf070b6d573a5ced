//! Makes schema `keys`.

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/keys");

/// Brings schema `keys` up to date, as its owner: all of it or nothing. Safe to run again, and by several at once.
///
/// # Errors
/// When a migration fails, or the database holds one that this build does not know.
pub async fn run(pool: &PgPool) -> Result<(), MigrateError> {
    Ok(daybook_eventlog::migrate::schema(pool, "keys", &MIGRATIONS).await?.commit().await?)
}
