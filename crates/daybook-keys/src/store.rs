//! Where keys are kept: schema `keys` of a PostgreSQL of its own.

use std::collections::{BTreeSet, HashSet};

use daybook_core::ids::InvalidId;
use daybook_core::subject::SubjectId;
use daybook_runtime::postgres::{self, InvalidUrl};
use sqlx::{PgPool, Row as _};
use zeroize::Zeroizing;

use crate::key::{KEY_BYTES, SubjectKey};
use crate::keys::Keys;
use crate::word_key::WordKey;

/// Connections at a time, at most.
const POOL_SIZE: u32 = 4;

/// Keys of one statement, at most.
const KEYS_PER_STATEMENT: usize = 4096;

/// SQLSTATE undefined_table.
const NO_TABLE: &str = "42P01";

/// Why the key store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// It is away, refuses, or holds no keys.
    #[error("failed to reach the key store")]
    Database(#[from] sqlx::Error),
    /// A row is not what it must be.
    #[error("the key store holds a key that is none")]
    Corrupt,
    /// A subject's id is not one.
    #[error("the key store holds a subject id that is none")]
    CorruptId(#[from] InvalidId),
    /// It is one of an older build.
    #[error("the key store has no key for words: run `daybook migrate` with --keys-database-url")]
    NoWordKey,
    /// The operating system has no random numbers.
    #[error("failed to make a key")]
    NoRandomNumbers(#[from] getrandom::Error),
    /// Keys beside the log come back with its backups.
    #[error(
        "the key store is on the log's own PostgreSQL server, whose backups would bring destroyed keys back: keep it \
         on another one"
    )]
    NotApart,
}

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeyStore {
    pool: PgPool,
}

impl KeyStore {
    /// A store over connections that are there.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// A store that connects when it is first used, always to the primary: a standby that lags would show texts whose key was
    /// destroyed, and miss new ones.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn connect_lazy(url: &str, application_name: &str) -> Result<Self, InvalidUrl> {
        Ok(Self { pool: postgres::pool(url, application_name, POOL_SIZE)? })
    }

    /// Refuses a store on the server that has the log, also under another name or in another database.
    ///
    /// # Errors
    /// When it is there, or one of the two cannot be reached.
    pub async fn check_apart(&self, log: &PgPool) -> Result<(), KeyStoreError> {
        let server = async |pool: &PgPool| -> Result<i64, sqlx::Error> {
            sqlx::query_scalar("SELECT system_identifier FROM pg_catalog.pg_control_system()")
                .fetch_one(pool)
                .await
        };
        if server(&self.pool).await? == server(log).await? {
            return Err(KeyStoreError::NotApart);
        }
        Ok(())
    }

    /// The keys of subjects, as far as it knows them.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn keys(&self, subjects: &HashSet<SubjectId>) -> Result<Keys, KeyStoreError> {
        let mut found = Vec::new();
        let texts: Vec<&str> = subjects.iter().map(SubjectId::as_str).collect();
        for texts in texts.chunks(KEYS_PER_STATEMENT) {
            let rows = sqlx::query(include_str!("queries/keys.sql"))
                .bind(texts)
                .fetch_all(&self.pool)
                .await?;
            for row in rows {
                let key: Option<Vec<u8>> = row.try_get("key")?;
                let key = key.map(|key| subject_key(&Zeroizing::new(key))).transpose()?;
                found.push((SubjectId::new(row.try_get::<&str, _>("subject_id")?)?, key));
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Returns when it answers at all.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn answers(&self) -> Result<(), KeyStoreError> {
        let nobody: &[&str] = &[];
        sqlx::query(include_str!("queries/keys.sql")).bind(nobody).execute(&self.pool).await?;
        Ok(())
    }

    /// The key for words of sealed texts.
    ///
    /// # Errors
    /// When it cannot be reached, or has none.
    pub async fn word_key(&self) -> Result<WordKey, KeyStoreError> {
        let found: Result<Option<Vec<u8>>, sqlx::Error> =
            sqlx::query_scalar(include_str!("queries/word_key.sql"))
                .fetch_optional(&self.pool)
                .await;
        match found {
            Ok(Some(key)) => Ok(WordKey::from_bytes(&*key_bytes(&Zeroizing::new(key))?)),
            Ok(None) => Err(KeyStoreError::NoWordKey),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_TABLE) => {
                Err(KeyStoreError::NoWordKey)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A page of those whose key was destroyed, in the order of their ids; the next one begins after the last of these.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn destroyed(
        &self,
        after: Option<&SubjectId>,
        limit: u32,
    ) -> Result<Vec<SubjectId>, KeyStoreError> {
        let texts: Vec<String> = sqlx::query_scalar(include_str!("queries/destroyed.sql"))
            .bind(after.map_or("", SubjectId::as_str))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        texts.into_iter().map(|text| Ok(SubjectId::new(text)?)).collect()
    }

    /// As [`KeyStore::keys`], with a new key for each that it does not know. When this returns they are durable.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn ensure_keys(&self, subjects: &HashSet<SubjectId>) -> Result<Keys, KeyStoreError> {
        let known = self.keys(subjects).await?;
        // In order, so that two who make the same ones wait for each other instead of deadlocking.
        let unknown: BTreeSet<&SubjectId> =
            subjects.iter().filter(|subject| known.get(subject).is_none()).collect();
        if unknown.is_empty() {
            return Ok(known);
        }
        let unknown: Vec<&str> = unknown.into_iter().map(SubjectId::as_str).collect();
        for texts in unknown.chunks(KEYS_PER_STATEMENT) {
            let keys = texts
                .iter()
                .map(|_| SubjectKey::generate())
                .collect::<Result<Vec<_>, getrandom::Error>>()?;
            sqlx::query(include_str!("queries/make_keys.sql"))
                .bind(texts)
                .bind(keys.iter().map(SubjectKey::bytes).collect::<Vec<_>>())
                .execute(&self.pool)
                .await
                .inspect_err(|error| postgres::give_up_connections_after(error))?;
        }
        // Somebody else may have made some of them a moment before, or destroyed them: theirs count.
        self.keys(subjects).await
    }

    /// Destroys keys, and sees to it that there is never another one for these subjects. Safe to do again.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn destroy(&self, subjects: &BTreeSet<SubjectId>) -> Result<(), KeyStoreError> {
        let texts: Vec<&str> = subjects.iter().map(SubjectId::as_str).collect();
        for texts in texts.chunks(KEYS_PER_STATEMENT) {
            sqlx::query(include_str!("queries/destroy.sql"))
                .bind(texts)
                .execute(&self.pool)
                .await
                .inspect_err(|error| postgres::give_up_connections_after(error))?;
        }
        Ok(())
    }
}

fn subject_key(bytes: &[u8]) -> Result<SubjectKey, KeyStoreError> {
    Ok(SubjectKey::from_bytes(key_bytes(bytes)?))
}

fn key_bytes(bytes: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyStoreError> {
    bytes.try_into().map(Zeroizing::new).map_err(|_| KeyStoreError::Corrupt)
}
