//! Snapshots at marks that have none: of streams that grew before there were marks, and after the evolve code has changed.

use std::collections::BTreeSet;

use daybook_core::domain::Domain;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use sqlx::Row as _;

use super::{Snapshot, marks};
use crate::error::ReadError;
use crate::read::{Direction, LogReader, StreamQuery};

impl LogReader {
    /// The streams that have a newest snapshot, each with its version, in the order of their ids: at most `limit` of those
    /// after `after`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn snapshot_versions(
        &self,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<(StreamId, Version)>, ReadError> {
        let rows = sqlx::query(include_str!("../queries/read_snapshot_versions.sql"))
            .bind(after.map_or("", StreamId::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let corrupt = |source| ReadError::Corrupt { position: Default::default(), source };
                let stream_id = StreamId::parse(row.try_get("stream_id")?).map_err(corrupt)?;
                let version = Version::new(row.try_get("version")?).map_err(corrupt)?;
                Ok((stream_id, version))
            })
            .collect()
    }

    /// The marks of a stream up to `version` without a snapshot that this build's code can use, lowest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn marks_without_snapshot<D: Domain>(
        &self,
        domain: &D,
        stream_id: &StreamId,
        version: Version,
    ) -> Result<BTreeSet<Version>, ReadError> {
        let there: Vec<i64> = sqlx::query_scalar(include_str!("../queries/read_past_marks.sql"))
            .bind(stream_id.as_str())
            .bind(domain.fingerprint(stream_id))
            .fetch_all(self.pool())
            .await?;
        let there: BTreeSet<i64> = there.into_iter().collect();
        Ok(marks(version).filter(|mark| !there.contains(&mark.get())).collect())
    }

    /// The state of a stream at a mark, to be written as a snapshot; `None` where the stream has no such version, or no state
    /// there.
    ///
    /// # Errors
    /// When the database is away or an event cannot be read.
    pub async fn snapshot_at<D: Domain>(
        &self,
        domain: &D,
        stream_id: &StreamId,
        mark: Version,
    ) -> Result<Option<Snapshot>, ReadError> {
        // Read before the fold and compared when it is written: if the event is still there, so is all that was folded.
        let query = StreamQuery {
            stream_id: stream_id.clone(),
            from_version: mark,
            to_version: mark,
            event_types: Vec::new(),
            direction: Direction::Forwards,
            limit: 1,
        };
        let Some(last) = self.read_stream(&query).await?.pop() else { return Ok(None) };
        let Some(state) = self.state_at(domain, stream_id, mark).await?.state else {
            return Ok(None);
        };
        Ok(domain.encode_state(&state).ok().map(|state| Snapshot {
            stream_id: stream_id.clone(),
            version: mark,
            event_id: last.event_id,
            fingerprint: domain.fingerprint(stream_id),
            state,
            is_kept: true,
        }))
    }
}
