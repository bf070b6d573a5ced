//! A domain of one aggregate, on what is public in `daybook-core`: lamps, which are on or off.

use daybook_core::domain::{
    Aggregate, Context, Domain, NO_FINGERPRINT, Rejection, RejectionKind, States, StreamKind,
    no_state,
};
use daybook_core::event::event_payload;
use daybook_core::ids::aggregate_id;
use daybook_core::stream::StreamId;
use daybook_core::upcast::Upcaster;
use serde::{Deserialize, Serialize};

const STREAM_TYPE: &str = "lamp";

aggregate_id! {
    /// A lamp's id.
    LampId in STREAM_TYPE
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Lamps;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum LampCommand {
    #[serde(rename = "Switch")]
    Switch { lamp_id: LampId, on: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LampEvent {
    Switched(LampSwitched),
}

event_payload! {
    LampEvent, upcasters: UPCASTERS;
    Switched(LampSwitched) = "lamp-switched", 1;
}

const UPCASTERS: &[Upcaster] = &[];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LampSwitched {
    on: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LampState {
    on: bool,
}

impl Aggregate for LampState {
    const STREAM_TYPE: &'static str = STREAM_TYPE;
    const FINGERPRINT: i32 = 1;
    type Event = LampEvent;

    fn evolve(_: Option<Self>, event: &LampEvent) -> Option<Self> {
        let LampEvent::Switched(LampSwitched { on }) = event;
        Some(Self { on: *on })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("lamp `{lamp_id}` is {} already", if *.on { "on" } else { "off" })]
pub(crate) struct LampError {
    lamp_id: LampId,
    on: bool,
}

impl Rejection for LampError {
    fn kind(&self) -> RejectionKind {
        RejectionKind::RuleBroken
    }

    fn reason(&self) -> &'static str {
        "ALREADY_SO"
    }

    fn subject(&self) -> String {
        self.lamp_id.stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![("on", self.on.to_string())]
    }
}

impl Domain for Lamps {
    const STREAMS: &'static [StreamKind] = &[StreamKind::of::<LampState>()];
    type Command = LampCommand;
    type Event = LampEvent;
    type State = LampState;
    type Rejection = LampError;

    fn streams(&self, command: &LampCommand, _: &dyn States<LampState>) -> Vec<StreamId> {
        let LampCommand::Switch { lamp_id, .. } = command;
        vec![lamp_id.stream_id()]
    }

    fn makes(&self, _: &LampCommand) -> Option<StreamId> {
        None
    }

    fn decide(
        &self,
        command: &LampCommand,
        states: &dyn States<LampState>,
        _: Context<'_>,
    ) -> Result<Vec<(StreamId, LampEvent)>, LampError> {
        let LampCommand::Switch { lamp_id, on } = command;
        let stream_id = lamp_id.stream_id();
        if states.state(&stream_id).is_some_and(|lamp| lamp.on == *on) {
            return Err(LampError { lamp_id: lamp_id.clone(), on: *on });
        }
        Ok(vec![(stream_id, LampSwitched { on: *on }.into())])
    }

    fn evolve(
        &self,
        _: &StreamId,
        state: Option<LampState>,
        event: &LampEvent,
    ) -> Option<LampState> {
        LampState::evolve(state, event)
    }

    fn fingerprint(&self, stream_id: &StreamId) -> i32 {
        if Self::holds(stream_id) { LampState::FINGERPRINT } else { NO_FINGERPRINT }
    }

    fn heap_bytes(&self, _: &LampState) -> usize {
        0
    }

    fn encode_state(&self, state: &LampState) -> Result<String, serde_json::Error> {
        serde_json::to_string(state)
    }

    fn decode_state(
        &self,
        stream_id: &StreamId,
        text: &str,
    ) -> Result<LampState, serde_json::Error> {
        if Self::holds(stream_id) { serde_json::from_str(text) } else { Err(no_state(stream_id)) }
    }
}
