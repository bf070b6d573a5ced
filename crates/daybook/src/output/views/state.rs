//! The state of a stream at a moment.

use daybook_proto::v1;
use serde::Serialize;
use serde_json::Value;

use super::time_text;
use crate::output::{Record, escape};

#[derive(Serialize)]
pub(crate) struct StateView {
    stream_id: String,
    version: i64,
    position: i64,
    recorded_at: String,
    snapshot_version: i64,
    state: Value,
}

impl StateView {
    pub(crate) fn new(stream_id: String, answer: v1::GetAggregateAtResponse) -> Self {
        Self {
            stream_id,
            version: answer.version,
            position: answer.position,
            recorded_at: time_text(answer.recorded_at.as_ref()),
            snapshot_version: answer.snapshot_version,
            // It is JSON whatever service it comes from; what is not is shown as it came.
            state: serde_json::from_str(&answer.state_json)
                .unwrap_or(Value::String(answer.state_json)),
        }
    }
}

impl Record for StateView {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let folded_from = match self.snapshot_version {
            0 => "the first event".to_owned(),
            version => format!("the snapshot of version {version}"),
        };
        vec![
            ("stream", escape(&self.stream_id)),
            ("version", self.version.to_string()),
            ("position", self.position.to_string()),
            ("recorded", self.recorded_at.clone()),
            ("folded from", folded_from),
            ("state", escape(&self.state.to_string())),
        ]
    }
}
