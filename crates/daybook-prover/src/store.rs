//! Schema `proof`: the tree of one origin, its tiles and its signed checkpoints.

use std::collections::BTreeSet;

use daybook_proof::edge::Tile;
use daybook_proof::proof::{root, tiles_of_root};
use daybook_proof::tile::{MissingTile, TileId, Tiles, partial_tiles};
use daybook_proof::{Edge, Hash, SignedCheckpoint};
use sqlx::{Executor as _, PgPool, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

/// Why the tree cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL is away, or refused.
    #[error("failed to use schema `proof`")]
    Database(#[from] sqlx::Error),
    /// Hashes are gone, or were changed in length.
    #[error("the stored tree is damaged")]
    Damaged(#[from] MissingTile),
    /// The tree of this name is over another log.
    #[error("the tree `{origin}` is over log {found}, and not {log_id}")]
    OtherLog {
        /// Its name.
        origin: String,
        /// The log that it is over.
        found: Uuid,
        /// The log that was given.
        log_id: Uuid,
    },
}

/// A checkpoint as it is stored. What the columns say is for finding it; only the note is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNote {
    /// Leaves of the tree.
    pub size: u64,
    /// Which key signed.
    pub key_id: u32,
    /// The signed note.
    pub note: String,
}

/// The tree of one origin, stored.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    origin: String,
}

impl Store {
    /// The tree of `origin`, in the database that has schema `proof`.
    #[must_use]
    pub fn new(pool: PgPool, origin: &str) -> Self {
        Self { pool, origin: origin.to_owned() }
    }

    /// Its name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves it has; it is made where there is none.
    ///
    /// # Errors
    /// When it is over another log, or the database is away.
    pub async fn open(&self, log_id: Uuid) -> Result<u64, StoreError> {
        sqlx::query(include_str!("queries/insert_tree.sql"))
            .bind(&self.origin)
            .bind(log_id)
            .execute(&self.pool)
            .await?;
        match self.size().await? {
            Some((found, size)) if found == log_id => Ok(size),
            Some((found, _)) => {
                Err(StoreError::OtherLog { origin: self.origin.clone(), found, log_id })
            }
            None => Err(sqlx::Error::RowNotFound.into()),
        }
    }

    /// The log that it is over and how many leaves it has; `None`: there is none of this origin.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn size(&self) -> Result<Option<(Uuid, u64)>, StoreError> {
        let row = sqlx::query(include_str!("queries/read_tree.sql"))
            .bind(&self.origin)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok((row.try_get("log_id")?, unsigned(row.try_get("size")?)))).transpose()
    }

    /// Some tiles, as they are now: those at the edge may have grown.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn tiles(&self, ids: &BTreeSet<TileId>) -> Result<Tiles, StoreError> {
        let rows = sqlx::query(include_str!("queries/read_tiles.sql"))
            .bind(&self.origin)
            .bind(ids.iter().map(|id| i16::from(id.level)).collect::<Vec<_>>())
            .bind(ids.iter().map(|id| signed(id.index)).collect::<Vec<_>>())
            .fetch_all(&self.pool)
            .await?;
        let mut tiles = Tiles::default();
        for row in rows {
            let level: i16 = row.try_get("level")?;
            let id = TileId {
                level: u8::try_from(level).unwrap_or(u8::MAX),
                index: unsigned(row.try_get("index")?),
            };
            tiles.insert(id, row.try_get("hashes")?);
        }
        Ok(tiles)
    }

    /// The edge that a tree of `size` leaves grows on from.
    ///
    /// # Errors
    /// When the database is away, or lacks a tile.
    pub async fn edge(&self, size: u64) -> Result<Edge, StoreError> {
        let ids = partial_tiles(size).map(|(id, _)| id).collect();
        Ok(Edge::load(size, &self.tiles(&ids).await?)?)
    }

    /// The root of its first `size` leaves.
    ///
    /// # Errors
    /// When the database is away, or lacks a tile.
    pub async fn root(&self, size: u64) -> Result<Hash, StoreError> {
        let tiles = self.tiles(&tiles_of_root(size)).await?;
        Ok(root(size, |node| tiles.node(node))?)
    }

    /// The newest checkpoint's note: of the largest size, and of that the one signed last.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn last_note(&self) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar(include_str!("queries/read_last_note.sql"))
            .bind(&self.origin)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// When the last checkpoint was signed; `None`: none was.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn last_signed_at(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        Ok(sqlx::query_scalar(include_str!("queries/last_signed_at.sql"))
            .bind(&self.origin)
            .fetch_one(&self.pool)
            .await?)
    }

    /// Checkpoints after one (of a size, by a key), in the order of their sizes, at most `limit`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn notes_after(
        &self,
        after: (u64, u32),
        limit: u32,
    ) -> Result<Vec<StoredNote>, StoreError> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(include_str!("queries/read_notes.sql"))
            .bind(&self.origin)
            .bind(signed(after.0))
            .bind(i64::from(after.1))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let note = |(size, key_id, note): (i64, i64, String)| StoredNote {
            size: unsigned(size),
            key_id: u32::try_from(key_id).unwrap_or(u32::MAX),
            note,
        };
        Ok(rows.into_iter().map(note).collect())
    }

    /// Grows the tree from one size to another: its size, the tiles that changed and perhaps a checkpoint, all or nothing.
    /// With a checkpoint it is durable, and all before it; without one a crash of the server may take it back. `false`: it did not have the old size any more; somebody else grew it, and nothing was written.
    ///
    /// # Errors
    /// When the database is away or refuses; then it may or may not have been written.
    pub async fn grow(
        &self,
        from: u64,
        to: u64,
        tiles: &[Tile],
        checkpoint: Option<&SignedCheckpoint>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        if checkpoint.is_none() {
            // What nobody signed can be grown again, and need not have the disk wait for it, which appends wait for too.
            tx.execute("SET LOCAL synchronous_commit = off").await?;
        }
        let moved = sqlx::query(include_str!("queries/move_size.sql"))
            .bind(&self.origin)
            .bind(signed(from))
            .bind(signed(to))
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query(include_str!("queries/write_tiles.sql"))
            .bind(&self.origin)
            .bind(tiles.iter().map(|tile| i16::from(tile.id.level)).collect::<Vec<_>>())
            .bind(tiles.iter().map(|tile| signed(tile.id.index)).collect::<Vec<_>>())
            .bind(tiles.iter().map(|tile| tile.hashes.as_slice()).collect::<Vec<_>>())
            .execute(&mut *tx)
            .await?;
        if let Some(SignedCheckpoint { checkpoint, key_id, note }) = checkpoint {
            sqlx::query(include_str!("queries/insert_checkpoint.sql"))
                .bind(&self.origin)
                .bind(signed(checkpoint.size))
                .bind(i64::from(*key_id))
                .bind(note)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// PostgreSQL has no unsigned integers; sizes are positions, which are at most `i64::MAX`.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
