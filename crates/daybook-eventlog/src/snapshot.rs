//! Snapshots: folded states, a cache that may be emptied at any time.

use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use sqlx::PgPool;
use uuid::Uuid;

/// The state of a stream at a version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Which stream.
    pub stream_id: StreamId,
    /// The state is the fold of its events 1 ..= version.
    pub version: Version,
    /// The last of them. A log that does not hold it has another history, and takes no such snapshot.
    pub event_id: Uuid,
    /// The version of the evolve code that made it.
    pub fingerprint: i32,
    /// The state as JSON text.
    pub state: String,
}

/// Writes snapshots of committed versions, one a stream, never over a newer one of the same fingerprint.
///
/// # Errors
/// When the database is away; nothing depends on it.
pub async fn write_snapshots(pool: &PgPool, snapshots: &[Snapshot]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("queries/write_snapshots.sql"))
        .bind(snapshots.iter().map(|s| s.stream_id.as_str()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.version.get()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.event_id).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.fingerprint).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.state.as_str()).collect::<Vec<_>>())
        .execute(pool)
        .await?;
    Ok(())
}
