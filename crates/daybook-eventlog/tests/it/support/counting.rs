//! A domain whose state is how many events were folded: it shows each one that is folded twice or not at all.

use daybook_bank::BankRejection;
use daybook_core::domain::{Context, Domain, States, StreamKind};
use daybook_core::event::{DecodeError, EventPayload};
use daybook_core::stream::StreamId;
use serde_json::value::RawValue;

pub(crate) struct Counting;

/// Any event of any type.
#[derive(Debug)]
pub(crate) struct Anything;

impl EventPayload for Anything {
    const EVENT_TYPES: &'static [&'static str] = &["anything"];

    fn schema_version_of(_: &str) -> Option<i32> {
        Some(1)
    }

    fn event_type(&self) -> &'static str {
        "anything"
    }

    fn schema_version(&self) -> i32 {
        1
    }

    fn encode(&self) -> Result<Box<RawValue>, serde_json::Error> {
        RawValue::from_string("{}".to_owned())
    }

    fn decode_known(_: &str, _: i32, _: &str) -> Option<Result<Self, DecodeError>> {
        Some(Ok(Self))
    }
}

impl Domain for Counting {
    const STREAMS: &'static [StreamKind] = &[];
    type Command = ();
    type Event = Anything;
    type State = i64;
    type Rejection = BankRejection;

    fn streams(&self, (): &(), _: &dyn States<i64>) -> Vec<StreamId> {
        Vec::new()
    }

    fn makes(&self, (): &()) -> Option<StreamId> {
        None
    }

    fn decide(
        &self,
        (): &(),
        _: &dyn States<i64>,
        _: Context<'_>,
    ) -> Result<Vec<(StreamId, Anything)>, BankRejection> {
        Ok(Vec::new())
    }

    fn evolve(&self, _: &StreamId, state: Option<i64>, _: &Anything) -> Option<i64> {
        Some(state.unwrap_or(0) + 1)
    }

    fn fingerprint(&self, _: &StreamId) -> i32 {
        1
    }

    fn heap_bytes(&self, _: &i64) -> usize {
        0
    }

    fn encode_state(&self, state: &i64) -> Result<String, serde_json::Error> {
        serde_json::to_string(state)
    }

    fn decode_state(&self, _: &StreamId, text: &str) -> Result<i64, serde_json::Error> {
        serde_json::from_str(text)
    }
}
