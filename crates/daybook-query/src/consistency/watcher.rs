//! One task looks again and again at something that only ever moves on, for all calls that wait for it.
//!
//! It looks only while somebody waits: an idle service asks its databases nothing. What it sees is a hint; whoever
//! waited checks for himself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Shared by the task that looks and the calls that wait.
pub(crate) struct Watcher<T> {
    sights: watch::Sender<Sight<T>>,
    somebody_waits: Notify,
}

/// One look.
#[derive(Debug)]
pub(crate) enum Sight<T> {
    /// What was seen.
    Seen(Arc<T>),
    /// It could not be looked at; whoever waits finds out why by trying himself.
    Lost,
}

impl<T> Clone for Sight<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Seen(seen) => Self::Seen(Arc::clone(seen)),
            Self::Lost => Self::Lost,
        }
    }
}

impl<T> Watcher<T> {
    pub(crate) fn new() -> Self {
        Self { sights: watch::Sender::new(Sight::Lost), somebody_waits: Notify::new() }
    }

    /// Waits along, from the next look on, until the result is dropped.
    pub(crate) fn watch(&self) -> Sights<T> {
        let receiver = self.sights.subscribe();
        // After subscribing: the task that was asleep then sees a receiver and looks.
        self.somebody_waits.notify_one();
        Sights(receiver)
    }

    /// Looks, for as long as it is polled.
    pub(crate) async fn run<F, E>(&self, interval: Duration, look: impl Fn() -> F)
    where
        F: Future<Output = Result<T, E>>,
        E: std::fmt::Display,
    {
        loop {
            if self.sights.receiver_count() == 0 {
                self.somebody_waits.notified().await;
                continue;
            }
            let sight = match look().await {
                Ok(seen) => Sight::Seen(Arc::new(seen)),
                Err(error) => {
                    tracing::debug!(%error, "cannot look for those who wait");
                    Sight::Lost
                }
            };
            self.sights.send_replace(sight);
            tokio::time::sleep(interval).await;
        }
    }
}

/// What one waiting call sees.
pub(crate) struct Sights<T>(watch::Receiver<Sight<T>>);

impl<T> Sights<T> {
    /// The next look that this call has not seen, or the last of several.
    pub(crate) async fn next(&mut self) -> Sight<T> {
        match self.0.changed().await {
            Ok(()) => self.0.borrow_and_update().clone(),
            // The sender is gone only with the service.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn nobody_looks_while_nobody_waits() {
        let looks = Arc::new(AtomicU32::new(0));
        let watcher = Arc::new(Watcher::new());
        let (counter, shared) = (Arc::clone(&looks), Arc::clone(&watcher));
        let task = tokio::spawn(async move {
            let look = || {
                let seen = counter.fetch_add(1, Ordering::SeqCst) + 1;
                std::future::ready(Ok::<_, Infallible>(seen))
            };
            shared.run(Duration::from_millis(1), look).await;
        });
        // The task has the one thread of this runtime whenever the test yields.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(looks.load(Ordering::SeqCst), 0);

        let mut sights = watcher.watch();
        for expected in [1, 2] {
            assert!(matches!(sights.next().await, Sight::Seen(n) if *n == expected));
        }
        drop(sights);
        // Far more than the interval, in which a task that went on would look again and again.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(looks.load(Ordering::SeqCst), 2);
        task.abort();
    }
}
