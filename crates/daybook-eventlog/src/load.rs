//! Loading the states of many streams at once: their snapshots in one query, the later events of all of them in another,
//! folded as the rows come in, so that a long stream takes no memory.

use std::collections::{BTreeSet, HashMap};

use daybook_core::domain::Domain;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use futures::TryStreamExt as _;
use sqlx::{PgConnection, PgPool, Row as _};

use crate::error::ReadError;
use crate::row::recorded_event;

/// A stream as the log has it.
#[derive(Debug, Clone)]
pub struct LoadedStream<S> {
    /// Its version; zero: it does not exist.
    pub version: Version,
    /// Its state; `None` where it does not exist.
    pub state: Option<S>,
}

/// Loads each of `stream_ids` up to its last committed event.
///
/// # Errors
/// When the database is away or an event cannot be read.
pub async fn load_streams<D: Domain>(
    pool: &PgPool,
    domain: &D,
    stream_ids: &[StreamId],
) -> Result<HashMap<StreamId, LoadedStream<D::State>>, ReadError> {
    // One connection for both queries: the pool tests each that it gives out and takes back.
    let mut connection = pool.acquire().await?;
    let mut loaded = load_snapshots(&mut connection, domain, stream_ids).await?;
    // One that is named twice must not be folded twice.
    let distinct: BTreeSet<&StreamId> = stream_ids.iter().collect();
    let ids: Vec<&str> = distinct.iter().map(|id| id.as_str()).collect();
    let versions: Vec<i64> = distinct
        .iter()
        .map(|id| loaded.get(*id).map_or(0, |stream| stream.version.get()))
        .collect();
    let mut rows = sqlx::query(include_str!("queries/load_events.sql"))
        .bind(ids)
        .bind(versions)
        .fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        let recorded = recorded_event(&row)?;
        let event = recorded.decode::<D::Event>().map_err(|source| ReadError::Undecodable {
            stream_id: recorded.stream_id.clone(),
            version: recorded.version,
            source,
        })?;
        let stream = loaded
            .entry(recorded.stream_id.clone())
            .or_insert(LoadedStream { version: Version::ZERO, state: None });
        stream.state = domain.evolve(&recorded.stream_id, stream.state.take(), &event);
        stream.version = recorded.version;
    }
    drop(rows);
    for id in stream_ids {
        loaded.entry(id.clone()).or_insert(LoadedStream { version: Version::ZERO, state: None });
    }
    Ok(loaded)
}

/// The usable snapshots among those of `stream_ids`: made by this build's evolve code, and readable.
async fn load_snapshots<D: Domain>(
    connection: &mut PgConnection,
    domain: &D,
    stream_ids: &[StreamId],
) -> Result<HashMap<StreamId, LoadedStream<D::State>>, ReadError> {
    let ids: Vec<&str> = stream_ids.iter().map(StreamId::as_str).collect();
    let fingerprints: Vec<i32> = stream_ids.iter().map(|id| domain.fingerprint(id)).collect();
    let rows = sqlx::query(include_str!("queries/load_snapshots.sql"))
        .bind(ids)
        .bind(fingerprints)
        .fetch_all(connection)
        .await?;
    let mut loaded = HashMap::new();
    for row in rows {
        let (Ok(stream_id), Ok(version)) =
            (StreamId::parse(row.try_get("stream_id")?), Version::new(row.try_get("version")?))
        else {
            continue;
        };
        if let Some(state) = decode_snapshot(domain, &stream_id, version, row.try_get("state")?) {
            loaded.insert(stream_id, LoadedStream { version, state: Some(state) });
        }
    }
    Ok(loaded)
}

/// The state in a snapshot; `None`: it cannot be read and is ignored.
pub(crate) fn decode_snapshot<D: Domain>(
    domain: &D,
    stream_id: &StreamId,
    version: Version,
    text: &str,
) -> Option<D::State> {
    domain
        .decode_state(stream_id, text)
        .inspect_err(|error| {
            tracing::warn!(
                stream.id = %stream_id, %version, %error,
                "a snapshot cannot be read and is ignored; its fingerprint should have been raised"
            );
        })
        .ok()
}
