//! The tree from where it stood: opened, grown by what the log has more, signed. Nothing survives a failure; the next
//! session starts from what was committed.

use std::time::{Duration, Instant};

use daybook_core::event::StoredEvent;
use daybook_core::ids::Position;
use daybook_eventlog::{LogReader, ReadError};
use daybook_proof::checkpoint::CheckpointError;
use daybook_proof::edge::Tile;
use daybook_proof::note::NoteError;
use daybook_proof::{Checkpoint, Edge, Hash, KeyFile, PublicKey, SignedCheckpoint, leaf};

use crate::publish::{PublishError, Publisher};
use crate::store::{Store, StoreError};

/// Events in one transaction, at most: sixteen full tiles.
const PAGE_EVENTS_MAX: u64 = 4096;

/// Their data and metadata, at most, in bytes.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// While it catches up, checkpoints are signed no more often than this.
const SIGN_EVERY: Duration = Duration::from_secs(1);

/// Where everything comes from and goes to.
pub(crate) struct Desk {
    pub(crate) log: LogReader,
    pub(crate) store: Store,
    pub(crate) keys: KeyFile,
    pub(crate) publisher: Option<Publisher>,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("another prover grows the tree")]
    Lost,
    #[error(
        "the log is not the one that was signed, {0}: it was restored or tampered with, and nothing more is signed; \
         see `daybook verify`"
    )]
    History(String),
    #[error("the newest checkpoint in `{place}` cannot be trusted")]
    Checkpoint {
        place: String,
        #[source]
        source: CheckpointError,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("cannot sign")]
    Sign(#[from] NoteError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("no answer within {0:?}")]
    NoAnswer(Duration),
}

/// A running session.
pub(crate) struct Session<'d> {
    desk: &'d Desk,
    public_keys: Vec<PublicKey>,
    edge: Edge,
    /// The hash of the last leaf, to recognise the log by.
    last_leaf: Option<Hash>,
    /// What was signed last, and by which key; `None`: nothing yet.
    signed: Option<(u64, u32)>,
    signed_at: Instant,
}

impl<'d> Session<'d> {
    /// Takes up the tree. It must be what the newest checkpoints say, in the database and where it is published.
    pub(crate) async fn open(desk: &'d Desk) -> Result<Self, SessionError> {
        let identity = desk.log.identity().await?;
        let size = desk.store.open(identity.log_id).await?;
        let mut session = Self {
            desk,
            public_keys: desk.keys.public_keys(),
            edge: desk.store.edge(size).await?,
            last_leaf: None,
            signed: None,
            signed_at: Instant::now(),
        };
        if let Some(note) = desk.store.last_note().await? {
            let last = session.trusted(&note, "the database".to_owned())?;
            session.must_continue(&last).await?;
            session.signed = Some((last.checkpoint.size, last.key_id));
        }
        if let Some(publisher) = &desk.publisher
            && let Some((place, note)) = publisher.last_note().await?
        {
            session.must_continue(&session.trusted(&note, place)?).await?;
        }
        if size > 0 {
            let last = daybook_proof::proof::Node { height: 0, index: size - 1 };
            let tile = daybook_proof::tile::tile_of(last);
            let tiles = desk.store.tiles(&[tile].into()).await?;
            session.last_leaf = Some(tiles.node(last).map_err(StoreError::from)?);
        }
        session.check_history(desk.log.head().await?.position).await?;
        Ok(session)
    }

    /// Grows the tree by at most a page and signs what is due. `true`: it is level with the log, and signed.
    pub(crate) async fn advance(&mut self) -> Result<bool, SessionError> {
        let head = self.desk.log.head().await?.position;
        let end = unsigned(head);
        if end < self.edge.size() {
            return Err(self.cut(head));
        }
        if self.edge.size() < end {
            self.grow(end).await?;
            return Ok(self.edge.size() == end);
        }
        let current = (self.edge.size(), self.desk.keys.private.public().id());
        if self.edge.size() > 0 && self.signed != Some(current) {
            // What was grown without being signed before a crash, or was signed by a key that is retired.
            let checkpoint = self.sign(&self.edge)?;
            self.commit(self.edge.clone(), &[], Some(checkpoint)).await?;
        }
        Ok(true)
    }

    /// The next page, in one transaction.
    async fn grow(&mut self, end: u64) -> Result<(), SessionError> {
        let events = self.next_page(end).await?;
        let (mut edge, mut tiles) = (self.edge.clone(), Vec::new());
        let mut last_leaf = self.last_leaf;
        for event in &events {
            let leaf = leaf::hash(event);
            edge.push(leaf, &mut tiles);
            last_leaf = Some(leaf);
        }
        tiles.extend(edge.partial());
        let due = edge.size() == end || self.signed_at.elapsed() >= SIGN_EVERY;
        let checkpoint = if due { Some(self.sign(&edge)?) } else { None };
        self.commit(edge, &tiles, checkpoint).await?;
        self.last_leaf = last_leaf;
        Ok(())
    }

    /// The events after the tree's last one. That one is read again with them: as long as it is the same, by its hash with
    /// all of its columns, the log is the one that was hashed.
    async fn next_page(&self, end: u64) -> Result<Vec<StoredEvent>, SessionError> {
        let size = self.edge.size();
        let up_to = end.min(size + PAGE_EVENTS_MAX);
        let after = size.saturating_sub(1);
        let mut events =
            self.desk.log.read_stored(position(after), position(up_to), PAGE_BYTES_MAX).await?;
        let gapless = (after + 1..)
            .zip(&events)
            .all(|(expected, event)| u64::try_from(event.position) == Ok(expected));
        if !gapless || events.is_empty() {
            return Err(SessionError::History(format!("events after position {after} are gone")));
        }
        if size > 0 {
            let known = events.remove(0);
            if Some(leaf::hash(&known)) != self.last_leaf {
                return Err(SessionError::History(format!("position {size} has another event")));
            }
        }
        if events.is_empty() {
            // The known one alone had more bytes than a page may have; it cannot be told from the next one missing.
            let next = self.desk.log.read_stored(position(size), position(size + 1), 1).await?;
            if next.is_empty() {
                return Err(SessionError::History(format!("position {} is gone", size + 1)));
            }
            return Ok(next);
        }
        Ok(events)
    }

    /// Whether the log still has the event that was hashed last.
    async fn check_history(&self, head: Position) -> Result<(), SessionError> {
        let size = self.edge.size();
        if unsigned(head) < size {
            return Err(self.cut(head));
        }
        if size > 0 {
            let last = self.desk.log.read_stored(position(size - 1), position(size), 1).await?;
            if last.first().map(leaf::hash) != self.last_leaf {
                return Err(SessionError::History(format!("position {size} has another event")));
            }
        }
        Ok(())
    }

    fn cut(&self, head: Position) -> SessionError {
        let size = self.edge.size();
        SessionError::History(format!("it ends at position {head} and was hashed up to {size}"))
    }

    fn sign(&self, edge: &Edge) -> Result<SignedCheckpoint, SessionError> {
        let origin = self.desk.store.origin().to_owned();
        let checkpoint = Checkpoint { origin, size: edge.size(), root: edge.root() };
        Ok(checkpoint.sign(&self.desk.keys.private)?)
    }

    /// Tiles, size and checkpoint are committed together; only then others get to see the checkpoint.
    async fn commit(
        &mut self,
        edge: Edge,
        tiles: &[Tile],
        checkpoint: Option<SignedCheckpoint>,
    ) -> Result<(), SessionError> {
        let (from, to) = (self.edge.size(), edge.size());
        if !self.desk.store.grow(from, to, tiles, checkpoint.as_ref()).await? {
            return Err(SessionError::Lost);
        }
        self.edge = edge;
        if let Some(signed) = checkpoint {
            tracing::debug!(checkpoint.size = to, "signed a checkpoint");
            self.signed = Some((to, signed.key_id));
            self.signed_at = Instant::now();
            if let Some(publisher) = &self.desk.publisher {
                publisher.publish(&self.desk.store, &self.desk.log, &signed).await?;
            }
        }
        Ok(())
    }

    fn trusted(&self, note: &str, place: String) -> Result<SignedCheckpoint, SessionError> {
        SignedCheckpoint::open(note, &self.public_keys)
            .map_err(|source| SessionError::Checkpoint { place, source })
    }

    /// The tree must begin with that of a checkpoint that was signed before.
    async fn must_continue(&self, signed: &SignedCheckpoint) -> Result<(), SessionError> {
        let Checkpoint { size, root, .. } = &signed.checkpoint;
        if *size > self.edge.size() {
            let stored = self.edge.size();
            return Err(SessionError::History(format!(
                "a checkpoint of {size} events was signed and the stored tree has {stored}"
            )));
        }
        if self.desk.store.root(*size).await? != *root {
            return Err(SessionError::History(format!(
                "the stored tree does not begin with the one that was signed for {size} events"
            )));
        }
        Ok(())
    }
}

/// Sizes are positions.
pub(crate) fn position(size: u64) -> Position {
    Position::new(i64::try_from(size).unwrap_or(i64::MAX)).unwrap_or_default()
}

fn unsigned(position: Position) -> u64 {
    u64::try_from(position.get()).unwrap_or(0)
}
