//! The words of people whose key is destroyed are cleared, whatever the log says of them: a log that was restored may have
//! lost the act of forgetting, and read models that were restored have words that they had lost; the key store has not.
//!
//! It is done at the start and after each new connection to a database, behind which another history may lie. Names and
//! reasons need nothing of it: they are sealed under the key that is gone.

use std::sync::Arc;

use daybook_core::subject::SubjectId;
use daybook_keys::{KeyStore, KeyStoreError};
use sqlx::{AssertSqlSafe, Executor as _, PgPool};

use crate::projection::{Generation, Projection};
use crate::read_models::ERASING_TIMEOUT;

/// Subjects whose words one statement clears.
const SUBJECTS_MAX: u32 = 1000;

/// Why words could not be cleared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClearError {
    #[error("failed to read who is forgotten")]
    Keys(#[from] KeyStoreError),
    #[error("failed to clear the words of who is forgotten")]
    Database(#[from] sqlx::Error),
}

/// Clears them in every generation that may be answered from, or be gone back to.
pub(crate) async fn clear_words<E>(
    keys: &KeyStore,
    read: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
) -> Result<(), ClearError> {
    let statements = statements(read, projections).await?;
    let mut after: Option<SubjectId> = None;
    while !statements.is_empty() {
        let subjects = keys.destroyed(after.as_ref(), SUBJECTS_MAX).await?;
        let texts: Vec<&str> = subjects.iter().map(SubjectId::as_str).collect();
        for statement in &statements {
            clear(read, statement, &texts).await?;
        }
        match subjects.last() {
            Some(last) => after = Some(last.clone()),
            None => break,
        }
    }
    Ok(())
}

async fn statements<E>(
    read: &PgPool,
    projections: &[Arc<dyn Projection<E>>],
) -> Result<Vec<String>, sqlx::Error> {
    let mut statements = Vec::new();
    for projection in projections {
        let Some(template) = projection.clear_words() else { continue };
        let generations: Vec<i32> =
            sqlx::query_scalar(include_str!("queries/read_lasting_generations.sql"))
                .bind(projection.name())
                .bind(projection.version())
                .fetch_all(read)
                .await?;
        statements.extend(generations.into_iter().map(|n| Generation(n).sql(template)));
    }
    Ok(statements)
}

async fn clear(read: &PgPool, statement: &str, subjects: &[&str]) -> Result<(), sqlx::Error> {
    let mut tx = read.begin().await?;
    tx.execute(ERASING_TIMEOUT).await?;
    // Safe: the template is ours and the generation a number.
    let clear = sqlx::query(AssertSqlSafe(statement.to_owned())).bind(subjects);
    let cleared = clear.execute(&mut *tx).await?.rows_affected();
    tx.commit().await?;
    if cleared > 0 {
        tracing::info!(rows = cleared, "cleared words of people whose keys are destroyed");
    }
    Ok(())
}
