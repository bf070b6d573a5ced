//! Which commands the log says had their effect.

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use super::pages::ReadPage;
use super::{Inspector, PAGE_ROWS_MAX, Pages};
use crate::error::ReadError;

/// A row of `log.commands`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommand {
    /// Its id.
    pub command_id: String,
    /// Where its events begin.
    pub first_position: i64,
    /// How many they are.
    pub event_count: i32,
    /// SHA-256 over what was asked for, by whom.
    pub content_hash: Vec<u8>,
    /// The command id that the event at `first_position` carries, where it was asked for and there is one.
    pub first_event_command_id: Option<String>,
}

impl Inspector {
    /// Those of the commands that the log has, in no order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn commands_of(&self, ids: &[&str]) -> Result<Vec<StoredCommand>, ReadError> {
        let rows = sqlx::query(include_str!("../queries/inspect_commands_of.sql"))
            .bind(ids)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(stored_command).collect::<Result<_, _>>()?)
    }

    /// All commands, in the order of their ids, each with the command id of its first event.
    #[must_use]
    pub fn commands(&self) -> Pages<StoredCommand> {
        Pages::read(Commands { pool: self.pool.clone(), after: String::new() })
    }

    /// How many commands say that their events begin at or before a position, and beyond the head. Each page of commands
    /// is compared with the head of the same moment.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn count_commands(&self, up_to: i64) -> Result<CommandCount, ReadError> {
        let mut count = CommandCount::default();
        let mut after = Some(String::new());
        while let Some(from) = after.take() {
            let row = sqlx::query(include_str!("../queries/inspect_count_commands.sql"))
                .bind(from)
                .bind(up_to)
                .bind(PAGE_ROWS_MAX)
                .fetch_one(&self.pool)
                .await?;
            count.up_to += row.try_get::<i64, _>("up_to")?;
            count.beyond_head += row.try_get::<i64, _>("beyond_head")?;
            after = row.try_get("last")?;
        }
        Ok(count)
    }
}

/// How many commands there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommandCount {
    /// Whose events begin at or before a position.
    pub up_to: i64,
    /// Whose events would begin beyond the head.
    pub beyond_head: i64,
}

struct Commands {
    pool: PgPool,
    after: String,
}

impl ReadPage for Commands {
    type Row = StoredCommand;

    async fn read_page(&mut self) -> Result<Vec<StoredCommand>, ReadError> {
        let rows = sqlx::query(include_str!("../queries/inspect_commands.sql"))
            .bind(&self.after)
            .bind(PAGE_ROWS_MAX)
            .fetch_all(&self.pool)
            .await?;
        let page: Vec<_> = rows.iter().map(stored_command).collect::<Result<_, _>>()?;
        if let Some(last) = page.last() {
            self.after.clone_from(&last.command_id);
        }
        Ok(page)
    }
}

fn stored_command(row: &PgRow) -> Result<StoredCommand, sqlx::Error> {
    Ok(StoredCommand {
        command_id: row.try_get("command_id")?,
        first_position: row.try_get("first_position")?,
        event_count: row.try_get("event_count")?,
        content_hash: row.try_get("content_hash")?,
        first_event_command_id: row.try_get("first_event_command_id")?,
    })
}
