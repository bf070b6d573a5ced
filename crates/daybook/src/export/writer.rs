//! The formats.

use std::io::{self, Write};

use clap::ValueEnum;

use super::table::{Column, Row};
use super::{csv, jsonl, parquet};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON Lines: an object a line.
    Jsonl,
    /// Comma-separated values, with a header.
    Csv,
    /// Apache Parquet, compressed with Snappy.
    Parquet,
}

/// Writes rows one after the other, and is told when there are no more.
pub(crate) trait RowWriter {
    fn write(&mut self, row: Row) -> io::Result<()>;

    /// Writes what is left.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl Format {
    /// A writer of rows with these columns.
    pub(crate) fn writer<'a>(
        self,
        columns: &'static [Column],
        out: impl Write + Send + 'a,
    ) -> io::Result<Box<dyn RowWriter + Send + 'a>> {
        Ok(match self {
            Self::Jsonl => Box::new(jsonl::Writer::new(columns, out)),
            Self::Csv => Box::new(csv::Writer::new(columns, out)?),
            Self::Parquet => Box::new(parquet::Writer::new(columns, out)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Cell, Kind, column};
    use super::*;

    /// A pipe whose reader has gone.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_format_tells_that_the_reader_has_gone() {
        static COLUMNS: &[Column] = &[column("name", Kind::Text)];
        for format in Format::value_variants() {
            let written = format.writer(COLUMNS, Gone).and_then(|mut writer| {
                for _ in 0..20_000 {
                    writer.write(vec![Cell::Text("x".repeat(100))])?;
                }
                writer.finish()
            });
            let error = written.expect_err("nobody reads it");
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{format:?}: {error}");
        }
    }
}
