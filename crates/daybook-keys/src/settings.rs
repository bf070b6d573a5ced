//! The one setting that every program has which seals or opens personal texts.

use clap::Args;
use daybook_runtime::postgres::InvalidUrl;

use crate::store::KeyStore;

/// Where the keys of data subjects are.
#[derive(Debug, Clone, Default, Args)]
pub struct KeySettings {
    /// Keys of data subjects, under which personal texts are sealed: postgres://role@host:5432/daybook_keys, on another
    /// server than the log, whose backups would bring destroyed keys back [default: texts are stored as they are given and
    /// cannot be erased; sealed ones are not opened]
    #[arg(long, value_name = "URL", env = "DAYBOOK_KEYS_DATABASE_URL", hide_env_values = true)]
    pub keys_database_url: Option<String>,
}

impl KeySettings {
    /// Where the store is. An empty setting, as container files leave it, is none.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.keys_database_url.as_deref().filter(|url| !url.is_empty())
    }

    /// The key store, where one is named; connections are made when they are first used.
    ///
    /// # Errors
    /// When the URL is malformed.
    pub fn store(&self, application_name: &str) -> Result<Option<KeyStore>, InvalidUrl> {
        self.url().map(|url| KeyStore::connect_lazy(url, application_name)).transpose()
    }
}
