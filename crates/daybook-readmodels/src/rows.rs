//! Rows on their way into a read model's table, in PostgreSQL's binary format.
//!
//! A projection says once what a row is ([`Column`]s, and a [`Cell`] for each). How the rows travel is chosen by who
//! writes them: as arrays, one a column, in one statement among others (live), or with COPY (a rebuild).

mod binary;

use daybook_core::words::Words;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::projection::Generation;

/// A column of rows: its name in the table and its type.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    kind: Kind,
}

/// The types that read models use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `text`
    Text,
    /// `smallint`
    SmallInt,
    /// `bigint`
    BigInt,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `timestamptz`
    Timestamp,
    /// `numeric`, whole numbers only
    Numeric,
    /// `uuid`
    Uuid,
    /// `jsonb`
    Json,
    /// `bigint[]`, the hashes of words
    Words,
}

impl Kind {
    /// The type in which a statement is fed with it, as SQL spells it; the type's number and that of its array, which
    /// PostgreSQL has fixed for ever.
    fn fed_as(self) -> (&'static str, u32, u32) {
        match self {
            Self::Text => ("text", 25, 1009),
            Self::SmallInt => ("smallint", 21, 1005),
            Self::BigInt => ("bigint", 20, 1016),
            Self::Boolean => ("boolean", 16, 1000),
            Self::Date => ("date", 1082, 1182),
            Self::Timestamp => ("timestamptz", 1184, 1185),
            Self::Numeric => ("numeric", 1700, 1231),
            Self::Uuid => ("uuid", 2950, 2951),
            Self::Json => ("jsonb", 3802, 3807),
            // An array of arrays would be taken apart into all their elements.
            Self::Words => Self::Text.fed_as(),
        }
    }

    /// What makes a column's value of what a statement is fed with.
    fn cast(self) -> &'static str {
        match self {
            Self::Words => "::bigint[]",
            _ => "",
        }
    }
}

impl Column {
    /// A column of the table, or of what a statement is fed with.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// What stands in one column of one row.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// Text.
    Text(&'a str),
    /// 16 bits.
    SmallInt(i16),
    /// 64 bits.
    BigInt(i64),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(Date),
    /// An instant, to the microsecond.
    Timestamp(OffsetDateTime),
    /// A whole number wider than 64 bits.
    Numeric(i128),
    /// 128 bits of an id.
    Uuid(Uuid),
    /// The text of a JSON value.
    Json(&'a str),
    /// Words that are looked for.
    Words(&'a Words),
}

impl Cell<'_> {
    fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Null => true,
            Self::Text(_) => kind == Kind::Text,
            Self::SmallInt(_) => kind == Kind::SmallInt,
            Self::BigInt(_) => kind == Kind::BigInt,
            Self::Boolean(_) => kind == Kind::Boolean,
            Self::Date(_) => kind == Kind::Date,
            Self::Timestamp(_) => kind == Kind::Timestamp,
            Self::Numeric(_) => kind == Kind::Numeric,
            Self::Uuid(_) => kind == Kind::Uuid,
            Self::Json(_) => kind == Kind::Json,
            Self::Words(_) => kind == Kind::Words,
        }
    }
}

macro_rules! cell_from {
    ($($type:ty => $variant:ident),+ $(,)?) => {
        $(impl<'a> From<$type> for Cell<'a> {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        })+
    };
}

cell_from! {
    &'a str => Text, i16 => SmallInt, i64 => BigInt, bool => Boolean, Date => Date, OffsetDateTime => Timestamp,
    i128 => Numeric, Uuid => Uuid, &'a Words => Words,
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Rows of one table, one behind the other as COPY takes them: a rebuild has millions of them to write.
#[derive(Debug, Clone)]
pub struct Rows {
    table: &'static str,
    columns: &'static [Column],
    /// Of each row the number of its cells, and each cell with its length before it.
    cells: Vec<u8>,
    len: usize,
}

impl Rows {
    /// No rows yet, of the table `read.<table>_<generation>`.
    #[must_use]
    pub fn new(table: &'static str, columns: &'static [Column]) -> Self {
        Self { table, columns, cells: Vec::new(), len: 0 }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the cells are not what the columns say: a mistake in the projection, whatever the event.
    pub fn push(&mut self, row: &[Cell<'_>]) {
        assert_eq!(row.len(), self.columns.len(), "cells of a row of `{}`", self.table);
        binary::write_row_head(row.len(), &mut self.cells);
        for (cell, column) in row.iter().zip(self.columns) {
            assert!(cell.fits(column.kind), "{cell:?} in `{}.{}`", self.table, column.name);
            binary::write_cell(cell, &mut self.cells);
        }
        self.len += 1;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Memory that they take, in bytes, with what is set aside for more of them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.cells.capacity()
    }

    /// Takes the rows out and leaves none.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.table, self.columns))
    }

    /// The statement that inserts them from arrays.
    pub(crate) fn insert_sql(&self, generation: Generation) -> String {
        let arrays: Vec<_> = (1..)
            .zip(self.columns)
            .map(|(n, column)| format!("${n}::{}[]", column.kind.fed_as().0))
            .collect();
        let values =
            self.columns.iter().map(|column| format!("{}{}", column.name, column.kind.cast()));
        let (table, names) = (self.table_name(generation), self.names());
        let (values, arrays) = (values.collect::<Vec<_>>().join(", "), arrays.join(", "));
        format!(
            "INSERT INTO {table} ({names}) SELECT {values} FROM unnest({arrays}) AS fed ({names})"
        )
    }

    /// The statement that takes [`Rows::copy_data`].
    pub(crate) fn copy_sql(&self, generation: Generation) -> String {
        let (table, names) = (self.table_name(generation), self.names());
        format!("COPY {table} ({names}) FROM STDIN (FORMAT binary)")
    }

    /// All rows, as COPY takes them in binary: what comes before them, they themselves, what comes behind them.
    pub(crate) fn copy_data(&self) -> [&[u8]; 3] {
        [binary::COPY_HEAD, &self.cells, &binary::COPY_END]
    }

    /// For each column its cells, as an array to be bound.
    pub(crate) fn into_arrays(self) -> impl Iterator<Item = Array> {
        let len = self.len;
        let array = move |(cells, column): (Vec<u8>, &Column)| {
            let kind = column.kind;
            let cells = if kind == Kind::Words { binary::words_as_text(&cells) } else { cells };
            Array { kind, cells, len }
        };
        binary::by_column(&self.cells, self.columns.len()).into_iter().zip(self.columns).map(array)
    }

    fn table_name(&self, generation: Generation) -> String {
        format!("read.{}_{}", self.table, generation.0)
    }

    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// One column as an array.
pub(crate) struct Array {
    kind: Kind,
    cells: Vec<u8>,
    len: usize,
}

impl Type<Postgres> for Array {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(Kind::Text.fed_as().2))
    }
}

impl Encode<'_, Postgres> for Array {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        binary::write_array_head(self.kind.fed_as().1, self.len, buffer)?;
        buffer.extend_from_slice(&self.cells);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.kind.fed_as().2)))
    }
}
