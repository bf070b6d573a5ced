//! Trying again what needs the locks of projectors at work: a deadlock with one of them, or a lock held for long, passes.

use std::time::Duration;

use super::RebuildError;

const TRIES_MAX: u32 = 10;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// The tries of one thing.
#[derive(Debug, Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Whether the outcome of a try stands: it succeeded, has failed for good or often enough. If not, some time has
    /// passed, and it is to be tried again.
    pub(super) async fn ended<T>(&mut self, outcome: &Result<T, RebuildError>) -> bool {
        self.0 += 1;
        match outcome {
            Err(error) if error.passes() && self.0 < TRIES_MAX => {
                tracing::info!(tries = self.0, %error, "in the way of projectors; it is tried again");
                tokio::time::sleep(PAUSE).await;
                false
            }
            _ => true,
        }
    }
}
