//! Reads and parses a file on a thread of its own, ahead of the sending by a bounded number of lines.
//!
//! A thread and not a task: reading standard input cannot be called off, and the program must be able to end meanwhile.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use tokio::sync::mpsc;

use super::csv::Header;
use super::format::Format;
use super::jsonl;
use super::line::{self, BadLine, Fields, Line};
use super::records::{Numbered, RECORD_BYTES_MAX, Record, Records};

/// Lines parsed ahead of those that wait in order. With the longest record that is 16 MiB.
const AHEAD: usize = 256;

/// A file to import.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Where it is; `None`: standard input.
    pub(crate) path: Option<PathBuf>,
    /// How it is written.
    pub(crate) format: Format,
    /// What tells its derived command ids from those of another file that holds the same lines.
    pub(crate) batch: String,
    /// Where to begin; what stands before is not looked at.
    pub(crate) from_line: u64,
}

/// What was found at one place of the file.
#[derive(Debug)]
pub(crate) struct Item {
    /// The line that it begins on.
    pub(super) number: u64,
    /// Its own size in bytes.
    pub(super) size: usize,
    /// Bytes of the file up to its end.
    pub(super) bytes_read: u64,
    /// What it is.
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// A command.
    Line(Box<Line>),
    /// No command.
    Bad(BadLine),
    /// The end of what can be read, before the end of the file.
    Broken(String),
}

impl Source {
    /// How long the file is, in bytes, where that can be told.
    pub(crate) fn size(&self) -> Option<u64> {
        let found = std::fs::metadata(self.path.as_ref()?).ok()?;
        found.is_file().then_some(found.len())
    }

    fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(match &self.path {
            Some(path) => Box::new(BufReader::with_capacity(RECORD_BYTES_MAX, File::open(path)?)),
            None => Box::new(BufReader::with_capacity(RECORD_BYTES_MAX, io::stdin())),
        })
    }
}

/// Opens the file and reads it in the background. Reading ends with the file, or when the receiver is dropped.
pub(crate) fn read_in_background(source: Source) -> io::Result<mpsc::Receiver<Item>> {
    let input = source.open()?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::Builder::new().name("import-reader".to_owned()).spawn(move || {
        // An error says that nobody wants the rest; then there is nothing left to do.
        let _ = Reading { records: Records::new(input, source.format), source, sender }.run();
    })?;
    Ok(receiver)
}

struct Reading {
    records: Records<Box<dyn BufRead + Send>>,
    source: Source,
    sender: mpsc::Sender<Item>,
}

type Sent = Result<(), mpsc::error::SendError<Item>>;

impl Reading {
    fn run(mut self) -> Sent {
        let header = match self.source.format {
            Format::Jsonl => None,
            Format::Csv => match self.header() {
                Ok(Some(header)) => Some(header),
                Ok(None) => return Ok(()),
                Err(problem) => return self.broken(1, problem),
            },
        };
        loop {
            match self.records.next() {
                Ok(None) => return Ok(()),
                Ok(Some(found)) if found.line < self.source.from_line => {}
                Ok(Some(found)) => self.hand_on(found, header.as_ref())?,
                Err(error) => return self.broken(0, format!("failed to read the file: {error}")),
            }
        }
    }

    /// The columns of a CSV file; `None` where the file is empty.
    fn header(&mut self) -> Result<Option<Header>, String> {
        let first =
            self.records.next().map_err(|error| format!("failed to read the file: {error}"))?;
        match first.map(|found| found.record) {
            None => Ok(None),
            Some(Record::Text(text)) => Header::read(without_mark(&text))
                .map(Some)
                .map_err(|bad| format!("the header: {bad}")),
            Some(Record::TooLong | Record::OpenQuote) => {
                Err(format!("the header does not end within {RECORD_BYTES_MAX} bytes"))
            }
        }
    }

    fn hand_on(&self, found: Numbered, header: Option<&Header>) -> Sent {
        let Numbered { line: number, bytes_read, record } = found;
        let (size, content) = match record {
            Record::Text(text) => (text.len(), self.content(number, &text, header)),
            Record::TooLong => {
                (0, Content::Bad(BadLine::whole(format!("has more than {RECORD_BYTES_MAX} bytes"))))
            }
            Record::OpenQuote => {
                let problem = format!("a quote is not closed within {RECORD_BYTES_MAX} bytes");
                (0, Content::Broken(problem))
            }
        };
        self.sender.blocking_send(Item { number, size, bytes_read, content })
    }

    fn content(&self, number: u64, text: &[u8], header: Option<&Header>) -> Content {
        let text = if number == 1 { without_mark(text) } else { text };
        let fields: Result<Fields, BadLine> = match header {
            Some(header) => header.fields(text),
            None => jsonl::fields(text),
        };
        match fields.and_then(|fields| line::read(number, text, &self.source.batch, fields)) {
            Ok(line) => Content::Line(Box::new(line)),
            Err(bad) => Content::Bad(bad),
        }
    }

    fn broken(&self, number: u64, problem: String) -> Sent {
        let content = Content::Broken(problem);
        self.sender.blocking_send(Item { number, size: 0, bytes_read: 0, content })
    }
}

/// Without the mark that some editors put before UTF-8.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}
