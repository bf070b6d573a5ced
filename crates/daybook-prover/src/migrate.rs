//! Makes schema `proof`, in the database of the read models.

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/proof");

/// Brings schema `proof` up to date, as its owner: all of it or nothing. Safe to run again, and by several at once.
///
/// # Errors
/// When a migration fails, or the database holds one that this build does not know.
pub async fn run(pool: &PgPool) -> Result<(), MigrateError> {
    Ok(daybook_eventlog::migrate::schema(pool, "proof", &MIGRATIONS).await?.commit().await?)
}
