//! The sending: takes lines in, lets those go that may, settles those that are answered.
//!
//! The import ends with the file, with a wish to stop (what is in flight is finished, what waits is dropped unsent), or
//! with a command that gets no answer (the same: later lines may lean on it).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::entities::Entities;
use super::lanes::{Heard, Lanes, Settled};
use super::line::Line;
use super::order::Order;
use super::progress::Progress;
use super::reader::{Content, Item};
use super::report::{Report, Summary};
use crate::client::{Actor, CommandClient};
use crate::commands::Interrupts;
use crate::output::describe;

/// Lines that were taken in and are not settled, at most.
const LOOK_AHEAD_LINES: usize = 4096;

/// Their size, at most, with one line more.
const LOOK_AHEAD_BYTES: usize = 16 * 1024 * 1024;

/// How often it is looked at what is due by time.
const TICK: Duration = Duration::from_millis(50);

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
    /// The file holds no command, from the line on where it was to begin.
    Empty,
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
        url: settings.client.url().to_owned(),
        lanes: Lanes::new(settings.client, settings.in_flight_max),
        actor: settings.actor,
        entities: Entities::new(),
        order: Order::default(),
        waiting: HashMap::new(),
        unsettled: BTreeMap::new(),
        unsettled_bytes: 0,
        last_read: 0,
        end: None,
        report,
        progress,
    };
    import.send_all(items, interrupts).await?;
    let settled_through_line =
        import.unsettled.keys().next().map_or(import.last_read, |first| first.saturating_sub(1));
    let end = import.end.unwrap_or(End::Complete);
    import.progress.finish();
    Ok((import.report.finish(settled_through_line)?, end))
}

struct Import<'a> {
    url: String,
    lanes: Lanes,
    /// Who acts where a line names nobody.
    actor: Actor,
    entities: Entities,
    order: Order,
    /// Lines that are held back.
    waiting: HashMap<u64, Waiting>,
    /// Lines without an answer, and their sizes.
    unsettled: BTreeMap<u64, usize>,
    unsettled_bytes: usize,
    last_read: u64,
    /// Set when no further line is to be sent.
    end: Option<End>,
    report: &'a mut Report,
    progress: &'a mut Progress,
}

/// A line that is not sent yet.
struct Waiting {
    line: Box<Line>,
    actor: Actor,
}

impl Import<'_> {
    async fn send_all(
        &mut self,
        mut items: mpsc::Receiver<Item>,
        interrupts: &mut Interrupts,
    ) -> std::io::Result<()> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Vec::new();
        let mut reading = true;
        while reading || self.order.len() > 0 {
            self.send_ready();
            if self.is_halted() && self.lanes.is_empty() {
                break;
            }
            tokio::select! {
                () = self.lanes.listen(&mut heard) => self.take_in_all(&mut heard)?,
                item = items.recv(), if reading && self.has_room() => match item {
                    Some(item) => reading = self.read(item)?,
                    None => reading = false,
                },
                _ = tick.tick() => self.tick(),
                () = interrupts.next() => {
                    if self.is_halted() {
                        // Asked again: what is in flight is safe to leave, as running it again settles it.
                        break;
                    }
                    self.halt(End::Interrupted);
                }
            }
        }
        Ok(())
    }

    /// Whether nothing more is to be sent. (A file that breaks off is sent up to there.)
    fn is_halted(&self) -> bool {
        matches!(self.end, Some(End::Interrupted | End::Unanswered { .. }))
    }

    /// From here on only what is in flight is finished.
    fn halt(&mut self, end: End) {
        if !self.is_halted() {
            self.end = Some(end);
        }
        self.lanes.drop_unsent();
    }

    fn has_room(&self) -> bool {
        !self.is_halted()
            && self.order.is_open()
            && self.order.len() < LOOK_AHEAD_LINES
            && self.unsettled_bytes < LOOK_AHEAD_BYTES
    }

    /// Takes the next piece of the file; `false` when it was the last that can be read.
    fn read(&mut self, item: Item) -> std::io::Result<bool> {
        self.progress.step(Some(item.bytes_read), self.report);
        match item.content {
            Content::Line(line) => {
                self.report.read();
                self.last_read = item.number;
                self.admit(line, item.size);
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
            Content::Empty => {
                self.end = Some(End::Empty);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn admit(&mut self, line: Box<Line>, size: usize) {
        let actor = line.actor.clone().unwrap_or_else(|| self.actor.clone());
        let touches = self.entities.touched_by(&line.command);
        self.order.admit(line.number, actor.clone(), touches);
        self.unsettled.insert(line.number, size);
        self.unsettled_bytes += size;
        self.waiting.insert(line.number, Waiting { line, actor });
    }

    fn send_ready(&mut self) {
        while !self.is_halted() && self.lanes.has_room() {
            let Some(number) = self.order.next_ready() else { return };
            let Waiting { line, actor } =
                self.waiting.remove(&number).expect("a line is given out once");
            self.lanes.send(actor, line);
        }
    }

    fn take_in_all(&mut self, heard: &mut Vec<Heard>) -> std::io::Result<()> {
        for heard in heard.drain(..) {
            for settled in self.lanes.take_in(heard) {
                self.settle(settled)?;
            }
        }
        Ok(())
    }

    fn settle(&mut self, settled: Settled) -> std::io::Result<()> {
        let Settled { line, outcome } = settled;
        match outcome {
            Ok(receipt) => self.report.accepted(&receipt),
            Err(status) => self.report.refused(&line, &status)?,
        }
        self.order.settle(line.number);
        self.unsettled_bytes -= self.unsettled.remove(&line.number).unwrap_or_default();
        self.progress.step(None, self.report);
        Ok(())
    }

    fn tick(&mut self) {
        if let Some(unanswered) = self.lanes.tick() {
            // The line stays unsettled, and so does all that waits behind it.
            let problem = format!("{}: {}", self.url, describe(&unanswered.last));
            self.halt(End::Unanswered { line: unanswered.line, problem });
        }
    }
}
