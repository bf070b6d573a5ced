//! Event ids are unique in the log, and nothing in the database says so.
//!
//! Each id goes with its position to one of 256 spill files, by a byte of it that is random. At the end each file is sorted
//! by itself: memory is one part in 256 of the ids, 24 bytes each (94 MB in a log of a billion events), disk 24 bytes an
//! event in the directory for temporary files.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, Write as _};

use uuid::Uuid;

use crate::finding::{Findings, Place};

const FILES: usize = 256;

/// A UUIDv7 ends with 62 random bits; this byte is one of them.
const RANDOM_BYTE: usize = 15;

const RECORD_BYTES: usize = 24;

const BUFFER_BYTES: usize = 8 * 1024;

/// The ids so far.
pub(crate) struct EventIds {
    /// Files are made when first needed: a small log needs few.
    files: Vec<Option<BufWriter<File>>>,
}

impl EventIds {
    pub(crate) fn new() -> Self {
        Self { files: std::iter::repeat_with(|| None).take(FILES).collect() }
    }

    /// One more.
    pub(crate) fn add(&mut self, event_id: Uuid, position: i64) -> io::Result<()> {
        let id = event_id.as_bytes();
        let file = &mut self.files[usize::from(id[RANDOM_BYTE])];
        let file = match file {
            Some(file) => file,
            None => file.insert(BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile()?)),
        };
        file.write_all(id)?;
        file.write_all(&position.to_be_bytes())
    }

    /// Says which ids there are more than once.
    pub(crate) fn end(self, findings: &mut Findings) -> io::Result<()> {
        for file in self.files.into_iter().flatten() {
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let (records, _) = bytes.as_chunks_mut::<RECORD_BYTES>();
            records.sort_unstable();
            for pair in records.windows(2) {
                let ((first, one), (second, other)) = (split(&pair[0]), split(&pair[1]));
                if first == second {
                    let found = format!("{first}, as at position {one}");
                    let place = Place::position(other);
                    findings.add("event-id", place, "event_id", "of its own", found);
                }
            }
        }
        Ok(())
    }
}

fn split(record: &[u8; RECORD_BYTES]) -> (Uuid, i64) {
    let (mut id, mut position) = ([0; 16], [0; 8]);
    id.copy_from_slice(&record[..16]);
    position.copy_from_slice(&record[16..]);
    (Uuid::from_bytes(id), i64::from_be_bytes(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_there_twice_is_found_wherever_it_is() {
        let mut ids = EventIds::new();
        let id = |n: u128| Uuid::from_u128(n * 7);
        for n in 1..=1000 {
            ids.add(id(n), i64::try_from(n).expect("small")).expect("written");
        }
        ids.add(id(500), 1001).expect("written");
        let mut findings = Findings::new(10);
        ids.end(&mut findings).expect("read");
        let [finding] = findings.kept() else { panic!("{findings:?}") };
        assert_eq!(finding.place, Place::position(1001));
        assert!(finding.found.ends_with("as at position 500"), "{finding}");
    }
}
