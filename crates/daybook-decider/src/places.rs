//! Places of the commands in hand. Calls of one command may take all of them. Streams, which push as fast as they are
//! read, get three quarters together, so that they never crowd out single calls.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// See the module.
pub struct Places {
    all: Arc<Semaphore>,
    of_streams: Arc<Semaphore>,
}

/// A command's place, from before it is submitted until it is answered.
pub struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_streams: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// So many places.
    #[must_use]
    pub fn new(commands_max: usize) -> Self {
        // With fewer than four places streams get none of their own; one they must have.
        let of_streams = (commands_max / 4 * 3).max(1);
        Self {
            all: Arc::new(Semaphore::new(commands_max)),
            of_streams: Arc::new(Semaphore::new(of_streams)),
        }
    }

    /// A place for a call of one command; `None`: all are taken.
    #[must_use]
    pub fn of_a_call(&self) -> Option<Place> {
        let of_all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Place { _of_all: of_all, _of_streams: None })
    }

    /// A place for a command of a stream, waited for. `None` would need a closed semaphore, and nothing closes these.
    pub async fn of_a_stream(&self) -> Option<Place> {
        // The streams' own share first: one that waits for it must not hold a place that a single call could have.
        let of_streams = Arc::clone(&self.of_streams).acquire_owned().await.ok()?;
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Place { _of_all: of_all, _of_streams: Some(of_streams) })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn streams_leave_a_quarter_to_single_calls_and_take_what_these_leave() {
        let places = Places::new(8);
        let stream = || places.of_a_stream().now_or_never().flatten();
        let streamed: Vec<_> = std::iter::from_fn(stream).collect();
        assert_eq!(streamed.len(), 6);
        let single: Vec<_> = std::iter::from_fn(|| places.of_a_call()).collect();
        assert_eq!(single.len(), 2);
        drop(streamed);
        let more: Vec<_> = std::iter::from_fn(|| places.of_a_call()).collect();
        assert_eq!(more.len(), 6, "single calls may have all");
        assert!(stream().is_none());
        drop(single);
        assert!(stream().is_some());
    }
}
