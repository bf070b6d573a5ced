//! Keys of data subjects, at hand or on their way from the key store.
//!
//! Deciding never waits for the store: a command whose key is not at hand is set aside as if a stream of it were missing.
//! A key that arrives is durable. What is at hand is believed for [`KEY_LIFE`] only: by then every instance has noticed that
//! somebody was forgotten. Until it has, it may seal a text under a key that is gone, which then nobody can read.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use daybook_core::subject::SubjectId;
use daybook_keys::{KeyStore, KeyStoreError, Keys, SubjectKey};
use daybook_runtime::repeats::Repeats;
use daybook_runtime::telemetry::error_chain;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long a key is used before the store is asked again.
const KEY_LIFE: Duration = Duration::from_secs(10);
/// Keys at hand, at most; about 1 KiB each, for what the cipher makes of a key.
const KEYS_MAX: usize = 20_000;
/// Keys of one question.
const KEYS_PER_LOAD: usize = 1024;
/// Pause after the store could not be reached.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// What is known of a subject's key.
pub(super) enum Known<'a> {
    /// It is at hand.
    Key(&'a SubjectKey),
    /// It was destroyed: the subject is forgotten.
    Destroyed,
    /// The store has to be asked.
    Missing,
}

type LoadResult = (HashSet<SubjectId>, Result<Keys, NoKeys>);

/// Why no keys came.
enum NoKeys {
    /// They may not be asked for yet.
    NotOpen,
    Store(KeyStoreError),
}

/// See the module.
pub(super) struct Keyring {
    /// `None`: nothing is sealed.
    store: Option<KeyStore>,
    /// Whether it may be asked.
    open: watch::Receiver<bool>,
    at_hand: HashMap<SubjectId, (Option<SubjectKey>, Instant)>,
    wanted: HashSet<SubjectId>,
    /// One question at a time.
    running: JoinSet<LoadResult>,
    repeats: Repeats,
}

impl Keyring {
    pub(super) fn new(store: Option<KeyStore>, open: watch::Receiver<bool>) -> Self {
        let (at_hand, wanted, running) = (HashMap::new(), HashSet::new(), JoinSet::new());
        Self { store, open, at_hand, wanted, running, repeats: Repeats::new() }
    }

    /// Whether personal texts are sealed at all.
    pub(super) fn seals(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn find(&self, subject: &SubjectId) -> Known<'_> {
        match self.at_hand.get(subject) {
            Some((_, until)) if *until <= Instant::now() => Known::Missing,
            Some((Some(key), _)) => Known::Key(key),
            Some((None, _)) => Known::Destroyed,
            None => Known::Missing,
        }
    }

    /// Asks for a key; for a new one where the subject has none yet.
    pub(super) fn want(&mut self, subject: SubjectId) {
        self.wanted.insert(subject);
    }

    /// Asks the store, unless it is being asked.
    pub(super) fn start(&mut self) {
        let Some(store) = &self.store else { return };
        if self.wanted.is_empty() || !self.running.is_empty() {
            return;
        }
        let store = store.clone();
        let asked: HashSet<SubjectId> = self.wanted.iter().take(KEYS_PER_LOAD).cloned().collect();
        self.wanted.retain(|subject| !asked.contains(subject));
        let is_open = *self.open.borrow();
        self.running.spawn(async move {
            let keys = if is_open {
                store.ensure_keys(&asked).await.map_err(NoKeys::Store)
            } else {
                Err(NoKeys::NotOpen)
            };
            if keys.is_err() {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            (asked, keys)
        });
    }

    /// Returns when keys have arrived, or the store is to be asked again; for ever pending while it is not being asked.
    pub(super) async fn next(&mut self) {
        match self.running.join_next().await {
            Some(Ok((_, Ok(keys)))) => self.take_in(keys),
            Some(Ok((asked, Err(error)))) => {
                if let NoKeys::Store(error) = error
                    && let Some(left_out) = self.repeats.note("keys")
                {
                    let (error, keys) = (error_chain(&error), asked.len());
                    tracing::warn!(%error, keys, repeated = left_out, "failed to get keys, trying again");
                }
                self.wanted.extend(asked);
            }
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            None => std::future::pending().await,
        }
    }

    fn take_in(&mut self, keys: Keys) {
        let now = Instant::now();
        if self.at_hand.len() >= KEYS_MAX {
            self.at_hand.retain(|_, (_, until)| *until > now);
        }
        if self.at_hand.len() >= KEYS_MAX {
            self.at_hand.clear();
        }
        self.at_hand
            .extend(keys.into_iter().map(|(subject, key)| (subject, (key, now + KEY_LIFE))));
    }
}
