//! All of Daybook for one test: real servers, real service processes.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};

use daybook_stack::{PostgresSettings, Service, Stack, StackSettings};
use tempfile::TempDir;

use crate::directory;
use crate::postgres::OVERRIDES;

/// Lines of the services' logs that a failed test shows.
const LINES_SHOWN: usize = 200;

/// A running stack that nobody else uses; it dereferences to [`Stack`], which has the methods. Dropping it kills
/// everything; where the test panics, the end of the services' logs is printed.
pub struct TestStack {
    /// Before `dir`, so that everything is gone when its directory is removed.
    stack: Stack,
    _dir: TempDir,
    lines: Arc<Mutex<Vec<String>>>,
}

impl TestStack {
    /// Starts one with the settings of production, but small.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one whose services get further flags.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start_with(flags: &[(Service, &[&str])]) -> Self {
        match Self::try_start(flags, false).await {
            Ok(stack) => stack,
            Err(error) => panic!("no stack for this test: {error:#}"),
        }
    }

    /// Starts one that seals personal texts, with a second server for the keys.
    ///
    /// # Panics
    ///
    /// When it does not start, with the reason.
    pub async fn start_with_keys(flags: &[(Service, &[&str])]) -> Self {
        match Self::try_start(flags, true).await {
            Ok(stack) => stack,
            Err(error) => panic!("no stack for this test: {error:#}"),
        }
    }

    async fn try_start(flags: &[(Service, &[&str])], keys: bool) -> anyhow::Result<Self> {
        let dir = directory::for_one_server("stack")?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut settings = StackSettings::new(dir.path().join("data"));
        settings.keys = keys;
        settings.postgres = PostgresSettings {
            overrides: OVERRIDES.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            ..PostgresSettings::default()
        };
        for (service, flags) in flags {
            let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            settings.flags.push((*service, flags));
        }
        settings.lines = {
            let lines = Arc::clone(&lines);
            Arc::new(move |who: &str, line: &str| {
                if let Ok(mut lines) = lines.lock() {
                    lines.push(format!("[{who}] {line}"));
                }
            })
        };
        Ok(Self { stack: Stack::start(settings).await?, _dir: dir, lines })
    }
}

impl Drop for TestStack {
    #[expect(clippy::print_stderr, reason = "the test runner shows it where the test failed")]
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(lines) = self.lines.lock()
        {
            for line in &lines[lines.len().saturating_sub(LINES_SHOWN)..] {
                eprintln!("{line}");
            }
        }
    }
}

impl Deref for TestStack {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl DerefMut for TestStack {
    fn deref_mut(&mut self) -> &mut Stack {
        &mut self.stack
    }
}
