//! What an event says of itself: its stream's type, an id as appenders make them, who did it, and a payload that can be
//! read. That of another domain's stream is not known here, and not looked at.

use daybook_core::domain::Domain;
use daybook_core::event::EventPayload as _;
use daybook_core::metadata::Metadata;
use daybook_eventlog::inspect::StoredEvent;
use serde::Deserialize;

use crate::finding::{Findings, Place};

/// Ids that appenders make are of this version.
const EVENT_ID_VERSION: usize = 7;

/// What could be read of an event.
pub(crate) struct Content<E> {
    pub(crate) metadata: Option<Metadata>,
    /// `None` for one of another domain too.
    pub(crate) payload: Option<E>,
}

/// Reads an event and says what is wrong with it.
pub(crate) fn read<D: Domain>(event: &StoredEvent, findings: &mut Findings) -> Content<D::Event> {
    let place = || Place::event(event.position, &event.stream_id, event.version);
    if event.version < 1 {
        findings.add("version", place(), "version", "1 or more", event.version);
    }
    let stream_type = event.stream_id.split_once('-').map_or("", |(stream_type, _)| stream_type);
    if event.stream_type != stream_type {
        let expected = format!("`{stream_type}`");
        findings.add("stream", place(), "stream_type", expected, &event.stream_type);
    }
    if event.event_id.get_version_num() != EVENT_ID_VERSION {
        let found = format!("{}, of version {}", event.event_id, event.event_id.get_version_num());
        findings.add("event-id", place(), "event_id", "a UUID of version 7", found);
    }
    let metadata = serde_json::from_str::<Metadata>(&event.metadata).inspect_err(|error| {
        let (field, expected) = lacking(&event.metadata);
        findings.add("metadata", place(), field, expected, format!("not that: {error}"));
    });
    let payload = is_known::<D>(&event.stream_id).then(|| {
        let payload = D::Event::decode(&event.event_type, event.schema_version, &event.data);
        payload.inspect_err(|error| {
            let expected = format!("a `{}` of version {}", event.event_type, event.schema_version);
            findings.add("payload", place(), "data", expected, format!("not that: {error}"));
        })
    });
    Content { metadata: metadata.ok(), payload: payload.and_then(Result::ok) }
}

/// Whether a stream is one of the domain's.
pub(crate) fn is_known<D: Domain>(stream_id: &str) -> bool {
    let is_of = |stream_type| D::STREAMS.iter().any(|kind| kind.stream_type == stream_type);
    stream_id.split_once('-').is_some_and(|(stream_type, _)| is_of(stream_type))
}

/// What is missing in metadata that cannot be read, the actor first.
fn lacking(metadata: &str) -> (&'static str, &'static str) {
    #[derive(Deserialize)]
    struct WhoOnly {
        #[serde(rename = "actor")]
        _actor: daybook_core::ids::Actor,
    }
    match serde_json::from_str::<WhoOnly>(metadata) {
        Ok(_) => ("metadata", "actor, correlation id and command id"),
        Err(_) => ("actor", "who did it"),
    }
}

#[cfg(test)]
mod tests {
    use daybook_domains::Daybook;

    use super::*;
    use crate::log_walk::testing::event;

    fn found(edit: impl Fn(&mut StoredEvent)) -> Vec<String> {
        let mut one = event(1, 0, "account-a", 1);
        edit(&mut one);
        let mut findings = Findings::new(10);
        read::<Daybook>(&one, &mut findings);
        findings.kept().iter().map(|f| format!("{} {}", f.rule, f.field)).collect()
    }

    #[test]
    fn an_event_without_an_actor_or_with_a_foreign_id_is_found() {
        assert!(found(|_| {}).is_empty());
        assert_eq!(found(|event| event.metadata = "{}".to_owned()), ["metadata actor"]);
        let nobody = r#"{"actor":"","correlation_id":"c","command_id":"c"}"#;
        assert_eq!(found(|event| event.metadata = nobody.to_owned()), ["metadata actor"]);
        let no_command = r#"{"actor":"alice","correlation_id":"c"}"#;
        assert_eq!(found(|event| event.metadata = no_command.to_owned()), ["metadata metadata"]);
        assert_eq!(found(|event| event.event_id = uuid::Uuid::nil()), ["event-id event_id"]);
        assert_eq!(found(|event| event.stream_type = "b".to_owned()), ["stream stream_type"]);
        assert_eq!(found(|event| event.data = "{}".to_owned()), ["payload data"]);
    }
}
