//! Who is forgotten. The log is the list: a key store that was restored from a backup is held against it before anything is
//! opened.

use std::collections::BTreeSet;

use daybook_core::ids::Version;
use daybook_core::subject::{STREAM_TYPE, SubjectId};
use daybook_eventlog::{LogReader, ReadError};

use crate::store::{KeyStore, KeyStoreError};

/// Streams read at a time.
const PAGE: u32 = 1000;

/// Version of a subject's stream when all is done: the act, and the erasure.
const ERASED_VERSION: i64 = 2;

/// Somebody who is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The data subject to forget.
    pub subject: SubjectId,
    /// Whether it is carried through: the key destroyed and every partition told.
    pub is_erased: bool,
}

/// Why the list could not be gone through.
#[derive(Debug, thiserror::Error)]
pub enum ForgottenError {
    /// The log.
    #[error("failed to read who is forgotten")]
    Log(#[from] ReadError),
    /// The store.
    #[error("failed to destroy the keys of who is forgotten")]
    Store(#[from] KeyStoreError),
}

/// All who are forgotten according to the log.
///
/// # Errors
/// When the log cannot be read.
pub async fn forgotten(log: &LogReader) -> Result<Vec<Forgotten>, ReadError> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = log.streams_of_type(STREAM_TYPE, after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(last.clone());
        found.extend(page.into_iter().filter_map(|(stream_id, version)| {
            let subject = SubjectId::of_stream(&stream_id)?;
            Some(Forgotten { subject, is_erased: version >= erased_version() })
        }));
    }
}

/// Destroys the keys of all of them, also those that a backup has brought back. Returns who they are.
///
/// # Errors
/// When log or store cannot be reached.
pub async fn destroy_forgotten(
    log: &LogReader,
    store: &KeyStore,
) -> Result<Vec<Forgotten>, ForgottenError> {
    let forgotten = forgotten(log).await?;
    let subjects: BTreeSet<SubjectId> = forgotten.iter().map(|f| f.subject.clone()).collect();
    store.destroy(&subjects).await?;
    Ok(forgotten)
}

fn erased_version() -> Version {
    Version::new(ERASED_VERSION).expect("above zero")
}
