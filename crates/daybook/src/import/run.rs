//! The sending: takes lines in, lets those go that may, settles those that are answered.
//!
//! One task decides; each command is sent by a task of its own. The import ends with the file, with a wish to stop
//! (what is in flight is finished, what waits is dropped unsent), or with a command that gets no answer (the same:
//! later lines may lean on it).

use std::collections::{BTreeSet, HashMap};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::entities::Entities;
use super::line::Line;
use super::order::Order;
use super::progress::Progress;
use super::reader::{Content, Item};
use super::report::{Report, Summary};
use crate::client::{Actor, CallError, CommandClient};
use crate::commands::Interrupts;
use crate::output::describe;

/// Lines that were taken in and are not settled, at most.
const LOOK_AHEAD_LINES: usize = 4096;

/// Their size, at most, with one line more.
const LOOK_AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// Where and how to send.
pub(crate) struct Settings {
    /// The command service.
    pub(crate) client: CommandClient,
    /// Who acts where a line names nobody.
    pub(crate) actor: Actor,
    /// Commands in flight, at most.
    pub(crate) in_flight_max: usize,
}

/// How an import ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With the file.
    Complete,
    /// Somebody wanted it to stop.
    Interrupted,
    /// This line got no answer.
    Unanswered {
        /// Its number.
        line: u64,
        /// What the last attempt met.
        problem: String,
    },
    /// The file cannot be read further.
    Broken {
        /// Where; 0: cannot be told.
        line: u64,
        /// Why.
        problem: String,
    },
}

/// Sends every line. An error says that the report could not be written.
pub(crate) async fn run(
    settings: Settings,
    items: mpsc::Receiver<Item>,
    report: &mut Report,
    progress: &mut Progress,
    interrupts: &mut Interrupts,
) -> std::io::Result<(Summary, End)> {
    let mut import = Import {
        settings,
        entities: Entities::new(),
        order: Order::default(),
        waiting: HashMap::new(),
        unsettled: BTreeSet::new(),
        unsettled_bytes: 0,
        flights: JoinSet::new(),
        last_read: 0,
        end: None,
        report,
        progress,
    };
    import.send_all(items, interrupts).await?;
    let settled_through_line =
        import.unsettled.first().map_or(import.last_read, |first| first.saturating_sub(1));
    let end = import.end.unwrap_or(End::Complete);
    import.progress.finish();
    Ok((import.report.finish(settled_through_line)?, end))
}

struct Import<'a> {
    settings: Settings,
    entities: Entities,
    order: Order,
    /// Lines that are not sent yet, with their sizes.
    waiting: HashMap<u64, (Box<Line>, usize)>,
    unsettled: BTreeSet<u64>,
    unsettled_bytes: usize,
    flights: JoinSet<Flight>,
    last_read: u64,
    /// Set when no further line is to be sent.
    end: Option<End>,
    report: &'a mut Report,
    progress: &'a mut Progress,
}

/// A command that came back.
struct Flight {
    line: Box<Line>,
    size: usize,
    answer: Result<daybook_proto::v1::Receipt, CallError>,
}

impl Import<'_> {
    async fn send_all(
        &mut self,
        mut items: mpsc::Receiver<Item>,
        interrupts: &mut Interrupts,
    ) -> std::io::Result<()> {
        let mut reading = true;
        while reading || self.order.len() > 0 {
            self.send_ready();
            if self.halted() && self.flights.is_empty() {
                break;
            }
            tokio::select! {
                Some(flight) = self.flights.join_next() => {
                    self.settle(flight.expect("a flight neither panics nor is aborted by others"))?;
                }
                item = items.recv(), if reading && self.has_room() => match item {
                    Some(item) => reading = self.take_in(item)?,
                    None => reading = false,
                },
                () = interrupts.next() => {
                    if matches!(self.end, Some(End::Interrupted)) {
                        // Asked twice: what is in flight is safe to leave, as running it again settles it.
                        self.flights.abort_all();
                        break;
                    }
                    self.end = Some(End::Interrupted);
                }
            }
        }
        Ok(())
    }

    /// Whether nothing more is to be sent. (A file that breaks off is sent up to there.)
    fn halted(&self) -> bool {
        matches!(self.end, Some(End::Interrupted | End::Unanswered { .. }))
    }

    fn has_room(&self) -> bool {
        !self.halted()
            && self.order.is_open()
            && self.order.len() < LOOK_AHEAD_LINES
            && self.unsettled_bytes < LOOK_AHEAD_BYTES
    }

    /// Takes the next piece of the file; `false` when it was the last that can be read.
    fn take_in(&mut self, item: Item) -> std::io::Result<bool> {
        self.progress.step(Some(item.bytes_read), self.report);
        match item.content {
            Content::Line(line) => {
                self.report.read();
                self.last_read = item.number;
                self.order.admit(item.number, self.entities.touched_by(&line.command));
                self.unsettled.insert(item.number);
                self.unsettled_bytes += item.size;
                self.waiting.insert(item.number, (line, item.size));
            }
            Content::Bad(bad) => {
                self.report.read();
                self.last_read = item.number;
                self.report.unreadable(item.number, bad)?;
            }
            Content::Broken(problem) => {
                self.end = Some(End::Broken { line: item.number, problem });
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn send_ready(&mut self) {
        while !self.halted() && self.flights.len() < self.settings.in_flight_max {
            let Some(number) = self.order.next_ready() else { return };
            let (line, size) = self.waiting.remove(&number).expect("a line is given out once");
            let client = self.settings.client.clone();
            let actor = line.actor.clone().unwrap_or_else(|| self.settings.actor.clone());
            self.flights.spawn(async move {
                let answer = client.send(&actor, line.command.clone()).await;
                Flight { line, size, answer }
            });
        }
    }

    fn settle(&mut self, flight: Flight) -> std::io::Result<()> {
        let Flight { line, size, answer } = flight;
        match answer {
            Ok(receipt) => self.report.accepted(&receipt),
            Err(CallError::Refused(status)) => self.report.refused(&line, &status)?,
            Err(CallError::Unanswered { last, url, .. }) => {
                // It stays unsettled, and so does all that waits behind it.
                self.end.get_or_insert(End::Unanswered {
                    line: line.number,
                    problem: format!("{url}: {}", describe(&last)),
                });
                return Ok(());
            }
        }
        self.order.settle(line.number);
        self.unsettled.remove(&line.number);
        self.unsettled_bytes -= size;
        self.progress.step(None, self.report);
        Ok(())
    }
}
