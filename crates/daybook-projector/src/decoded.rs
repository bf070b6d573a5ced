//! What a fold is given of an event: payload and metadata, read once for all projections, their sealed texts opened.
//!
//! The key store is asked after the events were read, once for all of them, and what it says is not kept: a key is destroyed
//! before the log says so (`personal-data-erased`), and so whoever has read that gets no key any more. Where nothing is
//! sealed nobody is asked.

use std::borrow::Borrow;
use std::collections::HashSet;

use daybook_core::event::{DecodeError, EventPayload, RecordedEvent};
use daybook_core::metadata::Metadata;
use daybook_core::subject::{ERASURE_STREAM_TYPE, SubjectId};
use daybook_keys::{KeyStore, KeyStoreError, Keys, OpenError, subjects_of};
use daybook_runtime::telemetry::error_chain;

use crate::projection::Fact;

/// An event, and what could be read of it. One that cannot be read is an error of each projection that comes to it.
pub(crate) struct Decoded<E, R = RecordedEvent> {
    pub(crate) recorded: R,
    content: Result<Content<E>, Unreadable>,
}

struct Content<E> {
    metadata: Metadata,
    payload: E,
    /// Whose texts are sealed in the log.
    subject: Option<SubjectId>,
}

/// Why nobody can fold an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Another build may read it.
    #[error("{0}")]
    Malformed(String),
    /// Its rows could not be erased for one of them alone.
    #[error("its personal texts are sealed for several subjects")]
    SeveralSubjects,
    #[error(
        "its personal texts are sealed, and no key store is named: start with --keys-database-url"
    )]
    NoKeyStore,
    #[error(transparent)]
    NotOpened(#[from] OpenError),
}

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error_chain(&error))
    }
}

/// Reads events and opens what is sealed in them.
///
/// # Errors
/// When something is sealed and the key store cannot be asked. What it does not know is an error of the event.
pub(crate) async fn decode<E: EventPayload, R: Borrow<RecordedEvent>>(
    events: Vec<R>,
    keys: Option<&KeyStore>,
) -> Result<Vec<Decoded<E, R>>, KeyStoreError> {
    let read = |recorded: R| Decoded { content: Content::read(recorded.borrow()), recorded };
    let mut decoded: Vec<_> = events.into_iter().map(read).collect();
    let subjects: HashSet<_> = decoded.iter().filter_map(Decoded::subject).cloned().collect();
    if subjects.is_empty() {
        return Ok(decoded);
    }
    let keys = match keys {
        Some(store) => Some(store.keys(&subjects).await?),
        None => None,
    };
    for event in &mut decoded {
        event.open(keys.as_ref());
    }
    Ok(decoded)
}

impl<E: EventPayload, R> Decoded<E, R> {
    fn subject(&self) -> Option<&SubjectId> {
        self.content.as_ref().ok()?.subject.as_ref()
    }

    fn open(&mut self, keys: Option<&Keys>) {
        let Ok(content @ Content { subject: Some(_), .. }) = &mut self.content else { return };
        let opened = match keys {
            Some(keys) => {
                keys.open(&mut content.metadata, &mut content.payload).map_err(Unreadable::from)
            }
            None => Err(Unreadable::NoKeyStore),
        };
        if let Err(error) = opened {
            self.content = Err(error);
        }
    }
}

impl<E, R: Borrow<RecordedEvent>> Decoded<E, R> {
    /// As a fold takes it.
    pub(crate) fn fact(&self) -> Result<Fact<'_, E>, &Unreadable> {
        let Content { metadata, payload, subject } = self.content.as_ref()?;
        Ok(Fact { recorded: self.recorded.borrow(), metadata, payload, subject: subject.as_ref() })
    }

    /// Whether rows may be erased for it, which takes longer than writing one.
    pub(crate) fn tells_of_erasure(&self) -> bool {
        self.recorded.borrow().stream_id.stream_type() == ERASURE_STREAM_TYPE
    }
}

impl<E: EventPayload> Content<E> {
    fn read(event: &RecordedEvent) -> Result<Self, Unreadable> {
        let (mut metadata, mut payload) = (event.parse_metadata()?, event.decode::<E>()?);
        let mut subjects = HashSet::new();
        subjects_of(&mut metadata, &mut payload, &mut subjects);
        if subjects.len() > 1 {
            return Err(Unreadable::SeveralSubjects);
        }
        Ok(Self { metadata, payload, subject: subjects.into_iter().next() })
    }
}
