//! Personal texts of events from the log and of rows of read models, as they may be shown at this moment.
//!
//! The key store is asked after events or rows were read, for each answer anew, and only where they hold sealed texts. Neither
//! keys nor what they opened are kept: a key is destroyed before a forgetting is answered, so that no answer that is asked for
//! later shows anything of the text, however many rows still have it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use daybook_core::event::{EventPayload as _, RecordedEvent};
use daybook_core::ids::CommandId;
use daybook_core::metadata::Metadata;
use daybook_core::personal::{Personal, Sealed};
use daybook_core::subject::SubjectId;
use daybook_domains::DaybookEvent;
use daybook_keys::{KeyLookup, KeyStore, KeyStoreError, Keys, WordKey, subjects_of};
use daybook_runtime::repeats::Repeats;
use daybook_runtime::telemetry::error_chain;
use serde_json::value::to_raw_value;
use sqlx::PgPool;

use crate::budget::Budget;
use crate::error::QueryError;

/// Between two tries to check that the key store is apart.
const CHECK_PAUSE: Duration = Duration::from_secs(1);

/// Opens what is sealed, where there is a key store.
pub(crate) struct Opener {
    keys: Option<KeyLookup>,
    /// How long one question to it may take: a connection and a look-up.
    ask_max: Duration,
}

impl Opener {
    pub(crate) fn new(store: Option<KeyStore>, ask_max: Duration) -> Self {
        Self { keys: store.map(|store| KeyLookup::new(store, ask_max)), ask_max }
    }

    /// Refuses a key store on the log's own server. While one of the two is away it cannot tell, and tries again.
    pub(crate) async fn check_apart(&self, log: &PgPool) -> anyhow::Result<()> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let repeats = Repeats::new();
        loop {
            match bound(self.ask_max, keys.store().check_apart(log)).await {
                Ok(()) => return Ok(()),
                Err(error @ KeyStoreError::NotApart) => return Err(error.into()),
                Err(error) => {
                    if let Some(left_out) = repeats.note("apart") {
                        let error = error_chain(&error);
                        tracing::warn!(%error, repeated = left_out, "cannot check yet that the key store is apart from the log");
                    }
                }
            }
            tokio::time::sleep(CHECK_PAUSE).await;
        }
    }

    /// Opens the sealed texts of events, or shows them erased. Without a key store they stay sealed, and so do all texts of
    /// an event that this build cannot read.
    pub(crate) async fn open(
        &self,
        events: &mut [RecordedEvent],
        budget: &Budget<'_>,
    ) -> Result<(), QueryError> {
        let Some(lookup) = &self.keys else { return Ok(()) };
        let mut subjects = HashSet::new();
        let sealed: Vec<_> =
            events.iter_mut().filter_map(|event| SealedEvent::of(event, &mut subjects)).collect();
        if subjects.is_empty() {
            return Ok(());
        }
        let keys = budget.bound(lookup.keys(subjects)).await?;
        sealed.into_iter().try_for_each(|event| event.open(&keys))
    }

    /// What opens the texts of rows, given whom they are sealed for. Amounts are answered whether or not the key store is there.
    pub(crate) async fn keys_of_rows<'a>(
        &self,
        subjects: impl Iterator<Item = &'a str>,
        budget: &Budget<'_>,
    ) -> RowKeys {
        let subjects: HashSet<_> = subjects.filter_map(|id| SubjectId::new(id).ok()).collect();
        let Some(lookup) = &self.keys else { return RowKeys::NoStore };
        if subjects.is_empty() {
            return RowKeys::Found(Arc::default());
        }
        budget.bound(lookup.keys(subjects)).await.map_or(RowKeys::Away, RowKeys::Found)
    }

    /// The key under which words of sealed texts are hashed; `None` without a key store.
    pub(crate) async fn word_key(
        &self,
        budget: &Budget<'_>,
    ) -> Result<Option<WordKey>, QueryError> {
        match &self.keys {
            Some(lookup) => Ok(Some(budget.bound(lookup.word_key()).await?)),
            None => Ok(None),
        }
    }
}

/// What opens the texts of some rows, for one answer.
pub(crate) enum RowKeys {
    /// The service has no key store.
    NoStore,
    /// The key store does not answer.
    Away,
    Found(Arc<Keys>),
}

/// A text as a row has it.
pub(crate) struct RowText<'a> {
    /// Sealed or plain; empty where it was given and not recorded, `None` where none was given.
    pub(crate) text: Option<String>,
    /// Whom it is sealed for; `None`: nobody.
    pub(crate) subject_id: Option<&'a str>,
    /// The command that it was sealed in.
    pub(crate) command_id: Option<&'a str>,
    /// As what.
    pub(crate) field: &'static str,
}

/// What may be shown of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// None was given.
    Nothing,
    Text(String),
    /// Its subject was forgotten.
    Erased,
    /// Nobody here has keys.
    Sealed,
    /// It cannot be opened now.
    Unavailable,
}

impl RowKeys {
    pub(crate) fn is_away(&self) -> bool {
        matches!(self, Self::Away)
    }

    /// What may be shown of a text.
    pub(crate) fn show(&self, row: RowText<'_>) -> Shown {
        match (row.text, row.subject_id, self) {
            (None, ..) => Shown::Nothing,
            (Some(text), ..) if text.is_empty() => Shown::Erased,
            (Some(text), None, _) => Shown::Text(text),
            (Some(_), Some(_), Self::NoStore) => Shown::Sealed,
            (Some(_), Some(_), Self::Away) => Shown::Unavailable,
            (Some(text), Some(subject_id), Self::Found(keys)) => {
                let command_id = row.command_id.unwrap_or_default();
                open(keys, text, subject_id, command_id, row.field)
            }
        }
    }
}

/// A text that does not open although nobody was forgotten is a loss. It takes no amounts along: whoever reads the event
/// itself is told.
fn open(keys: &Keys, text: String, subject_id: &str, command_id: &str, field: &str) -> Shown {
    let place = SubjectId::new(subject_id).and_then(|id| Ok((id, CommandId::new(command_id)?)));
    let opened = place.map_err(|error| error.to_string()).and_then(|(subject, command_id)| {
        let opened = keys.open_text(&command_id, field, &Sealed { subject, text });
        opened.map_err(|error| error.to_string())
    });
    match opened {
        Ok(Some(text)) => Shown::Text(text),
        Ok(None) => Shown::Erased,
        Err(error) => {
            tracing::error!(%error, subject.id = subject_id, "a text of a read model does not open");
            Shown::Unavailable
        }
    }
}

/// A key store that does not answer in time is away.
async fn bound<T>(
    limit: Duration,
    asked: impl Future<Output = Result<T, KeyStoreError>>,
) -> Result<T, KeyStoreError> {
    let answer = tokio::time::timeout(limit, asked).await;
    answer.unwrap_or(Err(KeyStoreError::Database(sqlx::Error::PoolTimedOut)))
}

/// An event with a sealed text in it.
struct SealedEvent<'a> {
    event: &'a mut RecordedEvent,
    metadata: Metadata,
    payload: DaybookEvent,
    in_metadata: bool,
    in_payload: bool,
}

impl<'a> SealedEvent<'a> {
    /// `None` where nothing is sealed, or cannot be read. Adds whose keys it takes.
    fn of(event: &'a mut RecordedEvent, subjects: &mut HashSet<SubjectId>) -> Option<Self> {
        let mut metadata = event.parse_metadata().ok()?;
        let mut payload: DaybookEvent = event.decode().ok()?;
        subjects_of(&mut metadata, &mut payload, subjects);
        let in_metadata = metadata.reason.as_ref().is_some_and(is_sealed);
        let mut in_payload = false;
        payload.visit_personal(&mut |_, text| in_payload |= is_sealed(text));
        (in_metadata || in_payload).then_some(Self {
            event,
            metadata,
            payload,
            in_metadata,
            in_payload,
        })
    }

    /// Only what held a sealed text is written anew.
    fn open(mut self, keys: &Keys) -> Result<(), QueryError> {
        let position = self.event.position;
        keys.open(&mut self.metadata, &mut self.payload)
            .map_err(|why| QueryError::Unopened { position, why })?;
        let encode = |source| QueryError::Encode { source };
        if self.in_metadata {
            self.event.metadata = to_raw_value(&self.metadata).map_err(encode)?;
        }
        if self.in_payload {
            self.event.data = self.payload.encode().map_err(encode)?;
            self.event.schema_version = self.payload.schema_version();
        }
        Ok(())
    }
}

fn is_sealed(text: &Personal) -> bool {
    text.sealed().is_some()
}
