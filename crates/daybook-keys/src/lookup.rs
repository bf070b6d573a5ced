//! Look-ups of keys that share statements.
//!
//! A look-up is answered from a statement that was sent after it began, so it never gets a key that was destroyed before.
//! Those that come while a statement is under way wait and share the next one. Nothing is kept beyond an answer.
//!
//! While the store is away, look-ups are told so at once instead of each waiting for it; it is tried again in the
//! background.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use daybook_core::subject::SubjectId;
use daybook_runtime::telemetry::error_chain;
use tokio::sync::oneshot;

use crate::keys::Keys;
use crate::store::{KeyStore, KeyStoreError};
use crate::word_key::WordKey;

/// Pause before a store that is away is tried again: short for who waits, hardly anything for the store.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The key store does not answer. Its own error is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key store cannot be reached")]
pub struct KeyStoreAway;

/// See the module. Cheap to clone; clones share statements.
#[derive(Debug, Clone)]
pub struct KeyLookup {
    store: KeyStore,
    /// Longest that one statement may take, a connection included.
    ask_max: Duration,
    state: Arc<Mutex<State>>,
}

/// Bounded by the calls that the service takes in hand: each has one look-up at a time.
#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiting>,
    asking: bool,
    away: bool,
}

#[derive(Debug)]
struct Waiting {
    subjects: HashSet<SubjectId>,
    answer: oneshot::Sender<Result<Arc<Keys>, KeyStoreAway>>,
}

impl KeyLookup {
    /// Look-ups in a store.
    #[must_use]
    pub fn new(store: KeyStore, ask_max: Duration) -> Self {
        Self { store, ask_max, state: Arc::default() }
    }

    /// The store itself.
    #[must_use]
    pub fn store(&self) -> &KeyStore {
        &self.store
    }

    /// The keys of subjects, as far as the store knows them, and perhaps keys of others.
    ///
    /// # Errors
    /// When the store does not answer in time, or did not lately.
    pub async fn keys(&self, subjects: HashSet<SubjectId>) -> Result<Arc<Keys>, KeyStoreAway> {
        let answered = {
            let mut state = self.lock();
            if state.away {
                return Err(KeyStoreAway);
            }
            let (answer, answered) = oneshot::channel();
            state.waiting.push(Waiting { subjects, answer });
            if !state.asking {
                state.asking = true;
                tokio::spawn(self.clone().ask_for_all());
            }
            answered
        };
        answered.await.unwrap_or(Err(KeyStoreAway))
    }

    /// The key for words of sealed texts, read anew.
    ///
    /// # Errors
    /// When the store does not answer in time, or did not lately, or has none.
    pub async fn word_key(&self) -> Result<WordKey, KeyStoreError> {
        let away = || KeyStoreError::Database(sqlx::Error::PoolTimedOut);
        if self.lock().away {
            return Err(away());
        }
        let answer = tokio::time::timeout(self.ask_max, self.store.word_key()).await;
        answer.unwrap_or_else(|_| Err(away()))
    }

    /// Asks for those who wait, and for those who have come meanwhile, until nobody waits.
    async fn ask_for_all(self) {
        loop {
            let waiting = {
                let mut state = self.lock();
                let waiting = std::mem::take(&mut state.waiting);
                state.asking = !waiting.is_empty();
                waiting
            };
            if waiting.is_empty() {
                return;
            }
            let subjects = waiting.iter().flat_map(|one| &one.subjects).cloned().collect();
            let answer = match self.ask(&subjects).await {
                Ok(keys) => Ok(Arc::new(keys)),
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::warn!(%error, "the key store does not answer; texts are not shown");
                    Err(KeyStoreAway)
                }
            };
            let away = answer.is_err();
            answer_all(waiting, &answer);
            if away {
                self.wait_until_back().await;
            }
        }
    }

    /// Meanwhile nobody waits.
    async fn wait_until_back(&self) {
        let waiting = {
            let mut state = self.lock();
            state.away = true;
            std::mem::take(&mut state.waiting)
        };
        answer_all(waiting, &Err(KeyStoreAway));
        loop {
            tokio::time::sleep(RETRY_PAUSE).await;
            if let Ok(Ok(())) = tokio::time::timeout(self.ask_max, self.store.answers()).await {
                break;
            }
        }
        tracing::info!("the key store answers again");
        self.lock().away = false;
    }

    async fn ask(&self, subjects: &HashSet<SubjectId>) -> Result<Keys, KeyStoreError> {
        let answer = tokio::time::timeout(self.ask_max, self.store.keys(subjects)).await;
        answer.unwrap_or(Err(KeyStoreError::Database(sqlx::Error::PoolTimedOut)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer_all(waiting: Vec<Waiting>, answer: &Result<Arc<Keys>, KeyStoreAway>) {
    for one in waiting {
        // Who no longer waits needs no answer.
        let _gone = one.answer.send(answer.clone());
    }
}
