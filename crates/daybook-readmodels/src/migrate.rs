//! Makes the read models: the schema, its roles' rights, and the first generation of every projection's tables.

use std::sync::Arc;

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::projection::{Generation, Projection};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/read");

/// Why the read models could not be made or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A migration failed, or the database holds one that this build does not know.
    #[error("failed to migrate schema `read`")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The tables of a projection could not be made.
    #[error("failed to make the tables of projection `{projection}`")]
    Tables {
        /// The projection whose tables could not be made.
        projection: &'static str,
        /// What PostgreSQL said.
        #[source]
        source: sqlx::Error,
    },
}

/// Brings schema `read` up to date, as its owner, and makes the tables of those of `projections` that have none: all of it or nothing.
/// Safe to run again, and by several at once.
///
/// # Errors
/// When a migration fails or a table cannot be made.
pub async fn run<E>(
    pool: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
) -> Result<(), MigrateError> {
    let mut transaction = daybook_eventlog::migrate::schema(pool, "read", &MIGRATIONS).await?;
    for projection in projections {
        make_tables(&mut transaction, projection.as_ref())
            .await
            .map_err(|source| MigrateError::Tables { projection: projection.name(), source })?;
    }
    transaction.commit().await.map_err(|error| MigrateError::Migration(error.into()))
}

/// Row and tables: a projection has both or does not exist. Its checkpoints are made by the projector, which knows how many
/// partitions the log has.
async fn make_tables<E>(
    connection: &mut PgConnection,
    projection: &dyn Projection<E>,
) -> Result<(), sqlx::Error> {
    // The projector owns what it fills: it makes, and drops, later generations itself.
    sqlx::query("SET LOCAL ROLE daybook_projector").execute(&mut *connection).await?;
    let new = sqlx::query(include_str!("queries/insert_projection.sql"))
        .bind(projection.name())
        .bind(Generation::FIRST.0)
        .bind(projection.version())
        .execute(&mut *connection)
        .await?;
    if new.rows_affected() == 1 {
        // Safe: the template is ours and the generation a number.
        let tables = AssertSqlSafe(Generation::FIRST.sql(projection.tables()));
        sqlx::raw_sql(tables).execute(&mut *connection).await?;
        tracing::info!(projection.name = projection.name(), "made the tables of a projection");
    }
    sqlx::query("RESET ROLE").execute(connection).await?;
    Ok(())
}
