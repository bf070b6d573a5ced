//! What is recorded about an event beside its payload: who, why, and in whose course.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::ids::{Actor, CausationId, CommandId, CorrelationId};
use crate::personal::Personal;

/// Who caused an event, why, and which request it came from. All events of one command share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The authenticated caller.
    pub actor: Actor,
    /// The whole business operation.
    pub correlation_id: CorrelationId,
    /// The message that directly caused the command, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<CausationId>,
    /// The command that these events are the effect of.
    pub command_id: CommandId,
    /// Why, in the caller's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Personal>,
    /// The caller's address, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}
