//! Given, when, then: tests of a [`Domain`] that read like its rules; and [`assert_pinned`], for what is stored.
//!
//! ```
//! use daybook_core::projection::{ProjectionCommand, ProjectionName};
//! use daybook_core::system::System;
//! use daybook_core::testing::Scenario;
//! # use daybook_core::{ids::Position, partition::Partition, projection::EventPlace};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let event = EventPlace { partition: Partition(3), position: Position::new(7)? };
//! let projection = ProjectionName::new("accounts")?;
//! let skip = ProjectionCommand::SkipEvent { projection, event };
//! Scenario::new(System)
//!     .when("olga", skip.clone())
//!     .then_accepted()
//!     .when("olga", skip)
//!     .then_rejected("SKIPPED_ALREADY");
//! # Ok(())
//! # }
//! ```
//!
//! It folds and decides as the command service does, and checks with every decision what that relies on: at least one
//! event, on named streams only, each readable from its stored form.

mod stored_forms;

pub use stored_forms::check_stored_forms;

use std::collections::HashMap;
use std::fmt::Debug;

use time::OffsetDateTime;

use crate::domain::{Context, Domain, Rejection, States};
use crate::event::EventPayload;
use crate::ids::Actor;
use crate::stream::StreamId;

/// What has happened so far.
#[derive(Debug)]
pub struct Scenario<D: Domain> {
    domain: D,
    states: Known<D>,
    now: OffsetDateTime,
}

/// What a command led to.
#[derive(Debug)]
pub struct Outcome<D: Domain> {
    scenario: Scenario<D>,
    result: Result<Vec<(StreamId, D::Event)>, D::Rejection>,
}

#[derive(Debug)]
struct Known<D: Domain>(HashMap<StreamId, D::State>);

impl<D: Domain> States<D::State> for Known<D> {
    fn state(&self, stream_id: &StreamId) -> Option<&D::State> {
        self.0.get(stream_id)
    }
}

impl<D: Domain> Scenario<D> {
    /// Nothing has happened.
    #[must_use]
    pub fn new(domain: D) -> Self {
        Self { domain, states: Known(HashMap::new()), now: OffsetDateTime::UNIX_EPOCH }
    }

    /// It is this late when the next command arrives.
    #[must_use]
    pub fn at(mut self, now: OffsetDateTime) -> Self {
        self.now = now;
        self
    }

    /// One more event has happened on a stream.
    #[must_use]
    pub fn given(mut self, stream_id: StreamId, event: impl Into<D::Event>) -> Self {
        self.apply(stream_id, &event.into());
        self
    }

    /// The state that a stream has folded to.
    #[must_use]
    pub fn state(&self, stream_id: &StreamId) -> Option<&D::State> {
        self.states.state(stream_id)
    }

    /// Somebody gives a command.
    ///
    /// # Panics
    /// When the actor's name is none, or the decision breaks the contract of [`Domain::decide`].
    #[track_caller]
    #[must_use]
    pub fn when(self, actor: &str, command: impl Into<D::Command>) -> Outcome<D> {
        let command = command.into();
        let actor = Actor::new(actor).expect("the actor of a scenario has a name");
        let context = Context { actor: &actor, now: self.now };
        let result = self.domain.decide(&command, &self.states, context);
        if let Ok(events) = &result {
            let named = self.domain.streams(&command, &self.states);
            assert!(!events.is_empty(), "an accepted command records at least one event");
            for (stream_id, event) in events {
                assert!(named.contains(stream_id), "`{stream_id}` was not named by {command:?}");
                assert_readable(event);
            }
        }
        Outcome { scenario: self, result }
    }

    fn apply(&mut self, stream_id: StreamId, event: &D::Event) {
        let before = self.states.0.remove(&stream_id);
        if let Some(after) = self.domain.evolve(&stream_id, before, event) {
            self.states.0.insert(stream_id, after);
        }
    }
}

#[track_caller]
fn assert_readable<E: EventPayload + Debug>(event: &E) {
    let data = event.encode().expect("an event can be written");
    let read = E::decode(event.event_type(), event.schema_version(), data.get())
        .expect("an event that was written can be read");
    assert_eq!(format!("{read:?}"), format!("{event:?}"), "what is read is what was written");
}

impl<D: Domain> Outcome<D> {
    /// Exactly these events are recorded, in this order; the scenario goes on after them.
    ///
    /// # Panics
    /// When the command was refused or other events are recorded.
    #[track_caller]
    pub fn then<const N: usize>(self, expected: [(StreamId, D::Event); N]) -> Scenario<D>
    where
        D::Event: PartialEq,
    {
        let recorded = self.result().expect("the command is accepted");
        assert_eq!(recorded, expected.as_slice());
        self.proceed()
    }

    /// Some events are recorded; the scenario goes on after them.
    ///
    /// # Panics
    /// When the command was refused.
    #[track_caller]
    pub fn then_accepted(self) -> Scenario<D> {
        self.result().expect("the command is accepted");
        self.proceed()
    }

    /// A rule refuses it for this [`Rejection::reason`]; the scenario goes on as if it had not been given.
    ///
    /// # Panics
    /// When the command was accepted or refused for another reason.
    #[track_caller]
    pub fn then_rejected(self, reason: &str) -> Scenario<D> {
        let rejection = self.result().expect_err("the command is refused");
        assert_eq!(rejection.reason(), reason, "{rejection}");
        self.proceed()
    }

    /// What the domain said: the events, or why it refuses.
    ///
    /// # Errors
    /// When a rule refused the command.
    pub fn result(&self) -> Result<&[(StreamId, D::Event)], &D::Rejection> {
        self.result.as_deref()
    }

    /// The scenario goes on, whatever the domain said.
    #[must_use]
    pub fn proceed(mut self) -> Scenario<D> {
        for (stream_id, event) in self.result.into_iter().flatten() {
            self.scenario.apply(stream_id, &event);
        }
        self.scenario
    }
}

/// Compares what this build writes with a golden file, which pins what is stored: the file's lines, without those that
/// begin with `#`, must be exactly `written`.
///
/// # Panics
/// When they are not: with the lines that differ.
#[track_caller]
pub fn assert_pinned(file: &str, pinned: &str, written: &[String]) {
    let pinned: Vec<_> = pinned.lines().filter(|line| !line.starts_with('#')).collect();
    let gone = pinned.iter().filter(|line| !written.iter().any(|other| other == *line));
    let new = written.iter().filter(|line| !pinned.contains(&line.as_str()));
    let differ: Vec<_> =
        gone.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}"))).collect();
    let same = pinned.iter().eq(written.iter());
    assert!(
        same,
        "{file} pins what is stored, and this build writes it differently: stored data would become unreadable, or \
         would not be recognised. Lines may be added to the file; one that is there must never change.\n{}",
        if differ.is_empty() {
            "the same lines in another order".to_owned()
        } else {
            differ.join("\n")
        }
    );
}
