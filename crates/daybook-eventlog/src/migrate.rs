//! Makes the log: the schema, the service roles with their rights, and the log's identity.

use daybook_core::ids::Position;
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::error::ReadError;
use crate::head::{self, Identity};

mod schema;

pub use schema::schema;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/log");

/// Why the log could not be made or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A migration failed, or the database holds one that this build does not know.
    #[error("failed to migrate schema `log`")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The log was made with another number of partitions, which can never change.
    #[error("the log has {actual} partitions, which cannot be changed to {asked}")]
    PartitionCount {
        /// What it has.
        actual: u16,
        /// What was asked for.
        asked: u16,
    },
    /// The log could not be read back.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// PostgreSQL is away, or refused.
    #[error("failed to make the log")]
    Database(#[from] sqlx::Error),
}

/// Brings schema `log` up to date, as its owner, and makes the log where there is none: all of it or nothing. Safe to run
/// again, and by several at once.
///
/// # Errors
/// When a migration fails, or an existing log has another number of partitions than `partition_count`.
pub async fn run(pool: &PgPool, partition_count: u16) -> Result<Identity, MigrateError> {
    let mut transaction = schema(pool, "log", &MIGRATIONS).await?;
    make_log(&mut transaction, partition_count).await?;
    let identity = head::read_identity(&mut *transaction).await?;
    if identity.partition_count != partition_count {
        return Err(MigrateError::PartitionCount {
            actual: identity.partition_count,
            asked: partition_count,
        });
    }
    transaction.commit().await?;
    Ok(identity)
}

/// Identity and head: a log has both or does not exist.
async fn make_log(connection: &mut PgConnection, partition_count: u16) -> Result<(), sqlx::Error> {
    let made = sqlx::query(
        "INSERT INTO log.identity (log_id, partition_count) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT identity_only_row_key DO NOTHING",
    )
    .bind(Uuid::new_v4())
    .bind(i32::from(partition_count))
    .execute(&mut *connection)
    .await?;
    if made.rows_affected() == 1 {
        let none = vec![Position::ZERO.get(); usize::from(partition_count)];
        sqlx::query(
            "INSERT INTO log.head (position, recorded_at, partition_positions)
             VALUES (0, clock_timestamp(), $1)",
        )
        .bind(none)
        .execute(connection)
        .await?;
    }
    Ok(())
}
