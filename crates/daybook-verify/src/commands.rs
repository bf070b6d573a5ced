//! Commands and their events (G5): each event belongs to a command that the log knows, a command's events stand in a row and
//! share their metadata, and `log.commands` says where they begin and how many they are.
//!
//! The hash of a command's content is not checked: what was asked for is not in the log, only what came of it.

use std::collections::HashMap;

use daybook_eventlog::ReadError;
use daybook_eventlog::inspect::{Inspector, StoredEvent};

use crate::finding::{Findings, Place};

/// The events of one command, in a row.
#[derive(Debug, Clone)]
struct Run {
    command_id: String,
    metadata: String,
    first_position: i64,
    event_count: i32,
    place: Place,
}

/// The commands that events speak of.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    open: Option<Run>,
    /// At an end, and not looked up yet: those of a page.
    closed: Vec<Run>,
    /// Rows of `log.commands` that agree with events about where they begin.
    matched: i64,
}

impl Runs {
    /// Takes in an event; `true` where it is the first of another command than the one before.
    pub(crate) fn event(
        &mut self,
        event: &StoredEvent,
        command_id: Option<&str>,
        findings: &mut Findings,
    ) -> bool {
        let Some(command_id) = command_id else {
            self.closed.extend(self.open.take());
            return true;
        };
        let place = Place::event(event.position, &event.stream_id, event.version);
        match &mut self.open {
            Some(open) if open.command_id == command_id => {
                open.event_count = open.event_count.saturating_add(1);
                if open.metadata != event.metadata {
                    let expected = format!("as at position {}", open.first_position);
                    findings.add("metadata", place, "metadata", expected, "another");
                }
                false
            }
            _ => {
                self.closed.extend(self.open.replace(Run {
                    command_id: command_id.to_owned(),
                    metadata: event.metadata.clone(),
                    first_position: event.position,
                    event_count: 1,
                    place,
                }));
                true
            }
        }
    }

    /// Looks up the commands that have come to their end.
    pub(crate) async fn settle(
        &mut self,
        inspector: &Inspector,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let ids: Vec<_> = self.closed.iter().map(|run| run.command_id.as_str()).collect();
        let stored = inspector.commands_of(&ids).await?;
        let stored: HashMap<_, _> =
            stored.into_iter().map(|command| (command.command_id.clone(), command)).collect();
        for run in self.closed.drain(..) {
            let Some(command) = stored.get(&run.command_id) else {
                let field = format!("row `{}` of log.commands", run.command_id);
                findings.add("command", run.place, field, "there", "missing");
                continue;
            };
            let place = || Place::row("log.commands", &run.command_id).at(run.first_position);
            if command.first_position == run.first_position {
                self.matched += 1;
            } else {
                let (right, found) = (run.first_position, command.first_position);
                findings.add("command", place(), "first_position", right, found);
            }
            if command.event_count != run.event_count {
                let (right, found) = (run.event_count, command.event_count);
                findings.add("command", place(), "event_count", right, found);
            }
        }
        Ok(())
    }

    /// Looks for commands whose events are not there: only where there are more commands than events speak of.
    pub(crate) async fn end(
        mut self,
        inspector: &Inspector,
        up_to: i64,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        self.closed.extend(self.open.take());
        self.settle(inspector, findings).await?;
        let counted = inspector.count_commands(up_to).await?;
        if counted.up_to == self.matched && counted.beyond_head == 0 {
            return Ok(());
        }
        let mut commands = inspector.commands();
        while let Some(page) = commands.next().await? {
            for command in page {
                if command.first_event_command_id.as_ref() != Some(&command.command_id) {
                    let place = Place::row("log.commands", &command.command_id);
                    let found = match command.first_event_command_id {
                        Some(other) => format!("that of command `{other}`"),
                        None => "missing".to_owned(),
                    };
                    let place = place.at(command.first_position);
                    findings.add("command", place, "its first event", "there", found);
                }
            }
        }
        Ok(())
    }
}
