//! Drops what nobody needs any more: generations that were replaced, once no query can be reading them, and builds whose
//! session is gone.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _, PgPool, Row as _};

use super::Rebuilder;
use crate::failure;
use crate::projection::{Generation, Projection};
use crate::tables::Tables;

/// A generation whose tables are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Of which projection.
    pub projection: String,
    /// The generation that was dropped.
    pub generation: Generation,
}

impl Rebuilder {
    /// As [`clean`], with this rebuilder's connections.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn clean<E>(
        &self,
        projections: &[Arc<dyn Projection<E>>],
        query_time_max: Duration,
    ) -> Result<Vec<Dropped>, sqlx::Error> {
        clean(&self.read, projections, query_time_max).await
    }
}

/// Drops the tables of generations that were retired at least `query_time_max` ago, and of abandoned builds. What is
/// still in use is left for another time, and so are projections that this build does not know.
///
/// # Errors
/// When the database is away.
pub async fn clean<E>(
    read: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
    query_time_max: Duration,
) -> Result<Vec<Dropped>, sqlx::Error> {
    let due = sqlx::query(include_str!("queries/find_due.sql"))
        .bind(query_time_max.as_secs_f64())
        .fetch_all(read)
        .await?;
    let mut dropped = Vec::new();
    for row in due {
        let (name, state): (String, String) = (row.try_get("projection")?, row.try_get("state")?);
        let generation = Generation(row.try_get("generation")?);
        let Some(projection) = projections.iter().find(|known| known.name() == name) else {
            continue;
        };
        match drop_generation(read, projection.as_ref(), generation, &state).await {
            Ok(true) => dropped.push(Dropped { projection: name, generation }),
            Ok(false) => {}
            Err(error) if failure::passes(&error) => {
                tracing::info!(projection.name = name, generation = generation.0, %error, "still in use; later");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(dropped)
}

/// `false`: somebody else was faster, or it is in use again.
async fn drop_generation<E>(
    read: &PgPool,
    projection: &dyn Projection<E>,
    generation: Generation,
    state: &str,
) -> Result<bool, sqlx::Error> {
    let name = projection.name();
    let mut tx = read.begin().await?;
    // A DROP that waits makes everybody wait who comes after it.
    tx.execute("SET LOCAL lock_timeout = '500ms'").await?;
    let noted = sqlx::query(include_str!("queries/drop_generation.sql"))
        .bind(name)
        .bind(generation.0)
        .bind(state)
        .execute(&mut *tx)
        .await?;
    if noted.rows_affected() == 0 {
        return Ok(false);
    }
    for table in Tables::of(projection.tables()).names(generation) {
        // Safe: the template is ours and the generation a number.
        tx.execute(sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}")))).await?;
    }
    sqlx::query(include_str!("queries/delete_checkpoints.sql"))
        .bind(name)
        .bind(generation.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    tracing::info!(
        projection.name = name,
        generation = generation.0,
        "dropped a generation's tables"
    );
    Ok(true)
}
