//! The records of a CSV file, and one of them as named fields.
//!
//! One parser, the csv library's, says where a record ends and what its cells are. It is lenient with quotes; where it
//! would take a quote in two ways, the file is not read further.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader};

use super::line::{self, BadLine, Fields};
use super::records::{Numbered, RECORD_BYTES_MAX, Record, length, line_ends, skip_line_ends};

/// Cells of a record, at most: no command has more fields than [`line::FIELDS`], and a wider row is reported as such.
const CELLS_MAX: usize = 256;

/// Cuts where the csv library does.
pub(super) struct CsvRecords<R> {
    input: R,
    parser: Reader,
    line: u64,
    after_cr: bool,
    /// Unquoted text of the cells of one record, and where each ends in it.
    cells: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: BufRead> CsvRecords<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            parser: Reader::new(),
            line: 1,
            after_cr: false,
            cells: vec![0; RECORD_BYTES_MAX],
            ends: vec![0; CELLS_MAX],
        }
    }

    /// The next record that is not empty.
    pub(super) fn next(&mut self) -> io::Result<Numbered> {
        let mut bytes = 0;
        loop {
            // Done here, so that any number of empty lines takes no memory.
            let (skipped, lines) = skip_line_ends(&mut self.input, &mut self.after_cr)?;
            self.line += lines;
            let line = self.line;
            let (text, record) = self.read()?;
            self.line += line_ends(&text, &mut self.after_cr);
            bytes += skipped + length(text.len());
            let is_blank =
                matches!(&record, Record::Row { text, .. } if text.trim_ascii().is_empty());
            if !is_blank {
                return Ok(Numbered { line, bytes, record });
            }
        }
    }

    /// A record, and every byte that was taken for it.
    fn read(&mut self) -> io::Result<(Vec<u8>, Record)> {
        let (mut text, mut filled, mut count) = (Vec::new(), 0, 0);
        let limit = format!(
            "has more than {RECORD_BYTES_MAX} bytes or {CELLS_MAX} cells, or does not close a quote"
        );
        loop {
            let input = self.input.fill_buf()?;
            let (found, used, written, ended) =
                self.parser.read_record(input, &mut self.cells[filled..], &mut self.ends[count..]);
            text.extend_from_slice(&input[..used]);
            self.input.consume(used);
            (filled, count) = (filled + written, count + ended);
            let record = match found {
                ReadRecordResult::End => Record::End,
                ReadRecordResult::Record => self.row(&text, count),
                ReadRecordResult::InputEmpty if text.len() <= RECORD_BYTES_MAX => continue,
                ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::OutputEndsFull => Record::Broken(limit),
            };
            return Ok((text, record));
        }
    }

    fn row(&self, taken: &[u8], count: usize) -> Record {
        // Without the byte that ended it. (A cell that ends with one is quoted.)
        let text = taken.strip_suffix(b"\n").or(taken.strip_suffix(b"\r")).unwrap_or(taken);
        let text = without_mark(text);
        if text.len() > RECORD_BYTES_MAX {
            return Record::Broken(format!("has more than {RECORD_BYTES_MAX} bytes"));
        }
        if let Err(problem) = check_quotes(text) {
            return Record::Broken(problem.to_owned());
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends[..count].iter();
        // After a record that was too large the parser counts on from it: its ends then lie beyond the buffer.
        let cell = |(start, &end): (usize, &usize)| self.cells.get(start..end).map(<[u8]>::to_vec);
        match starts.zip(ends).map(cell).collect() {
            Some(cells) => Record::Row { text: text.to_vec(), cells },
            None => Record::Broken(format!("has more than {RECORD_BYTES_MAX} bytes")),
        }
    }
}

/// Refuses what the parser takes in silence: text after a closing quote, and a file that ends inside quotes. Either means
/// that a quote was opened by mistake, and that what is in it may be other records. (A quote inside a cell that does not
/// begin with one is text, as in `15" screen`.)
fn check_quotes(text: &[u8]) -> Result<(), &'static str> {
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
    }
    let mut at = At::Start;
    for byte in text {
        at = match (at, byte) {
            (At::Start, b'"') | (At::Closed, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) => At::Quoted,
            (_, b',') => At::Start,
            (At::Closed, _) => return Err("has text after the closing quote of a cell"),
            (At::Start | At::Plain, _) => At::Plain,
        };
    }
    if matches!(at, At::Quoted) { Err("does not close a quote") } else { Ok(()) }
}

/// Without the mark that some editors put before UTF-8.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The columns, as the header names them.
#[derive(Debug)]
pub(super) struct Header(Vec<String>);

impl Header {
    /// Reads the header.
    ///
    /// # Errors
    /// It names no command, a column that no command has, or one twice.
    pub(super) fn read(cells: Vec<Vec<u8>>) -> Result<Self, String> {
        let mut names: Vec<String> = Vec::new();
        for cell in cells {
            let name = String::from_utf8(cell).map_err(|_| "is not UTF-8".to_owned())?;
            let name = name.trim().to_owned();
            if names.is_empty() && name.contains([';', '\t']) {
                return Err(
                    "separates its columns with semicolons or tabs; write the file with commas"
                        .to_owned(),
                );
            }
            if !line::FIELDS.contains(&name.as_str()) {
                let known = line::FIELDS.join(", ");
                let shown: String = name.chars().take(64).collect();
                return Err(format!("names an unknown column `{shown}`; known are {known}"));
            }
            if names.contains(&name) {
                return Err(format!("names the column `{name}` twice"));
            }
            names.push(name);
        }
        if !names.iter().any(|name| name == "command") {
            return Err("has no column `command`".to_owned());
        }
        Ok(Self(names))
    }

    /// Whether a record names its own command_id.
    pub(super) fn names_id(&self, cells: &[Vec<u8>]) -> bool {
        let column = self.0.iter().position(|name| name == "command_id");
        column.and_then(|column| cells.get(column)).is_some_and(|cell| !cell.is_empty())
    }

    /// The fields of a record.
    pub(super) fn fields(&self, cells: Vec<Vec<u8>>) -> Result<Fields, BadLine> {
        if cells.len() != self.0.len() {
            let (found, wanted) = (cells.len(), self.0.len());
            return Err(BadLine::whole(format!("has {found} cells, the header has {wanted}")));
        }
        let mut fields = Fields::default();
        for (name, cell) in self.0.iter().zip(cells) {
            let cell = String::from_utf8(cell).map_err(|_| BadLine::whole("is not UTF-8"))?;
            if !cell.is_empty() {
                fields.add(name.clone(), cell)?;
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each record as `line: cell|cell`.
    fn all(text: &str) -> Vec<String> {
        let mut records = CsvRecords::new(text.as_bytes());
        let next = || match records.next().unwrap() {
            Numbered { record: Record::End, .. } => None,
            Numbered { line, record: Record::Row { cells, .. }, .. } => {
                Some(format!("{line}: {}", String::from_utf8(cells.join(&b'|')).unwrap()))
            }
            Numbered { line, record, .. } => Some(format!("{line}: {record:?}")),
        };
        std::iter::from_fn(next).take(10).collect()
    }

    #[test]
    fn records_end_where_the_library_says_and_lines_are_counted() {
        for (text, found) in [
            ("a,\"b\n\"\"c\"\nd\n", &["1: a|b\n\"c", "3: d"][..]),
            ("a\rb\r", &["1: a", "2: b"]),
            ("a\r\n\r\n\r\nb", &["1: a", "4: b"]),
            ("\n  \na", &["3: a"]),
            ("a,15\" screen\nb,19\" screen\n", &["1: a|15\" screen", "2: b|19\" screen"]),
            ("", &[]),
            ("\r\n\n", &[]),
        ] {
            assert_eq!(all(text), found, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_could_hide_records_ends_the_reading() {
        let endless = format!("a,\"b\n{}", "deposit,alice\n".repeat(100_000));
        for text in [
            "a,\"b\n",
            "a,\"15 screen\ndeposit,b,\"19\" screen\n",
            "a,\"b\"c\n",
            &endless,
            &"x".repeat(RECORD_BYTES_MAX + 1),
            &",".repeat(CELLS_MAX),
        ] {
            let first = &all(text)[0];
            assert!(first.starts_with("1: Broken"), "{first}");
        }
    }

    #[test]
    fn a_header_names_each_column_once_and_none_that_is_unknown() {
        let read = |text: &str| {
            let cells = text.split(',').map(|cell| cell.as_bytes().to_vec()).collect();
            Header::read(cells).map(|_| ())
        };
        assert_eq!(read("command, account_id ,amount"), Ok(()));
        for (header, problem) in [
            ("command;account_id;amount", "write the file with commas"),
            ("command,acount_id", "unknown column `acount_id`"),
            ("command,", "unknown column ``"),
            ("command,command", "`command` twice"),
            ("account_id,amount", "no column `command`"),
        ] {
            let found = read(header).unwrap_err();
            assert!(found.contains(problem), "{found}");
        }
    }
}
