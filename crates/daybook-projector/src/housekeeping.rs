//! Drops generations that nobody needs any more. Every projector looks for them, whichever projections it runs: a rebuild
//! ends long before its old tables may go.

use std::time::Duration;

use sqlx::PgPool;

use crate::projections;
use crate::rebuild::{QUERY_TIME_MAX, clean};

/// How often it is looked.
const INTERVAL: Duration = Duration::from_secs(30);

/// Looks again and again, until it is aborted. What fails is tried again the next time.
pub(crate) async fn run(pool: PgPool) {
    loop {
        if let Err(error) = clean(&pool, &projections::all(), QUERY_TIME_MAX).await {
            tracing::debug!(%error, "cannot look for generations to drop");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
