//! Makes schema `keys`.

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/keys");

/// Brings schema `keys` up to date, as its owner. Safe to run again, and by several at once.
///
/// # Errors
/// When a migration fails, or the database holds one that this build does not know.
pub async fn run(pool: &PgPool) -> Result<(), MigrateError> {
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrator.create_schema("keys");
    migrator.dangerous_set_table_name("keys.migrations");
    migrator.run(pool).await
}
