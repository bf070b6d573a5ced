//! The tree from where it stood: opened, grown by what the log has more, signed. Of a session that failed only the memory of
//! what was signed survives; the next one starts from what was committed.
//!
//! A checkpoint that is larger than the stored tree (the tables were emptied or set back, or a crash came between the state file
//! and the commit) is *owed*: the tree grows to its size without a signature, and goes on only where the roots agree.

use std::time::{Duration, Instant};

use daybook_core::event::StoredEvent;
use daybook_core::ids::Position;
use daybook_eventlog::{LogReader, ReadError};
use daybook_proof::checkpoint::CheckpointError;
use daybook_proof::edge::Tile;
use daybook_proof::note::NoteError;
use daybook_proof::{Checkpoint, Edge, Hash, KeyFile, PublicKey, SignedCheckpoint, leaf};
use time::OffsetDateTime;

use crate::memory::{Memory, MemoryError};
use crate::metrics::Metrics;
use crate::publish::{PublishError, Publisher};
use crate::store::{Store, StoreError};

/// Events in one transaction, at most: sixteen full tiles.
const PAGE_EVENTS_MAX: u64 = 4096;

/// Their data and metadata, at most, in bytes.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// While it catches up, checkpoints are signed no more often than this.
const SIGN_EVERY: Duration = Duration::from_secs(1);

/// Where everything comes from and goes to.
pub(crate) struct Prover {
    pub(crate) log: LogReader,
    pub(crate) store: Store,
    pub(crate) keys: KeyFile,
    pub(crate) memory: Memory,
    pub(crate) publisher: Option<Publisher>,
    pub(crate) metrics: Metrics,
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
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error("no answer within {0:?}")]
    NoAnswer(Duration),
}

/// A running session.
pub(crate) struct Session<'p> {
    prover: &'p mut Prover,
    public_keys: Vec<PublicKey>,
    edge: Edge,
    /// The hash of the last leaf, to recognise the log by.
    last_leaf: Option<Hash>,
    /// What the database has as signed last; `None`: nothing yet.
    signed: Option<SignedCheckpoint>,
    signed_at: Instant,
    /// What was signed of larger trees than the stored one, the smallest first.
    owed: Vec<Checkpoint>,
    /// The size that the directory has.
    published: u64,
}

impl<'p> Session<'p> {
    /// Takes up the tree. It must be what the newest checkpoints say, in the database and where it is published.
    pub(crate) async fn open(prover: &'p mut Prover) -> Result<Self, SessionError> {
        let log_id = prover.log.identity().await?.log_id;
        prover.store.open(log_id).await?;
        let stored = prover.store.last_note().await?;
        let published = match &prover.publisher {
            Some(publisher) => publisher.last_note(prover.store.origin()).await?,
            None => None,
        };
        let size = prover.store.open(log_id).await?;
        let mut session = Self {
            public_keys: prover.keys.public_keys(),
            edge: prover.store.edge(size).await?,
            prover,
            last_leaf: None,
            signed: None,
            signed_at: Instant::now(),
            owed: Vec::new(),
            published: 0,
        };
        let mut newest = session.prover.memory.last().clone();
        session.must_continue(&newest).await?;
        if let Some(note) = stored {
            let last = session.trusted(&note, "the database".to_owned())?;
            session.must_continue(&last).await?;
            session.signed = Some(last);
        }
        if let Some((place, note)) = published {
            let last = session.trusted(&note, place)?;
            session.must_continue(&last).await?;
            session.published = last.checkpoint.size;
            newest = larger(newest, last);
        }
        if let Some(last) = &session.signed {
            newest = larger(newest, last.clone());
        }
        session.owed.sort_by_key(|owed| owed.size);
        if session.owed.is_empty() {
            // Another prover of the same key signed it.
            session.prover.memory.keep(&newest).await?;
        }
        if size > 0 {
            let last = daybook_proof::proof::Node { height: 0, index: size - 1 };
            let tile = daybook_proof::tile::tile_of(last);
            let tiles = session.prover.store.tiles(&[tile].into()).await?;
            session.last_leaf = Some(tiles.node(last).map_err(StoreError::from)?);
        }
        if let Some(signed_at) = session.prover.store.last_signed_at().await? {
            session.prover.metrics.signed_at(signed_at);
        }
        session.check_history(session.prover.log.head().await?.position).await?;
        Ok(session)
    }

    /// Grows the tree by at most a page and signs what is due. `true`: it is level with the log, and signed.
    pub(crate) async fn advance(&mut self) -> Result<bool, SessionError> {
        let head = self.prover.log.head().await?.position;
        let end = unsigned(head);
        if end < self.edge.size() {
            return Err(self.cut(head));
        }
        if let Some(owed) = self.owed.first()
            && owed.size > end
        {
            let signed = owed.size;
            return Err(SessionError::History(format!(
                "it ends at position {head} and {signed} events were signed"
            )));
        }
        if self.edge.size() < end {
            self.grow(end).await?;
        } else if end > 0 && !self.is_signed() {
            // What was grown without being signed before a crash, or was signed by a key that is retired.
            let checkpoint = self.sign(&self.edge)?;
            self.commit(self.edge.clone(), &[], Some(checkpoint)).await?;
        }
        let signed = self.signed.as_ref().map_or(0, |signed| signed.checkpoint.size);
        self.prover.metrics.unsigned(end.saturating_sub(signed));
        Ok(self.edge.size() == end)
    }

    /// Whether everything that was signed is in the tree.
    pub(crate) fn is_proven(&self) -> bool {
        self.owed.is_empty()
    }

    /// Whether the tree as it is was signed by the key that signs now.
    fn is_signed(&self) -> bool {
        let key_id = self.prover.keys.private.public().id();
        self.signed.as_ref().is_some_and(|signed| {
            signed.checkpoint.size == self.edge.size() && signed.key_id == key_id
        })
    }

    /// Brings the directory up to what was signed last. What failed is tried again with the next look at the log. For a new
    /// directory of a long log that takes a while, in which nothing is signed.
    pub(crate) async fn publish(&mut self) -> Result<(), SessionError> {
        if let (Some(publisher), Some(signed)) = (&self.prover.publisher, &self.signed)
            && self.published < signed.checkpoint.size
        {
            publisher.publish(&self.prover.store, &self.prover.log, signed).await?;
            self.published = signed.checkpoint.size;
        }
        Ok(())
    }

    /// The next page, in one transaction.
    async fn grow(&mut self, end: u64) -> Result<(), SessionError> {
        let end = self.owed.first().map_or(end, |owed| owed.size.min(end));
        let events = self.next_page(end).await?;
        let (mut edge, mut tiles) = (self.edge.clone(), Vec::new());
        let mut last_leaf = self.last_leaf;
        for event in &events {
            let leaf = leaf::hash(event);
            edge.push(leaf, &mut tiles);
            last_leaf = Some(leaf);
        }
        tiles.extend(edge.partial());
        self.settle(&edge)?;
        let due = edge.size() == end || self.signed_at.elapsed() >= SIGN_EVERY;
        let due = due && self.owed.is_empty();
        let checkpoint = if due { Some(self.sign(&edge)?) } else { None };
        self.commit(edge, &tiles, checkpoint).await?;
        self.last_leaf = last_leaf;
        Ok(())
    }

    /// Where the tree has come to the size of a checkpoint that was signed, it must be that one's.
    fn settle(&mut self, edge: &Edge) -> Result<(), SessionError> {
        let reached = self.owed.iter().take_while(|owed| owed.size == edge.size()).count();
        if reached > 0 && self.owed.drain(..reached).any(|owed| owed.root != edge.root()) {
            return Err(forked(edge.size()));
        }
        Ok(())
    }

    /// The events after the tree's last one. That one is read again with them: as long as it is the same, by its hash with
    /// all of its columns, the log is the one that was hashed.
    async fn next_page(&self, end: u64) -> Result<Vec<StoredEvent>, SessionError> {
        let size = self.edge.size();
        let up_to = end.min(size + PAGE_EVENTS_MAX);
        let after = size.saturating_sub(1);
        let mut events =
            self.prover.log.read_stored(position(after), position(up_to), PAGE_BYTES_MAX).await?;
        let gapless = (after + 1..)
            .zip(&events)
            .all(|(expected, event)| u64::try_from(event.position) == Ok(expected));
        // With the known one there is at least one more.
        let expected_min = if size > 0 { 2 } else { 1 };
        if !gapless || events.len() < expected_min {
            return Err(SessionError::History(format!("events after position {after} are gone")));
        }
        if size > 0 {
            let known = events.remove(0);
            if Some(leaf::hash(&known)) != self.last_leaf {
                return Err(SessionError::History(format!("position {size} has another event")));
            }
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
            let last = self.prover.log.read_stored(position(size - 1), position(size), 1).await?;
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
        let origin = self.prover.store.origin().to_owned();
        let checkpoint = Checkpoint { origin, size: edge.size(), root: edge.root() };
        Ok(checkpoint.sign(&self.prover.keys.signers(OffsetDateTime::now_utc()))?)
    }

    /// Tiles, size and checkpoint are committed together; only then others get to see the checkpoint. Before that it is kept: a
    /// commit whose answer is lost may have shown it.
    async fn commit(
        &mut self,
        edge: Edge,
        tiles: &[Tile],
        checkpoint: Option<SignedCheckpoint>,
    ) -> Result<(), SessionError> {
        if let Some(signed) = &checkpoint {
            self.prover.memory.keep(signed).await?;
        }
        let (from, to) = (self.edge.size(), edge.size());
        if !self.prover.store.grow(from, to, tiles, checkpoint.as_ref()).await? {
            return Err(SessionError::Lost);
        }
        self.edge = edge;
        if let Some(signed) = checkpoint {
            tracing::debug!(checkpoint.size = to, "signed a checkpoint");
            self.signed = Some(signed);
            self.signed_at = Instant::now();
            self.prover.metrics.signed_at(OffsetDateTime::now_utc());
        }
        Ok(())
    }

    fn trusted(&self, note: &str, place: String) -> Result<SignedCheckpoint, SessionError> {
        SignedCheckpoint::open(note, &self.public_keys)
            .map_err(|source| SessionError::Checkpoint { place, source })
    }

    /// The tree must begin with that of a checkpoint that was signed before, or come to it before more is signed.
    async fn must_continue(&mut self, signed: &SignedCheckpoint) -> Result<(), SessionError> {
        let Checkpoint { size, root, .. } = signed.checkpoint;
        if size > self.edge.size() {
            self.owed.push(signed.checkpoint.clone());
        } else if self.prover.store.root(size).await? != root {
            return Err(forked(size));
        }
        Ok(())
    }
}

fn forked(size: u64) -> SessionError {
    SessionError::History(format!(
        "the tree of its first {size} events has another root than the one that was signed"
    ))
}

/// The one of more events; of two alike the first.
fn larger(one: SignedCheckpoint, other: SignedCheckpoint) -> SignedCheckpoint {
    if other.checkpoint.size > one.checkpoint.size { other } else { one }
}

/// Sizes are positions.
pub(crate) fn position(size: u64) -> Position {
    Position::new(i64::try_from(size).unwrap_or(i64::MAX)).unwrap_or_default()
}

fn unsigned(position: Position) -> u64 {
    u64::try_from(position.get()).unwrap_or(0)
}
