//! Drops generations that nobody needs any more, or may have any more. Every projector looks for them, whichever projections
//! it runs: a rebuild ends long before its old tables may go.

use std::sync::Arc;
use std::time::Duration;

use daybook_eventlog::LogReader;
use sqlx::PgPool;

use crate::projection::Projection;
use crate::rebuild::{QUERY_TIME_MAX, clean, let_go_of_outdated};

/// How often it is looked.
const INTERVAL: Duration = Duration::from_secs(30);

/// Looks again and again, until it is aborted. What fails is tried again the next time.
pub(crate) async fn run<E>(log: LogReader, read: PgPool, all: Vec<Arc<dyn Projection<E>>>) {
    loop {
        if let Err(error) = let_go_of_outdated(&log, &read, &all).await {
            tracing::debug!(%error, "cannot look for kept generations that have what was erased");
        }
        if let Err(error) = clean(&read, &all, QUERY_TIME_MAX).await {
            tracing::debug!(%error, "cannot look for generations to drop");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
