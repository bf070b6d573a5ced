//! Replay: the log once more from a position on, for whatever one's own code makes of it.
//!
//! Events come in the order of the log, each once, in pages. A page is a range of positions, read in one short
//! statement; nobody keeps a snapshot open between pages, and by G3 nothing can appear inside a range that was read. The
//! next page is fetched while the current one is being worked on. Memory is bounded by two pages, whatever the length of
//! the log: a page ends after [`PAGE_BYTES_MAX`] bytes, or [`PAGE_EVENTS_MAX`] positions.
//!
//! A replay ends at the head as it was when the replay began, or before at [`Replay::up_to`]. Whoever wants to go on
//! begins another one after the position that the last page reached.
//!
//! ```no_run
//! use daybook_eventlog::LogReader;
//!
//! # async fn example(reader: LogReader) -> Result<(), daybook_eventlog::ReplayError> {
//! // How much was deposited since the beginning of 2026?
//! let since = time::macros::datetime!(2026-01-01 00:00 UTC);
//! let mut replay = reader.replay().after(reader.position_before(since).await?).event_types(["money-deposited"]);
//! let mut deposits = 0;
//! while let Some(page) = replay.next_page().await? {
//!     deposits += page.events.len();
//!     let progress = replay.progress();
//!     eprintln!("{} of {}, {:.0} events/s", progress.position, progress.head, progress.events_per_second);
//! }
//! println!("{deposits} deposits");
//! # Ok(())
//! # }
//! ```

use std::time::{Duration, Instant};

use daybook_core::event::RecordedEvent;
use daybook_core::ids::Position;
use futures::TryStreamExt as _;
use sqlx::{PgPool, Row as _};
use time::OffsetDateTime;
use tokio::task::JoinHandle;

use crate::error::ReadError;
use crate::read::LogReader;
use crate::row::recorded_event;

/// Positions in a page, at most.
pub const PAGE_EVENTS_MAX: u32 = 4096;

/// Bytes of data and metadata in a page, at most, but for its last event.
pub const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A part of the log, in order.
#[derive(Debug)]
pub struct Replay {
    reader: LogReader,
    range: Range,
    filter: Filter,
    page_events: u32,
    page_bytes: usize,
    /// The page after the one that was handed out last.
    ahead: Option<Ahead>,
    begun: Option<Instant>,
}

/// Some events in a row.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// In the order of the log; those of other types than asked for are left out.
    pub events: Vec<RecordedEvent>,
    /// All of the log up to here was read.
    pub reached: Position,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayProgress {
    /// All of the log up to here was handed out.
    pub position: Position,
    /// Where the replay ends; zero before the first page.
    pub head: Position,
    /// Positions of the log passed a second, since the first page was asked for.
    pub events_per_second: f64,
    /// How long the rest takes at that rate; `None` before the first page.
    pub time_left: Option<Duration>,
}

/// Why a replay does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Positions have no gaps (G3), and yet events are missing: the log was cut back while it was read, or damaged.
    #[error("the log lacks events after position {after}, up to {reached}")]
    Gap {
        /// Known up to here.
        after: Position,
        /// Asked for up to here.
        reached: Position,
    },
}

impl From<sqlx::Error> for ReplayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Read(error.into())
    }
}

#[derive(Debug, Clone, Copy)]
struct Range {
    from: Position,
    /// Handed out up to here.
    reached: Position,
    /// Known from the first page on, unless it was given.
    until: Option<Position>,
}

#[derive(Debug, Clone, Default)]
struct Filter {
    stream_types: Option<Vec<String>>,
    event_types: Option<Vec<String>>,
}

/// A page that is being fetched. Dropped, its statement is given up.
#[derive(Debug)]
struct Ahead(JoinHandle<Result<Page, ReplayError>>);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl LogReader {
    /// The whole log, up to its head when the first page is asked for.
    #[must_use]
    pub fn replay(&self) -> Replay {
        Replay {
            reader: self.clone(),
            range: Range { from: Position::ZERO, reached: Position::ZERO, until: None },
            filter: Filter::default(),
            page_events: PAGE_EVENTS_MAX,
            page_bytes: PAGE_BYTES_MAX,
            ahead: None,
            begun: None,
        }
    }

    /// The position of the last event that was recorded before `time`; zero when there is none. Times never decrease
    /// with position, so it is found by halving the log: some thirty look-ups in a log of a billion events.
    ///
    /// # Errors
    /// When the database is away or holds no log.
    pub async fn position_before(&self, time: OffsetDateTime) -> Result<Position, ReplayError> {
        let (mut before, mut not_before) = (0, self.head().await?.position.get() + 1);
        while not_before - before > 1 {
            let middle = before + (not_before - before) / 2;
            if recorded_at(self.pool(), middle).await? < time {
                before = middle;
            } else {
                not_before = middle;
            }
        }
        Ok(Position::new(before).unwrap_or_default())
    }
}

impl Replay {
    /// Only events after this position.
    #[must_use]
    pub fn after(mut self, position: Position) -> Self {
        (self.range.from, self.range.reached) = (position, position);
        self
    }

    /// Only events up to this position, which must not lie beyond the head.
    #[must_use]
    pub fn up_to(mut self, position: Position) -> Self {
        self.range.until = Some(position);
        self
    }

    /// Only events of streams of these types. Replaces what was said before.
    #[must_use]
    pub fn stream_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.filter.stream_types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    /// Only events of these types. Replaces what was said before.
    #[must_use]
    pub fn event_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.filter.event_types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    /// Pages of at most this many positions, and at most [`PAGE_EVENTS_MAX`].
    #[must_use]
    pub fn page_events(mut self, events: u32) -> Self {
        self.page_events = events.clamp(1, PAGE_EVENTS_MAX);
        self
    }

    /// Pages of at most this many bytes of data and metadata but for the last event, and at most [`PAGE_BYTES_MAX`].
    #[must_use]
    pub fn page_bytes(mut self, bytes: usize) -> Self {
        self.page_bytes = bytes.clamp(1, PAGE_BYTES_MAX);
        self
    }

    /// The next page, or `None` at the end. A page may hold no event where the filter leaves none. After an error the
    /// same page can be asked for again.
    ///
    /// # Errors
    /// When the database is away, or an event is missing or corrupt.
    pub async fn next_page(&mut self) -> Result<Option<Page>, ReplayError> {
        self.begun.get_or_insert_with(Instant::now);
        let until = match self.range.until {
            Some(until) => until,
            None => *self.range.until.insert(self.reader.head().await?.position),
        };
        if self.range.reached >= until {
            return Ok(None);
        }
        let mut ahead = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.fetch(self.range.reached, until),
        };
        let page = match (&mut ahead.0).await {
            Ok(page) => page?,
            // Ours to abort, and so it was not: it panicked, or the runtime is shutting down.
            Err(error) => return Err(sqlx::Error::Io(error.into()).into()),
        };
        self.range.reached = page.reached;
        if page.reached < until {
            self.ahead = Some(self.fetch(page.reached, until));
        }
        Ok(Some(page))
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> ReplayProgress {
        let Range { from, reached, until } = self.range;
        let head = until.unwrap_or_default();
        let elapsed = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        let (events_per_second, time_left) = rate(
            reached.get().saturating_sub(from.get()),
            head.get().saturating_sub(reached.get()),
            elapsed,
        );
        ReplayProgress { position: reached, head, events_per_second, time_left }
    }

    fn fetch(&self, after: Position, until: Position) -> Ahead {
        let reached = after.get().saturating_add(i64::from(self.page_events)).min(until.get());
        let reached = Position::new(reached).unwrap_or(until);
        let (pool, filter) = (self.reader.pool().clone(), self.filter.clone());
        let bytes_max = self.page_bytes;
        Ahead(tokio::spawn(
            async move { read_page(&pool, &filter, after, reached, bytes_max).await },
        ))
    }
}

/// One statement. It ends early where the page has enough bytes: what the server had sent beyond is let go unread.
async fn read_page(
    pool: &PgPool,
    filter: &Filter,
    after: Position,
    reached: Position,
    bytes_max: usize,
) -> Result<Page, ReplayError> {
    let mut rows = sqlx::query(include_str!("queries/replay.sql"))
        .bind(after.get())
        .bind(reached.get())
        .bind(&filter.stream_types)
        .bind(&filter.event_types)
        .fetch(pool);
    let (mut page, mut bytes) = (Page { events: Vec::new(), reached }, 0);
    while let Some(row) = rows.try_next().await? {
        let event = recorded_event(&row)?;
        bytes += event.data.get().len() + event.metadata.get().len();
        page.events.push(event);
        if bytes >= bytes_max {
            page.reached = page.events.last().map_or(reached, |event| event.position);
            break;
        }
    }
    let everything = filter.stream_types.is_none() && filter.event_types.is_none();
    let expected = page.reached.get() - after.get();
    if everything && i64::try_from(page.events.len()) != Ok(expected) {
        return Err(ReplayError::Gap { after, reached: page.reached });
    }
    Ok(page)
}

async fn recorded_at(pool: &PgPool, position: i64) -> Result<OffsetDateTime, ReplayError> {
    let row = sqlx::query(include_str!("queries/read_recorded_at.sql"))
        .bind(position)
        .fetch_optional(pool)
        .await?;
    match row {
        Some(row) => Ok(row.try_get("recorded_at")?),
        None => {
            let known = |position| Position::new(position).unwrap_or_default();
            Err(ReplayError::Gap { after: known(position - 1), reached: known(position) })
        }
    }
}

/// Positions passed a second, and how long the rest takes at that rate.
#[expect(clippy::cast_precision_loss, reason = "a rate for people; positions are far below 2^53")]
fn rate(passed: i64, left: i64, elapsed: Duration) -> (f64, Option<Duration>) {
    let seconds = elapsed.as_secs_f64();
    if passed <= 0 || seconds <= 0.0 {
        return (0.0, None);
    }
    let rate = passed as f64 / seconds;
    (rate, Duration::try_from_secs_f64(left as f64 / rate).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_the_rest_at_the_rate_so_far() {
        assert_eq!(rate(0, 100, Duration::from_secs(1)), (0.0, None));
        assert_eq!(rate(50, 100, Duration::from_secs(1)), (50.0, Some(Duration::from_secs(2))));
        assert_eq!(rate(50, 0, Duration::from_secs(5)), (10.0, Some(Duration::ZERO)));
    }
}
