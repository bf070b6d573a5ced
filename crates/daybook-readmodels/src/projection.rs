//! What a projection is: a function from events to row changes. No I/O, no clock: the runner reads the events, and
//! writes the changes in one transaction with the checkpoints. What is written live with statements over arrays,
//! batch by batch, a rebuild writes with COPY, from as many events as fit in memory: the fold is the same.
//!
//! A row belongs to one partition: what is counted over several is stored per partition and summed when asked. Rows are
//! written in key order, so that two writers wait for each other instead of deadlocking.

use std::sync::Arc;

use daybook_core::compose::Part;
use daybook_core::event::RecordedEvent;
use daybook_core::metadata::Metadata;
use daybook_core::read_model::ReadModel;
use daybook_core::words::Words;
use daybook_keys::OpenError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use crate::rows::Rows;

/// One event, with payload and metadata read. Sealed texts stay sealed.
#[derive(Debug)]
pub struct Fact<'a, E> {
    /// The event as it stands in the log.
    pub recorded: &'a RecordedEvent,
    /// Who, why, in whose course.
    pub metadata: &'a Metadata,
    /// The payload.
    pub payload: &'a E,
    /// The words of its reason, where a projection needs them; `None` where it has none, or its subject was
    /// forgotten. An error where it is sealed and does not open, although nobody was forgotten.
    pub words: Result<Option<&'a Words>, &'a NoWords>,
}

impl<E> Clone for Fact<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Fact<'_, E> {}

impl<'a, E> Fact<'a, E> {
    /// As the domain of `T` sees it; `None` where the event is another domain's.
    #[must_use]
    pub fn of<T>(self) -> Option<Fact<'a, T>>
    where
        E: Part<T>,
    {
        let Self { recorded, metadata, payload, words } = self;
        Some(Fact { recorded, metadata, payload: payload.part()?, words })
    }
}

/// Turns the events of a log with payloads `E` into the rows of a read model.
pub trait Projection<E>: Send + Sync {
    /// The read model that it fills. The version is that of this code.
    fn read_model(&self) -> ReadModel;

    /// The read model's name.
    fn name(&self) -> &'static str {
        self.read_model().name
    }

    /// The read model's version.
    fn version(&self) -> i32 {
        self.read_model().version
    }

    /// The statements that make its tables, with `{generation}` in their names, and behind marks their keys and
    /// indexes: see `tables`.
    fn tables(&self) -> &'static str;

    /// The types of the streams that it reads. Events of other streams are not given to it, nor decoded for it: they
    /// may be another domain's.
    fn stream_types(&self) -> &[&'static str];

    /// Whether it reads the stream of an event.
    fn reads(&self, event: &RecordedEvent) -> bool {
        self.stream_types().contains(&event.stream_id.stream_type())
    }

    /// Where its rows have words of reasons, for which sealed ones have to be opened: the statement, fed from an
    /// array of subjects, that clears the words of these in a generation.
    fn clear_words(&self) -> Option<&'static str> {
        None
    }

    /// Whether its rows mean something without the events before a position: an entry does, the state of something that
    /// had begun before does not.
    fn may_begin_late(&self) -> bool {
        false
    }

    /// Collects row changes. Live it lives for a batch, in a rebuild as long as memory allows.
    fn changes(&self) -> Box<dyn Changes<E>>;

    /// The statements for the row changes that `facts` make, in the tables of a generation. The facts are in the
    /// order of the log within each partition, each stream's without a gap, and none was given before.
    ///
    /// # Errors
    /// When an event cannot be applied. The partition then stops at it.
    fn fold(&self, facts: &[Fact<'_, E>], generation: Generation) -> Result<Vec<Write>, FoldError> {
        let mut changes = self.changes();
        for fact in facts {
            changes.apply(*fact)?;
        }
        Ok(changes.take().map(|change| change.statement(generation)).collect())
    }
}

/// Row changes that pile up while events are folded. What they say depends on the events that were given and on nothing
/// else: of a row that is in the table already they hold only what is new about it.
pub trait Changes<E>: Send {
    /// Takes in one event. Events that do not concern the read model are passed over; one that cannot be applied is an
    /// error, never skipped.
    ///
    /// # Errors
    /// When the event cannot be applied.
    fn apply(&mut self, fact: Fact<'_, E>) -> Result<(), FoldError>;

    /// About how much memory they take, in bytes.
    fn bytes(&self) -> usize;

    /// Takes out those that later events never change, as far as the read model can tell: holding on to them is of no
    /// use. So what piles up in a rebuild depends on what goes on, and not on how much has happened.
    fn take_final(&mut self) -> RowChanges {
        Box::new(std::iter::empty())
    }

    /// Takes out all of them, in the order in which they are to be written, and goes on with none. They become rows
    /// piece by piece, so that both are never in memory at once.
    fn take(&mut self) -> RowChanges;
}

/// A projection of one domain's events, among those of several: it is given no event of another domain.
pub fn of_part<E: Part<T>, T: 'static>(
    projection: impl Projection<T> + 'static,
) -> Arc<dyn Projection<E>> {
    Arc::new(OfPart { projection: Box::new(projection) })
}

struct OfPart<T> {
    projection: Box<dyn Projection<T>>,
}

impl<E: Part<T>, T: 'static> Projection<E> for OfPart<T> {
    fn read_model(&self) -> ReadModel {
        self.projection.read_model()
    }

    fn tables(&self) -> &'static str {
        self.projection.tables()
    }

    fn stream_types(&self) -> &[&'static str] {
        self.projection.stream_types()
    }

    fn clear_words(&self) -> Option<&'static str> {
        self.projection.clear_words()
    }

    fn may_begin_late(&self) -> bool {
        self.projection.may_begin_late()
    }

    fn changes(&self) -> Box<dyn Changes<E>> {
        Box::new(ChangesOfPart(self.projection.changes()))
    }
}

struct ChangesOfPart<T>(Box<dyn Changes<T>>);

impl<E: Part<T>, T> Changes<E> for ChangesOfPart<T> {
    fn apply(&mut self, fact: Fact<'_, E>) -> Result<(), FoldError> {
        fact.of().map_or(Ok(()), |fact| self.0.apply(fact))
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn take_final(&mut self) -> RowChanges {
        self.0.take_final()
    }

    fn take(&mut self) -> RowChanges {
        self.0.take()
    }
}

/// Row changes, one after the other.
pub type RowChanges = Box<dyn Iterator<Item = RowChange> + Send>;

/// Rows in one change, at most: a statement stays short.
const ROWS_MAX: usize = 20_000;

/// Makes changes of bounded size from what has piled up, each from neighbours that are `alike`; what was made into
/// rows is let go.
pub fn in_pieces<T: Send + 'static>(
    pile: Vec<T>,
    alike: fn(&T, &T) -> bool,
    rows: impl Fn(&[T]) -> RowChange + Send + 'static,
) -> impl Iterator<Item = RowChange> + Send + 'static {
    let mut pile = pile.into_iter();
    std::iter::from_fn(move || {
        let next = pile.as_slice();
        let piece = next[..next.len().min(ROWS_MAX)].chunk_by(alike).next()?;
        let (change, len) = (rows(piece), piece.len());
        pile.by_ref().take(len).for_each(drop);
        Some(change)
    })
}

/// What is to be done with some rows, each of them another one.
pub enum RowChange {
    /// They are new; one that is there already is an error.
    Insert(Rows),
    /// They are there; a statement changes them, fed from arrays. One that is missing is an error.
    Update(Rows, &'static str),
    /// They are new or not; a statement inserts or changes them, fed from arrays. Where none of them is there, they may
    /// as well be inserted as they are.
    Upsert(Rows, &'static str),
    /// They are subjects and partitions; a statement, fed from arrays, clears what is found by their texts in any
    /// number of rows.
    Erase(Rows, &'static str),
}

impl RowChange {
    /// As one statement.
    #[must_use]
    pub fn statement(self, generation: Generation) -> Write {
        let erases = matches!(self, Self::Erase(..));
        let (rows, sql) = match self {
            Self::Insert(rows) => {
                let sql = rows.insert_sql(generation);
                (rows, sql)
            }
            Self::Update(rows, template)
            | Self::Upsert(rows, template)
            | Self::Erase(rows, template) => (rows, generation.sql(template)),
        };
        let rows_expected = u64::try_from(rows.len()).ok().filter(|_| !erases);
        // Safe: the template is ours and the generation a number.
        let query = rows.into_arrays().fold(sqlx::query(AssertSqlSafe(sql)), Query::bind);
        Write { query, rows_expected, erases }
    }
}

/// Why an event cannot be applied. Says what is wrong, without payloads.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FoldError(pub String);

/// Why the words of a sealed reason are not known, although nobody was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWords {
    /// Nobody gave the keys.
    #[error("its reason is sealed, and no key store is named: start with --keys-database-url")]
    NoKeyStore,
    /// The keys do not open it.
    #[error(transparent)]
    NotOpened(#[from] OpenError),
}

impl From<&NoWords> for FoldError {
    fn from(error: &NoWords) -> Self {
        Self(error.to_string())
    }
}

/// One build of a read model's tables; a rebuild makes the next one beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub i32);

impl Generation {
    /// What a new read model starts with.
    pub const FIRST: Self = Self(1);

    /// Puts the generation in place of `{generation}`.
    #[must_use]
    pub fn sql(self, template: &str) -> String {
        template.replace("{generation}", &self.0.to_string())
    }
}

/// One statement over arrays, with a place per row and column. Unless it erases it must change as many rows as it was
/// given.
pub struct Write {
    pub(crate) query: Query<'static, Postgres, PgArguments>,
    pub(crate) rows_expected: Option<u64>,
    /// It may change many rows, and take its time.
    pub(crate) erases: bool,
}

/// An event's partition as the database has it.
///
/// # Errors
/// When it is out of the database's range.
pub fn partition_column(event: &RecordedEvent) -> Result<i16, FoldError> {
    i16::try_from(event.partition.0)
        .map_err(|_| FoldError(format!("partition {} is out of range", event.partition)))
}
