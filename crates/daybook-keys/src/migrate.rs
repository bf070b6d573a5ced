//! Makes schema `keys`.

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};
use zeroize::Zeroizing;

use crate::key::KEY_BYTES;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/keys");

/// Brings schema `keys` up to date, as its owner, and makes the key for words where there is none: all of it or nothing. Safe to
/// run again, and by several at once.
///
/// # Errors
/// When a migration fails, or the database holds one that this build does not know.
pub async fn run(pool: &PgPool) -> Result<(), MigrateError> {
    let mut transaction = daybook_eventlog::migrate::schema(pool, "keys", &MIGRATIONS).await?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *key).map_err(|error| MigrateError::Source(error.into()))?;
    let make = sqlx::query(include_str!("queries/make_word_key.sql")).bind(&key[..]);
    make.execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
