//! CSV (RFC 4180), with a header.
//!
//! Spreadsheets take a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula; such a text gets
//! an apostrophe before it, as they use it themselves. Who needs the exact text takes another format.

use std::borrow::Cow;
use std::io::{self, Write};

use super::table::{Cell, Column, Row, time_text};
use super::writer::RowWriter;

pub(super) struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    pub(super) fn new(columns: &'static [Column], out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| column.name)).map_err(failed)?;
        Ok(Self(writer))
    }
}

impl<W: Write> RowWriter for Writer<W> {
    fn write(&mut self, row: Row) -> io::Result<()> {
        let cells = row.iter().map(|cell| match cell {
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Text(text) => harmless(text),
            Cell::Decimal(text) => Cow::Borrowed(text.as_str()),
            Cell::Time(time) => Cow::Owned(time_text(*time)),
            Cell::Empty => Cow::Borrowed(""),
        });
        let cells: Vec<_> = cells.collect();
        self.0.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(failed)
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

/// The cause itself: the kind of an error of the output decides how the program ends.
fn failed(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Kind, column};
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_numbers_stay_numbers() {
        const COLUMNS: &[Column] = &[column("n", Kind::Number), column("t", Kind::Text)];
        let mut out = Vec::new();
        let mut writer = Box::new(Writer::new(COLUMNS, &mut out).unwrap());
        for text in ["=1+1", "a,\"b\"", "-"] {
            writer.write(vec![Cell::Number(-5), Cell::text(text)]).unwrap();
        }
        writer.write(vec![Cell::Empty, Cell::Decimal("-0.50".to_owned())]).unwrap();
        writer.finish().unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, "n,t\n-5,'=1+1\n-5,\"a,\"\"b\"\"\"\n-5,'-\n,-0.50\n");
    }
}
