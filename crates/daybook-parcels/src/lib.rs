//! A domain beside the bank, as an example: the custody of parcels. A parcel is always in one actor's hands; who has
//! it hands it over, and the last one delivers it.
//!
//! It uses nothing but what is public in `daybook-core`: one aggregate ([`Parcel`]), its commands, events and rules,
//! and how they plug into [`Domain`]. What a command service needs of it is in `daybook-command`'s
//! `tests/it/two_domains`.
//!
//! **Invariant:** nothing in this crate does I/O, reads a clock, draws a random number or is async.

mod decide;
pub mod event;

pub use event::ParcelEvent;

use daybook_core::domain::{
    Aggregate, Context, Domain, NO_FINGERPRINT, Rejection, RejectionKind, States, StreamKind,
    no_state,
};
use daybook_core::ids::{Actor, aggregate_id};
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::subject::SubjectId;
use serde::{Deserialize, Serialize};

/// What stands before the `-` in the id of a parcel's stream.
pub const STREAM_TYPE: &str = "parcel";

aggregate_id! {
    /// A parcel's own id: 1 to 100 of `A–Z a–z 0–9 . _ : -`.
    ParcelId in STREAM_TYPE
}

/// The custody of parcels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Custody;

/// A command to one parcel. Its JSON is hashed, and never changes: see [`Domain::Command`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ParcelCommand {
    /// Takes a parcel in; the caller has it from then on.
    #[serde(rename = "AcceptParcel")]
    Accept {
        /// The parcel to accept.
        parcel_id: ParcelId,
        /// The person that it is for: the data subject of what is said about the parcel.
        recipient: SubjectId,
        /// The recipient's name.
        name: Personal,
    },
    /// Gives it to another; only who has it may.
    #[serde(rename = "HandOverParcel")]
    HandOver {
        /// The parcel that is handed over.
        parcel_id: ParcelId,
        /// Who has it then.
        to: Actor,
    },
    /// Gives it to its recipient; only who has it may.
    #[serde(rename = "DeliverParcel")]
    Deliver {
        /// The parcel that is delivered.
        parcel_id: ParcelId,
    },
}

impl ParcelCommand {
    /// The parcel that it is for.
    #[must_use]
    pub fn parcel_id(&self) -> &ParcelId {
        match self {
            Self::Accept { parcel_id, .. }
            | Self::HandOver { parcel_id, .. }
            | Self::Deliver { parcel_id } => parcel_id,
        }
    }
}

/// A parcel at one version of its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The person that it is for.
    pub recipient: SubjectId,
    /// Who has it; `None` once it is delivered.
    pub custodian: Option<Actor>,
}

impl Aggregate for Parcel {
    const STREAM_TYPE: &'static str = STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = ParcelEvent;

    fn evolve(state: Option<Self>, event: &ParcelEvent) -> Option<Self> {
        let with = |custodian| state.clone().map(|parcel| Self { custodian, ..parcel });
        match event {
            ParcelEvent::Accepted(e) => {
                let custodian = Some(e.custodian.clone());
                Some(Self { recipient: e.recipient.clone(), custodian })
            }
            ParcelEvent::HandedOver(e) => with(Some(e.to.clone())),
            ParcelEvent::Delivered(_) => with(None),
        }
    }
}

/// A broken rule of custody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    /// It was taken in before.
    #[error("parcel `{parcel_id}` was accepted already")]
    Exists {
        /// The parcel that the command names.
        parcel_id: ParcelId,
    },
    /// There is none.
    #[error("there is no parcel `{parcel_id}`")]
    NotFound {
        /// The parcel that the command names.
        parcel_id: ParcelId,
    },
    /// It has left the custody of everybody.
    #[error("parcel `{parcel_id}` is delivered")]
    Delivered {
        /// The parcel that the command names.
        parcel_id: ParcelId,
    },
    /// Another has it.
    #[error("parcel `{parcel_id}` is with `{custodian}`, who alone may hand it over or deliver it")]
    NotTheCustodian {
        /// The parcel that the command names.
        parcel_id: ParcelId,
        /// Who has it.
        custodian: Actor,
    },
    /// Nothing would change.
    #[error("parcel `{parcel_id}` is with `{custodian}` already")]
    SameCustodian {
        /// The parcel that the command names.
        parcel_id: ParcelId,
        /// Who has it.
        custodian: Actor,
    },
}

impl ParcelError {
    fn parcel_id(&self) -> &ParcelId {
        match self {
            Self::Exists { parcel_id }
            | Self::NotFound { parcel_id }
            | Self::Delivered { parcel_id }
            | Self::NotTheCustodian { parcel_id, .. }
            | Self::SameCustodian { parcel_id, .. } => parcel_id,
        }
    }
}

impl Rejection for ParcelError {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::Exists { .. } => RejectionKind::AlreadyExists,
            Self::NotFound { .. } => RejectionKind::NotFound,
            Self::SameCustodian { .. } => RejectionKind::Invalid { field: "to" },
            Self::Delivered { .. } | Self::NotTheCustodian { .. } => RejectionKind::RuleBroken,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "PARCEL_EXISTS",
            Self::NotFound { .. } => "PARCEL_NOT_FOUND",
            Self::Delivered { .. } => "PARCEL_DELIVERED",
            Self::NotTheCustodian { .. } => "NOT_THE_CUSTODIAN",
            Self::SameCustodian { .. } => "SAME_CUSTODIAN",
        }
    }

    fn subject(&self) -> String {
        self.parcel_id().stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotTheCustodian { custodian, .. } | Self::SameCustodian { custodian, .. } => {
                vec![("custodian", custodian.to_string())]
            }
            Self::Exists { .. } | Self::NotFound { .. } | Self::Delivered { .. } => Vec::new(),
        }
    }
}

impl Domain for Custody {
    const STREAMS: &'static [StreamKind] = &[StreamKind::of::<Parcel>()];
    type Command = ParcelCommand;
    type Event = ParcelEvent;
    type State = Parcel;
    type Rejection = ParcelError;

    fn streams(&self, command: &ParcelCommand, _: &dyn States<Parcel>) -> Vec<StreamId> {
        vec![command.parcel_id().stream_id()]
    }

    fn makes(&self, command: &ParcelCommand) -> Option<StreamId> {
        let accepts = matches!(command, ParcelCommand::Accept { .. });
        accepts.then(|| command.parcel_id().stream_id())
    }

    /// What is said about a parcel is about its recipient.
    fn subject(&self, command: &ParcelCommand, states: &dyn States<Parcel>) -> Option<SubjectId> {
        match command {
            ParcelCommand::Accept { recipient, .. } => Some(recipient.clone()),
            ParcelCommand::HandOver { parcel_id, .. } | ParcelCommand::Deliver { parcel_id } => {
                Some(states.state(&parcel_id.stream_id())?.recipient.clone())
            }
        }
    }

    fn is_personal(&self, command: &ParcelCommand) -> bool {
        matches!(command, ParcelCommand::Accept { .. })
    }

    fn decide(
        &self,
        command: &ParcelCommand,
        states: &dyn States<Parcel>,
        context: Context<'_>,
    ) -> Result<Vec<(StreamId, ParcelEvent)>, ParcelError> {
        let stream_id = command.parcel_id().stream_id();
        let event = decide::decide(command, states.state(&stream_id), context.actor)?;
        Ok(vec![(stream_id, event)])
    }

    fn evolve(&self, _: &StreamId, state: Option<Parcel>, event: &ParcelEvent) -> Option<Parcel> {
        Parcel::evolve(state, event)
    }

    fn fingerprint(&self, stream_id: &StreamId) -> i32 {
        if Self::holds(stream_id) { Parcel::FINGERPRINT } else { NO_FINGERPRINT }
    }

    fn heap_bytes(&self, parcel: &Parcel) -> usize {
        let custodian = parcel.custodian.as_ref().map_or(0, |custodian| custodian.as_str().len());
        // Each of these texts also has the two counts of its Arc.
        parcel.recipient.as_str().len() + custodian + 4 * size_of::<usize>()
    }

    fn encode_state(&self, state: &Parcel) -> Result<String, serde_json::Error> {
        serde_json::to_string(state)
    }

    fn decode_state(&self, stream_id: &StreamId, text: &str) -> Result<Parcel, serde_json::Error> {
        if Self::holds(stream_id) { serde_json::from_str(text) } else { Err(no_state(stream_id)) }
    }
}
