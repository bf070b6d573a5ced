//! The lines of a JSON Lines file. One that is too long is skipped and reported.

use std::io::{self, BufRead, Read};

use super::records::{Numbered, RECORD_BYTES_MAX, Record, length};

/// Cuts at line feeds.
pub(super) struct Lines<R> {
    input: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: 0 }
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> io::Result<Numbered> {
        let mut bytes = 0;
        loop {
            let mut text = Vec::new();
            let limit = length(RECORD_BYTES_MAX + 2);
            let read = self.input.by_ref().take(limit).read_until(b'\n', &mut text)?;
            bytes += length(read);
            self.line += 1;
            let record = if read == 0 {
                Record::End
            } else if text.ends_with(b"\n") || read < RECORD_BYTES_MAX + 2 {
                limited(text)
            } else {
                bytes += self.skip_line()?;
                Record::TooLong
            };
            if !matches!(&record, Record::Line(text) if text.trim_ascii().is_empty()) {
                return Ok(Numbered { line: self.line, bytes, record });
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<u64> {
        let mut bytes = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            bytes += length(used);
            if end.is_some() || used == 0 {
                return Ok(bytes);
            }
        }
    }
}

fn limited(mut text: Vec<u8>) -> Record {
    if text.ends_with(b"\n") {
        text.pop();
    }
    if text.ends_with(b"\r") {
        text.pop();
    }
    if text.len() > RECORD_BYTES_MAX { Record::TooLong } else { Record::Line(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Record)> {
        let mut lines = Lines::new(text.as_bytes());
        let next = || Some(lines.next().unwrap()).filter(|found| found.record != Record::End);
        std::iter::from_fn(next).map(|found| (found.line, found.record)).collect()
    }

    fn line(text: &str) -> Record {
        Record::Line(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_keep_their_numbers_over_empty_ones() {
        assert_eq!(all("a\r\n\n  \nb"), [(1, line("a")), (4, line("b"))]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let fits = "x".repeat(RECORD_BYTES_MAX);
        for extra in [1, 2, 3, 200_000] {
            let long = "y".repeat(RECORD_BYTES_MAX + extra);
            let found = all(&format!("{fits}\r\n{long}\r\nb\n"));
            assert_eq!(found, [(1, line(&fits)), (2, Record::TooLong), (3, line("b"))]);
        }
    }
}
