//! A key store on a server of its own, and texts that are sealed with its keys.

use std::collections::{BTreeSet, HashSet};

use daybook_core::ids::CommandId;
use daybook_core::personal::Personal;
use daybook_core::subject::SubjectId;
use daybook_keys::KeyStore;
use daybook_testkit::TestPostgres;
use sqlx::PgPool;

pub(crate) struct Keys {
    pub(crate) server: TestPostgres,
    /// As its owner.
    store: KeyStore,
}

impl Keys {
    pub(crate) async fn start() -> Self {
        let server = TestPostgres::start_apart().await;
        let owner = PgPool::connect(&server.admin_url()).await.unwrap();
        daybook_keys::migrate::run(&owner).await.unwrap();
        server.allow_login("daybook_query").await.unwrap();
        let store = KeyStore::connect_lazy(&server.admin_url(), "test").unwrap();
        Self { server, store }
    }

    /// Where the service finds it.
    pub(crate) fn url(&self) -> String {
        self.server.url("daybook_query", "postgres")
    }

    /// A text as the command service stores it, in JSON.
    pub(crate) async fn seal(
        &self,
        subject: &str,
        command_id: &str,
        field: &str,
        text: &str,
    ) -> String {
        let subject = SubjectId::new(subject).unwrap();
        let keys = self.store.ensure_keys(&HashSet::from([subject.clone()])).await.unwrap();
        let key = keys.get(&subject).unwrap().expect("not destroyed");
        let mut text = Personal::new(text).unwrap();
        key.seal(&subject, &CommandId::new(command_id).unwrap(), field, &mut text).unwrap();
        serde_json::to_string(&text).unwrap()
    }

    /// The same as a row of a read model has it.
    pub(crate) async fn seal_for_row(
        &self,
        subject: &str,
        command_id: &str,
        field: &str,
        text: &str,
    ) -> String {
        let sealed = self.seal(subject, command_id, field, text).await;
        let sealed: serde_json::Value = serde_json::from_str(&sealed).unwrap();
        sealed["sealed"]["text"].as_str().unwrap().to_owned()
    }

    /// The words of a sealed reason, as SQL spells them.
    pub(crate) async fn words(&self, text: &str) -> String {
        let words = self.store.word_key().await.unwrap().words(text);
        format!("ARRAY{:?}::bigint[]", words.hashes())
    }

    pub(crate) async fn destroy(&self, subject: &str) {
        let subject = SubjectId::new(subject).unwrap();
        self.store.destroy(&BTreeSet::from([subject])).await.unwrap();
    }
}
