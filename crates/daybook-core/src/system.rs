//! The system's own aggregates as one domain: what operators tell projections and the log's clock, and how people are
//! forgotten. It is composed with every other domain (see [`mod@crate::compose`]).

use serde::Serialize;

use crate::clock::{self, Clock, ClockCommand, ClockError, ClockEvent};
use crate::compose::Part as _;
use crate::domain::{Aggregate, Context, Domain, NO_FINGERPRINT, States, StreamKind, no_state};
use crate::event::EventPayload as _;
use crate::projection::{
    self, EventPlace, ProjectionCommand, ProjectionError, ProjectionEvent, ProjectionRecord,
};
use crate::stream::StreamId;
use crate::subject::{
    self, ERASURE_STREAM_TYPE, Subject, SubjectCommand, SubjectError, SubjectEvent,
};
use crate::{events_of, one_of, rejections_of};

/// Projections, data subjects and the log's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

one_of! {
    /// A command to a projection or the log's clock, or about a data subject. Its JSON is hashed, and never changes:
    /// see [`Domain::Command`].
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub enum SystemCommand {
        /// To one projection, by an operator.
        #[serde(rename = "Projection")]
        Projection(ProjectionCommand),
        /// About one person's data.
        #[serde(rename = "Subject")]
        Subject(SubjectCommand),
        /// To the log's clock, by an operator.
        #[serde(rename = "Clock")]
        Clock(ClockCommand),
    }
}

events_of! {
    /// An event of a projection, a data subject or the log's clock.
    pub enum SystemEvent {
        /// In a projection's stream; it changes no read model of a domain.
        Projection(ProjectionEvent),
        /// In the stream of a data subject, or in one that tells a partition of erasures.
        Subject(SubjectEvent),
        /// In the stream of the log's clock; it changes no read model of a domain.
        Clock(ClockEvent),
    }
}

one_of! {
    /// The state of one of the system's streams.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum SystemState {
        /// What has been decided about a projection.
        Projection(ProjectionRecord),
        /// How far a data subject is forgotten.
        Subject(Subject),
        /// What was accepted of the log's clock.
        Clock(Clock),
    }
}

rejections_of! {
    /// A broken rule of what a projection or the clock may be told, or of forgetting.
    pub enum SystemRejection {
        /// Of a projection.
        Projection(ProjectionError),
        /// Of forgetting.
        Subject(SubjectError),
        /// Of the log's clock.
        Clock(ClockError),
    }
}

impl Domain for System {
    const STREAMS: &'static [StreamKind] = &[
        StreamKind::of::<ProjectionRecord>(),
        StreamKind::of::<Subject>(),
        StreamKind { stream_type: ERASURE_STREAM_TYPE, event_types: SubjectEvent::EVENT_TYPES },
        StreamKind::of::<Clock>(),
    ];
    type Command = SystemCommand;
    type Event = SystemEvent;
    type State = SystemState;
    type Rejection = SystemRejection;

    fn streams(&self, command: &SystemCommand, _: &dyn States<SystemState>) -> Vec<StreamId> {
        match command {
            SystemCommand::Projection(command) => vec![command.projection().stream_id()],
            SystemCommand::Subject(command) => subject_streams(command),
            SystemCommand::Clock(_) => vec![clock::stream_id()],
        }
    }

    // What operators say about projections, and why a person was forgotten, is about no subject and stays readable: the
    // default `Domain::subject` says so.

    fn makes(&self, _: &SystemCommand) -> Option<StreamId> {
        None
    }

    fn decide(
        &self,
        command: &SystemCommand,
        states: &dyn States<SystemState>,
        context: Context<'_>,
    ) -> Result<Vec<(StreamId, SystemEvent)>, SystemRejection> {
        match command {
            SystemCommand::Projection(command) => {
                let stream_id = command.projection().stream_id();
                let record = states.state(&stream_id).and_then(SystemState::part);
                let event = projection::decide(command, record)?;
                Ok(vec![(stream_id, event.into())])
            }
            SystemCommand::Subject(command) => {
                let stream_id = command.subject_id().stream_id();
                let subject = states.state(&stream_id).and_then(SystemState::part);
                let events = subject::decide(command, subject)?;
                Ok(events.into_iter().map(|(stream_id, event)| (stream_id, event.into())).collect())
            }
            SystemCommand::Clock(command) => {
                let stream_id = clock::stream_id();
                let clock = states.state(&stream_id).and_then(SystemState::part);
                let event = clock::decide(command, clock, context.now)?;
                Ok(vec![(stream_id, event.into())])
            }
        }
    }

    fn evolve(
        &self,
        stream_id: &StreamId,
        state: Option<SystemState>,
        event: &SystemEvent,
    ) -> Option<SystemState> {
        match event {
            SystemEvent::Projection(event) => {
                let record = state.and_then(SystemState::into_part);
                ProjectionRecord::evolve(record, event).map(SystemState::Projection)
            }
            // A stream that tells a partition of erasures has no state: it may grow for ever, and no decision depends
            // on it.
            SystemEvent::Subject(_) if stream_id.stream_type() == ERASURE_STREAM_TYPE => None,
            SystemEvent::Subject(event) => {
                let subject = state.and_then(SystemState::into_part);
                Subject::evolve(subject, event).map(SystemState::Subject)
            }
            SystemEvent::Clock(event) => Clock::evolve(None, event).map(SystemState::Clock),
        }
    }

    fn fingerprint(&self, stream_id: &StreamId) -> i32 {
        match stream_id.stream_type() {
            ProjectionRecord::STREAM_TYPE => ProjectionRecord::FINGERPRINT,
            Subject::STREAM_TYPE => Subject::FINGERPRINT,
            Clock::STREAM_TYPE => Clock::FINGERPRINT,
            _ => NO_FINGERPRINT,
        }
    }

    fn heap_bytes(&self, state: &SystemState) -> usize {
        match state {
            // A tree's nodes are half to fully filled.
            SystemState::Projection(record) => 2 * record.skipped.len() * size_of::<EventPlace>(),
            SystemState::Subject(_) | SystemState::Clock(_) => 0,
        }
    }

    fn encode_state(&self, state: &SystemState) -> Result<String, serde_json::Error> {
        match state {
            SystemState::Projection(record) => serde_json::to_string(record),
            SystemState::Subject(subject) => serde_json::to_string(subject),
            SystemState::Clock(clock) => serde_json::to_string(clock),
        }
    }

    fn decode_state(
        &self,
        stream_id: &StreamId,
        text: &str,
    ) -> Result<SystemState, serde_json::Error> {
        match stream_id.stream_type() {
            ProjectionRecord::STREAM_TYPE => {
                serde_json::from_str(text).map(SystemState::Projection)
            }
            Subject::STREAM_TYPE => serde_json::from_str(text).map(SystemState::Subject),
            Clock::STREAM_TYPE => serde_json::from_str(text).map(SystemState::Clock),
            _ => Err(no_state(stream_id)),
        }
    }
}

fn subject_streams(command: &SubjectCommand) -> Vec<StreamId> {
    let of_partitions = match command {
        SubjectCommand::ForgetSubject { .. } => &[][..],
        SubjectCommand::RecordErasure { erasure_streams, .. } => erasure_streams,
    };
    std::iter::once(command.subject_id().stream_id()).chain(of_partitions.iter().cloned()).collect()
}
