//! Notices a file that was imported before under other command ids, with which its lines would have their effect again.
//!
//! Of each file that is imported, the hashes of its lines are kept beside the other state of the user. What this cannot
//! see: imports by another user or from another machine, through another address of the service, from standard input;
//! lines whose text was changed; and a small part of a large file, of which only a sample is kept. Lines with a
//! command_id of their own are left out: their ids are the caller's.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::csv::{Header, without_mark};
use super::ids::TextHash;
use super::reader::Source;
use super::records::{Record, Records};
use crate::state_dir::{state_dir, write_private};

/// Hashes kept of one file: all of a file of so many lines, of a longer one the lowest, which are a fair sample.
const SAMPLE_MAX: usize = 4096;

/// Imports that are remembered, the newest ones; together some 6 MB.
const IMPORTS_MAX: usize = 64;

/// An import, as it is remembered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Earlier {
    /// Where it was sent.
    command_url: String,
    /// What its command ids were derived with.
    pub(crate) batch: String,
    /// The file.
    pub(crate) file: PathBuf,
    /// When it began.
    pub(crate) began_at: String,
    /// The lowest hashes of its lines, in order.
    lines: BTreeSet<u64>,
}

impl Earlier {
    /// The import that is about to begin; reads the whole file.
    pub(crate) fn of(source: &Source, path: &Path, command_url: &str) -> io::Result<Self> {
        let mut records = Records::new(File::open(path)?, source.format);
        let (mut lines, mut header) = (BTreeSet::new(), None);
        loop {
            let found = records.next()?;
            let text = match found.record {
                Record::End | Record::Broken(_) => break,
                Record::TooLong => continue,
                Record::Row { cells, .. } if header.is_none() => match Header::read(cells) {
                    Ok(read) => {
                        header = Some(read);
                        continue;
                    }
                    Err(_) => break,
                },
                Record::Row { cells, .. }
                    if header.as_ref().is_some_and(|header| header.names_id(&cells)) =>
                {
                    continue;
                }
                Record::Row { text, .. } => text,
                Record::Line(text) if contains(&text, b"\"command_id\"") => continue,
                Record::Line(text) if found.line == 1 => without_mark(&text).to_vec(),
                Record::Line(text) => text,
            };
            lines.insert(TextHash::of(&text).short());
            if lines.len() > SAMPLE_MAX {
                lines.pop_last();
            }
        }
        Ok(Self {
            command_url: command_url.to_owned(),
            batch: source.batch.clone(),
            file: fs::canonicalize(path)?,
            began_at: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            lines,
        })
    }

    /// An earlier import of most of these lines under other ids; `None` also where one had them under the same ids.
    pub(crate) fn twin(&self) -> io::Result<Option<Self>> {
        let alike =
            remembered(&directory()?)?.into_iter().map(|(_, earlier)| earlier).filter(|earlier| {
                earlier.command_url == self.command_url && self.shares_most_with(earlier)
            });
        let (own, mut others): (Vec<_>, Vec<_>) =
            alike.partition(|earlier| earlier.batch == self.batch);
        Ok(if own.is_empty() { others.drain(..).next() } else { None })
    }

    /// Remembers it, before anything is sent.
    pub(crate) fn remember(&self) -> io::Result<()> {
        let directory = directory()?;
        // The same import, begun once more, is remembered once.
        let name = Sha256::new()
            .chain_update(&self.command_url)
            .chain_update([0])
            .chain_update(&self.batch)
            .chain_update([0])
            .chain_update(self.file.as_os_str().as_encoded_bytes())
            .finalize();
        let name: String = name.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        write_private(&directory.join(format!("{name}.json")), &text)?;
        for (path, _) in remembered(&directory)?.into_iter().skip(IMPORTS_MAX) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Whether more than half of these lines are in the other import, as far as both samples reach.
    fn shares_most_with(&self, other: &Self) -> bool {
        let reach = |lines: &BTreeSet<u64>| match lines.last() {
            Some(&last) if lines.len() >= SAMPLE_MAX => last,
            _ => u64::MAX,
        };
        let reach = reach(&self.lines).min(reach(&other.lines));
        let own = self.lines.range(..=reach);
        own.clone().filter(|line| other.lines.contains(line)).count() * 2 > own.count()
    }
}

fn directory() -> io::Result<PathBuf> {
    Ok(state_dir()?.join("imports"))
}

/// What is remembered, the newest first. A file that cannot be read as such is none of ours.
fn remembered(directory: &Path) -> io::Result<Vec<(PathBuf, Earlier)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Ok(earlier) = serde_json::from_slice::<Earlier>(&fs::read(&path)?) {
            found.push((path, earlier));
        }
    }
    found.sort_by(|(_, a), (_, b)| b.began_at.cmp(&a.began_at));
    Ok(found)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(lines: impl Iterator<Item = u64>) -> Earlier {
        let mut lines: BTreeSet<u64> =
            lines.map(|line| TextHash::of(&line.to_be_bytes()).short()).collect();
        while lines.len() > SAMPLE_MAX {
            lines.pop_last();
        }
        let (command_url, batch, began_at) = (String::new(), String::new(), String::new());
        Earlier { command_url, batch, file: PathBuf::new(), began_at, lines }
    }

    #[test]
    fn two_imports_share_most_lines_when_more_than_half_are_the_same() {
        for (one, other, shares) in [
            (0..100, 0..100, true),
            (0..100, 40..140, true),
            (0..100, 60..160, false),
            (0..20_000, 1..20_000, true),
            (0..20_000, 6_000..26_000, true),
            (0..20_000, 14_000..34_000, false),
            // Half of a longer file, and a file with more than twice as much.
            (0..10_000, 0..20_000, true),
            (0..20_000, 0..8_000, false),
            (0..0, 0..100, false),
        ] {
            let (first, second) = (import(one.clone()), import(other.clone()));
            assert_eq!(first.shares_most_with(&second), shares, "{one:?} {other:?}");
        }
    }
}
