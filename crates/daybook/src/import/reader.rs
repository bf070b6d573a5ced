//! Reads and parses a file on a thread of its own, ahead of the sending by a bounded number of lines.
//!
//! A thread and not a task: reading standard input cannot be called off, and the program must be able to end meanwhile.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use tokio::sync::mpsc;

use super::csv::{Header, without_mark};
use super::format::Format;
use super::ids::{Ids, TextHash};
use super::jsonl;
use super::line::{self, BadLine, Fields, Line};
use super::records::{RECORD_BYTES_MAX, Record, Records};

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

/// What a place of the file holds.
#[derive(Debug)]
pub(super) enum Content {
    /// A command.
    Line(Box<Line>),
    /// No command.
    Bad(BadLine),
    /// The end of what can be read, before the end of the file.
    Broken(String),
    /// The end of a file that holds no command.
    Empty,
}

impl Source {
    /// How long the file is, in bytes, where that can be told.
    pub(crate) fn size(&self) -> Option<u64> {
        let found = std::fs::metadata(self.path.as_ref()?).ok()?;
        found.is_file().then_some(found.len())
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match &self.path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(io::stdin()),
        })
    }
}

/// Opens the file and reads it in the background. Reading ends with the file, or when the receiver is dropped.
pub(crate) fn read_in_background(source: Source) -> io::Result<mpsc::Receiver<Item>> {
    let input = source.open()?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::Builder::new().name("import-reader".to_owned()).spawn(move || {
        let (records, ids) = (Records::new(input, source.format), Ids::new(&source.batch));
        let reading =
            Reading { records, source, ids, header: None, bytes: 0, commands: false, sender };
        // An error says that nobody wants the rest; then there is nothing left to do.
        let _ = reading.run();
    })?;
    Ok(receiver)
}

struct Reading {
    records: Records<Box<dyn Read + Send>>,
    source: Source,
    ids: Ids,
    /// The columns of a CSV file, once they are read.
    header: Option<Header>,
    /// Bytes of all records so far.
    bytes: u64,
    /// Whether there was a record that should be a command.
    commands: bool,
    sender: mpsc::Sender<Item>,
}

type Sent = Result<(), mpsc::error::SendError<Item>>;

impl Reading {
    fn run(mut self) -> Sent {
        loop {
            let found = match self.records.next() {
                Ok(found) => found,
                Err(error) => {
                    return self.broken(0, format!("failed to read the file: {error}"));
                }
            };
            self.bytes += found.bytes;
            let (line, size) = (found.line, usize::try_from(found.bytes).unwrap_or(usize::MAX));
            let content = match found.record {
                Record::End => return self.end(),
                Record::Row { cells, .. } if self.header.is_none() => match Header::read(cells) {
                    Ok(header) => {
                        self.header = Some(header);
                        continue;
                    }
                    Err(problem) => return self.broken(line, format!("the header {problem}")),
                },
                Record::Broken(problem) => return self.broken(line, format!("it {problem}")),
                Record::TooLong => {
                    Content::Bad(BadLine::whole(format!("has more than {RECORD_BYTES_MAX} bytes")))
                }
                Record::Row { text, cells } => {
                    let fields = |header: &Header| header.fields(cells);
                    let fields = self.header.as_ref().map(fields).unwrap_or(Ok(Fields::default()));
                    self.content(line, &text, fields)
                }
                Record::Line(text) => {
                    let text = if line == 1 { without_mark(&text) } else { &text };
                    self.content(line, text, jsonl::fields(text))
                }
            };
            if line >= self.source.from_line {
                self.commands = true;
                let bytes_read = self.bytes;
                self.sender.blocking_send(Item { number: line, size, bytes_read, content })?;
            }
        }
    }

    /// At the end of the file: every byte that was read is in one of the records.
    fn end(&self) -> Sent {
        let read = self.records.bytes_read();
        if read != self.bytes {
            let all = self.bytes;
            return self.broken(0, format!("its records have {all} bytes of {read}: a defect"));
        }
        if self.commands { Ok(()) } else { self.send(0, Content::Empty) }
    }

    fn content(&mut self, number: u64, text: &[u8], fields: Result<Fields, BadLine>) -> Content {
        // Counted also where a line is not sent, so that the others get the same ids with and without it.
        let id = match self.ids.next(TextHash::of(text)) {
            Ok(id) => id,
            Err(problem) => return Content::Bad(BadLine::whole(problem)),
        };
        match fields.and_then(|fields| line::read(number, fields, || id.text())) {
            Ok(line) => Content::Line(Box::new(line)),
            Err(bad) => Content::Bad(bad),
        }
    }

    fn broken(&self, number: u64, problem: String) -> Sent {
        self.send(number, Content::Broken(problem))
    }

    fn send(&self, number: u64, content: Content) -> Sent {
        self.sender.blocking_send(Item { number, size: 0, bytes_read: self.bytes, content })
    }
}
