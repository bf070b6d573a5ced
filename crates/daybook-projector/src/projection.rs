//! What a projection is: a function from events to row changes. No I/O, no clock, no memory of its own: the runner reads
//! the events, and writes the changes in one transaction with the checkpoints.
//!
//! A row belongs to one partition: what is counted over several is stored per partition and summed when asked. Rows are
//! written in key order, so that two writers wait for each other instead of deadlocking.

use daybook_core::event::RecordedEvent;
use daybook_core::metadata::Metadata;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Encode, Postgres, Type};

/// One event, with payload and metadata read.
#[derive(Debug)]
pub struct Fact<'a, E> {
    /// The event as it stands in the log.
    pub recorded: &'a RecordedEvent,
    /// Who, why, in whose course.
    pub metadata: &'a Metadata,
    /// The payload.
    pub payload: &'a E,
}

impl<E> Clone for Fact<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Fact<'_, E> {}

/// Turns the events of a log with payloads `E` into the rows of a read model.
pub trait Projection<E>: Send + Sync {
    /// Its name: in checkpoints, settings, logs and, with the generation, its tables.
    fn name(&self) -> &'static str;

    /// The version of this code. Raised whenever the same events would give other rows, or tables another shape: the
    /// read model then has to be built anew.
    fn version(&self) -> i32;

    /// The statements that make its tables, with `{generation}` in their names.
    fn tables(&self) -> &'static str;

    /// The row changes that `facts` make, in the tables of a generation. The facts are in the order of the log within
    /// each partition, each stream's without a gap, and none was given before. Events that do not concern the read
    /// model are passed over; one that cannot be applied is an error, never skipped.
    ///
    /// # Errors
    /// When an event cannot be applied. The partition then stops at it.
    fn fold(&self, facts: &[Fact<'_, E>], generation: Generation) -> Result<Vec<Write>, FoldError>;
}

/// Why an event cannot be applied. Says what is wrong, without payloads.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FoldError(pub String);

/// One build of a read model's tables; a rebuild makes the next one beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(pub i32);

impl Generation {
    /// What a new read model starts with.
    pub const FIRST: Self = Self(1);

    /// Puts the generation in place of `{generation}`.
    #[must_use]
    pub fn sql(self, template: &'static str) -> String {
        template.replace("{generation}", &self.0.to_string())
    }
}

/// One statement over arrays, with a place per row and column.
pub struct Write {
    pub(crate) query: Query<'static, Postgres, PgArguments>,
    pub(crate) rows_expected: Option<u64>,
}

impl Write {
    /// A statement from one of the projection's own templates.
    #[must_use]
    pub fn new(generation: Generation, template: &'static str) -> Self {
        // Safe: the template is ours and the generation a number.
        let query = sqlx::query(AssertSqlSafe(generation.sql(template)));
        Self { query, rows_expected: None }
    }

    /// The next array.
    #[must_use]
    pub fn bind<'t, T: Encode<'t, Postgres> + Type<Postgres>>(mut self, array: T) -> Self {
        self.query = self.query.bind(array);
        self
    }

    /// The statement must change exactly this many rows: an update of a row that is not there is an error, not nothing.
    #[must_use]
    pub fn expecting(mut self, rows: usize) -> Self {
        self.rows_expected = u64::try_from(rows).ok();
        self
    }
}

/// The column `f` of all rows, for [`Write::bind`].
pub(crate) fn column<'r, R, T>(
    rows: impl IntoIterator<Item = &'r R>,
    f: impl Fn(&'r R) -> T,
) -> Vec<T>
where
    R: 'r,
{
    rows.into_iter().map(f).collect()
}
