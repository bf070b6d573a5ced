//! Proof that a command's events are committed.

use daybook_proto::v1;
use serde::Serialize;

use super::time_text;
use crate::output::{Record, escape};

#[derive(Serialize)]
pub(crate) struct ReceiptView {
    position: i64,
    recorded_at: String,
    streams: Vec<StreamView>,
    replayed: bool,
    command_id: String,
    reason_dropped: bool,
}

#[derive(Serialize)]
struct StreamView {
    stream_id: String,
    version: i64,
}

impl From<v1::Receipt> for ReceiptView {
    fn from(receipt: v1::Receipt) -> Self {
        let stream =
            |s: v1::StreamVersion| StreamView { stream_id: s.stream_id, version: s.version };
        Self {
            position: receipt.position,
            recorded_at: time_text(receipt.recorded_at.as_ref()),
            streams: receipt.streams.into_iter().map(stream).collect(),
            replayed: receipt.replayed,
            command_id: receipt.command_id,
            reason_dropped: receipt.reason_dropped,
        }
    }
}

impl Record for ReceiptView {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let versions: Vec<_> =
            self.streams.iter().map(|s| format!("{} is at {}", s.stream_id, s.version)).collect();
        let outcome = if self.replayed {
            "nothing new: this command_id had its effect before, and this is its receipt"
        } else if self.reason_dropped {
            "recorded, but for the reason: the account's holder is forgotten"
        } else {
            "recorded"
        };
        vec![
            ("outcome", outcome.to_owned()),
            ("position", self.position.to_string()),
            ("recorded at", self.recorded_at.clone()),
            ("versions", versions.join(", ")),
            ("command_id", escape(&self.command_id)),
        ]
    }
}
