//! A PostgreSQL server of a test's own.

mod template;

use std::ops::{Deref, DerefMut};

use daybook_stack::{Postgres, PostgresSettings};
use tempfile::TempDir;

use crate::directory;

/// Many servers run beside each other on a small machine, each with little to keep. `max_wal_size`
/// stays as it is: it is only a ceiling, and the services check it.
pub(crate) const OVERRIDES: [(&str, &str); 5] = [
    ("shared_buffers", "32MB"),
    ("min_wal_size", "32MB"),
    ("wal_buffers", "1MB"),
    ("maintenance_work_mem", "32MB"),
    ("max_connections", "100"),
];

/// A running server that nobody else uses; it dereferences to [`Postgres`], which has the methods.
/// Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct TestPostgres {
    /// Before `dir`, so that the server is gone when its directory is removed.
    server: Postgres,
    _dir: TempDir,
}

/// Where a server's data directory comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Template,
    Scratch,
}

impl TestPostgres {
    /// Starts one with the settings of production, but small.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with settings of the test's own, as PostgreSQL spells them.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::expect(Self::try_start(settings, Origin::Template).await)
    }

    /// Starts one that is made for this test alone, which takes a second longer. The others are copies of one, and share its
    /// system identifier: to PostgreSQL, and to whoever asks for that, they are the same server.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start_apart() -> Self {
        Self::expect(Self::try_start(&[], Origin::Scratch).await)
    }

    /// Starts a hot standby that follows `primary`.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start_standby_of(primary: &TestPostgres) -> Self {
        let started = async {
            let dir = directory::for_one_server("standby")?;
            let server = Postgres::start_standby(dir.path(), primary, small(&[])).await?;
            Ok(Self { server, _dir: dir })
        };
        Self::expect(started.await)
    }

    fn expect(started: anyhow::Result<Self>) -> Self {
        match started {
            Ok(started) => started,
            Err(error) => panic!("no PostgreSQL for this test: {error:#}"),
        }
    }

    /// Where the superuser finds the database `postgres`, which is empty and this test's own.
    pub fn admin_url(&self) -> String {
        self.server.superuser_url("postgres")
    }

    async fn try_start(settings: &[(&str, &str)], origin: Origin) -> anyhow::Result<Self> {
        let dir = directory::for_one_server("postgres")?;
        if let Origin::Template = origin {
            template::copy_to(dir.path()).await?;
        }
        let server = Postgres::start(dir.path(), small(settings)).await?;
        Ok(Self { server, _dir: dir })
    }
}

fn small(settings: &[(&str, &str)]) -> PostgresSettings {
    let overrides = OVERRIDES
        .iter()
        .chain(settings)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    PostgresSettings { overrides, ..PostgresSettings::default() }
}

impl Deref for TestPostgres {
    type Target = Postgres;

    fn deref(&self) -> &Postgres {
        &self.server
    }
}

impl DerefMut for TestPostgres {
    fn deref_mut(&mut self) -> &mut Postgres {
        &mut self.server
    }
}
