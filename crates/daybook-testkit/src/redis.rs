//! A Redis server of a test's own.

use std::ops::{Deref, DerefMut};

use daybook_stack::{Redis, RedisSettings};
use tempfile::TempDir;

use crate::directory;

/// A running server that nobody else uses; it dereferences to [`Redis`], which has the methods.
/// Dropping it kills it and removes its directory.
#[derive(Debug)]
pub struct TestRedis {
    server: Redis,
    _dir: TempDir,
}

impl TestRedis {
    /// Starts one with the settings of production.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with settings of the test's own, as Redis spells them, for instance
    /// `("maxmemory", "4mb")`.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        match Self::try_start(settings).await {
            Ok(started) => started,
            Err(error) => panic!("no Redis for this test: {error:#}"),
        }
    }

    async fn try_start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let dir = directory::for_one_server("redis")?;
        let overrides = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let server = Redis::start(dir.path(), RedisSettings { overrides }).await?;
        Ok(Self { server, _dir: dir })
    }
}

impl Deref for TestRedis {
    type Target = Redis;

    fn deref(&self) -> &Redis {
        &self.server
    }
}

impl DerefMut for TestRedis {
    fn deref_mut(&mut self) -> &mut Redis {
        &mut self.server
    }
}
