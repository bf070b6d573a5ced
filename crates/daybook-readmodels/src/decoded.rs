//! What a fold is given of an event: payload and metadata, read once for all projections, and the words of its reason where
//! one of them needs these.
//!
//! Only for words is anything opened. The key store is asked after the events were read, once for all of them, and what it says
//! is not kept: a key is destroyed before the log says so (`personal-data-erased`), and so whoever has read that gets no key
//! any more. Where nothing is sealed nobody is asked.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashSet};

use daybook_core::event::{DecodeError, EventPayload, RecordedEvent};
use daybook_core::metadata::Metadata;
use daybook_core::personal::{Personal, Sealed};
use daybook_core::subject::ERASURE_STREAM_TYPE;
use daybook_core::words::Words;
use daybook_keys::{KeyStore, KeyStoreError, Keys, REASON, WordKey};
use daybook_runtime::telemetry::error_chain;

use crate::projection::{Fact, NoWords, Projection};

/// An event, and what could be read of it. One that cannot be read is an error of each projection that reads its
/// stream.
pub(crate) struct Decoded<E, R = RecordedEvent> {
    pub(crate) recorded: R,
    /// That of an event whose stream no projection reads is not looked at, and an error.
    content: Result<Content<E>, Unreadable>,
}

struct Content<E> {
    metadata: Metadata,
    payload: E,
    words: Result<Option<Words>, NoWords>,
}

/// Nobody can fold the event; another build may read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(String);

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        Self(error_chain(&error))
    }
}

/// Whom events are decoded for, and what it takes to know the words of reasons.
pub(crate) struct Reading<'a> {
    /// The types of the streams that a projection reads.
    stream_types: BTreeSet<&'static str>,
    /// Whether a projection needs words.
    words: bool,
    /// `None`: those of sealed reasons cannot be known.
    keys: Option<&'a KeyStore>,
}

impl<'a> Reading<'a> {
    /// For some projections.
    pub(crate) fn of<'p, E: 'p>(
        projections: impl IntoIterator<Item = &'p dyn Projection<E>>,
        keys: Option<&'a KeyStore>,
    ) -> Self {
        let (mut stream_types, mut words) = (BTreeSet::new(), false);
        for projection in projections {
            stream_types.extend(projection.stream_types());
            words |= projection.clear_words().is_some();
        }
        Self { stream_types, words, keys }
    }

    fn read<E: EventPayload>(&self, event: &RecordedEvent) -> Result<Content<E>, Unreadable> {
        let stream_type = event.stream_id.stream_type();
        if !self.stream_types.contains(stream_type) {
            return Err(Unreadable(format!("no projection reads `{stream_type}` streams")));
        }
        Content::read(event)
    }
}

/// Reads the events that a projection reads.
///
/// # Errors
/// When a reason is sealed and the key store cannot be asked. What it does not know is an error of the event.
pub(crate) async fn decode<E: EventPayload, R: Borrow<RecordedEvent>>(
    events: Vec<R>,
    reading: Reading<'_>,
) -> Result<Vec<Decoded<E, R>>, KeyStoreError> {
    let read = |recorded: R| Decoded { content: reading.read(recorded.borrow()), recorded };
    let mut decoded: Vec<_> = events.into_iter().map(read).collect();
    if !reading.words {
        return Ok(decoded);
    }
    let contents = decoded.iter().filter_map(|event| event.content.as_ref().ok());
    let sealed = contents.filter_map(|content| content.metadata.reason.as_ref()?.sealed());
    let subjects: HashSet<_> = sealed.map(|sealed| sealed.subject.clone()).collect();
    let keys = match reading.keys {
        Some(store) if !subjects.is_empty() => {
            Some(tokio::try_join!(store.keys(&subjects), store.word_key())?)
        }
        _ => None,
    };
    for content in decoded.iter_mut().filter_map(|event| event.content.as_mut().ok()) {
        content.find_words(keys.as_ref());
    }
    Ok(decoded)
}

impl<E, R: Borrow<RecordedEvent>> Decoded<E, R> {
    /// As a fold takes it.
    pub(crate) fn fact(&self) -> Result<Fact<'_, E>, &Unreadable> {
        let Content { metadata, payload, words } = self.content.as_ref()?;
        let words = words.as_ref().map(Option::as_ref);
        Ok(Fact { recorded: self.recorded.borrow(), metadata, payload, words })
    }

    /// Whether rows may be erased for it, which takes longer than writing one.
    pub(crate) fn tells_of_erasure(&self) -> bool {
        self.recorded.borrow().stream_id.stream_type() == ERASURE_STREAM_TYPE
    }
}

impl<E: EventPayload> Content<E> {
    fn read(event: &RecordedEvent) -> Result<Self, Unreadable> {
        let (metadata, payload) = (event.parse_metadata()?, event.decode::<E>()?);
        Ok(Self { metadata, payload, words: Ok(None) })
    }

    fn find_words(&mut self, keys: Option<&(Keys, WordKey)>) {
        self.words = match (&self.metadata.reason, keys) {
            (None | Some(Personal::Erased), _) => Ok(None),
            (Some(Personal::Plain(text)), _) => Ok(Some(Words::of(text))),
            (Some(Personal::Sealed(sealed)), Some(keys)) => self.words_of(sealed, keys),
            (Some(Personal::Sealed(_)), None) => Err(NoWords::NoKeyStore),
        };
    }

    fn words_of(
        &self,
        sealed: &Sealed,
        (keys, word_key): &(Keys, WordKey),
    ) -> Result<Option<Words>, NoWords> {
        let text = keys.open_text(&self.metadata.command_id, REASON, sealed)?;
        Ok(text.map(|text| word_key.words(&text)))
    }
}
