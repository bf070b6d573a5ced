//! Reads a file as an import would, and sends nothing.

use std::collections::BTreeMap;
use std::io;

use tokio::sync::mpsc;

use super::reader::{Content, Item};
use super::report::Report;
use super::run::End;

/// What a file holds.
pub(crate) struct DryRun {
    /// How many commands of each name.
    pub(crate) commands: BTreeMap<&'static str, u64>,
    /// How the reading ended.
    pub(crate) end: End,
}

/// Reads to the end. An error says that the report could not be written.
pub(crate) async fn dry_run(
    mut items: mpsc::Receiver<Item>,
    report: &mut Report,
) -> io::Result<DryRun> {
    let (mut commands, mut end) = (BTreeMap::new(), End::Complete);
    while let Some(item) = items.recv().await {
        match item.content {
            Content::Line(line) => {
                report.read();
                *commands.entry(line.command.name()).or_default() += 1;
            }
            Content::Bad(bad) => {
                report.read();
                report.unreadable(item.number, bad)?;
            }
            Content::Broken(problem) => end = End::Broken { line: item.number, problem },
            Content::Empty => end = End::Empty,
        }
    }
    report.finish(0)?;
    Ok(DryRun { commands, end })
}
