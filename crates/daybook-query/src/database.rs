//! One of the two databases: its pool, whose turn it is to use a connection of it, and why there is none.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgPool, Postgres, Transaction};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::admission::{Busy, Gate, Turn};
use crate::budget::Budget;
use crate::error::{DatabaseName, QueryError};
use crate::pools::Source;
use crate::settings::QuerySettings;

/// How long what a look for the cause has found is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// A database.
pub(crate) struct Database {
    name: DatabaseName,
    source: Source,
    gate: Gate,
    /// How long a look for the cause may take: as long as a call waits for a connection.
    look_max: Duration,
    /// What the last look found.
    looked: Mutex<Option<(Instant, Cause)>>,
}

/// Why there is no connection; `None`: the database gives one, so that only the pool was busy.
type Cause = Option<Arc<sqlx::Error>>;

impl Database {
    pub(crate) fn new(name: DatabaseName, source: Source, settings: &QuerySettings) -> Self {
        let (gate, look_max) = (Gate::new(settings), settings.acquire_max());
        Self { name, source, gate, look_max, looked: Mutex::new(None) }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.source.pool
    }

    /// Runs work that takes one connection of the pool, within what the call may use.
    pub(crate) async fn ask<T, E: Into<QueryError>>(
        &self,
        budget: &Budget<'_>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, QueryError> {
        let _turn = self.turn(budget).await?;
        let outcome = budget.bound(work).await;
        self.with_cause(outcome).await
    }

    /// Begins a snapshot; the turn is to be kept for as long.
    pub(crate) async fn begin(
        &self,
        budget: &Budget<'_>,
    ) -> Result<(Transaction<'static, Postgres>, Turn), QueryError> {
        let turn = self.turn(budget).await?;
        let begun = self.source.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        let outcome = budget.bound(begun).await;
        Ok((self.with_cause(outcome).await?, turn))
    }

    async fn turn(&self, budget: &Budget<'_>) -> Result<Turn, QueryError> {
        match budget.bound(self.gate.turn(budget.weight())).await {
            Err(QueryError::Overloaded(busy)) => Err(self.why(busy).await),
            outcome => outcome,
        }
    }

    async fn with_cause<T>(&self, outcome: Result<T, QueryError>) -> Result<T, QueryError> {
        match outcome {
            Err(QueryError::Database { source, .. })
                if matches!(*source, sqlx::Error::PoolTimedOut) =>
            {
                Err(self.why(Busy::Connections).await)
            }
            outcome => outcome,
        }
    }

    /// Why there was no connection in time. The pool tries again and again until its time is over and does not say what was
    /// in the way, so it is looked for, once for all who ask at about the same time.
    async fn why(&self, busy: Busy) -> QueryError {
        let mut looked = self.looked.lock().await;
        let cause = match &*looked {
            Some((at, cause)) if at.elapsed() < BELIEVED => cause.clone(),
            _ => {
                let cause = self.look().await;
                *looked = Some((Instant::now(), cause.clone()));
                cause
            }
        };
        match cause {
            Some(source) => QueryError::Database { name: self.name, source },
            None => QueryError::Overloaded(busy),
        }
    }

    async fn look(&self) -> Cause {
        let error = match timeout(self.look_max, self.source.connector.connect()).await {
            Ok(Ok(connection)) => {
                let _closed = timeout(self.look_max, connection.close()).await;
                return None;
            }
            Ok(Err(error)) => error,
            Err(_) => sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
        };
        Some(Arc::new(error))
    }
}
