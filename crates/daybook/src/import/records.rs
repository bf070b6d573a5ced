//! Cuts a file into records without ever holding more than one.
//!
//! A JSON Lines record is a line; one that is too long is skipped and reported. A CSV record may span lines, inside
//! quotes. A quote that does not end within a record's limit is the end of the import: what follows could be the inside
//! of a text, and must not be taken for commands.

use std::io::{self, BufRead, Read};

use super::format::Format;

/// Longest record, in bytes.
pub(super) const RECORD_BYTES_MAX: usize = 64 * 1024;

/// What was found next in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A record, without its line end.
    Text(Vec<u8>),
    /// More than a record may have; it was skipped.
    TooLong,
    /// A quote that does not end: nothing after it can be trusted.
    OpenQuote,
}

/// A record and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    /// The line that it begins on, from 1.
    pub(super) line: u64,
    /// Bytes of the file up to its end.
    pub(super) bytes_read: u64,
    /// What was found.
    pub(super) record: Record,
}

/// The records of a file.
pub(super) struct Records<R> {
    input: R,
    format: Format,
    line: u64,
    bytes_read: u64,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(input: R, format: Format) -> Self {
        Self { input, format, line: 0, bytes_read: 0 }
    }

    /// The next record that is not empty; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Numbered>> {
        loop {
            let mut text = Vec::new();
            if !self.read_line(&mut text)? {
                return Ok(None);
            }
            let line = self.line;
            let record = match self.format {
                Format::Jsonl => self.complete_line(text)?,
                Format::Csv => self.complete_quotes(text)?,
            };
            if !matches!(&record, Record::Text(text) if text.trim_ascii().is_empty()) {
                return Ok(Some(Numbered { line, bytes_read: self.bytes_read, record }));
            }
        }
    }

    /// Appends a line to `text`, its end included, but no more than one byte beyond the limit; `false` at the end.
    fn read_line(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let room = (RECORD_BYTES_MAX + 2).saturating_sub(text.len());
        let limit = u64::try_from(room).expect("a record's limit is small");
        let read = self.input.by_ref().take(limit).read_until(b'\n', text)?;
        self.count(read);
        self.line += 1;
        Ok(read > 0)
    }

    fn complete_line(&mut self, text: Vec<u8>) -> io::Result<Record> {
        if text.ends_with(b"\n") || text.len() < RECORD_BYTES_MAX + 2 {
            return Ok(limited(text));
        }
        self.skip_line()?;
        Ok(Record::TooLong)
    }

    fn complete_quotes(&mut self, mut text: Vec<u8>) -> io::Result<Record> {
        while quote_is_open(&text) {
            if text.len() > RECORD_BYTES_MAX || !self.read_line(&mut text)? {
                return Ok(Record::OpenQuote);
            }
        }
        self.complete_line(text)
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            self.count(used);
            if end.is_some() || used == 0 {
                return Ok(());
            }
        }
    }

    fn count(&mut self, bytes: usize) {
        self.bytes_read += u64::try_from(bytes).expect("a buffer's length fits 64 bits");
    }
}

fn limited(mut text: Vec<u8>) -> Record {
    if text.ends_with(b"\n") {
        text.pop();
    }
    if text.ends_with(b"\r") {
        text.pop();
    }
    if text.len() > RECORD_BYTES_MAX { Record::TooLong } else { Record::Text(text) }
}

/// In CSV every quote that is opened is closed, and one inside a text is doubled: an odd number is an open one.
fn quote_is_open(text: &[u8]) -> bool {
    text.iter().filter(|&&byte| byte == b'"').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(format: Format, text: &str) -> Vec<(u64, Record)> {
        let mut records = Records::new(text.as_bytes(), format);
        std::iter::from_fn(|| records.next().unwrap()).map(|r| (r.line, r.record)).collect()
    }

    fn text(text: &str) -> Record {
        Record::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_keep_their_numbers_over_empty_ones() {
        let found = all(Format::Jsonl, "a\r\n\n  \nb");
        assert_eq!(found, [(1, text("a")), (4, text("b"))]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let fits = "x".repeat(RECORD_BYTES_MAX);
        for extra in [1, 2, 3, 200_000] {
            let long = "y".repeat(RECORD_BYTES_MAX + extra);
            let found = all(Format::Jsonl, &format!("{fits}\r\n{long}\r\nb\n"));
            assert_eq!(found, [(1, text(&fits)), (2, Record::TooLong), (3, text("b"))]);
        }
    }

    #[test]
    fn a_csv_record_may_span_lines_inside_quotes() {
        let found = all(Format::Csv, "a,\"b\n\"\"c\"\nd\n");
        assert_eq!(found, [(1, text("a,\"b\n\"\"c\"")), (3, text("d"))]);
    }

    #[test]
    fn a_quote_that_never_ends_is_found_in_bounded_memory() {
        let endless = format!("a,\"b\n{}", "deposit,alice\n".repeat(100_000));
        assert_eq!(all(Format::Csv, &endless)[0], (1, Record::OpenQuote));
        assert_eq!(all(Format::Csv, "a,\"b\n"), [(1, Record::OpenQuote)]);
    }
}
