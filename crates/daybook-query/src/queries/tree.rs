//! The Merkle tree over the log, as the prover stores it in schema `proof`: signed checkpoints and tiles. Nothing here is
//! trusted: whoever asks verifies.

use std::collections::BTreeSet;

use daybook_proof::tile::{MissingTile, TileId, Tiles};
use daybook_proof::{Checkpoint, note};
use sqlx::{PgPool, Row as _};
use time::OffsetDateTime;

use crate::error::QueryError;

/// A stored checkpoint.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CheckpointRow {
    key_id: i64,
    pub(crate) signed_at: OffsetDateTime,
    pub(crate) note: String,
}

impl CheckpointRow {
    pub(crate) fn key_id(&self) -> u32 {
        u32::try_from(self.key_id).unwrap_or_default()
    }

    /// What stands in the note.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint, QueryError> {
        let damaged = |error: &dyn std::fmt::Display| QueryError::TreeDamaged(error.to_string());
        let text = note::unverified_text(&self.note).map_err(|error| damaged(&error))?;
        Checkpoint::parse(text).map_err(|error| damaged(&error))
    }
}

/// The newest checkpoint of an origin (empty: of the one that signed last), or the one of a size (0: any).
pub(crate) async fn get_checkpoint(
    pool: &PgPool,
    origin: &str,
    size: i64,
) -> Result<Option<CheckpointRow>, QueryError> {
    Ok(sqlx::query_as(include_str!("sql/get_checkpoint.sql"))
        .bind(origin)
        .bind(size)
        .fetch_optional(pool)
        .await?)
}

/// Some tiles of an origin's tree.
pub(crate) async fn get_tiles(
    pool: &PgPool,
    origin: &str,
    ids: &BTreeSet<TileId>,
) -> Result<Tiles, QueryError> {
    let index = |id: &TileId| i64::try_from(id.index).unwrap_or(i64::MAX);
    let rows = sqlx::query(include_str!("sql/get_tiles.sql"))
        .bind(origin)
        .bind(ids.iter().map(|id| i16::from(id.level)).collect::<Vec<_>>())
        .bind(ids.iter().map(index).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?;
    let mut tiles = Tiles::default();
    for row in rows {
        let (level, index): (i16, i64) = (row.try_get("level")?, row.try_get("index")?);
        let id = TileId {
            level: u8::try_from(level).unwrap_or(u8::MAX),
            index: u64::try_from(index).unwrap_or(u64::MAX),
        };
        tiles.insert(id, row.try_get("hashes")?);
    }
    Ok(tiles)
}

impl From<MissingTile> for QueryError {
    fn from(missing: MissingTile) -> Self {
        Self::TreeDamaged(missing.to_string())
    }
}
