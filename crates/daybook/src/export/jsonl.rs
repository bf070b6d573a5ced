//! JSON Lines: an object a line, columns in order, empty ones left out. JSON of the log is text in it, so that not a byte of
//! what was hashed changes.

use std::io::{self, Write};

use serde::ser::{SerializeMap as _, Serializer as _};

use super::table::{Cell, Column, Row};
use super::writer::RowWriter;

pub(super) struct Writer<W> {
    columns: &'static [Column],
    out: W,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(columns: &'static [Column], out: W) -> Self {
        Self { columns, out }
    }
}

impl<W: Write> RowWriter for Writer<W> {
    fn write(&mut self, row: Row) -> io::Result<()> {
        let mut object = serde_json::Serializer::new(&mut self.out);
        let mut object = object.serialize_map(None)?;
        let filled = self.columns.iter().zip(&row).filter(|(_, cell)| **cell != Cell::Empty);
        for (column, cell) in filled {
            object.serialize_entry(column.name, &cell.to_json())?;
        }
        object.end()?;
        self.out.write_all(b"\n")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
