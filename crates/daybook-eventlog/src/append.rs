//! Appending: whole batches, each one statement that moves the head by compare-and-set and inserts everything from arrays.
//!
//! - Positions are planned before anything is sent ([`Plan`]), because the head only moves for whoever knows where it is.
//!   Zero rows moved means that it stands elsewhere; then nothing at all was inserted.
//! - Moving the head takes its row lock until commit: that makes positions gapless and in commit order (G3), and a batch
//!   over several streams all or nothing (G4).
//! - The unique keys (stream, version) and (command id) stand behind the in-memory checks (G2, G5).
//!
//! Events get the database's time, which is never lower than the head's, and is refused where it lies in the future
//! ([`AppendError::ClockAhead`]).
//!
//! **Unknown outcome.** When the connection is lost or a wait runs out, the statement may or may not have committed: the
//! connection is closed (a statement is never cancelled on the server: a cancelled wait for a synchronous standby would
//! report success), and [`Appender::resolve`] sends the same plan again over a new one. Either the old one is found by its
//! event ids, or the new one goes in, and then the old one never can, because the head has moved.

use std::time::Duration;

use daybook_core::event::{NewEvent, RecordedEvent};
use daybook_core::ids::{CommandId, Position};
use futures::future::BoxFuture;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use time::OffsetDateTime;

use crate::error::ReadError;
use crate::head::{self, Head, Identity, Tip};
use crate::row::recorded_event;

mod clock;
mod outcome;
mod plan;
mod send;

use self::clock::Clocks;
use self::outcome::{ANSWER_TIMEOUT, bounded, bounded_read, classify, timed_out};

pub use clock::CLOCK_AHEAD_MAX;
pub use outcome::{AppendError, Appended};
pub use plan::{Plan, PlannedEvent};

/// A command whose events are in a batch.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Its id; at most one append of it ever succeeds.
    pub command_id: CommandId,
    /// SHA-256 over what it asks for, by whom.
    pub content_hash: [u8; 32],
    /// How many events it has, at least one; they are contiguous.
    pub event_count: usize,
}

/// Events to be appended together, in order, command by command.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The commands, in the order of their events.
    pub commands: Vec<NewCommand>,
    /// All events of all commands.
    pub events: Vec<NewEvent>,
}

/// What happened to the log since a known position.
#[derive(Debug)]
pub struct CatchUp {
    /// Where the log ends now. While the lock is held nobody else can move it.
    pub head: Head,
    /// Its last event; `None` while the log is empty.
    pub tip: Option<Tip>,
    /// The events since the known position; `None` when they are more than asked for.
    pub events: Option<Vec<RecordedEvent>>,
}

/// What is done with a new connection before it is used.
type AfterConnect =
    dyn for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<(), sqlx::Error>> + Send + Sync;

/// The one connection over which an instance appends. Not shared: at most one append is in flight.
pub struct Appender {
    options: PgConnectOptions,
    after_connect: Option<Box<AfterConnect>>,
    clocks: Clocks,
    connection: Option<PgConnection>,
}

impl Appender {
    /// An appender that connects when first used, with these options.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        let clocks = Clocks::new(CLOCK_AHEAD_MAX);
        Self { options, after_connect: None, clocks, connection: None }
    }

    /// Lets the clock of the database be so much ahead of this machine's, instead of [`CLOCK_AHEAD_MAX`].
    #[must_use]
    pub fn clock_ahead_max(mut self, ahead_max: Duration) -> Self {
        self.clocks = Clocks::new(ahead_max);
        self
    }

    /// Looks at every new connection before it is used; one that is refused is not used. An appender needs a primary with
    /// `synchronous_commit=on` (G1).
    #[must_use]
    pub fn after_connect(
        mut self,
        check: impl for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<(), sqlx::Error>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.after_connect = Some(Box::new(check));
        self
    }

    /// Closes the connection: whatever was begun on it is rolled back by the server.
    pub fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Connects where there is no connection, and then compares the event at `known` with the log's.
    ///
    /// # Errors
    /// [`AppendError::Away`], or [`AppendError::HistoryLost`] when the log holds another event there, or none.
    pub async fn connect(&mut self, known: Option<Tip>) -> Result<(), AppendError> {
        if self.connection.is_some() {
            return Ok(());
        }
        let connecting = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            if let Some(check) = &self.after_connect {
                check(&mut connection).await?;
            }
            Ok(connection)
        };
        let mut connection = bounded(connecting).await.map_err(AppendError::Away)?;
        if let Some(tip) = known {
            let reading = head::read_event_id_at(&mut connection, tip.position);
            match bounded_read(reading).await? {
                Some(event_id) if event_id == tip.event_id => {}
                _ => return Err(AppendError::HistoryLost(tip)),
            }
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Commits a write that takes new room on the disk and leaves nothing behind: after a full disk, reading shows nothing.
    ///
    /// # Errors
    /// When the log takes no writes.
    pub async fn try_write(&mut self) -> Result<(), AppendError> {
        let writing =
            sqlx::raw_sql(include_str!("queries/try_write.sql")).execute(self.connected()?);
        let written = bounded(writing).await.map(drop).map_err(AppendError::Away);
        self.drop_connection_unless_ok(written)
    }

    /// Where the log ends.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub async fn head(&mut self) -> Result<Head, AppendError> {
        let reading = head::read_head(self.connected()?);
        let result = bounded_read(reading).await;
        self.drop_connection_unless_ok(result)
    }

    /// Where the log ends, with its last event: for somebody who knows nothing of it yet.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub async fn head_and_tip(&mut self) -> Result<(Head, Option<Tip>), AppendError> {
        let connection = self.connected()?;
        let reading = async {
            let head = head::read_head(&mut *connection).await?;
            // The head may move between the two reads; its position then still holds the event that it held.
            let event_id = head::read_event_id_at(connection, head.position).await?;
            let tip = event_id.map(|event_id| Tip { position: head.position, event_id });
            Ok((head, tip))
        };
        let result = bounded_read(reading).await;
        self.drop_connection_unless_ok(result)
    }

    /// Which log it is.
    ///
    /// # Errors
    /// When the log cannot be reached.
    pub async fn identity(&mut self) -> Result<Identity, AppendError> {
        let reading = head::read_identity(self.connected()?);
        let result = bounded_read(reading).await;
        self.drop_connection_unless_ok(result)
    }

    /// Appends a batch as planned, as one transaction.
    ///
    /// # Errors
    /// See [`AppendError`]; the connection is closed unless PostgreSQL itself said that nothing was appended.
    pub async fn append(&mut self, plan: &Plan) -> Result<Appended, AppendError> {
        let result = match self.send(plan).await {
            // Another instance may have seen it accepted.
            Err(AppendError::ClockAhead { .. }) if self.learn_accepted_time().await? => {
                self.send(plan).await
            }
            other => other,
        };
        let said_so = matches!(
            result,
            Err(AppendError::CommandKnown
                | AppendError::VersionTaken(_)
                | AppendError::Refused(_)
                | AppendError::ClockAhead { .. })
        );
        if result.is_err() && !said_so {
            self.connection = None;
        }
        result
    }

    async fn send(&mut self, plan: &Plan) -> Result<Appended, AppendError> {
        let time_max = self.clocks.time_max(plan);
        let sending = plan.send(self.connected()?, time_max);
        let sent = bounded(sending).await.map_err(classify)?;
        let log_time = sent.clock.max(plan.head_recorded_at);
        match sent.recorded_at {
            Some(recorded_at) => {
                self.clocks.note_clamp(sent.clamp_seconds);
                Ok(Appended::Committed { recorded_at })
            }
            None if log_time > time_max => Err(AppendError::ClockAhead {
                log_time,
                service_time: OffsetDateTime::now_utc(),
                position: plan.expected_head,
            }),
            None => Ok(Appended::HeadMoved),
        }
    }

    async fn learn_accepted_time(&mut self) -> Result<bool, AppendError> {
        let Some(connection) = &mut self.connection else { return Ok(false) };
        let learned = bounded(self.clocks.learn(connection)).await.map_err(AppendError::Away);
        self.drop_connection_unless_ok(learned)
    }

    /// Takes the head's lock, and reads in a later statement (one that sees the world from after the wait) what was
    /// appended after `known`, at most `events_max` events. Ended by [`Appender::append_locked`] or [`Appender::unlock`].
    ///
    /// # Errors
    /// [`AppendError::HistoryLost`] when the head is lower than `known`; otherwise when the log cannot be reached. Nothing
    /// is locked then.
    pub async fn lock_head(
        &mut self,
        known: Option<Tip>,
        events_max: u32,
    ) -> Result<CatchUp, AppendError> {
        let locking = lock_and_catch_up(self.connected()?, known, events_max);
        let result = tokio::time::timeout(ANSWER_TIMEOUT, locking)
            .await
            .unwrap_or_else(|_| Err(AppendError::Away(timed_out())));
        self.drop_connection_unless_ok(result)
    }

    /// Appends under the lock of [`Appender::lock_head`] and gives the lock back. It cannot lose the head.
    ///
    /// # Errors
    /// As [`Appender::append`]; the lock is gone in every case.
    pub async fn append_locked(&mut self, plan: &Plan) -> Result<Appended, AppendError> {
        let appended = self.append(plan).await;
        let connection = match (&appended, &mut self.connection) {
            (Ok(Appended::Committed { .. }), Some(connection)) => connection,
            _ => {
                self.unlock().await;
                return appended;
            }
        };
        let committed = bounded(sqlx::query("COMMIT").execute(connection)).await;
        if let Err(error) = committed {
            // Until the server says so, a commit has no outcome.
            self.connection = None;
            return Err(AppendError::Unknown(error));
        }
        appended
    }

    /// Gives the head's lock back without appending.
    pub async fn unlock(&mut self) {
        if let Some(connection) = &mut self.connection {
            let rolled_back = bounded(sqlx::query("ROLLBACK").execute(connection)).await;
            if rolled_back.is_err() {
                self.connection = None;
            }
        }
    }

    /// Finds out what became of a plan whose outcome is unknown, by sending it again over a new connection.
    ///
    /// # Errors
    /// As [`Appender::append`]; while it is `Unknown` or `Away` the question stays open and is to be asked again.
    pub async fn resolve(
        &mut self,
        plan: &Plan,
        known: Option<Tip>,
    ) -> Result<Appended, AppendError> {
        self.connection = None;
        self.connect(known).await?;
        if let Some(recorded_at) = self.find(plan).await? {
            return Ok(Appended::Committed { recorded_at });
        }
        match self.append(plan).await {
            // The old statement, or another instance, was quicker than the new one.
            Ok(Appended::HeadMoved) | Err(AppendError::CommandKnown) => {
                Ok(match self.find(plan).await? {
                    Some(recorded_at) => Appended::Committed { recorded_at },
                    None => Appended::HeadMoved,
                })
            }
            other => other,
        }
    }

    /// When the plan's events were recorded, if they are in the log: the first one's id tells, a batch is all or nothing.
    async fn find(&mut self, plan: &Plan) -> Result<Option<OffsetDateTime>, AppendError> {
        let Some(first) = plan.events.first() else { return Ok(None) };
        let finding = sqlx::query_scalar(
            "SELECT recorded_at FROM log.events WHERE position = $1 AND event_id = $2",
        )
        .bind(first.position.get())
        .bind(first.event.event_id)
        .fetch_optional(self.connected()?);
        let result = bounded(finding).await.map_err(AppendError::Unknown);
        self.drop_connection_unless_ok(result)
    }

    /// The connection, for reads that belong between two appends (which commands are known).
    ///
    /// # Errors
    /// [`AppendError::Away`] when [`Appender::connect`] was not called since the last loss.
    pub fn connected(&mut self) -> Result<&mut PgConnection, AppendError> {
        self.connection.as_mut().ok_or_else(|| AppendError::Away(sqlx::Error::PoolClosed))
    }

    fn drop_connection_unless_ok<T>(
        &mut self,
        result: Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        if result.is_err() {
            self.connection = None;
        }
        result
    }
}

async fn lock_and_catch_up(
    connection: &mut PgConnection,
    known: Option<Tip>,
    events_max: u32,
) -> Result<CatchUp, AppendError> {
    let read_failed = |error| AppendError::Read(ReadError::Database(error));
    sqlx::query("BEGIN").execute(&mut *connection).await.map_err(read_failed)?;
    let row = sqlx::query(include_str!("queries/lock_head.sql"))
        .fetch_optional(&mut *connection)
        .await
        .map_err(read_failed)?
        .ok_or(ReadError::NoLog)?;
    let head = head::head_from_row(&row)?;
    let known_position = known.map_or(Position::ZERO, |tip| tip.position);
    if let Some(tip) = known
        && head.position < tip.position
    {
        return Err(AppendError::HistoryLost(tip));
    }
    let event_id = head::read_event_id_at(&mut *connection, head.position).await?;
    let tip = event_id.map(|event_id| Tip { position: head.position, event_id });
    if head.position.get() - known_position.get() > i64::from(events_max) {
        return Ok(CatchUp { head, tip, events: None });
    }
    let events = sqlx::query(include_str!("queries/read_log.sql"))
        .bind(known_position.get())
        .bind(i64::from(events_max))
        .fetch_all(connection)
        .await
        .map_err(read_failed)?
        .iter()
        .map(recorded_event)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(CatchUp { head, tip, events: Some(events) })
}
