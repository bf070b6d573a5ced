//! Which calls may be in hand, which may wait, and which may use a connection: limits that keep callers apart.
//!
//! - A call in hand is light or heavy, and each weight has as many places as the other: heavy questions cannot take those
//!   of light ones.
//! - A call that waits for a position gives its place back and takes one among the waiting, of which no connection has more
//!   than a share: callers that wait shut out nobody who need not.
//! - Connections to a database are shared by weight, see [`Gate`].

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::QueryError;
use crate::settings::QuerySettings;

/// What a question costs the databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// A few rows, found by their keys.
    Light,
    /// Pages of rows, sums over them, or a fold of events.
    Heavy,
}

/// What there is too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Busy {
    /// Calls in hand.
    #[error("{calls_max} calls of this weight are in hand, which is the limit")]
    Calls { calls_max: u32 },
    /// Calls that wait for a position.
    #[error("{waits_max} calls wait for their min_position, which is the limit")]
    Waits { waits_max: u32 },
    /// Those of one connection.
    #[error("{share} calls of this connection wait for their min_position, which is its share")]
    WaitsOfConnection { share: u32 },
    /// Calls at work on a database.
    #[error("no connection to a database became free in time")]
    Connections,
    /// Those of heavy questions.
    #[error(
        "{heavy_max} questions as heavy as this are being answered, which is their share of the connections"
    )]
    HeavyConnections { heavy_max: usize },
}

impl Busy {
    /// When a caller that was one too many should come again: at once would be in vain, and heavy questions take longer.
    pub(crate) fn retry_after(self) -> Duration {
        match self {
            Self::Calls { .. } | Self::Connections => Duration::from_millis(100),
            Self::Waits { .. } | Self::WaitsOfConnection { .. } | Self::HeavyConnections { .. } => {
                Duration::from_millis(500)
            }
        }
    }
}

/// One part in so many of the waiting places is a connection's share: so many clients can wait side by side.
const WAITING_SHARES: u32 = 8;

/// The places of calls.
pub(crate) struct Admission {
    calls_max: u32,
    light: AtomicU32,
    heavy: AtomicU32,
    waits_max: u32,
    waiting: Mutex<Waiting>,
}

/// Who waits.
#[derive(Default)]
struct Waiting {
    all: u32,
    /// By the caller's end of the connection; connections without a waiting call are absent.
    by_connection: HashMap<Option<SocketAddr>, u32>,
}

impl Admission {
    pub(crate) fn new(settings: &QuerySettings) -> Self {
        Self {
            calls_max: settings.calls_max,
            light: AtomicU32::new(0),
            heavy: AtomicU32::new(0),
            waits_max: settings.waits_max,
            waiting: Mutex::default(),
        }
    }

    /// Takes a call in hand, or refuses it where there are too many of its weight.
    pub(crate) fn begin(
        &self,
        weight: Weight,
        connection: Option<SocketAddr>,
    ) -> Result<InHand<'_>, QueryError> {
        // From here on dropping it gives the place back, also where it was one too many.
        let in_hand = InHand { admission: self, weight, connection };
        if self.of(weight).fetch_add(1, Ordering::Relaxed) >= self.calls_max {
            return Err(QueryError::Overloaded(Busy::Calls { calls_max: self.calls_max }));
        }
        Ok(in_hand)
    }

    fn of(&self, weight: Weight) -> &AtomicU32 {
        match weight {
            Weight::Light => &self.light,
            Weight::Heavy => &self.heavy,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a call in hand.
pub(crate) struct InHand<'a> {
    admission: &'a Admission,
    pub(crate) weight: Weight,
    connection: Option<SocketAddr>,
}

impl InHand<'_> {
    /// Gives the place back for as long as the result lives. A call that has waited takes its place again even where there is
    /// none: it is not refused after its wait, and no more than may wait can come back.
    pub(crate) fn wait(&self) -> Result<WaitingPlace<'_>, QueryError> {
        let Admission { waits_max, .. } = *self.admission;
        let mut waiting = self.admission.waiting();
        let share = waits_max.div_ceil(WAITING_SHARES);
        let own = waiting.by_connection.get(&self.connection).copied().unwrap_or(0);
        if own >= share {
            return Err(QueryError::Overloaded(Busy::WaitsOfConnection { share }));
        }
        if waiting.all >= waits_max {
            return Err(QueryError::Overloaded(Busy::Waits { waits_max }));
        }
        waiting.all += 1;
        waiting.by_connection.insert(self.connection, own + 1);
        self.admission.of(self.weight).fetch_sub(1, Ordering::Relaxed);
        Ok(WaitingPlace { in_hand: self })
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.admission.of(self.weight).fetch_sub(1, Ordering::Relaxed);
    }
}

/// The place of a call that waits.
pub(crate) struct WaitingPlace<'a> {
    in_hand: &'a InHand<'a>,
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        let InHand { admission, weight, connection } = self.in_hand;
        admission.of(*weight).fetch_add(1, Ordering::Relaxed);
        let mut waiting = admission.waiting();
        waiting.all -= 1;
        if let Some(own) = waiting.by_connection.get_mut(connection) {
            *own -= 1;
            if *own == 0 {
                waiting.by_connection.remove(connection);
            }
        }
    }
}

/// The connections of one pool, handed out by weight: heavy questions have a share of them, light ones whatever is free.
pub(crate) struct Gate {
    all: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    heavy_max: usize,
    /// How long a call waits for its turn.
    acquire_max: Duration,
}

/// The right to use one connection.
pub(crate) struct Turn {
    _heavy: Option<OwnedSemaphorePermit>,
    _one: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(settings: &QuerySettings) -> Self {
        // One is kept back for the task that looks on behalf of those who wait.
        let all = usize::try_from(settings.pool_size.saturating_sub(1).max(1))
            .unwrap_or(Semaphore::MAX_PERMITS);
        let percent = usize::from(settings.heavy_percent);
        let heavy_max = (all * percent / 100).max(1);
        Self {
            all: Arc::new(Semaphore::new(all)),
            heavy: Arc::new(Semaphore::new(heavy_max)),
            heavy_max,
            acquire_max: settings.acquire_max(),
        }
    }

    /// Waits for a call's turn, first come, first served, or refuses it.
    pub(crate) async fn turn(&self, weight: Weight) -> Result<Turn, QueryError> {
        let turn = async {
            let closed = "is never closed";
            let heavy = match weight {
                Weight::Light => None,
                Weight::Heavy => Some(Arc::clone(&self.heavy).acquire_owned().await.expect(closed)),
            };
            let one = Arc::clone(&self.all).acquire_owned().await.expect(closed);
            Turn { _heavy: heavy, _one: one }
        };
        timeout(self.acquire_max, turn).await.map_err(|_| {
            QueryError::Overloaded(match weight {
                Weight::Light => Busy::Connections,
                Weight::Heavy => Busy::HeavyConnections { heavy_max: self.heavy_max },
            })
        })
    }
}
