//! Cuts a file into records without ever holding more than one.
//!
//! A JSON Lines record is a line; a CSV record is what the csv library says it is, from one reader for both its end and
//! its cells. Every byte of the file belongs to exactly one record: [`Numbered::bytes`] add up to what was read, and the
//! import fails where they do not.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::csv::CsvRecords;
use super::format::Format;
use super::lines::Lines;

/// Longest record, in bytes.
pub(super) const RECORD_BYTES_MAX: usize = 64 * 1024;

/// What was found next in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A CSV record.
    Row {
        /// As it is in the file, without the line end.
        text: Vec<u8>,
        /// Its cells, unquoted.
        cells: Vec<Vec<u8>>,
    },
    /// More than a record may have; it was skipped.
    TooLong,
    /// A CSV record that cannot be read. What follows could be the inside of a text, and must not be taken for commands.
    Broken(String),
    /// The end of the file.
    End,
}

/// A record and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    /// The line that it begins on, from 1.
    pub(super) line: u64,
    /// How many bytes of the file it takes, with its line end and the empty lines before it.
    pub(super) bytes: u64,
    /// What was found.
    pub(super) record: Record,
}

/// The records of a file.
pub(super) struct Records<R> {
    reader: Reader<R>,
    bytes_read: Arc<AtomicU64>,
}

enum Reader<R> {
    Lines(Lines<BufReader<Counted<R>>>),
    Csv(Box<CsvRecords<BufReader<Counted<R>>>>),
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R, format: Format) -> Self {
        let bytes_read = Arc::<AtomicU64>::default();
        let input = Counted { input, bytes_read: Arc::clone(&bytes_read) };
        let input = BufReader::with_capacity(RECORD_BYTES_MAX, input);
        let reader = match format {
            Format::Jsonl => Reader::Lines(Lines::new(input)),
            Format::Csv => Reader::Csv(Box::new(CsvRecords::new(input))),
        };
        Self { reader, bytes_read }
    }

    /// The next record that is not empty.
    pub(super) fn next(&mut self) -> io::Result<Numbered> {
        match &mut self.reader {
            Reader::Lines(lines) => lines.next(),
            Reader::Csv(records) => records.next(),
        }
    }

    /// How many bytes the file gave so far, counted where they come in.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes_read.fetch_add(length(read), Ordering::Relaxed);
        Ok(read)
    }
}

/// A length in memory as a count of a file's bytes.
pub(super) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a buffer's length fits 64 bits")
}

/// Takes the bytes up to the first that is no line end; gives how many, and how many lines end in them. `after_cr`: the
/// byte before was a carriage return, with which a line feed makes one line end.
pub(super) fn skip_line_ends(
    input: &mut impl BufRead,
    after_cr: &mut bool,
) -> io::Result<(u64, u64)> {
    let (mut bytes, mut lines) = (0, 0);
    loop {
        let buffer = input.fill_buf()?;
        let ends = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let at_end = ends == 0 || ends < buffer.len();
        lines += line_ends(&buffer[..ends], after_cr);
        input.consume(ends);
        bytes += length(ends);
        if at_end {
            return Ok((bytes, lines));
        }
    }
}

/// How many lines end in `bytes`: with CR, LF or CR LF.
pub(super) fn line_ends(bytes: &[u8], after_cr: &mut bool) -> u64 {
    let mut ends = 0;
    for &byte in bytes {
        ends += u64::from(byte == b'\r' || (byte == b'\n' && !*after_cr));
        *after_cr = byte == b'\r';
    }
    ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(format: Format, text: &[u8]) -> (Vec<Numbered>, u64) {
        let mut records = Records::new(text, format);
        let mut found = Vec::new();
        loop {
            let next = records.next().unwrap();
            let is_last = matches!(next.record, Record::End | Record::Broken(_));
            found.push(next);
            if is_last {
                return (found, records.bytes_read());
            }
        }
    }

    proptest! {
        #[test]
        fn every_byte_belongs_to_one_record(text in "[ab,;\"\r\n ]{0,80}", csv: bool) {
            let format = if csv { Format::Csv } else { Format::Jsonl };
            let (found, bytes_read) = all(format, text.as_bytes());
            prop_assert_eq!(bytes_read, length(text.len()));
            if !found.iter().any(|found| matches!(found.record, Record::Broken(_))) {
                prop_assert_eq!(found.iter().map(|found| found.bytes).sum::<u64>(), bytes_read);
            }
        }

        #[test]
        fn a_csv_file_is_cut_as_the_csv_library_cuts_it(text in "[ab,\"\r\n]{0,80}") {
            let (found, _) = all(Format::Csv, text.as_bytes());
            let rows = found.iter().filter_map(|found| match &found.record {
                Record::Row { cells, .. } => Some(cells.clone()),
                _ => None,
            });
            let whole = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes())
                .into_byte_records()
                .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
            let rows: Vec<_> = rows.collect();
            let whole: Vec<_> = whole.collect();
            let is_whole = !found.iter().any(|found| matches!(found.record, Record::Broken(_)));
            prop_assert_eq!(&rows[..], &whole[..rows.len()]);
            prop_assert!(!is_whole || rows.len() == whole.len());
        }
    }
}
