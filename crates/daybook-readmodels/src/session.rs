//! One stretch of projecting, from opening the read models to the first failure. Partitions come and go in it, one by one,
//! without a pause for the others. Nothing survives it: what is held in memory is thrown away with any failure, and the
//! next session starts from the checkpoints. So starting, recovering and taking over from somebody else are one path.

mod partitions;

use std::sync::Arc;
use std::time::Duration;

use daybook_core::event::{EventPayload, RecordedEvent};
use daybook_core::ids::Position;
use daybook_eventlog::{Head, Identity, ReadError, Tip};
use daybook_keys::{KeyStore, KeyStoreError};
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::checkpoint::OpenError;
use crate::decoded::{Decoded, Reading, decode};
use crate::feed::{BrokenLog, Feed};
use crate::forgotten::{ClearError, clear_words};
use crate::log::{Connections, Log};
use crate::projection::Projection;
use crate::read_models::{ApplyError, ReadModels};
use crate::skips::SkipsError;

use partitions::Partitions;
pub(crate) use partitions::Tried;

/// Between two looks at the head while messages come. A batch costs less without one, and without moving the partitions
/// that have nothing in it; an answer that leans on those waits for the next look.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where everything comes from and goes to.
pub(crate) struct Desk<E> {
    pub(crate) log: Log,
    pub(crate) read: PgPool,
    /// How many connections to it were made so far.
    pub(crate) read_connections: Connections,
    /// `None`: words of sealed reasons cannot be found.
    pub(crate) keys: Option<KeyStore>,
    pub(crate) projections: Vec<Arc<dyn Projection<E>>>,
    /// At most about this many events a transaction.
    pub(crate) batch_events_max: u32,
    /// How often the head is looked at when nothing comes.
    pub(crate) poll_interval: Duration,
}

impl<E> Desk<E> {
    /// Events of a transaction, as a number of things in memory.
    pub(crate) fn page(&self) -> usize {
        usize::try_from(self.batch_events_max).unwrap_or(usize::MAX)
    }

    fn reading(&self) -> Reading<'_> {
        Reading::of(self.projections.iter().map(AsRef::as_ref), self.keys.as_ref())
    }

    /// How many connections were made to the databases so far: another number than before means that another history may
    /// lie behind one of them.
    fn connections(&self) -> u64 {
        self.log.connections() + self.read_connections.made()
    }
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("the log was restored; read models that are ahead of it stand now")]
    History,
    #[error("the log has {now} partitions, it had {before} when this projector started")]
    PartitionCount { before: u16, now: u16 },
    #[error("failed to open the read models")]
    Open(#[from] OpenError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    BrokenLog(#[from] BrokenLog),
    /// Nothing is passed over for that: it is read again when the store is back.
    #[error("failed to open personal texts")]
    Keys(#[from] KeyStoreError),
    #[error(transparent)]
    Forgotten(#[from] ClearError),
    #[error("failed to read what operators decided")]
    Skips(#[from] SkipsError),
    #[error("failed to stop what is ahead of the log")]
    Stop(#[source] sqlx::Error),
    #[error("failed to let go on what an operator decided on")]
    Resume(#[source] sqlx::Error),
    #[error("no answer within {0:?}")]
    NoAnswer(Duration),
}

/// A running session.
pub(crate) struct Session<'d, E> {
    desk: &'d Desk<E>,
    models: ReadModels<E>,
    feed: Feed,
    partitions: Partitions,
    /// Whose messages are of use.
    log_id: Uuid,
    /// When the head was last looked at, and whether something was handed on since.
    looked_at: Instant,
    owes_look: bool,
    /// How many connections to the log there had been when its history was last checked.
    connections_checked: u64,
    /// How many connections to both databases there had been when words were last cleared; `None`: never.
    connections_cleared: Option<u64>,
}

impl<'d, E: EventPayload> Session<'d, E> {
    /// Opens the read models, without any partition yet.
    pub(crate) async fn open(desk: &'d Desk<E>, before: Identity) -> Result<Self, SessionError> {
        let connections_checked = desk.log.connections();
        let identity = desk.log.reader.identity().await?;
        let (before, now) = (before.partition_count, identity.partition_count);
        if before != now {
            return Err(SessionError::PartitionCount { before, now });
        }
        let log = &desk.log.reader;
        let models = ReadModels::open(desk.read.clone(), &desk.projections, now, log).await?;
        let feed = Feed::new(now, desk.page());
        let (partitions, log_id) = (Partitions::default(), identity.log_id);
        let (looked_at, owes_look) = (Instant::now(), true);
        let connections_cleared = None;
        Ok(Self {
            desk,
            models,
            feed,
            partitions,
            log_id,
            looked_at,
            owes_look,
            connections_checked,
            connections_cleared,
        })
    }

    /// Whether words of people who are forgotten may have come back.
    pub(crate) fn must_clear_words(&self) -> bool {
        self.connections_cleared != Some(self.desk.connections())
    }

    /// Clears them.
    pub(crate) async fn clear_words(&mut self) -> Result<(), SessionError> {
        let connections = self.desk.connections();
        if let Some(keys) = &self.desk.keys {
            clear_words(keys, &self.desk.read, &self.desk.projections).await?;
        }
        self.connections_cleared = Some(connections);
        Ok(())
    }

    /// The next events, all of them from the log: at the positions that messages name, and page by page where messages are
    /// missing, late or too many.
    pub(crate) async fn next(
        &mut self,
        messages: &mut mpsc::Receiver<Vec<Position>>,
    ) -> Result<Vec<Decoded<E>>, SessionError> {
        let named = if self.feed.is_catching_up() {
            // There is the log to read; who is level has its messages all the same.
            messages.try_recv().unwrap_or_default()
        } else {
            self.receive(messages).await
        };
        let idle = named.is_empty();
        let mut next = self.read_named(named).await?;
        if !idle && !self.must_look(Instant::now()) {
            self.owes_look = true;
            return Ok(decode(next, self.desk.reading()).await?);
        }
        let head = self.desk.log.reader.head().await?;
        let now = Instant::now();
        (self.looked_at, self.owes_look) = (now, false);
        self.feed.observe(&head, now);
        if self.feed.is_catching_up() || self.feed.must_read_log(now, idle) {
            next.extend(self.read_page(&head).await?);
        } else if self.may_be_another(&head) {
            self.check_history(&head).await?;
        }
        self.feed.level(&head);
        Ok(decode(next, self.desk.reading()).await?)
    }

    /// Applies what [`Session::next`] gave. May be called with nothing: checkpoints then follow the head.
    pub(crate) async fn apply(&mut self, events: &[Decoded<E>]) -> Result<(), SessionError> {
        let applied = self.models.apply(events, &self.feed.frontiers()).await?;
        if applied.stopped {
            self.leave_where_nothing_goes_on();
        }
        self.let_go_of_lost(applied.lost);
        Ok(())
    }

    /// Whether messages alone are not enough to go on with.
    fn must_look(&self, now: Instant) -> bool {
        now.duration_since(self.looked_at) >= LOOK_EVERY
            || self.feed.is_catching_up()
            || self.feed.must_read_log(now, false)
            || self.desk.log.connections() != self.connections_checked
    }

    /// Whether the log may have another history than the one that was applied.
    fn may_be_another(&self, head: &Head) -> bool {
        self.desk.log.connections() != self.connections_checked
            || self.models.active().any(|slot| slot.position > head.position)
    }

    /// Messages, or none when none come for a while. Dropping this loses nothing.
    async fn receive(&self, messages: &mut mpsc::Receiver<Vec<Position>>) -> Vec<Position> {
        let now = Instant::now();
        let mut patience = self.feed.patience(now, self.desk.poll_interval);
        if self.owes_look {
            patience = patience.min((self.looked_at + LOOK_EVERY).saturating_duration_since(now));
        }
        match timeout(patience, messages.recv()).await {
            Ok(Some(messages)) => messages,
            Ok(None) => {
                // The drain has ended, as it does when everything stops.
                tokio::time::sleep(patience).await;
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    /// The events at the positions that messages name, as far as they are next. One statement, of a page at most, whatever
    /// was named; a position that the log does not hold gives nothing. The event that was applied last is read in the same
    /// snapshot: where it is another one, so is the log.
    async fn read_named(
        &mut self,
        named: Vec<Position>,
    ) -> Result<Vec<RecordedEvent>, SessionError> {
        let mut wanted = self.feed.wanted(named, self.desk.page());
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.models.last_applied();
        wanted.extend(known.map(|tip| tip.position));
        wanted.sort_unstable();
        let events = self.desk.log.reader.read_log_at(&wanted).await?;
        let is_known = |tip: Tip| {
            events.iter().any(|e| e.position == tip.position && e.event_id == tip.event_id)
        };
        let same_log =
            known.is_none_or(is_known) && self.desk.log.connections() == self.connections_checked;
        if !same_log {
            let head = self.desk.log.reader.head().await?;
            self.check_history(&head).await?;
        }
        Ok(self.feed.offer(events, Instant::now()))
    }

    /// One page for all partitions that lack something, from the one furthest behind.
    async fn read_page(&mut self, head: &Head) -> Result<Vec<RecordedEvent>, SessionError> {
        self.check_history(head).await?;
        let Some(after) = self.feed.lowest_behind() else { return Ok(Vec::new()) };
        let limit = self.desk.batch_events_max;
        let page = self.desk.log.reader.read_log(after, limit).await?;
        let end = u32::try_from(page.len()).unwrap_or(u32::MAX) < limit;
        tracing::debug!(after = %after, events = page.len(), "read the log");
        Ok(self.feed.take_page(after, page, end, Instant::now())?)
    }

    async fn check_history(&mut self, head: &Head) -> Result<(), SessionError> {
        let connections = self.desk.log.connections();
        if connections != self.connections_checked {
            // An exported log in an empty one has an id of its own.
            self.log_id = self.desk.log.reader.identity().await?.log_id;
        }
        if let Some(cut) = self.desk.log.cut(head, self.models.active()).await? {
            self.models.stop_ahead_of(cut).await.map_err(SessionError::Stop)?;
            return Err(SessionError::History);
        }
        self.connections_checked = connections;
        Ok(())
    }
}
