//! The log's clock, as an operator speaks of it after it went wrong. Times never decrease with position, so one jump of the
//! database's clock into the future gives every later event that time, until it has come. Nothing is appended after such a jump
//! before an operator has accepted it, on record: then the log goes on, and whoever reads knows which times are wrong.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

use crate::domain::{Aggregate, Rejection, RejectionKind};
use crate::event::event_payload;
use crate::ids::Position;
use crate::stream::StreamId;
use crate::upcast::Upcaster;

/// What stands before the `-` in the id of the clock's stream.
pub const STREAM_TYPE: &str = "clock";

/// The one stream of the log's clock.
#[must_use]
pub fn stream_id() -> StreamId {
    static STREAM_ID: LazyLock<StreamId> =
        LazyLock::new(|| StreamId::parse("clock-log").expect("a constant that is a stream id"));
    STREAM_ID.clone()
}

/// A command to the log's clock.
///
/// Its JSON is hashed, and never changes: see [`Domain::Command`](crate::domain::Domain::Command).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ClockCommand {
    /// Goes on although the log's time lies in the future.
    #[serde(rename = "AcceptTime")]
    AcceptTime {
        /// The event that has this time.
        position: Position,
        /// Its time.
        #[serde(with = "rfc3339")]
        recorded_at: OffsetDateTime,
    },
}

/// An event of the clock's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockEvent {
    /// `clock-time-accepted`
    TimeAccepted(ClockTimeAccepted),
}

event_payload! {
    ClockEvent, upcasters: UPCASTERS;
    TimeAccepted(ClockTimeAccepted) = "clock-time-accepted", 1;
}

/// How payloads of older schema versions are read: none yet.
const UPCASTERS: &[Upcaster] = &[];

/// The log goes on with a time that has not come yet. Every event whose time is after `accepted_at` and not after `recorded_at`
/// was recorded at another time than it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockTimeAccepted {
    /// The event that an operator named.
    pub position: Position,
    /// Its time, in the future.
    #[serde(with = "rfc3339")]
    pub recorded_at: OffsetDateTime,
    /// When it was accepted, by the service's clock.
    #[serde(with = "rfc3339")]
    pub accepted_at: OffsetDateTime,
}

impl ClockTimeAccepted {
    /// Whether an event with this time was recorded at another one.
    #[must_use]
    pub fn makes_wrong(&self, recorded_at: OffsetDateTime) -> bool {
        self.accepted_at < recorded_at && recorded_at <= self.recorded_at
    }
}

/// What was accepted last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Up to this time.
    #[serde(with = "rfc3339")]
    pub accepted_until: OffsetDateTime,
}

impl Aggregate for Clock {
    const STREAM_TYPE: &'static str = STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = ClockEvent;

    fn evolve(_: Option<Self>, event: &ClockEvent) -> Option<Self> {
        let ClockEvent::TimeAccepted(accepted) = event;
        Some(Self { accepted_until: accepted.recorded_at })
    }
}

/// Why a time is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// There is nothing wrong with it.
    #[error(
        "the event at position {position} was recorded at {recorded_at}, which is not in the future: there is nothing to accept"
    )]
    NotInTheFuture {
        /// Which event.
        position: Position,
        /// Its time.
        recorded_at: OffsetDateTime,
    },
    /// It was accepted before.
    #[error("the time of the event at position {position}, {recorded_at}, was accepted before")]
    AcceptedAlready {
        /// Which event.
        position: Position,
        /// Its time.
        recorded_at: OffsetDateTime,
    },
}

impl Rejection for ClockError {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::NotInTheFuture { .. } => RejectionKind::RuleBroken,
            Self::AcceptedAlready { .. } => RejectionKind::AlreadyExists,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotInTheFuture { .. } => "TIME_NOT_IN_THE_FUTURE",
            Self::AcceptedAlready { .. } => "TIME_ACCEPTED_ALREADY",
        }
    }

    fn subject(&self) -> String {
        stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (Self::NotInTheFuture { position, recorded_at }
        | Self::AcceptedAlready { position, recorded_at }) = self;
        vec![("position", position.to_string()), ("recorded_at", recorded_at.to_string())]
    }
}

/// What a command to the clock records, given what was accepted last.
///
/// # Errors
/// When a rule refuses the command; the error says which.
pub(crate) fn decide(
    command: &ClockCommand,
    clock: Option<&Clock>,
    now: OffsetDateTime,
) -> Result<ClockEvent, ClockError> {
    let ClockCommand::AcceptTime { position, recorded_at } = *command;
    if recorded_at <= now {
        return Err(ClockError::NotInTheFuture { position, recorded_at });
    }
    if clock.is_some_and(|clock| recorded_at <= clock.accepted_until) {
        return Err(ClockError::AcceptedAlready { position, recorded_at });
    }
    Ok(ClockTimeAccepted { position, recorded_at, accepted_at: now }.into())
}
