//! The tree as files, after C2SP tlog-tiles: `checkpoint`, `tile/<level>/<index>`, `tile/entries/<index>`, for any HTTP
//! server and any public tool. Files are written whole before they get their names, and the checkpoint comes last: whoever
//! sees one finds every tile that it needs. Partial tiles of older checkpoints stay.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use daybook_eventlog::{LogReader, ReadError};
use daybook_proof::hash::HASH_BYTES;
use daybook_proof::key::is_key_name;
use daybook_proof::tile::{TILE_WIDTH, TileId, entries_path, entry_bundle, tiles_between};
use daybook_proof::{Checkpoint, SignedCheckpoint, leaf};

use tokio::io::AsyncWriteExt as _;

use crate::session::position;
use crate::store::{Store, StoreError};

/// Tiles fetched at once: half a megabyte.
const TILES_AT_ONCE: usize = 64;

/// Data and metadata of events held at once, in bytes.
const BUNDLE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The file of the newest checkpoint.
const CHECKPOINT: &str = "checkpoint";

/// Why the tree is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A file cannot be read or written.
    #[error("file `{path}`")]
    Io {
        /// The published file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The tree cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The directory has a larger tree: the database was set back, or the directory is of another.
    #[error("the directory has {published} events, the checkpoint {size}")]
    Ahead {
        /// What it has.
        published: u64,
        /// What it was to be brought up to.
        size: u64,
    },
    /// The directory is another log's.
    #[error(
        "`{dir}` publishes the log `{published}`, and the key signs as `{origin}`: publish to a directory of its own, and keep \
         this one as it is, for those who hold checkpoints of `{published}`"
    )]
    OtherLog {
        /// The directory.
        dir: PathBuf,
        /// The log that it publishes.
        published: String,
        /// The log that was to be.
        origin: String,
    },
    /// What is in the directory is no checkpoint.
    #[error("`{0}` is not a checkpoint")]
    NotACheckpoint(PathBuf),
    /// The tree has the event, the log has not.
    #[error("the event at position {0} is gone")]
    Missing(u64),
    /// Only a tampered row is that long.
    #[error("a leaf in bundle {0} is longer than 65,535 bytes")]
    LongLeaf(u64),
}

/// Keeps a directory.
#[derive(Debug, Clone)]
pub struct Publisher {
    dir: PathBuf,
    entries: bool,
}

impl Publisher {
    /// Publishes into `dir`; with `entries` the leaves too, and not only their hashes.
    #[must_use]
    pub fn new(dir: PathBuf, entries: bool) -> Self {
        Self { dir, entries }
    }

    /// The newest checkpoint that is there, and where; `None`: none is.
    ///
    /// # Errors
    /// When it cannot be read, or is not one of the log `origin`.
    pub async fn last_note(&self, origin: &str) -> Result<Option<(String, String)>, PublishError> {
        let path = self.dir.join(CHECKPOINT);
        let note = match tokio::fs::read_to_string(&path).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| PublishError::Io { path: path.clone(), source })?,
        };
        match note.lines().next() {
            Some(published) if published == origin => Ok(Some((path.display().to_string(), note))),
            Some(published) if is_key_name(published) => Err(PublishError::OtherLog {
                dir: self.dir.clone(),
                published: published.to_owned(),
                origin: origin.to_owned(),
            }),
            _ => Err(PublishError::NotACheckpoint(path)),
        }
    }

    /// Brings the directory up to a checkpoint of the stored tree. Returns how many files were written.
    ///
    /// # Errors
    /// When something cannot be read or written; the directory is then as good as before.
    pub async fn publish(
        &self,
        store: &Store,
        log: &LogReader,
        signed: &SignedCheckpoint,
    ) -> Result<usize, PublishError> {
        let Checkpoint { origin, size, .. } = &signed.checkpoint;
        let (before, size) = (self.published(origin).await?, *size);
        if before > size {
            return Err(PublishError::Ahead { published: before, size });
        }
        let mut written = 0;
        let tiles: Vec<(TileId, u64)> = tiles_between(before, size).collect();
        for some in tiles.chunks(TILES_AT_ONCE) {
            let ids: BTreeSet<_> = some.iter().map(|(id, _)| *id).collect();
            let stored = store.tiles(&ids).await?;
            for (id, width) in some {
                // The stored tile may have grown beyond this checkpoint.
                let bytes = usize::try_from(*width).unwrap_or(0) * HASH_BYTES;
                let hashes = stored.bytes(*id, bytes).map_err(StoreError::from)?;
                self.write(&id.path(*width), hashes).await?;
                written += 1;
            }
        }
        if self.entries {
            let bundles = tiles.iter().filter(|(id, _)| id.level == 0);
            for (id, width) in bundles {
                let bundle = bundle(log, id.index, *width).await?;
                self.write(&entries_path(id.index, *width), &bundle).await?;
                written += 1;
            }
        }
        self.write(CHECKPOINT, signed.note.as_bytes()).await?;
        Ok(written + 1)
    }

    /// The size that the directory was brought up to.
    async fn published(&self, origin: &str) -> Result<u64, PublishError> {
        let Some((_, note)) = self.last_note(origin).await? else { return Ok(0) };
        // Its signature does not matter here: the files are written anew from wherever it says.
        let size = note.lines().nth(1).and_then(|size| size.parse().ok());
        size.ok_or_else(|| PublishError::NotACheckpoint(self.dir.join(CHECKPOINT)))
    }

    async fn write(&self, path: &str, content: &[u8]) -> Result<(), PublishError> {
        let path = self.dir.join(path);
        let io = |source| PublishError::Io { path: path.clone(), source };
        let parent = path.parent().unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(parent).await.map_err(io)?;
        let mut temporary = path.clone().into_os_string();
        temporary.push(".tmp");
        // Left behind by a crash. What somebody else puts there instead, a link perhaps, is not written to.
        match tokio::fs::remove_file(&temporary).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let mut file = tokio::fs::File::create_new(&temporary).await.map_err(io)?;
        file.write_all(content).await.map_err(io)?;
        file.flush().await.map_err(io)?;
        tokio::fs::rename(&temporary, &path).await.map_err(io)
    }
}

/// The leaves below one tile of level 0.
async fn bundle(log: &LogReader, index: u64, width: u64) -> Result<Vec<u8>, PublishError> {
    let (first, end) = (index * TILE_WIDTH, index * TILE_WIDTH + width);
    let mut leaves = Vec::new();
    while let Some(done) = u64::try_from(leaves.len()).ok().filter(|done| *done < width) {
        let events =
            log.read_stored(position(first + done), position(end), BUNDLE_BYTES_MAX).await?;
        if events.is_empty() {
            return Err(PublishError::Missing(first + done + 1));
        }
        leaves.extend(events.iter().map(leaf::encode));
    }
    entry_bundle(leaves.iter().map(Vec::as_slice)).ok_or(PublishError::LongLeaf(index))
}
