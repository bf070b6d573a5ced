//! One stream as it was: which of its events had happened by a moment, and the state that they had led to.
//!
//! The state is folded from the nearest snapshot up to then, the newest or one at a mark, else from the start; in pages, so
//! that nobody keeps a snapshot of the database open for as long as a long stream takes.

use daybook_core::domain::Domain;
use daybook_core::ids::{Position, Version};
use daybook_core::stream::StreamId;
use sqlx::Row as _;
use time::OffsetDateTime;

use crate::error::ReadError;
use crate::load::decode_snapshot;
use crate::read::{Direction, LogReader, StreamQuery};

/// Events in a page, at most; with 64 KiB each they take 8 MiB.
const PAGE_EVENTS: u32 = 128;

/// What counts. Each bound is inclusive; all of them hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// Versions up to this one.
    pub version: Version,
    /// Positions up to this one.
    pub position: Position,
    /// What was recorded up to this time; `None`: at any time.
    pub time: Option<OffsetDateTime>,
}

impl AsOf {
    /// Everything that has happened.
    pub const NOW: Self = Self { version: Version::MAX, position: Position::MAX, time: None };
}

/// The last event of a stream that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Its number in the stream.
    pub version: Version,
    /// Its place in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: OffsetDateTime,
}

/// A state of a stream.
#[derive(Debug, Clone)]
pub struct StateAt<S> {
    /// The state; `None` where no event has made one.
    pub state: Option<S>,
    /// Version of the snapshot that it was folded from; zero: from the start.
    pub snapshot: Version,
}

impl LogReader {
    /// The last event of a stream that counts; `None` where none does, or the stream does not exist.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn find_moment(
        &self,
        stream_id: &StreamId,
        as_of: AsOf,
    ) -> Result<Option<Moment>, ReadError> {
        let row = sqlx::query(include_str!("queries/find_moment.sql"))
            .bind(stream_id.as_str())
            .bind(as_of.version.get())
            .bind(as_of.position.get())
            .bind(as_of.time)
            .fetch_optional(self.pool())
            .await?;
        row.map(|row| {
            let position = Position::new(row.try_get("position")?).unwrap_or_default();
            let corrupt = |source| ReadError::Corrupt { position, source };
            let version = Version::new(row.try_get("version")?).map_err(corrupt)?;
            Ok(Moment { version, position, recorded_at: row.try_get("recorded_at")? })
        })
        .transpose()
    }

    /// The state of a stream after its event `version`, which must exist.
    ///
    /// # Errors
    /// When the database is away or an event cannot be read.
    pub async fn state_at<D: Domain>(
        &self,
        domain: &D,
        stream_id: &StreamId,
        version: Version,
    ) -> Result<StateAt<D::State>, ReadError> {
        let (mut state, snapshot) = self.snapshot_up_to(domain, stream_id, version).await?;
        let mut reached = snapshot;
        while reached < version {
            let page = StreamQuery {
                stream_id: stream_id.clone(),
                from_version: reached.next(),
                to_version: version,
                event_types: Vec::new(),
                direction: Direction::Forwards,
                limit: PAGE_EVENTS,
            };
            let events = self.read_stream(&page).await?;
            let Some(last) = events.last() else { break };
            reached = last.version;
            for recorded in &events {
                let undecodable = |source| ReadError::Undecodable {
                    stream_id: stream_id.clone(),
                    version: recorded.version,
                    source,
                };
                let event = recorded.decode::<D::Event>().map_err(undecodable)?;
                state = domain.evolve(stream_id, state.take(), &event);
            }
        }
        Ok(StateAt { state, snapshot })
    }

    /// The nearest usable snapshot of a stream up to `version`.
    async fn snapshot_up_to<D: Domain>(
        &self,
        domain: &D,
        stream_id: &StreamId,
        version: Version,
    ) -> Result<(Option<D::State>, Version), ReadError> {
        let row = sqlx::query(include_str!("queries/load_snapshot_at.sql"))
            .bind(stream_id.as_str())
            .bind(domain.fingerprint(stream_id))
            .bind(version.get())
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else { return Ok((None, Version::ZERO)) };
        let Ok(version) = Version::new(row.try_get("version")?) else {
            return Ok((None, Version::ZERO));
        };
        Ok(match decode_snapshot(domain, stream_id, version, row.try_get("state")?) {
            Some(state) => (Some(state), version),
            None => (None, Version::ZERO),
        })
    }
}
