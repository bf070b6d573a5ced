//! Waiting for something that happens by itself, by looking again and again, with a bound.

use std::time::{Duration, Instant};

/// Short against everything that is waited for, long against a look at a database.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Looks until `attempt` succeeds and gives what it gave. Every attempt is within the bound as well, so
/// that one which hangs cannot hang the test.
///
/// # Panics
///
/// When `bound` has passed, with `what` was waited for and why the last attempt failed.
pub async fn eventually<T>(
    what: &str,
    bound: Duration,
    mut attempt: impl AsyncFnMut() -> anyhow::Result<T>,
) -> T {
    let started = Instant::now();
    let mut last_error = None;
    // A future that is ready at once wins even against a timeout of nothing: the bound is looked at
    // between attempts too.
    while started.elapsed() < bound {
        let left = bound.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, attempt()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => last_error = Some(error),
            Err(_) => break,
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let why = last_error
        .map(|error| format!("{error:#}"))
        .unwrap_or_else(|| "the first attempt did not end".to_owned());
    panic!("{what}: not within {bound:?}; last: {why}");
}
