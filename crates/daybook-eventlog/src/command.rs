//! Which commands had their effect, and the receipts of those (G5). A receipt is read from the events: there is no second
//! copy that could differ.

use std::collections::HashMap;

use daybook_core::ids::{CommandId, InvalidId, Position, Version};
use daybook_core::stream::StreamId;
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row as _};
use time::OffsetDateTime;

use crate::error::ReadError;

/// Proof that a command's events are committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Position of the command's last event.
    pub position: Position,
    /// When its events were committed.
    pub recorded_at: OffsetDateTime,
    /// Each stream it recorded events on, in the order of their first event, with the version it took it to.
    pub streams: Vec<(StreamId, Version)>,
}

impl Receipt {
    /// Notes one more event of the command.
    pub fn add(&mut self, stream_id: &StreamId, version: Version, position: Position) {
        self.position = position;
        match self.streams.iter_mut().find(|(known, _)| known == stream_id) {
            Some((_, last)) => *last = version,
            None => self.streams.push((stream_id.clone(), version)),
        }
    }
}

/// A command that had its effect.
#[derive(Debug, Clone)]
pub struct KnownCommand {
    /// SHA-256 over what it asked for, by whom.
    pub content_hash: Vec<u8>,
    /// Its first and only receipt.
    pub receipt: Receipt,
}

/// Which of these commands had their effect.
///
/// # Errors
/// When the database is away or an event is corrupt.
pub async fn find_commands(
    executor: impl PgExecutor<'_>,
    command_ids: &[CommandId],
) -> Result<HashMap<CommandId, KnownCommand>, ReadError> {
    let ids: Vec<&str> = command_ids.iter().map(CommandId::as_str).collect();
    let rows = sqlx::query(include_str!("queries/find_commands.sql"))
        .bind(ids)
        .fetch_all(executor)
        .await?;
    let mut known = HashMap::new();
    for row in &rows {
        add_event(&mut known, row)?;
    }
    Ok(known)
}

fn add_event(known: &mut HashMap<CommandId, KnownCommand>, row: &PgRow) -> Result<(), ReadError> {
    let position = Position::new(row.try_get("position")?).unwrap_or_default();
    let corrupt = |source: InvalidId| ReadError::Corrupt { position, source };
    let command_id = CommandId::new(row.try_get::<&str, _>("command_id")?).map_err(corrupt)?;
    let stream_id = StreamId::parse(row.try_get("stream_id")?).map_err(corrupt)?;
    let version = Version::new(row.try_get("version")?).map_err(corrupt)?;
    if !known.contains_key(&command_id) {
        let receipt =
            Receipt { position, recorded_at: row.try_get("recorded_at")?, streams: Vec::new() };
        let content_hash = row.try_get("content_hash")?;
        known.insert(command_id.clone(), KnownCommand { content_hash, receipt });
    }
    if let Some(command) = known.get_mut(&command_id) {
        command.receipt.add(&stream_id, version, position);
    }
    Ok(())
}
