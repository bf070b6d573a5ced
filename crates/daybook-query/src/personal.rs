//! Personal texts of events from the log, as they may be shown at this moment.
//!
//! The key store is asked after the events were read, for each answer anew, with one question, and only where they hold
//! sealed texts. Neither keys nor what they opened are kept: a key is destroyed before a forgetting is recorded, so an
//! answer that knows of it, and each that is asked for later, shows nothing of the text.

use std::collections::HashSet;
use std::time::Duration;

use daybook_core::bank::BankEvent;
use daybook_core::event::{EventPayload as _, RecordedEvent};
use daybook_core::metadata::Metadata;
use daybook_core::personal::Personal;
use daybook_core::subject::SubjectId;
use daybook_keys::{KeyStore, KeyStoreError, Keys, subjects_of};
use daybook_runtime::telemetry::error_chain;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::PgPool;

use crate::budget::Budget;
use crate::error::QueryError;

/// Opens what is sealed, where there is a key store.
pub(crate) struct Opener {
    store: Option<KeyStore>,
    /// How long one question to it may take: a connection and a look-up.
    ask_max: Duration,
}

impl Opener {
    pub(crate) fn new(store: Option<KeyStore>, ask_max: Duration) -> Self {
        Self { store, ask_max }
    }

    /// Refuses a key store on the log's own server. Where one of the two is away nobody can tell, and the start goes on.
    pub(crate) async fn check_apart(&self, log: &PgPool) -> anyhow::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        match bound(self.ask_max, store.check_apart(log)).await {
            Ok(()) => Ok(()),
            Err(error @ KeyStoreError::NotApart) => Err(error.into()),
            Err(error) => {
                let error = error_chain(&error);
                tracing::warn!(%error, "cannot check that the key store is apart from the log");
                Ok(())
            }
        }
    }

    /// Opens the sealed texts of events, or shows them erased. Without a key store they stay sealed, and so do all texts of
    /// an event that this build cannot read.
    pub(crate) async fn open(
        &self,
        events: &mut [RecordedEvent],
        budget: &Budget<'_>,
    ) -> Result<(), QueryError> {
        let Some(store) = &self.store else { return Ok(()) };
        let mut subjects = HashSet::new();
        let sealed: Vec<_> =
            events.iter_mut().filter_map(|event| SealedEvent::of(event, &mut subjects)).collect();
        if subjects.is_empty() {
            return Ok(());
        }
        let keys = budget.bound(bound(self.ask_max, store.keys(&subjects))).await?;
        sealed.into_iter().try_for_each(|event| event.open(&keys))
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
    payload: BankEvent,
    in_metadata: bool,
    in_payload: bool,
}

impl<'a> SealedEvent<'a> {
    /// `None` where nothing is sealed, or cannot be read. Adds whose keys it takes.
    fn of(event: &'a mut RecordedEvent, subjects: &mut HashSet<SubjectId>) -> Option<Self> {
        let mut metadata = event.parse_metadata().ok()?;
        let mut payload: BankEvent = event.decode().ok()?;
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
            let text = self.payload.encode().map_err(encode)?;
            self.event.data = RawValue::from_string(text).map_err(encode)?;
            self.event.schema_version = self.payload.schema_version();
        }
        Ok(())
    }
}

fn is_sealed(text: &Personal) -> bool {
    text.sealed().is_some()
}
