//! How a domain plugs in: what it can be told, what it remembers, what it records, when it refuses.
//!
//! A domain is a set of aggregates that are decided together. One command may lean on several streams and record
//! events on several, all or nothing. Everything is pure: the command service brings the states, the actor and the
//! time, and does all waiting and storing.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::event::EventPayload;
use crate::ids::Actor;
use crate::stream::StreamId;
use crate::subject::SubjectId;

/// One aggregate: state folded from the events of one stream.
pub trait Aggregate:
    Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// What stands before the `-` of its stream ids.
    const STREAM_TYPE: &'static str;

    /// The version of [`Aggregate::evolve`] and of the state's shape. **Raise it whenever either changes**: snapshots
    /// that carry another number are ignored, one that carries the right number is believed.
    const FINGERPRINT: i32;

    /// The events of its stream.
    type Event: EventPayload;

    /// The state after `event`; `state` is `None` before the first. Total: an event that was recorded happened, and is
    /// never refused here.
    fn evolve(state: Option<Self>, event: &Self::Event) -> Option<Self>;
}

/// A type of stream, and the types of the events in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKind {
    /// What stands before the `-` of its streams' ids.
    pub stream_type: &'static str,
    /// The stored types.
    pub event_types: &'static [&'static str],
}

impl StreamKind {
    /// An aggregate's streams.
    #[must_use]
    pub const fn of<A: Aggregate>() -> Self {
        Self { stream_type: A::STREAM_TYPE, event_types: <A::Event as EventPayload>::EVENT_TYPES }
    }
}

/// [`Domain::fingerprint`] of streams that hold no state: no snapshot of one is believed.
pub const NO_FINGERPRINT: i32 = 0;

/// What [`Domain::decode_state`] says of a stream that holds no state.
#[must_use]
pub fn no_state(stream_id: &StreamId) -> serde_json::Error {
    serde::de::Error::custom(format_args!("stream `{stream_id}` holds no state that is known here"))
}

/// The states that a decision may lean on, as far as they are known.
pub trait States<S> {
    /// The state of a stream; `None` where the stream does not exist (or is not known yet, see [`Domain::streams`]).
    fn state(&self, stream_id: &StreamId) -> Option<&S>;
}

/// What a decision knows beside the states.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// When, by the deciding service's clock; never used for order.
    pub now: OffsetDateTime,
}

/// A set of aggregates that are decided together.
pub trait Domain: Send + Sync + 'static {
    /// Its types of streams.
    const STREAMS: &'static [StreamKind];

    /// What it can be told. Its JSON is part of the content hash by which retries are recognised, and so of what is
    /// stored: the name of each variant is given by `#[serde(rename)]`, fields keep their names and their order, and a
    /// field that is added is left out where it has its default. Golden tests pin it.
    type Command: Serialize + fmt::Debug + Send + Sync + 'static;
    /// What it records.
    type Event: EventPayload + fmt::Debug;
    /// The state of any one of its streams.
    type State: Clone + fmt::Debug + Send + Sync + 'static;
    /// Why it refuses.
    type Rejection: Rejection;

    /// Whether a stream is of one of its types.
    #[must_use]
    fn holds(stream_id: &StreamId) -> bool {
        let stream_type = stream_id.stream_type();
        Self::STREAMS.iter().any(|kind| kind.stream_type == stream_type)
    }

    /// The streams that a command leans on, as far as the known states tell; the first is the one whose version
    /// `expected_version` speaks of. It is asked again when these are known, until it names no new one: a transfer's
    /// accounts stand in the transfer.
    fn streams(&self, command: &Self::Command, states: &dyn States<Self::State>) -> Vec<StreamId>;

    /// The stream that a command makes, where it makes one: accepted, it records the first event there. It need not be
    /// loaded first, because the append refuses a version that is taken.
    fn makes(&self, command: &Self::Command) -> Option<StreamId>;

    /// Whose personal data the texts of a command are, as far as the known states tell: they are sealed under this
    /// one's key. `None`: the texts concern no data subject and are stored as given.
    fn subject(
        &self,
        command: &Self::Command,
        states: &dyn States<Self::State>,
    ) -> Option<SubjectId> {
        let _nobody = (command, states);
        None
    }

    /// Whether a command itself, and not only the reason given for it, holds personal text: its content hash is keyed
    /// then.
    fn is_personal(&self, command: &Self::Command) -> bool {
        let _no = command;
        false
    }

    /// Decides: the events to record, at least one, in order; each on one of the streams named before.
    ///
    /// # Errors
    /// When a rule refuses the command. Nothing is recorded then.
    fn decide(
        &self,
        command: &Self::Command,
        states: &dyn States<Self::State>,
        context: Context<'_>,
    ) -> Result<Vec<(StreamId, Self::Event)>, Self::Rejection>;

    /// The state of `stream_id` after `event`.
    fn evolve(
        &self,
        stream_id: &StreamId,
        state: Option<Self::State>,
        event: &Self::Event,
    ) -> Option<Self::State>;

    /// [`Aggregate::FINGERPRINT`] of the aggregate that a stream holds, or [`NO_FINGERPRINT`].
    fn fingerprint(&self, stream_id: &StreamId) -> i32;

    /// About how many bytes a state has on the heap, beside its own size: caches are bounded by it.
    fn heap_bytes(&self, state: &Self::State) -> usize;

    /// The state as JSON text, for a snapshot.
    ///
    /// # Errors
    /// When the state cannot be written as JSON.
    fn encode_state(&self, state: &Self::State) -> Result<String, serde_json::Error>;

    /// The state of `stream_id` from a snapshot with the right fingerprint.
    ///
    /// # Errors
    /// When the text is not such a state; the snapshot is then ignored.
    fn decode_state(
        &self,
        stream_id: &StreamId,
        text: &str,
    ) -> Result<Self::State, serde_json::Error>;
}

/// What kind of refusal it is; the edge turns it into a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionKind {
    /// A field of the command cannot be right, whatever the state; the field's name as in the public API.
    Invalid {
        /// Such as `amount.currency`.
        field: &'static str,
    },
    /// The thing that the command speaks of does not exist.
    NotFound,
    /// The thing that the command would make exists.
    AlreadyExists,
    /// A rule does not allow it in the present state.
    RuleBroken,
}

/// Why a domain refuses a command. `Display` is a full sentence for people, with the numbers involved.
pub trait Rejection: std::error::Error + Clone + Send + Sync + 'static {
    /// What kind of refusal it is.
    fn kind(&self) -> RejectionKind;

    /// A stable reason for programs, such as `INSUFFICIENT_FUNDS`.
    fn reason(&self) -> &'static str;

    /// What the rule is about, such as `account-alice`.
    fn subject(&self) -> String;

    /// The numbers involved, by name, for programs.
    fn facts(&self) -> Vec<(&'static str, String)>;
}
